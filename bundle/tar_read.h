/* Reads the tar of a set: exactly what format 1 writes (ustar headers, pax headers before them, regular files,
 * POSIX.1-2017 pax), nothing else. Unlike a general tar reader it says where each entry's bytes lie. */
#ifndef KANSHIKI_BUNDLE_TAR_READ_H
#define KANSHIKI_BUNDLE_TAR_READ_H

#include "core/source.h"
#include "core/text.h"

#define TAR_BLOCK     512
#define TAR_PAX_BYTES ((uint64_t)1 << 20) /* a pax header is never larger */

struct tar_times {
	uint64_t created, modified, changed, accessed; /* ticks, 0: not known */
};

struct tar_entry {          /* text_free(&path) at the end; reused from entry to entry */
	struct text path;   /* checked by bundle_name_check; empty: it was refused */
	uint64_t header_at; /* of its pax header if it has one */
	uint64_t data_at;
	uint64_t size;
	struct tar_times times; /* as the headers say */
};

/* Where the next header comes; behind the end of a tar that cuts the entry off. */
static inline uint64_t tar_entry_end(const struct tar_entry *entry)
{
	return entry->data_at + (entry->size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* What fills the last block of an entry is zero: nobody's content. */
bool tar_padding_check(
    struct source *tar, const struct tar_entry *entry, struct err *err) MUST_CHECK;

/* Reads the entry at *pos, a multiple of TAR_BLOCK, and moves *pos behind it. *end is true, and nothing else
 * changed, at the end: two zero blocks with only zeros after them, or the end of the source. ERR_DAMAGED when
 * the entry is cut off by the source's end: *out is then complete and *pos at the end; also when its name breaks the rules of
 * name.h: *out is then complete but for its path, which is empty, and *pos behind it; *err names it. Elsewhere *pos stays. */
bool tar_next(struct source *tar, uint64_t *pos, struct tar_entry *out, bool *end,
    struct err *err) MUST_CHECK;

#endif
