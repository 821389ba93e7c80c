/* What the fuzz targets share. Each defines LLVMFuzzerTestOneInput: any octets end in a value or
 * in a message, never in a crash, a hang or a leak. Built with clang and -Dfuzz=true they are
 * libFuzzer programs (scripts/fuzz); otherwise replay.c runs them over their corpus and mutations
 * of it. */
#ifndef ND_TESTS_FUZZ_H
#define ND_TESTS_FUZZ_H
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* The octets as a file that can be opened by path, good until the next call. */
const char *fuzz_file(const uint8_t *bytes, size_t len);

#endif
