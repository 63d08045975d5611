/* What a damaged bundle still holds: with its MANIFEST and rows or without them, with volumes missing, cut, or damaged in the
 * middle. Nothing that comes out is proven but what says so: a row that the seal vouches for, and its hash.
 * docs/bundle-format.md, Salvage. One thread; memory grows with rows and frames only (56 bytes each). */
#ifndef KANSHIKI_BUNDLE_SALVAGE_H
#define KANSHIKI_BUNDLE_SALVAGE_H

#include "bundle/age.h"
#include "bundle/reader.h"
#include "core/store.h"

enum salvage_state {
	SALVAGE_WHOLE,   /* every byte is there; its row's hash agrees, where it has a row */
	SALVAGE_PARTIAL, /* zeros stand for the bad ranges, or is_other, or is_unchecked */
	SALVAGE_LOST,    /* a row tells of it, not a byte is left: nothing was begun */
	SALVAGE_SAME,    /* a row tells that it is the same as another */
};

struct salvage_range {
	uint64_t at, len; /* of the stored bytes */
};
#define SALVAGE_RANGES 64 /* listed of one entry */

struct salvage_entry { /* borrowed during the call */
	struct bytes path;
	enum salvage_state state;
	bool has_row;
	bool is_row_sealed;   /* the seal vouches for it */
	bool is_other;        /* not a byte is missing, and its row has another hash */
	bool is_unchecked;    /* neither; its frame is not whole, and no row tells its hash */
	bool is_header_other; /* its tar header says other times than its row */
	struct bytes same_as;
	uint64_t size, bad_bytes;
	const struct salvage_range *ranges;
	size_t range_count; /* SALVAGE_RANGES: there may be more */
	/* The NAME.cutN or NAME.unreadN that it comes from, because it is not whole where it was taken again; NULL: none */
	const char *from;
};

struct salvage_output {
	void *context;
	/* A file of that logical size follows: begin, write (rising, with gaps), end. Not for SALVAGE_LOST and _SAME, which
	 * get end alone. False of end or write with ERR_FULL, ERR_STOPPED, ERR_MEMORY ends all; other failures the entry. */
	bool (*begin)(void *context, struct bytes path, uint64_t size, struct err *err);
	bool (*write)(void *context, uint64_t at, struct bytes piece, struct err *err);
	bool (*end)(void *context, const struct salvage_entry *entry, struct err *err);
	/* What cannot be taken as what it says it is: an entry or a row ("meta") with a name that nothing may have, a row that is none. */
	bool (*refused)(void *context, const char *set, const struct err *why, struct err *err);
	/* Something about a volume, English: "is missing", "is cut off". */
	void (*volume)(void *context, const char *name, const struct err *why);
};

struct salvage_totals {
	uint64_t whole, partial, lost, same;
	uint64_t without_row;         /* of whole and partial */
	uint64_t partial_without_row; /* of partial */
	uint64_t lost_without_row;    /* of lost */
	uint64_t left;          /* rows of what has bytes, not come to because it was stopped */
	uint64_t headers_other; /* of all */
	uint64_t unproven;      /* of whole, outside meta: no row that the seal vouches for */
	size_t volumes, volumes_bad, volumes_missing;
	size_t volumes_unlisted; /* that the seal does not list; 0 without a seal */
	uint64_t rows, rows_bad; /* those were refused */
	uint64_t rows_taken;     /* of rows: of what has bytes of its own */
	uint64_t names_bad;      /* entries refused */
};

/* sealed: of a bundle whose seal, MANIFEST and listed meta volumes are good (bundle_open): the seal vouches for the rows in those, and
 * for no others; NULL: for none. ERR_MISSING: no volume at all. ERR_KEY: none of them opens with these identities. */
bool salvage_run(struct store *store, const struct age_identities *identities,
    const struct bundle_reader *sealed, const struct salvage_output *output,
    struct salvage_totals *totals, struct err *err) MUST_CHECK;

#endif
