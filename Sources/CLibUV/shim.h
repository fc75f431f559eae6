#include <malloc.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <uv.h>

// glibc declares it under _GNU_SOURCE only, which Swift's importer does not set.
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

// A variadic call, which Swift cannot make; the kernel cuts the name to 15 bytes.
static inline void loop_thread_set_name(const char *name) { prctl(PR_SET_NAME, name); }
