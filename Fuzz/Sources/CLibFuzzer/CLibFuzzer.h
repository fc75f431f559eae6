// The one entry point of LLVM's libFuzzer (compiler-rt, fuzzer_no_main): runs the target until an
// option of the command line, a fault or a signal ends it.
#ifndef CLIBFUZZER_H
#define CLIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv,
                        int (*target)(const uint8_t *data, size_t size));

#endif
