/* One row of meta/entries.NNN.jsonl (docs/bundle-format.md, A row), read strictly where a reader relies on it. */
#ifndef KANSHIKI_BUNDLE_ROW_H
#define KANSHIKI_BUNDLE_ROW_H

#include "core/text.h"
#include "bundle/tar_read.h"
#include "bundle/writer.h"

#define ROW_BYTES ((size_t)16 << 20) /* a row is never longer */
#define ROW_PATH  ((size_t)1 << 20)  /* nor its path */

struct row_run {
	uint64_t at, len; /* in the logical file */
	uint64_t stored;  /* where it begins among the stored bytes */
};

/* Strings live as long as the row. Zero before use. */
struct row {
	void *document;       /* the parsed JSON */
	struct bytes path;    /* keeps the rules of name.h */
	struct bytes same_as; /* empty: none */
	struct bytes status;  /* "taken" ...; empty: not said */
	struct bytes reason;  /* empty: not said */
	bool taken;           /* it has a place */
	bool is_sparse;       /* stored: runs */
	bool is_directory;    /* kind: directory */
	bool is_left;  /* not taken since the run ended: a later row of its path takes its place */
	uint64_t size; /* logical bytes */
	struct tar_times
	    times;      /* of $STANDARD_INFORMATION, of `fat` those in UTC, or `stored_at` */
	bool has_times; /* they are what the tar header must say */
	struct bundle_place place; /* valid when taken; padded is not read */
};
/* ERR_DAMAGED also for one that contradicts itself: a key twice, or a status that is not what it has (place for taken and partial,
 * same_as, neither for not_taken; none only with either). */
bool row_parse(struct bytes json, struct row *out, struct err *err) MUST_CHECK;
void row_free(struct row *row);
static inline void row_free_at(struct row *row)
{
	row_free(row);
}

/* The runs of a sparse row: ascending, inside its size, together as long as what is stored. The caller frees
 * *runs. */
bool row_sparse_map(
    const struct row *row, struct row_run **runs, size_t *count, struct err *err) MUST_CHECK;

/* Gives bytes that were stored from stored_at on to their places in the logical file, one run after the other; *piece is what has none. */
bool row_runs_place(const struct row_run *runs, size_t count, uint64_t stored_at,
    struct bytes *piece,
    bool (*each)(void *context, uint64_t at, struct bytes piece, struct err *err), void *context,
    struct err *err) MUST_CHECK;

#endif
