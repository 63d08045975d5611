/* One member of a bundle on its way out: its bytes in order, its hash checked at the end. */
#ifndef KANSHIKI_CLI_MEMBER_H
#define KANSHIKI_CLI_MEMBER_H

#include "bundle/row.h"
#include "bundle/reader.h"

/* Zero before use. */
struct member {
	struct source *source; /* the stored bytes */
	bool is_sparse;
	uint64_t size;        /* logical bytes */
	struct row_run *runs; /* where the stored bytes go, when is_sparse */
	size_t run_count;
	struct tar_times times;    /* of its own row */
	bool has_hash;             /* meta files have none: their volume's hash vouches for them */
	struct bundle_place place; /* of the stored bytes, with their hash, when has_hash */
	/* why it was taken only in part, told to a person; empty: it is whole */
	struct text reason;
};

/* By path: a row, or "meta/NAME". ERR_MISSING when there is none or it was not taken. */
bool member_open(
    struct bundle_reader *reader, const char *path, struct member *out, struct err *err) MUST_CHECK;
/* By row; same_as is followed, the times stay the row's own. */
bool member_open_row(
    struct bundle_reader *reader, size_t index, struct member *out, struct err *err) MUST_CHECK;
/* The same but for the source: for one who takes the bytes from `place` himself (bundle/pour.h). */
bool member_load_row(
    struct bundle_reader *reader, size_t index, struct member *out, struct err *err) MUST_CHECK;
bool member_open_meta(
    struct bundle_reader *reader, const char *name, struct member *out, struct err *err) MUST_CHECK;
void member_close(struct member *member);
static inline void member_close_at(struct member *member)
{
	member_close(member);
}

/* Cuts a piece of stored bytes, the first of which is number `stored_at`, and gives each part its offset in the logical
 * file. */
bool member_place(const struct member *member, uint64_t stored_at, struct bytes piece,
    bool (*each)(void *context, uint64_t at, struct bytes piece, struct err *err), void *context,
    struct err *err) MUST_CHECK;

/* Gives every piece with its offset in the logical file (for a sparse member the allocated parts only), then
 * compares the hash: ERR_DAMAGED when it is wrong. ERR_STOPPED when the user stops it. */
bool member_copy(const struct member *member,
    bool (*each)(void *context, uint64_t at, struct bytes piece, struct err *err), void *context,
    struct err *err) MUST_CHECK;

#endif
