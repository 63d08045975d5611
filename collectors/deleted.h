/* Deleted files of a volume: list, plan, data. Shared by the collectors/deleted_*.c; page
 * docs/collectors/deleted-files.md. */
#ifndef KANSHIKI_COLLECTORS_DELETED_H
#define KANSHIKI_COLLECTORS_DELETED_H

#include "collectors/row.h"
#include "collectors/shadows.h"
#include "collectors/state.h"
#include "collectors/trim.h"
#include "formats/ntfs/wof.h"

#define DELETED_CANDIDATES_MAX ((size_t)1 << 19)   /* streams to recover, of one volume: 12 MiB */
#define DELETED_RESIDENT_MAX   100000u             /* members out of MFT records, of one volume */
#define DELETED_LEFT_ROWS_MAX  10000u              /* rows for what is left out; the list has all */
#define DELETED_MARKS_MAX      ((uint64_t)1 << 27) /* records: 16 MiB */
#define DELETED_LINES_BYTES    ((size_t)8 << 20)   /* of a part of the list */
#define DELETED_CAP            2000000000ull       /* bytes, by default */
#define DELETED_CAP_ALL        20000000000ull      /* the same for --deleted all */
#define DELETED_FILE_SHARE     4u                  /* one file takes a quarter of it at most */
#define DELETED_CLASS_NONE     31u                 /* not on the priority list */

/* What is done about a stream, and why not more. */
enum deleted_decision {
	DELETED_TAKE,
	DELETED_GONE,       /* nothing of it is left */
	DELETED_UNKEPT,     /* nothing of it was kept by the shadow copy */
	DELETED_NOT_LISTED, /* --deleted priority, and it is not on the list */
	DELETED_LIST_ONLY,  /* --deleted list */
	DELETED_FILE_CAP,   /* larger than one file may be */
	DELETED_TOTAL_CAP,  /* the others took what all may take */
	DELETED_TOO_MANY,   /* more streams than are looked at */
	DELETED_DECISIONS,
};
#define DELETED_EMPTIED "the drive has emptied its clusters (TRIM): they hold one byte throughout"
/* English, fixed: for rows and the list. */
const char *deleted_why(enum deleted_decision decision);

/* What the caps let be taken of a candidate that is to be taken: DELETED_TAKE, then *left is less by its bytes. */
enum deleted_decision deleted_cap(uint64_t bytes, uint64_t file_cap, uint64_t *left);

/* Whether the caps left it out; and how many were, said on the screen: what a higher cap would have taken. */
bool deleted_is_over(unsigned decision);
void deleted_say_over(
    struct collection *collection, const struct text *volume, uint64_t count, uint64_t bytes);

struct deleted_candidate { /* a stream outside of MFT records that may be worth its bytes */
	uint64_t bytes;    /* that taking it stores */
	uint32_t record;
	uint32_t stream; /* stream_key */
	uint32_t when;   /* since 1970, in units of 2^24 ticks */
	uint16_t sequence;
	uint8_t priority; /* its class on the list, 0 first */
	uint8_t decision;
};

struct deleted_deletion;

struct deleted_runs { /* what of a stream is stored */
	uint64_t bytes;
	bool is_sparse;   /* only the next, as they lie in the content */
	struct range *at; /* owned */
	size_t count;
};

struct deleted_state {                    /* a newer one of a shadow copy, that has a list */
	struct collection_volume *volume; /* NULL: none */
	struct ntfs_bitmap *bitmap;       /* NULL: cannot be read */
};

struct deleted_files { /* of one volume */
	struct collection *collection;
	struct collection_volume *volume;
	bool is_live;        /* the volume of a running system, not a shadow copy of it */
	bool knows_unkept;   /* of a shadow copy: what it did not keep is known */
	struct source *live; /* what the running file system says is in use; NULL: not told */
	struct ntfs_bitmap *bitmap; /* NULL: cannot be read */
	struct deleted_state
	    states[2]; /* of a shadow copy: its volume, the shadow copy made next */
	struct ntfs_claims *claims;
	struct logfile_clusters *log; /* NULL: no memory for it */
	struct matcher priorities;
	struct trim trim;
	struct deleted_candidate *at; /* by record, then as the streams lie */
	size_t count, room;
	uint64_t dropped; /* streams over DELETED_CANDIDATES_MAX */
	uint64_t unused, empty,
	    files; /* records: not in use, of them without anything, of them listed */
	uint64_t comparable,
	    lookable; /* blocks of a shadow copy that may still be compared with newer states, looked at */
	uint64_t newer;    /* deleted files of a shadow copy that a newer state has as well */
	uint64_t resident; /* members out of records so far */
	uint64_t resident_listed; /* the same, in the list */
	uint64_t resident_left;   /* over DELETED_RESIDENT_MAX */
	uint64_t cap, file_cap;   /* bytes */
	uint8_t *marks;           /* a bit for each record: it is a deleted file; NULL: not known */
	uint8_t *parts; /* the same of those that are extension records; NULL: not known */
	struct err journal_damage; /* the first met in the change journal: times may be missing */
	struct deleted_deletion *deletions; /* by record and sequence */
	size_t deletion_count, deletion_room,
	    deletion_next;       /* next: the one to be forgotten first */
	struct text title;       /* for the progress line */
	struct stream_keys keys; /* of the deleted file at work */
};

/* What deleted files may take, of all and of one. */
void deleted_caps(const struct collection *collection, uint64_t *cap, uint64_t *file_cap);

/* Its path on the volume, as ntfs_path gives it; "$Orphan/record 12" without a name. */
void deleted_path(
    struct deleted_files *d, const struct ntfs_entry *entry, struct text *out, bool *is_orphan);
/* The member's name: "deleted/C/39-2/name:stream"; "…~1a2b3c4d" where an earlier stream has its name. */
void deleted_member(const struct deleted_files *d, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct text *out);

/* The stream whose clusters hold the content of a stream: itself, or WofCompressedData of a file packed by Windows;
 * *is_wof and *wof then tell how. */
const struct ntfs_stream *deleted_holder(struct deleted_files *d, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, bool *is_wof, struct ntfs_wof *wof);

/* deleted_runs.c. The runs of a stream that is neither packed nor resident, when its holes are large. */
void deleted_runs_find(const struct deleted_files *d, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct deleted_runs *out);
/* What is stored, out of the content, which it takes. */
bool deleted_runs_open(const struct deleted_runs *runs, struct source **content,
    struct source **out, struct err *err) MUST_CHECK;
void deleted_runs_free(struct deleted_runs *runs);
static inline void deleted_runs_free_at(struct deleted_runs *runs)
{
	deleted_runs_free(runs);
}

/* deleted_newer.c. Whether the volume itself, or the shadow copy made next, lists the deleted file of a shadow copy as well: the same
 * record, the same in it, and of its data all that this one kept, in clusters that no file has there. */
#define DELETED_COMPARED_MAX \
	((uint64_t)1 << 30) /* bytes of data, of one shadow copy; then they count as the same */
void deleted_newer_begin(struct deleted_files *d);
void deleted_newer_end(struct deleted_files *d);
bool deleted_is_newer_too(struct deleted_files *d, const struct ntfs_entry *entry);
/* What became of it on the volume: "gone", "changed" (its record is there, its data is not); NULL: not known. */
const char *deleted_newer_word(const struct deleted_files *d, const struct ntfs_entry *entry);

/* deleted_kept.c: what of a shadow copy was kept. */
void deleted_kept_ask(struct deleted_files *d);
/* Whether nothing of a stream that has not been overwritten was kept. */
static inline bool deleted_is_unkept(const struct ntfs_deleted *state)
{
	return state->unkept > 0 && state->own + state->unknown == 0;
}
/* Loads a record; of a shadow copy of a running Windows as it was, though its blocks be overwritten meanwhile. */
bool deleted_load(
    struct deleted_files *d, uint64_t record, struct ntfs_entry *entry, struct err *err) MUST_CHECK;
/* What the rows of a shadow copy say of where they come from. */
void deleted_kept_row(const struct deleted_files *d, struct row *row);

/* deleted_priority.c: the list. */
bool deleted_priorities(struct matcher *matcher, struct err *err) MUST_CHECK;
/* The class of a path, DELETED_CLASS_NONE: it is not on the list. */
unsigned deleted_priority(struct matcher *matcher, char letter, struct bytes path);

/* deleted_trim.c: samples of NTFS, and what the registry on the volume says. */
void deleted_trim_see(struct deleted_files *d, const struct ntfs_stream *stream);
void deleted_trim_judge(struct deleted_files *d);

/* deleted_journal.c: when files were deleted, by the change journal of the volume, when it has one. */
#define DELETED_DELETIONS_MAX ((size_t)1 << 18) /* the newest: 4 MiB */
void deleted_journal_read(struct deleted_files *d);
/* Ticks; 0: not known. */
uint64_t deleted_journal_time(const struct deleted_files *d, const struct ntfs_entry *entry);

/* deleted_plan.c: which streams are taken, by priority, newest first, under the caps. */
void deleted_plan_see(struct deleted_files *d, const struct ntfs_entry *entry);
void deleted_plan_decide(struct deleted_files *d);
/* What was decided about a stream that is not resident. */
enum deleted_decision deleted_plan_of(const struct deleted_files *d, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream);
/* In the order in which they are to be taken. */
void deleted_plan_rank(struct deleted_files *d);

/* deleted_list.c: the members deleted/C/files.jsonl, files.002.jsonl, … */
/* Adds what the first line of every such list begins with, inside an object that is open. */
void deleted_head(struct json *json, const struct collection *collection,
    const struct collection_volume *volume, uint64_t cap, uint64_t file_cap);

struct deleted_list {
	struct deleted_files *d;
	struct text text;
	unsigned part;
};
void deleted_list_begin(struct deleted_list *list, struct deleted_files *d);
void deleted_list_add(struct deleted_list *list, const struct ntfs_entry *entry);
void deleted_list_end(struct deleted_list *list);

/* deleted_take.c */
void deleted_take_resident(struct deleted_files *d, const struct ntfs_entry *entry);
void deleted_take_planned(struct deleted_files *d);

#endif
