// Sends HTTP/1.1 requests from one thread and measures how long each answer takes.
//
//   load <port> <targets> <method> <connections> <count> <rate>
//
// `targets` is a file with one request in each line, sent in their order to 127.0.0.1, each connection having one request
// under way: its target and, each after a tab where it has one, the bearer token, the Idempotency-Key, a body of JSON, a further header. With rate 0 the loop is closed: a connection sends its next request when it has its answer. With a
// rate (requests a second) the loop is open: request i is due at i / rate, and its latency counts from then, however
// long it waits for a free connection.
//
// Prints one line of JSON: requests, seconds, the rate that was held, latencies in milliseconds, and how often each kind
// of answer came: the HTTP status and, where the body has one, its RspCode.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { largest_request = 16 * 1024, largest_answer = 64 * 1024, kinds = 64 };

struct connection {
    int socket;
    bool is_busy;
    int64_t due;  // nanoseconds; when the request under way should have been sent
    char request[largest_request];
    size_t request_length, sent;
    char answer[largest_answer];
    size_t received;
};

struct kind {
    char name[32];
    long count;
};

static struct kind seen[kinds];
static uint32_t *latencies;  // microseconds
static long answered;
static const char *targets, *targets_end, *next_target;
static const char *method;
static int epoll;

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void count_kind(const char *status, const char *code, size_t code_length) {
    char name[32];
    snprintf(name, sizeof name, "%.3s%s%.*s", status, code_length ? "/" : "", (int)code_length, code);
    for (int i = 0; i < kinds; i++) {
        if (seen[i].name[0] == 0) strcpy(seen[i].name, name);
        if (strcmp(seen[i].name, name) == 0) {
            seen[i].count++;
            return;
        }
    }
    errno = E2BIG;
    fail("too many kinds of answers");
}

static void connect_to(struct connection *connection, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(connection->socket, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection->socket, &event) != 0) fail("epoll_ctl");
}

static void push(struct connection *connection) {
    while (connection->sent < connection->request_length) {
        ssize_t count = write(
            connection->socket, connection->request + connection->sent, connection->request_length - connection->sent);
        // A request fits into an empty socket buffer; a full one would mean that the peer reads nothing.
        if (count < 0) fail("write");
        connection->sent += (size_t)count;
    }
}

static void append(struct connection *connection, const char *before, const char *text, size_t length) {
    int added = snprintf(
        connection->request + connection->request_length, largest_request - connection->request_length, "%s%.*s", before,
        (int)length, text);
    connection->request_length += (size_t)added;
    if (connection->request_length >= largest_request) {
        errno = E2BIG;
        fail("a request is too long");
    }
}

static void send_next(struct connection *connection, int64_t due) {
    const char *end = memchr(next_target, '\n', (size_t)(targets_end - next_target));
    if (end == NULL) end = targets_end;
    // Target, token, key, body, a further header.
    const char *parts[5] = {"", "", "", "", ""};
    size_t lengths[5] = {0};
    const char *at = next_target;
    for (int part = 0; part < 5 && at <= end; part++) {
        const char *tab = part < 4 ? memchr(at, '\t', (size_t)(end - at)) : NULL;
        parts[part] = at;
        lengths[part] = (size_t)((tab ? tab : end) - at);
        at = tab ? tab + 1 : end + 1;
    }
    char size[64];
    connection->request_length = 0;
    append(connection, method, " ", 1);
    append(connection, "", parts[0], lengths[0]);
    append(connection, " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*", "", 0);
    if (lengths[1]) append(connection, "\r\nAuthorization: Bearer ", parts[1], lengths[1]);
    if (lengths[2]) append(connection, "\r\nIdempotency-Key: ", parts[2], lengths[2]);
    if (lengths[3]) append(connection, "\r\nContent-Type: application/json", "", 0);
    if (lengths[4]) append(connection, "\r\n", parts[4], lengths[4]);
    if (strcmp(method, "GET") != 0) {
        int digits = snprintf(size, sizeof size, "%zu", lengths[3]);
        append(connection, "\r\nContent-Length: ", size, (size_t)digits);
    }
    append(connection, "\r\n\r\n", parts[3], lengths[3]);
    next_target = end < targets_end ? end + 1 : targets;
    if (next_target >= targets_end) next_target = targets;
    connection->sent = connection->received = 0;
    connection->due = due;
    connection->is_busy = true;
    push(connection);
}

// Whether the answer is complete.
static bool take(struct connection *connection) {
    ssize_t count = read(
        connection->socket, connection->answer + connection->received, largest_answer - 1 - connection->received);
    if (count == 0) {
        errno = ECONNRESET;
        fail("the server closed a connection");
    }
    if (count < 0) {
        if (errno == EAGAIN) return false;
        fail("read");
    }
    connection->received += (size_t)count;
    connection->answer[connection->received] = 0;
    char *body = strstr(connection->answer, "\r\n\r\n");
    if (body == NULL) return false;
    body += 4;
    char *length = strcasestr(connection->answer, "\r\ncontent-length:");
    if (length == NULL || length > body) {
        errno = EPROTO;
        fail("an answer without Content-Length");
    }
    size_t head = (size_t)(body - connection->answer);
    if (connection->received < head + strtoul(length + 17, NULL, 10)) return false;
    char *code = strstr(body, "\"RspCode\":\"");
    size_t code_length = code ? strcspn(code + 11, "\"") : 0;
    count_kind(connection->answer + 9, code ? code + 11 : "", code_length);
    latencies[answered++] = (uint32_t)((now() - connection->due) / 1000);
    connection->is_busy = false;
    return true;
}

static int compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static double quantile(double share) {
    long index = (long)(share * (double)answered);
    return latencies[index < answered ? index : answered - 1] / 1000.0;
}

int main(int count, char **arguments) {
    if (count != 7) {
        fprintf(stderr, "usage: load <port> <targets> <method> <connections> <count> <rate>\n");
        return 2;
    }
    int port = atoi(arguments[1]), connections = atoi(arguments[4]);
    long requests = atol(arguments[5]), started = 0;
    double rate = atof(arguments[6]);
    method = arguments[3];
    int file = open(arguments[2], O_RDONLY);
    struct stat information;
    if (file < 0 || fstat(file, &information) != 0) fail(arguments[2]);
    targets = next_target = mmap(NULL, (size_t)information.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (targets == MAP_FAILED) fail("mmap");
    targets_end = targets + information.st_size;
    latencies = malloc(sizeof *latencies * (size_t)requests);
    epoll = epoll_create1(0);
    struct connection *all = calloc((size_t)connections, sizeof *all);
    for (int i = 0; i < connections; i++) connect_to(&all[i], port);

    int64_t began = now(), last_sent = began;
    struct epoll_event events[256];
    if (rate == 0) {
        for (; started < connections && started < requests; started++) send_next(&all[started], now());
    }
    while (answered < requests) {
        int64_t wait = 1000000000;
        if (rate > 0) {
            for (int i = 0; i < connections && started < requests; i++) {
                int64_t due = began + (int64_t)((double)started * 1e9 / rate);
                if (due > now()) {
                    wait = due - now();
                    break;
                }
                if (all[i].is_busy) continue;
                send_next(&all[i], due);
                last_sent = now();
                started++;
            }
        }
        struct timespec time = {.tv_sec = wait / 1000000000, .tv_nsec = wait > 0 ? wait % 1000000000 : 0};
        int ready = epoll_pwait2(epoll, events, 256, &time, NULL);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (take(connection) && rate == 0 && started < requests) {
                send_next(connection, now());
                started++;
            }
        }
    }
    double seconds = (double)(now() - began) / 1e9;
    double sending = (double)(last_sent - began) / 1e9;
    qsort(latencies, (size_t)answered, sizeof *latencies, compare);
    printf(
        "{\"requests\": %ld, \"seconds\": %.3f, \"offered\": %.1f, \"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f, "
        "\"answers\": {",
        answered, seconds, rate > 0 ? (double)(requests - 1) / sending : 0, quantile(0.5), quantile(0.99),
        quantile(1));
    for (int i = 0; i < kinds && seen[i].name[0]; i++)
        printf("%s\"%s\": %ld", i ? ", " : "", seen[i].name, seen[i].count);
    printf("}}\n");
    return 0;
}
