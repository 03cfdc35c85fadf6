"""The peer of the consumer's row: confluent-kafka and asyncpg do what a consumer of Messaging does with a batch.

The same tables and statements: one transaction for each batch of a partition, position, inbox, held keys, the handler's
row for each event. Prints the time from its first commit to its last.
"""

import asyncio
import json
import os
import sys
import time
import uuid

import asyncpg
import confluent_kafka

NAME, TOPIC = "bench.peer", "hoso.dues.payments.v1"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
POSITION = """
    SELECT next_offset FROM consumer_positions
    WHERE consumer = $1 AND topic = $2 AND partition = $3 AND cluster_id = $4 ORDER BY id DESC LIMIT 1
"""
ENTER = "INSERT INTO inbox (consumer, event_id) SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id"
HELD = "SELECT key FROM parked_keys WHERE consumer = $1 AND topic = $2 AND key = ANY($3::bytea[]) FOR UPDATE"
HANDLE = "INSERT INTO handled (key, amount) VALUES ($1, $2)"
MOVE = "INSERT INTO consumer_positions (consumer, topic, partition, cluster_id, next_offset) VALUES ($1, $2, $3, $4, $5)"


async def apply(connection, partition, records):
    """Applies a batch of one partition; how many events were new."""
    events = [(dict(record.headers()), record) for record in records]
    async with connection.transaction():
        await connection.execute(LOCK, f"hoso.consumer.{NAME}.{TOPIC}.{partition}")
        await connection.fetchval(POSITION, NAME, TOPIC, partition, "peer")
        ids = [uuid.UUID(headers["ce_id"].decode()) for headers, _ in events]
        fresh = {row["event_id"] for row in await connection.fetch(ENTER, NAME, ids)}
        await connection.fetch(HELD, NAME, TOPIC, [record.key() for _, record in events])
        handle = await connection.prepare(HANDLE)
        for event_id, (headers, record) in zip(ids, events):
            if event_id in fresh and headers["ce_type"] == b"hoso.payment.received.v1":
                payload = json.loads(record.value())
                await handle.fetch(uuid.UUID(record.key().decode()), payload["amount"])
        await connection.execute(MOVE, NAME, TOPIC, partition, "peer", records[-1].offset() + 1)
    return len(fresh)


async def main(database, brokers, count):
    """Reads until so many events are handled."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": brokers, "group.id": NAME, "auto.offset.reset": "earliest", "enable.auto.commit": False,
        "session.timeout.ms": 6000, "heartbeat.interval.ms": 2000,
    })
    consumer.subscribe([TOPIC])
    connection = await asyncpg.connect(database)
    loop, handled, first = asyncio.get_running_loop(), 0, None
    while handled < count:
        records = await loop.run_in_executor(None, consumer.consume, 500, 0.1)
        partitions = {}
        for record in records:
            if record.error() is None:
                partitions.setdefault(record.partition(), []).append(record)
        for partition, batch in partitions.items():
            handled += await apply(connection, partition, batch)
            first = first or time.monotonic()
    print(json.dumps({"handled": handled, "seconds": time.monotonic() - first}))
    consumer.close()
    await connection.close()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    try:
        import uvloop

        uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    except ImportError:
        asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
