// The peer of the relay's row: libpq and librdkafka alone, over the same rows with the same settings.
//
//   relay <database URL> <brokers> <count>
//
// Reads pages of the outbox in the order of its sequence, sends each row with the headers of an event, waits until the
// broker has confirmed the page, writes the position, and goes on until `count` rows are sent. Prints one line of JSON.
#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { page_rows = 2000 };

// Whose events they are.
#ifndef SOURCE
#define SOURCE "dues"
#endif

static const char *page =
    "SELECT seq, topic, key::text, version::text, event_id::text, type, "
    "to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), traceparent, data, "
    "(extract(epoch FROM time) * 1000)::bigint FROM outbox WHERE shard = 0 AND seq > $1 ORDER BY seq LIMIT 2000";

static long delivered, failed;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "relay: %s: %s\n", what, why);
    exit(1);
}

static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client, (void)opaque;
    if (message->err) failed++;
    delivered++;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *settings, const char *name, const char *value) {
    char error[512];
    if (rd_kafka_conf_set(settings, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(name, error);
}

static long long number(const PGresult *rows, int row, int column) {
    long long raw;
    memcpy(&raw, PQgetvalue(rows, row, column), sizeof raw);
    return (long long)be64toh((unsigned long long)raw);
}

static void add(rd_kafka_headers_t *headers, const char *name, const PGresult *rows, int row, int column) {
    rd_kafka_header_add(headers, name, -1, PQgetvalue(rows, row, column), PQgetlength(rows, row, column));
}

static void send_row(rd_kafka_t *client, const PGresult *rows, int row) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new(10);
    char schema[256];
    rd_kafka_header_add(headers, "ce_specversion", -1, "1.0", -1);
    add(headers, "ce_id", rows, row, 4);
    add(headers, "ce_type", rows, row, 5);
    rd_kafka_header_add(headers, "ce_source", -1, "urn:hoso:service:" SOURCE, -1);
    add(headers, "ce_subject", rows, row, 2);
    add(headers, "ce_time", rows, row, 6);
    add(headers, "ce_sequence", rows, row, 3);
    snprintf(schema, sizeof schema, "urn:hoso:schema:%s", PQgetvalue(rows, row, 5));
    rd_kafka_header_add(headers, "ce_dataschema", -1, schema, -1);
    rd_kafka_header_add(headers, "content-type", -1, "application/json", -1);
    if (!PQgetisnull(rows, row, 7)) add(headers, "traceparent", rows, row, 7);
    rd_kafka_resp_err_t error = rd_kafka_producev(
        client, RD_KAFKA_V_TOPIC(PQgetvalue(rows, row, 1)), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(PQgetvalue(rows, row, 2), (size_t)PQgetlength(rows, row, 2)),
        RD_KAFKA_V_VALUE(PQgetvalue(rows, row, 8), (size_t)PQgetlength(rows, row, 8)),
        RD_KAFKA_V_TIMESTAMP(number(rows, row, 9)), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
    if (error) fail("produce", rd_kafka_err2str(error));
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    long wanted = atol(arguments[3]), sent = 0;
    char error[512];
    PGconn *database = PQconnectdb(arguments[1]);
    if (PQstatus(database) != CONNECTION_OK) fail("database", PQerrorMessage(database));
    rd_kafka_conf_t *settings = rd_kafka_conf_new();
    set(settings, "bootstrap.servers", arguments[2]);
    set(settings, "enable.idempotence", "true");
    set(settings, "acks", "all");
    set(settings, "partitioner", "murmur2_random");
    set(settings, "linger.ms", LINGER);
    set(settings, "statistics.interval.ms", "10000");
    rd_kafka_conf_set_dr_msg_cb(settings, on_delivery);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, settings, error, sizeof error);
    if (!client) fail("producer", error);
    PQclear(PQprepare(database, "page", page, 1, NULL));
    PQclear(PQprepare(database, "position",
        "INSERT INTO relay_positions (shard, cluster_id, done, after_seq) "
        "VALUES (0, 'peer', pg_current_snapshot(), $1)", 1, NULL));

    double began = 0;
    long long after = 0;
    long timed = 0;
    while (sent < wanted) {
        long long big = (long long)htobe64((unsigned long long)after);
        const char *values[] = {(const char *)&big};
        int lengths[] = {sizeof big}, formats[] = {1};
        PGresult *rows = PQexecPrepared(database, "page", 1, values, lengths, formats, 1);
        if (PQresultStatus(rows) != PGRES_TUPLES_OK) fail("page", PQerrorMessage(database));
        int found = PQntuples(rows);
        if (found == 0) fail("outbox", "it has fewer rows");
        long goal = delivered + found;
        for (int row = 0; row < found; row++) send_row(client, rows, row);
        while (delivered < goal) rd_kafka_poll(client, 100);
        if (failed) fail("delivery", "the broker refused records");
        after = number(rows, found - 1, 0);
        PQclear(rows);
        big = (long long)htobe64((unsigned long long)after);
        PGresult *written = PQexecPrepared(database, "position", 1, values, lengths, formats, 0);
        if (PQresultStatus(written) != PGRES_COMMAND_OK) fail("position", PQerrorMessage(database));
        PQclear(written);
        sent += found;
        // The first page finds connections to make; its time is not counted.
        if (began == 0) began = now();
        else timed += found;
    }
    printf("{\"sent\": %ld, \"seconds\": %.4f}\n", timed, now() - began);
    rd_kafka_destroy(client);
    PQfinish(database);
    return 0;
}
