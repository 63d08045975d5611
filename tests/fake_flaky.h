/* A store over another whose nth read, counted over all its files, fails with ERR_IO. */
#ifndef KANSHIKI_TESTS_FAKE_FLAKY_H
#define KANSHIKI_TESTS_FAKE_FLAKY_H

#include "core/store.h"

struct fake_flaky {
	struct store store;
	struct store *real;      /* borrowed */
	uint64_t reads, fail_at; /* so far; this one fails, 0: none */
};
/* Only open and list are there. Nothing to free. */
void fake_flaky_over(struct fake_flaky *flaky, struct store *real);

#endif
