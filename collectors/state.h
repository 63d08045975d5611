/* What the files of the framework share; collectors see collection.h only. */
#ifndef KANSHIKI_COLLECTORS_STATE_H
#define KANSHIKI_COLLECTORS_STATE_H

#include "collectors/collection.h"
#include "collectors/fat_gaps.h"
#include "collectors/match.h"
#include "collectors/stream_keys.h"

#define COLLECTION_HITS_MAX     (4u << 20) /* streams chosen on one volume: 64 MiB of hits */
#define COLLECTION_PROBLEMS_MAX 20         /* shown one by one; all of them have their rows */
#define COLLECTION_CHUNK        (1u << 20) /* bytes read at once */

/* A stream that is to be taken. The streams of one file stand together, the unnamed first. */
struct hit {
	uint64_t file;       /* record | sequence << 48 */
	uint32_t stream;     /* stream_key, 0: unnamed; STREAM_KEY_LOST */
	uint32_t collectors; /* mask of those that asked for it; 0 when it was its turn */
};
#define HIT_STORED (1u << 31) /* in collectors, after its turn: it is in the bundle, whole */

struct hit_list {
	struct hit *at;
	size_t count, room;
	uint64_t bytes;   /* that taking them will store, about */
	uint64_t same;    /* of a shadow copy: are in the bundle already then */
	uint64_t dropped; /* over COLLECTION_HITS_MAX */
};

/* Adds; what is over the limit is counted in dropped. */
void hit_add(struct hit_list *list, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, uint32_t key, uint32_t collectors);
/* The same for what of the entry could not be read. */
void hit_add_lost(struct hit_list *list, const struct ntfs_entry *entry, uint32_t collectors);
/* Loads a record; a read that fails is tried twice. */
bool hit_load(struct collection_volume *volume, uint64_t record, struct ntfs_entry *entry,
    struct err *err) MUST_CHECK;
/* Back in the order of records, each stream once. */
void hit_merge(struct hit_list *list);
/* The hit on the same stream of the same file in another list; NULL: there is none. */
const struct hit *hit_find(const struct hit_list *list, const struct hit *hit);
/* Whether the stream is one that we take: $DATA, but not $BadClus:$Bad. */
bool hit_is_wanted(const struct ntfs_entry *entry, const struct ntfs_stream *stream);
/* Bytes that will be stored, about. */
uint64_t hit_stored_bytes(const struct ntfs_entry *entry, const struct ntfs_stream *stream);

struct fat_hits { /* what is to be taken of a FAT volume: found again in each walk */
	uint64_t count, bytes;
	uint64_t by_item
	    [MATCH_COLLECTORS_MAX]; /* of count, those that this collector is the first to want */
	uint64_t taken[MATCH_COLLECTORS_MAX];
	struct fat_structures *structures; /* settled; NULL: none were found */
};

struct collection_item { /* a collector in this run */
	const struct collector *collector;
	struct collection_counts counts;
	uint64_t shared;         /* objects it asked for that an earlier collector took */
	uint64_t started, ended; /* ticks by the host's clock; 0: not run */
	bool ran;
	const char *note; /* English, fixed: why nothing was done; NULL */
};

struct progress {
	uint64_t total, done; /* bytes; total 0: unknown */
	uint64_t started_ms, shown_ms;
	struct bytes what; /* being copied; borrowed while it is */
	bool is_terminal;
};

struct collection {
	const struct collection_plan *plan;
	struct collection_item items[MATCH_COLLECTORS_MAX]; /* in the order of the run */
	unsigned item_count;
	unsigned current;
	struct matcher matcher;
	struct hit_list hits[VOLUME_SET_MAX]; /* as the volumes */
	struct fat_hits fat[VOLUME_SET_MAX];
	struct progress progress;
	struct text_list problems; /* the first few */
	uint64_t problem_count;
	struct text_list unmatched; /* the first few lines about patterns without a match */
	uint64_t unmatched_count;
	uint64_t left; /* lists and sectors that had their turn no more; have their rows */
	bool stopped, broken;
	struct err broken_why;
	enum deleted_policy deleted; /* by --deleted, else by the profile */
	uint64_t deleted_bytes;      /* of deleted files, stored so far */
	uint64_t started_ms;
	struct slack_known *slack; /* directory_slack.c: names told of; NULL: none so far */
	struct claims *claims;     /* paths given away; NULL: none so far */
	uint8_t *buffer;           /* COLLECTION_CHUNK */
};

/* walk.c: reads the file table of a volume and fills hits. */
void collection_walk(struct collection *collection, size_t volume);

/* structure.c: directories known by their files. */
struct structures; /* opaque */
bool structures_new(struct collection *collection, size_t volume, struct structures **out,
    struct err *err) MUST_CHECK;
void structures_free(struct structures *structures);
CLEANUP_POINTER(struct structures, structures_free);
/* Looks at a file of the walk. */
void structures_see(struct structures *structures, const struct ntfs_entry *entry);
/* After the walk: adds the hits. */
void structures_take(struct structures *structures);

/* take.c: takes the hits on a volume whose first collector is the current one. */
void collection_take(struct collection *collection, size_t volume);
/* Before anything is taken: takes what a shadow copy has the same as its volume off the estimate. */
void collection_discount(struct collection *collection, size_t volume);
/* After a stop: counts what was not reached, and gives it rows while time and destination last. Returns how
 * many streams. */
uint64_t collection_take_rest(struct collection *collection, size_t volume, uint64_t until_ms);

/* fat_files.c: the same three for a FAT or exFAT volume. */
void collection_fat_walk(struct collection *collection, size_t volume);
void collection_fat_take(struct collection *collection, size_t volume);
uint64_t collection_fat_rest(struct collection *collection, size_t volume, uint64_t until_ms);

/* fat_structures.c: directories known by their files. See files of a walk, settle (how many were found), then ask for
 * masks. NULL when no memory. */
struct fat_structures; /* opaque */
struct fat_structures *fat_structures_new(const struct collection *collection);
void fat_structures_free(struct fat_structures *structures);
void fat_structures_see(struct fat_structures *structures, const struct fat_entry *entry);
size_t fat_structures_settle(struct fat_structures *structures);
uint32_t fat_structures_mask(const struct fat_structures *structures, struct bytes path);
uint64_t fat_structures_dropped(const struct fat_structures *structures);

/* fat_deleted.c: what the collector of deleted files does on it. */
void collection_fat_deleted(struct collection *collection, size_t volume);

/* fat_members.c: the members made of a volume as a whole. NULL with *err. */
#define COLLECTION_FAT_IMAGE   "$FAT"       /* all that tells of files, sparse */
#define COLLECTION_FAT_LISTING "$FAT.jsonl" /* every entry, a line each */
struct source *collection_fat_image(
    struct collection_volume *volume, struct range **sparse, size_t *sparse_count, struct err *err);
struct fat_listing_gaps {
	uint64_t dropped;       /* entries over its ceiling */
	struct fat_gaps unread; /* places that could not be read */
};
/* Fills lines. */
bool collection_fat_listing(struct collection_volume *volume, struct text *lines,
    struct fat_listing_gaps *gaps, struct err *err) MUST_CHECK;

/* copy.c: what a copy came to. */
struct copy_result {
	struct range *bad; /* ranges of zeros in place of what could not be read */
	size_t bad_count, bad_room;
	uint64_t bad_more;  /* ranges over COPY_BAD_RANGES_MAX, not listed */
	uint64_t bad_bytes; /* of all */
	struct err first;   /* why, for the first of them */
};
#define COPY_BAD_RANGES_MAX 1024
void copy_result_free(struct copy_result *result);
static inline void copy_result_free_at(struct copy_result *result)
{
	copy_result_free(result);
}
/* Writes the open entry's content from source, zeros in place of what cannot be read. False when the destination broke, or when
 * the user stopped it: the entry is then left open, to be cut. */
bool copy_source(struct collection *collection, struct source *source, struct copy_result *result,
    struct err *err) MUST_CHECK;
/* Whether the set takes entries: what a run before an interruption did not get of one that it closed cannot be put there any more. */
bool copy_has_place(
    const struct collection *collection, enum bundle_set set, struct err *err) MUST_CHECK;
/* Writes a whole entry so. False: its set takes none, or the collection is broken, too (collection_break). */
bool copy_entry(struct collection *collection, enum bundle_set set,
    const struct bundle_member *member, struct source *source, struct copy_result *result,
    struct bundle_place *place, struct err *err) MUST_CHECK;
/* Puts into *why what is missing of a copy that came to its end; `place` as bundle_entry_end said. False, and *why
 * untouched, when nothing is. */
bool copy_explain(
    const struct copy_result *result, const struct bundle_place *place, struct err *why);

/* kept.c: whether a run before an interruption has it sealed. It is then counted as that run left it, and *out tells. */
bool collection_kept(
    struct collection *collection, const char *name, uint64_t identity, struct bundle_kept *out);
/* For who asked bundle_kept itself. */
void collection_count_kept(
    struct collection *collection, const char *name, const struct bundle_kept *kept);

/* claim.c: makes the path of an entry, or of a row same_as one, its owner's alone: where another has it, '~' and `apart` go
 * behind it. The same owner gets the same again; *is_new (may be NULL) tells whether it is the first time. */
bool collection_claim(struct collection *collection, struct text *path, const char *apart,
    uint32_t owner, bool *is_new, struct err *err) MUST_CHECK;
/* A number for an owner, out of what tells it from others. */
uint32_t claims_owner(const uint64_t *parts, size_t count);
struct claims; /* opaque */
void claims_free(struct claims *claims);

/* collection.c: remembers and shows a problem that has its row already. */
void collection_note_problem(
    struct collection *collection, struct bytes what, const struct err *why);
/* What the collector that runs has counted. */
static inline struct collection_counts *collection_counting(struct collection *collection)
{
	return &collection->items[collection->current].counts;
}
/* Remembers the line, for the end. */
void collection_add_unmatched(struct collection *collection, const struct text *line);
/* Counts an entry that is in the bundle now. */
void collection_count_entry(
    struct collection *collection, bool is_whole, const struct bundle_place *place);
/* Adds up. */
void collection_count(struct collection_counts *to, const struct collection_counts *more);
/* Something left out on purpose: its row, the journal, the screen; no problem. */
void collection_skip(struct collection *collection, const char *what, const struct err *why);
void collection_journal(
    struct collection *collection, const char *step, const char *what, const char *detail);

/* The user stopped it. */
void collection_stop(struct collection *collection);
/* Why what had its turn no more was left behind: the destination broke, or the run was stopped. */
void collection_left_behind(const struct collection *collection, struct err *why);

/* progress.c: on a terminal one line replaced in place, otherwise a line a step. */
void progress_start(struct progress *progress, uint64_t total);
void progress_step(struct progress *progress, const char *line);
void progress_add(struct progress *progress, uint64_t bytes);
/* What it shows: never more than the total. */
void progress_line(const struct progress *progress, struct text *out);
void progress_part(struct progress *progress, const char *what, uint64_t done, uint64_t total);
void progress_clear(struct progress *progress);
/* A guess, so in words that do not promise seconds. */
void progress_left(struct text *out, uint64_t seconds);

#endif
