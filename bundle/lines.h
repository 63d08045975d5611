/* Lines of a source, one after the other, with a ceiling on their length. */
#ifndef KANSHIKI_BUNDLE_LINES_H
#define KANSHIKI_BUNDLE_LINES_H

#include "core/source.h"
#include "core/text.h"

/* Set source, at, end and ceiling; zero the rest. lines_free at the end. */
struct lines {
	struct source *source; /* borrowed */
	uint64_t at, end;      /* of the next byte to be read into the buffer; where to stop */
	size_t ceiling;        /* bytes of one line */
	struct text buffer;    /* bytes read; those before `used` were given out */
	size_t used;
};
void lines_free(struct lines *lines);
static inline void lines_free_at(struct lines *lines)
{
	lines_free(lines);
}

/* The next line without its newline, and its offset in the source; *line.at is NULL at the end. A last line
 * without newline counts. ERR_LIMIT: too long. */
bool lines_next(struct lines *lines, struct bytes *line, uint64_t *at, struct err *err) MUST_CHECK;

#endif
