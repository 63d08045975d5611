/* Decrypted chunks that are kept. See salvage_chunks.h. */
#include "bundle/salvage_chunks.h"

#include "bundle/age.h"

#include <stdlib.h>

#define KEPT 2 /* neighbours: what lies over their border is asked for more than once */

struct chunk {
	uint64_t number;
	size_t have;
	bool is_filled, is_good; /* is_good: all of it is there */
	struct err why;
	uint8_t bytes[AGE_CHUNK_LEN];
};

struct chunks {
	struct source source;
	struct source *plain;
	struct chunk kept[KEPT]; /* by their number */
};

static void fill(struct chunks *chunks, struct chunk *chunk, uint64_t number)
{
	chunk->why = (struct err){0};
	chunk->is_good = chunks->plain->read(chunks->plain, number * AGE_CHUNK_LEN, chunk->bytes,
	    AGE_CHUNK_LEN, &chunk->have, &chunk->why);
	chunk->number = number;
	/* What does not open is read anew when it is asked for again: a stick may have had its reasons. */
	chunk->is_filled = chunk->is_good;
}

static bool read_part(
    struct chunks *chunks, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	uint64_t number = offset / AGE_CHUNK_LEN;
	size_t skip = (size_t)(offset % AGE_CHUNK_LEN);
	struct chunk *chunk = &chunks->kept[number % KEPT];

	if (!chunk->is_filled || chunk->number != number)
		fill(chunks, chunk, number);
	size_t left = chunk->have > skip ? chunk->have - skip : 0;

	*got = len < left ? len : left;
	memcpy(to, chunk->bytes + skip, *got);
	if (*got == len || chunk->is_good)
		return true;
	if (err)
		*err = chunk->why;
	return false;
}

/* Whole chunks are not kept. */
static bool chunks_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct chunks *chunks = (struct chunks *)self;

	*got = 0;
	if (offset >= self->size)
		return true;
	if (len > self->size - offset)
		len = (size_t)(self->size - offset);
	while (*got < len) {
		uint64_t at = offset + *got;
		size_t left = len - *got, rest = AGE_CHUNK_LEN - (size_t)(at % AGE_CHUNK_LEN);
		size_t want = left < rest ? left : rest, part = 0;
		uint8_t *here = (uint8_t *)to + *got;
		bool is_whole = rest == AGE_CHUNK_LEN && left >= AGE_CHUNK_LEN;

		want = is_whole ? left - left % AGE_CHUNK_LEN : want;
		bool ok = is_whole ? chunks->plain->read(chunks->plain, at, here, want, &part, err)
				   : read_part(chunks, at, here, want, &part, err);

		*got += part;
		if (!ok)
			return false;
		if (part < want)
			break;
	}
	return true;
}

static void chunks_close(struct source *self)
{
	struct chunks *chunks = (struct chunks *)self;

	source_close(chunks->plain);
	free(chunks);
}

bool salvage_chunks_new(struct source *plain, struct source **out, struct err *err)
{
	struct chunks *chunks = calloc(1, sizeof(*chunks));

	if (!chunks)
		return fail(err, ERR_MEMORY, "no memory for salvage");
	chunks->source =
	    (struct source){.size = plain->size, .read = chunks_read, .close = chunks_close};
	chunks->plain = plain;
	*out = &chunks->source;
	return true;
}
