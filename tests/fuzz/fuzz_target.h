/* The one function of a fuzz target. */
#ifndef KANSHIKI_TESTS_FUZZ_TARGET_H
#define KANSHIKI_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
