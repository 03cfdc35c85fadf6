#include <libpq-fe.h>
// The wake-up of a connection's thread: Swift's Glibc module does not carry these.
#include <pthread.h>
#include <sys/eventfd.h>
extern int pthread_setname_np(pthread_t thread, const char *name);
