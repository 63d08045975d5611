/* A large source made of few pieces. See fake_sparse.h. */
#include "tests/fake_sparse.h"

#include <stdlib.h>

static bool sparse_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct fake_sparse *sparse = (struct fake_sparse *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;

	(void)err;
	*got = len < left ? len : (size_t)left;
	memset(to, 0, *got);
	for (size_t i = 0; i < sparse->count; i++) {
		uint64_t from = sparse->pieces[i].offset;
		uint64_t end = from + sparse->pieces[i].len;
		uint64_t first = from > offset ? from : offset;
		uint64_t last = end < offset + *got ? end : offset + *got;

		if (first < last)
			memcpy((uint8_t *)to + (first - offset),
			    sparse->pieces[i].at + (first - from), (size_t)(last - first));
	}
	return true;
}

static void sparse_close(struct source *self)
{
	(void)self;
}

void fake_sparse_begin(struct fake_sparse *sparse, uint64_t size)
{
	*sparse = (struct fake_sparse){
	    .source = {.size = size, .read = sparse_read, .close = sparse_close}};
}

void fake_sparse_put(struct fake_sparse *sparse, uint64_t offset, const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy || sparse->count == FAKE_SPARSE_PIECES)
		abort();
	memcpy(copy, bytes, len);
	sparse->pieces[sparse->count].offset = offset;
	sparse->pieces[sparse->count].at = copy;
	sparse->pieces[sparse->count].len = len;
	sparse->count++;
}

void fake_sparse_end(struct fake_sparse *sparse)
{
	for (size_t i = 0; i < sparse->count; i++)
		free(sparse->pieces[i].at);
	sparse->count = 0;
}
