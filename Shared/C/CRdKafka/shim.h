#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>

// The C library shows this only to programs that ask for GNU extensions; threads are named with it.
int pthread_setname_np(pthread_t thread, const char *name);
