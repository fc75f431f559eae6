/// How many times the process has asked for heap memory since it started.
///
/// Counts `malloc`, `calloc`, `realloc` and the aligned forms, from every thread and library: linking
/// this target puts counting versions of them before the C library's. glibc only.
unsigned long allocation_count(void);
