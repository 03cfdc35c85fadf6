#ifndef SANITIZER_THREADS_H
#define SANITIZER_THREADS_H

// The thread sanitizer watches pthreads. librdkafka is built on the C11 thread functions of the C library, which the
// sanitizer does not see: it crashes in threads that it did not see start. Linked into a test executable, this target
// takes the place of those functions and passes each on to its pthread counterpart. See Package.swift for when.

#endif
