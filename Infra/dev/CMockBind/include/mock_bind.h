#ifndef MOCK_BIND_H
#define MOCK_BIND_H

#include <stdint.h>

// librdkafka's mock cluster always listens on a port of the system's choice. After this call, the calling thread's next
// binds of an IPv4 address without a port get `first`, `first + 1` and so on; 0 ends that. Other threads are untouched.
void mock_bind_next_ports(uint16_t first);

#endif
