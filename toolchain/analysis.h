/* Read by clang-tidy before each file (toolchain/check tidy): tells it that the functions which end a
 * failing function always return false. They live in another file, so it cannot see that by itself. */
#include "core/err.h"

#define fail(...)    ((void)fail(__VA_ARGS__), false)
#define fail_in(...) ((void)fail_in(__VA_ARGS__), false)
