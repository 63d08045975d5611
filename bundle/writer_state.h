/* The inside of the bundle writer, shared by bundle/writer*.c only. */
#ifndef KANSHIKI_BUNDLE_WRITER_STATE_H
#define KANSHIKI_BUNDLE_WRITER_STATE_H

#include "bundle/frames.h"
#include "bundle/manifest.h"
#include "bundle/resume.h"
#include "bundle/rows.h"
#include "bundle/tar.h"
#include "bundle/volume.h"
#include "bundle/writer.h"

#define BUNDLE_SETS           4
#define BUNDLE_META_FILES_MAX 32
#define BUNDLE_RESERVE_NAME   "RESERVE"
#define BUNDLE_NEW_SUFFIX     ".new"

struct writer_set {
	bool is_closed;
	uint32_t volumes;    /* closed */
	uint64_t tar_offset; /* bytes of the set's tar so far */
	uint8_t previous_sha256[SHA256_LEN];
};

struct writer_volume { /* the open one; sink is NULL when there is none */
	struct sink *sink;
	enum bundle_set set;
	uint32_t index;
	char name[VOLUME_NAME_ROOM];
	uint64_t tar_start;
	uint64_t opened_ms;
	struct volume_hashes hashes;
};

struct writer_entry { /* the open one */
	bool is_open;
	enum bundle_set set;
	uint64_t size, written;
	uint64_t since_ms; /* it began, or was cut by a rotation */
	struct hash *sha256;
	struct bundle_place place;
	struct text name;
	uint64_t identity;
	/* Of one that an interruption cut: bytes that are sealed already, and how many it has now. */
	bool is_continued;
	uint64_t skip, offered;
};

struct given_file {
	char name[MANIFEST_FILE_NAME + 1];
	struct text content;
};

struct writer_rowed {   /* when the last meta volume was closed */
	size_t volumes; /* of closed */
	size_t items;   /* of fresh */
	uint64_t journal_lines;
	uint8_t journal_head[SHA256_LEN];
	struct resume_set sets[BUNDLE_SETS];
	struct resume_cut
	    cut; /* that those sets end inside: a volume closed since may have cut another place */
};

struct bundle_writer {
	struct store *store;
	struct bundle_plan plan; /* its borrowed pointers but seal and the functions are NULL */
	struct manifest manifest;
	struct frames *frames;
	struct writer_set sets[BUNDLE_SETS];
	struct writer_volume volume;
	struct writer_entry entry;
	struct rows *rows, *journal;
	uint8_t journal_head[SHA256_LEN]; /* of the last line added */
	struct given_file meta[BUNDLE_META_FILES_MAX];
	size_t meta_count;
	struct closed_volume *closed;
	size_t closed_count, closed_room;
	struct bundle_totals totals;
	uint64_t keep_bytes; /* left free for what finish writes, or held in RESERVE */
	uint64_t held_bytes; /* writer_held() when the room was asked for last */
	uint64_t room_bytes; /* what was free when asked last */
	uint64_t room_at;    /* position() then */
	uint32_t sealed;     /* MANIFESTs so far */
	bool has_reserve;
	bool seal_is_pending; /* MANIFEST is renamed, its seal not yet */
	bool has_lost;        /* a volume of data could not be closed */
	bool is_broken;       /* a write failed: the open volume is lost as .part */
	bool
	    is_full; /* stopped before the disk is full, by the user or by the caller: the open volume can be closed */
	struct err why; /* of is_broken or is_full */

	/* For a run after this one, and from those before it. */
	struct text asked;
	struct text_list resume_recipients; /* the holder of the seal key */
	uint32_t run;                       /* from 1 */
	uint32_t resume_files;              /* listed: RESUME.000 and on */
	size_t told_volumes;                /* of closed: in one of them */
	uint64_t journal_before;            /* lines of the runs before */
	struct resume_items fresh;          /* ended, and in no RESUME yet */
	struct writer_rowed rowed;          /* how far rows are in a meta volume */
	struct resume_items kept;           /* of the runs before, sorted */
	struct resume_cut cut;
	bool is_cut_pending; /* it is of a run before: nothing else may come in its set */
};

/* writer_stream.c: the open volume. All fail with the writer marked as broken or full. */
bool writer_open_volume(struct bundle_writer *writer, enum bundle_set set, uint64_t next_header,
    struct err *err) MUST_CHECK;
bool writer_close_volume(struct bundle_writer *writer, struct err *err) MUST_CHECK;
/* Lets go of the open volume as it is: NAME.part stays, its set ends where it began. */
void writer_drop_volume(struct bundle_writer *writer);
bool writer_put(struct bundle_writer *writer, struct bytes data, struct err *err) MUST_CHECK;
/* Largest size of the volume file if `more` bytes were added and it was then closed. */
uint64_t writer_volume_bound(const struct bundle_writer *writer, size_t more);
/* Whether `more` bytes can be taken and all be closed afterwards. */
bool writer_check_room(struct bundle_writer *writer, size_t more, struct err *err) MUST_CHECK;
/* Whether meta still takes so many volumes: without one for its rows a volume of data would be for nothing. */
bool writer_check_meta(struct bundle_writer *writer, uint32_t more, struct err *err) MUST_CHECK;
/* Marks the writer as broken by *err. Returns false. */
bool writer_broken(struct bundle_writer *writer, const struct err *err);
/* Fails with the reason when it is broken or full. */
bool writer_usable(const struct bundle_writer *writer, struct err *err) MUST_CHECK;

/* writer_meta.c: what goes into a meta volume. The set is never closed for good: what comes behind its last volume may fail, and a
 * run that goes on then has more to tell. */
bool writer_meta_volume(struct bundle_writer *writer, struct err *err) MUST_CHECK;

/* writer_seal.c: MANIFEST and its seal; the whole of a rotation. */
bool writer_seal(struct bundle_writer *writer, bool complete, struct err *err) MUST_CHECK;
bool writer_rotate(struct bundle_writer *writer, struct err *err) MUST_CHECK;
/* Closes a set for good: end-of-archive blocks, then as a rotation. */
bool writer_close_set(
    struct bundle_writer *writer, enum bundle_set set, struct err *err) MUST_CHECK;
bool writer_put_listed(struct bundle_writer *writer, const char *name, struct bytes content,
    struct err *err) MUST_CHECK;

/* writer_resume.c: RESUME.NNN with what has its rows in a meta volume since the one before; listed, for the next seal.
 * Where it cannot be written, the next one tells it too; a run that goes on without takes more again. */
bool writer_put_resume(struct bundle_writer *writer, struct err *err) MUST_CHECK;
/* Takes them all off the list; writer_remove_resume then removes them, or writer_list_resume lists them again. */
void writer_unlist_resume(struct bundle_writer *writer);
bool writer_list_resume(struct bundle_writer *writer, struct err *err) MUST_CHECK;
void writer_remove_resume(struct bundle_writer *writer);
/* What came of an entry; a row, or a path without bytes (BUNDLE_META). */
bool writer_note_entry(struct bundle_writer *writer, enum resume_kind kind,
    const struct writer_entry *entry, struct err *err) MUST_CHECK;
bool writer_note_row(struct bundle_writer *writer, struct bytes json, struct err *err) MUST_CHECK;
/* Whether an earlier run has it, of those kinds; each is found once. NULL: no. */
const struct resume_item *writer_find_kept(struct bundle_writer *writer,
    const uint8_t key[RESUME_KEY_LEN], uint64_t identity, enum resume_kind first,
    enum resume_kind last);
/* Puts BUNDLE_AGAIN behind the name as long as what was begun under it is given up. Returns how often. */
unsigned writer_name_again(
    const struct bundle_writer *writer, struct text *name, uint64_t identity);
/* Makes the reading end of what writer_put_resume writes. */
bool writer_resume_keys(const struct seal_key *seal, const uint8_t collection_id[16],
    struct age_identities *out, struct err *err) MUST_CHECK;
/* Of writer.c, for both ways to begin. */
bool writer_make(struct store *store, const struct bundle_plan *plan, struct bundle_writer **out,
    struct err *err) MUST_CHECK;

/* writer_cut.c: the entry that the end of what is sealed cuts. */
/* A volume was closed inside the open entry. */
void writer_remember_cut(struct bundle_writer *writer);
/* The state that RESUME will tell has the cut that there is now. */
void writer_keep_cut(struct bundle_writer *writer);
bool writer_continue_entry(
    struct bundle_writer *writer, const struct bundle_member *member, struct err *err) MUST_CHECK;
/* The beginning was compared as far as data went, which it shortens; goes on writing where it ends. */
bool writer_catch_up(struct bundle_writer *writer, struct bytes *data, struct err *err) MUST_CHECK;
/* From here on the open entry is what a run before left: nobody else gets the path, and itself another. For before its first zero: a
 * run that goes on after a stop, or a rotation, in between must not put the rest of its bytes behind zeros. */
bool writer_note_second(struct bundle_writer *writer, struct err *err) MUST_CHECK;
/* The entry ended with a row of its own, which says what it is: also to a run that goes on, whether or not it is told as `second`. */
void writer_forget_second(struct bundle_writer *writer);
/* Nobody goes on with it: zeros, and a row. */
bool writer_abandon_cut(struct bundle_writer *writer, struct err *err) MUST_CHECK;
/* writer_entry.c */
bool writer_fill_up(struct bundle_writer *writer, struct err *err) MUST_CHECK;
uint64_t writer_entry_end_offset(const struct writer_entry *entry);

/* writer.c */
size_t writer_rows_ceiling(const struct bundle_writer *writer);

/* writer_reserve.c */
bool writer_reserve(struct bundle_writer *writer, struct err *err) MUST_CHECK;
void writer_release_reserve(struct bundle_writer *writer);
/* Bytes that meta and RESUME will take of what waits for them in memory. */
uint64_t writer_held(const struct bundle_writer *writer);
/* Whether so much waits that a rotation must take it. */
bool writer_holds_much(const struct bundle_writer *writer);

/* readme.c: README.txt. */
void bundle_readme(struct text *out);

#endif
