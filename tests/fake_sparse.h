/* A source as large as wanted of which only pieces hold anything: zeros elsewhere. */
#ifndef KANSHIKI_TESTS_FAKE_SPARSE_H
#define KANSHIKI_TESTS_FAKE_SPARSE_H

#include "core/source.h"

#define FAKE_SPARSE_PIECES 256

struct fake_sparse { /* on the caller's stack; zero, set size with fake_sparse_begin */
	struct source source;
	struct {
		uint64_t offset;
		uint8_t *at;
		size_t len;
	} pieces[FAKE_SPARSE_PIECES];
	size_t count;
};

void fake_sparse_begin(struct fake_sparse *sparse, uint64_t size);
/* Puts a copy of the bytes there, over what was there. Aborts when there are too many pieces. */
void fake_sparse_put(struct fake_sparse *sparse, uint64_t offset, const void *bytes, size_t len);
void fake_sparse_end(struct fake_sparse *sparse);

#endif
