/* Bytes for benchmarks that compress about as a Windows disk does. */
#ifndef KANSHIKI_TESTS_BENCH_INPUT_H
#define KANSHIKI_TESTS_BENCH_INPUT_H

#include "core/array.h"
#include "core/text.h"

#include <string.h>

#define BENCH_INPUT_LEN ((size_t)64 << 20)

/* Half of it repeats within reach, a quarter is text-like, a quarter does not compress. */
static inline void bench_input(struct text *out)
{
	static const char *const words[] = {"Windows", "System32", "\\Registry\\Machine\\", "the ",
	    "config", ".dll", "Microsoft", "\0\0\0\0\0\0\0\0", "HKEY_", "Event", "0x0000"};
	uint32_t seed = 1;

	out->ceiling = BENCH_INPUT_LEN + 4096;
	while (out->len < BENCH_INPUT_LEN) {
		uint8_t block[4096];

		for (size_t i = 0; i < sizeof(block); i++) {
			seed = seed * 1664525 + 1013904223;
			block[i] = (uint8_t)(seed >> 24);
		}
		if (block[0] < 128 && out->len > 200000)
			memcpy(block, out->at + out->len - 100000 - block[1] * 16, sizeof(block));
		for (size_t i = 0; block[0] >= 192 && i + 32 < sizeof(block);) {
			const char *word = words[block[i] % ARRAY_LEN(words)];

			i += 1 + block[i] % 3;
			memcpy(block + i, word, strlen(word));
			i += strlen(word);
		}
		text_add(out, (struct bytes){block, sizeof(block)});
	}
}

#endif
