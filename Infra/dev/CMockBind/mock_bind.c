#define _GNU_SOURCE
#include "mock_bind.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local uint16_t next_port = 0;

void mock_bind_next_ports(uint16_t first) { next_port = first; }

// Both functions take the place of the C library's for the whole process, as an executable's own symbols come first.

// The mock cluster accepts connections that a child process would inherit, and that then stay open when the mock closes
// them: whoever is connected would never learn that its broker is gone.
int accept(int socket, struct sockaddr *restrict address, socklen_t *restrict length) {
    return (int)syscall(SYS_accept4, socket, address, length, SOCK_CLOEXEC);
}

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
