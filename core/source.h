/* Evidence that can be read at an offset: live volume, shadow copy, disk image, file inside NTFS,
 * bundle member, test buffer. Implementations put struct source first in their struct. */
#ifndef KANSHIKI_CORE_SOURCE_H
#define KANSHIKI_CORE_SOURCE_H

#include "core/bytes.h"
#include "core/err.h"

struct source {
	uint64_t size; /* bytes; fixed at open, even when the file keeps growing */

	/* Reads len bytes at offset into to. *got < len only at the end of the source or on
	 * failure; the first *got bytes are then still good evidence. No cursor. Whether threads may share
	 * one, who makes it says; if nothing is said, not. */
	bool (*read)(struct source *self, uint64_t offset, void *to, size_t len, size_t *got,
	    struct err *err) MUST_CHECK;
	void (*close)(struct source *self);
	/* NULL, or the first byte from offset on that may be other than zero, at most size: what lies before is a hole of a
	 * sparse file, so that a terabyte of it need not be read. */
	uint64_t (*data_at)(struct source *self, uint64_t offset);
};

/* What data_at says; offset itself where the source cannot tell. */
uint64_t source_data_at(struct source *source, uint64_t offset);

/* Closes; NULL is allowed. */
void source_close(struct source *source);
CLEANUP_POINTER(struct source, source_close);

/* Reads exactly len bytes (0: nothing, `to` may be NULL); fewer is ERR_DAMAGED ("ends at ..."). */
bool source_read_exact(
    struct source *source, uint64_t offset, void *to, size_t len, struct err *err) MUST_CHECK;

/* The same, and once more after ERR_IO: for what all else hangs on. */
bool source_read_patiently(
    struct source *source, uint64_t offset, void *to, size_t len, struct err *err) MUST_CHECK;

/* A source over bytes in memory. Borrows them; they must outlive the source. NULL when no memory. */
struct source *source_of_bytes(struct bytes bytes);

/* A window of another source, from offset, of at most len bytes (cut at its end). Borrows `whole`
 * unless owns is true, then closing the window closes it too. NULL when no memory (whole untouched). */
struct source *source_window(struct source *whole, uint64_t offset, uint64_t len, bool owns);

#endif
