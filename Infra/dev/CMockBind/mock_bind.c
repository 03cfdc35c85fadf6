#define _GNU_SOURCE
#include "mock_bind.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local uint16_t next_port = 0;

void mock_bind_next_ports(uint16_t first) { next_port = first; }

// It takes the place of the C library's for the whole process, as an executable's own symbols come first.
int bind(int socket, const struct sockaddr *address, socklen_t length) {
    struct sockaddr_in pinned;
    if (next_port != 0 && address != NULL && length == sizeof(pinned) && address->sa_family == AF_INET) {
        memcpy(&pinned, address, sizeof(pinned));
        if (pinned.sin_port == 0) {
            pinned.sin_port = htons(next_port++);
            return (int)syscall(SYS_bind, socket, &pinned, length);
        }
    }
    return (int)syscall(SYS_bind, socket, address, length);
}
