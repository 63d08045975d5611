/* What the files of salvage share; nobody else includes it. */
#ifndef KANSHIKI_BUNDLE_SALVAGE_PARTS_H
#define KANSHIKI_BUNDLE_SALVAGE_PARTS_H

#include "bundle/row.h"
#include "bundle/salvage.h"
#include "bundle/salvage_space.h"
#include "bundle/tar_read.h"

#define SALVAGE_ROWS   (1u << 26)
#define SALVAGE_SPACES 65536

struct salvage_row {
	uint64_t path_hash, tar_at;
	uint64_t at; /* of the row in its space */
	uint32_t len;
	uint32_t looks; /* at it for headers that have its path, */
	uint8_t tries;  /* and those among them that were measured and are not it */
	uint16_t space; /* of the meta set */
	uint8_t set;
	bool is_taken, is_found;
	bool is_sealed; /* it lies in volumes of meta that the seal vouches for */
};

/* Rows next to one another in the array, read in the order of their places. */
struct salvage_ahead {
	size_t first, count;
	struct bytes *lines; /* NULL in one: it could not be read */
	uint8_t *room;
};
#define SALVAGE_AHEAD       ((size_t)8 << 20) /* bytes of rows that are read at a time */
#define SALVAGE_AHEAD_COUNT 65536

struct salvage_path {
	uint64_t hash;
	uint32_t row;
	bool is_sealed; /* such rows come first */
};

struct salvage_cut_entry { /* in NAME.cutN */
	uint64_t hash;     /* of its path */
	uint64_t header_at, data_at, size;
	uint32_t volume, run; /* of the volumes of its set; UINT32_MAX: at its place in the tar */
	uint8_t set;
	bool is_met; /* an entry with that path was met where it was taken again */
};

struct salvage_cut_space { /* of one of those volumes */
	unsigned set;
	uint32_t volume, run;
	struct salvage_volumes around; /* those before it, borrowed, and itself */
	struct source *space;          /* NULL: none is open */
};

struct salvage_cuts {
	struct salvage_volumes sets[BUNDLE_META + 1];
	struct salvage_cut_entry *entries; /* by set and path, the newest first */
	size_t count, room;
	size_t first[BUNDLE_META + 2]; /* of the entries of each set */
	struct salvage_cut_space open;
};

/* Where the bytes of an entry are taken from. */
struct salvage_origin {
	struct source *space;
	uint64_t header_at, data_at, size;
	const char *from;     /* the file, where it is a NAME.cutN */
	uint32_t volume, run; /* of it */
	bool is_older;        /* not what the row tells of */
	bool is_header_other; /* its tar header says other times than its row */
};

struct salvage {
	struct store *store;
	const struct age_identities *identities;
	const struct bundle_reader *sealed; /* NULL: nothing is */
	const struct salvage_output *output;
	struct salvage_totals *totals;
	struct salvage_volumes sets[BUNDLE_META + 1];
	uint32_t last[BUNDLE_META + 1]; /* volume of each set that a row tells of */
	struct salvage_cuts cuts;
	unsigned set;       /* that is being taken */
	bool is_placed;     /* places in what is being read are those of its tar */
	bool is_row_sealed; /* that the entry being copied has */
	struct salvage_frames *frames;
	struct source **meta; /* spaces of the meta set */
	size_t meta_count, meta_room;
	struct salvage_row *rows;
	size_t row_count, row_room;
	struct salvage_ahead ahead;
	struct salvage_path *by_path; /* of the taken rows, once one was looked for */
	size_t path_count;
	struct salvage_candidate *candidates; /* salvage_loose.c */
	size_t candidate_count, candidate_room;
	uint8_t *piece;
};
#define SALVAGE_PIECE ((size_t)1 << 20)

/* salvage_id.c: the collection id of the bundle: that of the MANIFEST, seal or not, if some volume has it, else that of most volumes;
 * zeros where no volume says. Whoever knows the recipients can make a volume, so that no single one may decide. Also marks the volumes
 * that the MANIFEST lists, and tells of those that the seal does not. */
bool salvage_identify(struct salvage *salvage, uint8_t id[16], struct err *err) MUST_CHECK;

/* salvage_entry.c: copies the stored bytes of an entry out of a space, or out of a NAME.cutN where they are whole there
 * alone; row: NULL when none tells of it. */
bool salvage_copy(struct salvage *salvage, struct source *space, const struct tar_entry *entry,
    const struct row *row, struct err *err) MUST_CHECK;
/* The same without a choice. */
bool salvage_copy_from(struct salvage *salvage, const struct salvage_origin *origin,
    struct bytes path, const struct row *row, struct err *err) MUST_CHECK;
/* What would come of it; *out has no ranges. */
bool salvage_measure(struct salvage *salvage, const struct salvage_origin *origin,
    const struct row *row, struct salvage_entry *out, struct err *err) MUST_CHECK;
/* Whether the header is there and is not that of the row. */
bool salvage_is_header_other(struct salvage *salvage, struct source *space,
    const struct tar_entry *entry, const struct row *row);
/* Ends the entry for the output and counts it. */
bool salvage_report(
    struct salvage *salvage, const struct salvage_entry *entry, struct err *err) MUST_CHECK;
/* Tells the output of what is refused in the set that is being taken; *count is that of its kind. */
bool salvage_refuse(
    struct salvage *salvage, uint64_t *count, const struct err *why, struct err *err) MUST_CHECK;

/* salvage_cut.c: which entries NAME.cutN hold. */
bool salvage_cuts_index(struct salvage *salvage, struct err *err) MUST_CHECK;
void salvage_cuts_free(struct salvage_cuts *cuts);
/* Whether an entry is rather taken from one of them: then *origin says from where. */
bool salvage_cut_choose(struct salvage *salvage, const struct tar_entry *entry,
    const struct row *row, struct salvage_origin *origin, struct err *err) MUST_CHECK;
/* Makes its space the one that is open; others are closed. Nothing for what is in no NAME.cutN. */
bool salvage_cut_open(
    struct salvage *salvage, struct salvage_origin *origin, struct err *err) MUST_CHECK;
/* Copies what they hold of salvage->set that was met nowhere else. */
bool salvage_cuts_rest(struct salvage *salvage, struct err *err) MUST_CHECK;

/* salvage_walk.c: every entry whose header is found in the space from `from` on, one after the other. What stands where one must be and
 * has a name that it must not have is refused. *is_sure: whether it stands where one must be, else it was found by search;
 * `each` may say better. What is sure is passed over; else the next header is looked for behind its first block. */
bool salvage_walk(struct salvage *salvage, struct source *space, uint64_t from,
    bool (*each)(void *context, const struct tar_entry *entry, bool *is_sure, struct err *err),
    void *context, struct err *err) MUST_CHECK;

/* salvage_loose.c: what lies in the runs of a set that have no place, where rows agree with it; then, with the frames that have one,
 * the best of what is whole nowhere. */
bool salvage_loose_take(struct salvage *salvage, unsigned set, struct err *err) MUST_CHECK;
bool salvage_loose_settle(
    struct salvage *salvage, unsigned set, struct source *placed, struct err *err) MUST_CHECK;

struct salvage_part { /* of a space of the meta set */
	size_t space;
	uint64_t at, end;
	bool is_lost;   /* what is in it nobody knows: the header is gone; else a file of rows */
	bool is_sealed; /* its header is */
};
/* salvage_rows.c: the rows in it, as far as it can be read. */
bool salvage_rows_add(
    struct salvage *salvage, const struct salvage_part *part, struct err *err) MUST_CHECK;
/* Puts them in order: by set and place. */
void salvage_rows_settle(struct salvage *salvage);
/* The first of their order that is not taken before that place; it may be of another set. */
size_t salvage_row_from(const struct salvage *salvage, unsigned set, uint64_t tar_at);
/* For one who goes through them in their order. */
bool salvage_row_read(
    struct salvage *salvage, size_t index, struct row *out, struct err *err) MUST_CHECK;
/* For one who reads a row here and there. */
bool salvage_row_alone(
    struct salvage *salvage, size_t index, struct row *out, struct err *err) MUST_CHECK;
/* Makes by_path, the taken rows by the hash of their paths; then those of that path, READER_SAME_HASH at most, are at [*first, *end), maybe
 * among others of its hash. */
bool salvage_rows_by_path(struct salvage *salvage, struct err *err) MUST_CHECK;
void salvage_row_range(
    const struct salvage *salvage, struct bytes path, size_t *first, size_t *end);
/* The row with that path that has a place; *index is row_count when there is none. *out is it. */
bool salvage_row_find(struct salvage *salvage, struct bytes path, struct row *out, size_t *index,
    struct err *err) MUST_CHECK;

/* The end of the good bytes from `at` on, `limit` at most. */
uint64_t salvage_good_until(
    struct salvage *salvage, struct source *space, uint64_t at, uint64_t limit);

#endif
