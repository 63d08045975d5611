/* A source over bytes that fails when told to: at the nth read, or whenever a range is touched. */
#ifndef KANSHIKI_TESTS_FAKE_SOURCE_H
#define KANSHIKI_TESTS_FAKE_SOURCE_H

#include "core/source.h"

struct fake_source {
	struct source source;
	struct bytes bytes;
	uint64_t reads;             /* so far */
	uint64_t fail_at;           /* this read fails (1 is the first), 0: none */
	uint64_t bad_from, bad_len; /* as a bad sector: the bytes before it are read */
	/* what read fail_at began with is a bad sector (of 512 bytes) from then on */
	bool is_lasting;
	uint64_t call_at; /* this read calls, 0: none */
	void (*call)(void *context);
	void *context;
};

/* Borrows bytes. NULL when no memory. source_close(&fake->source) frees it. */
struct fake_source *fake_source_new(struct bytes bytes);

#endif
