/* Lines of a source. See lines.h. */
#include "bundle/lines.h"

#include <stdlib.h>

#define PIECE ((size_t)256 << 10)

void lines_free(struct lines *lines)
{
	text_free(&lines->buffer);
}

/* Drops what was given out and reads one more piece. */
static bool fill(struct lines *lines, struct err *err)
{
	struct text *buffer = &lines->buffer;
	uint64_t left = lines->end - lines->at;
	size_t want = left < PIECE ? (size_t)left : PIECE;

	if (lines->used && buffer->at) {
		memmove(buffer->at, buffer->at + lines->used, buffer->len - lines->used);
		buffer->len -= lines->used;
		lines->used = 0;
	}
	if (buffer->len > lines->ceiling)
		return fail(err, ERR_LIMIT, "a line of more than %zu bytes", lines->ceiling);
	buffer->ceiling = lines->ceiling + 2 * PIECE;
	uint8_t *bytes = malloc(PIECE);

	if (!bytes)
		return fail(err, ERR_MEMORY, "no memory for a line");
	bool ok = source_read_exact(lines->source, lines->at, bytes, want, err);

	if (ok) {
		text_add(buffer, (struct bytes){bytes, want});
		lines->at += want;
		ok = text_ok(buffer, err);
	}
	free(bytes);
	return ok;
}

bool lines_next(struct lines *lines, struct bytes *line, uint64_t *at, struct err *err)
{
	size_t looked = 0;

	for (;;) {
		size_t have = lines->buffer.len - lines->used;
		const char *start = lines->buffer.at ? lines->buffer.at + lines->used : NULL;
		const char *newline =
		    start && have > looked ? memchr(start + looked, '\n', have - looked) : NULL;
		bool last = lines->at >= lines->end;

		if (newline || (last && have)) {
			size_t len = newline ? (size_t)(newline - start) : have;

			*line = (struct bytes){(const uint8_t *)start, len};
			*at = lines->at - have;
			lines->used += len + (newline ? 1 : 0);
			return true;
		}
		if (last) {
			*line = (struct bytes){0};
			return true;
		}
		looked = have;
		if (!fill(lines, err))
			return false;
	}
}
