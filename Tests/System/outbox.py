"""Events that no release would write, put into the outbox of Intake, where its relay finds them."""

import secrets
import time
import uuid

DOSSIERS = "hoso.intake.dossiers.v1"


def new_id():
    """A UUIDv7."""
    value = int(time.time() * 1000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def write_event(stack, key, kind, data, version=1):
    """An event that no release would write, as the relay of Intake finds it."""
    stack.sql(
        "INSERT INTO intake.outbox (shard, topic, key, version, republished, event_id, type, time, data) "
        f"VALUES (0, '{DOSSIERS}', '{key}', {version}, false, '{new_id()}', '{kind}', now(), {data})"
    )


def write_events(stack, count, size=2):
    """So many events of a type that nobody knows, each of a key of its own."""
    now = f"{int(time.time() * 1000):012x}"
    identifier = f"(overlay(overlay(gen_random_uuid()::text placing '{now[:8]}-{now[8:]}' from 1) placing '7' from 15))::uuid"
    stack.sql(
        "INSERT INTO intake.outbox (shard, topic, key, version, republished, event_id, type, time, data) "
        f"SELECT 0, '{DOSSIERS}', {identifier}, 1, false, {identifier}, 'hoso.test.unknown.v1', now(),"
        f" convert_to('\"' || repeat('x', {size} - 2) || '\"', 'UTF8') FROM generate_series(1, {count})"
    )
