/* Writes a bundle, format 1 (docs/bundle-format.md): sets of age files holding zstd frames of one pax
 * tar, rows and receipts in `meta`, and a signed MANIFEST at the start, at every rotation and at the end.
 * Called from one thread. Memory is bounded. The store is handed in; nothing here knows the OS. */
#ifndef KANSHIKI_BUNDLE_WRITER_H
#define KANSHIKI_BUNDLE_WRITER_H

#include "core/store.h"
#include "bundle/kit.h"

/* In the place of the host: its name is inside alone. */
#define BUNDLE_WITHHELD "withheld"

enum bundle_set { BUNDLE_LIVE, BUNDLE_FILES, BUNDLE_MEMORY, BUNDLE_META };

struct bundle_limits {         /* zero: the format's own numbers */
	uint64_t rotate_bytes; /* 1900 MiB of volume file: rotate at an entry's end */
	uint64_t volume_bytes; /* 2000 MiB: never more */
	uint64_t rotate_ms;    /* 10 minutes */
	size_t rows_bytes;     /* compressed rows in memory before a rotation is forced */
	uint32_t volumes;      /* 999 of a set */
};

#define BUNDLE_ASKED_MAX ((size_t)1 << 20)

/* What a collection is of, and what it asks for: a run that goes on with it must say the same. */
struct bundle_origin {
	uint8_t request[SHA256_LEN]; /* of what is asked for */
	uint8_t host[SHA256_LEN];    /* of the machine */
	uint8_t sources[SHA256_LEN]; /* of the volumes */
};

struct bundle_plan { /* borrowed during bundle_create only, but for seal and the functions */
	const char *case_id; /* NULL: "nocase" */
	const char *host;
	uint8_t collection_id[16]; /* UUIDv7: bundle_new_id */
	uint64_t started;          /* ticks */
	struct bundle_origin origin;
	struct bytes
	    asked; /* in the caller's own words, at most BUNDLE_ASKED_MAX: for bundle_asked */
	const struct text_list *recipients;
	const struct kit_unlock *unlocks; /* copied into the bundle as unlock.WHO.age */
	size_t unlock_count;
	const struct seal_key *seal; /* must outlive the writer */
	uint64_t (*now)(void);       /* ticks */
	uint64_t (*monotonic_ms)(void);
	int zstd_level; /* 0: 1 */
	/* Compresses and writes on its threads; must outlive the writer. NULL: all on the caller's. The store is then
	 * used from other threads, never by two at once. */
	struct conveyor *conveyor;
	/* One more, of VOLUME_BESIDE_DEPTH, on which the second hash of volumes is made; must outlive the writer. NULL: none. */
	struct conveyor *beside;
	struct bundle_limits limits;
	/* Bytes free at the destination (false: cannot be told). With it the writer stops before the disk is full
	 * (ERR_FULL) while everything can still be closed. Without it a RESERVE file is held for that. May be NULL. */
	bool (*free_space)(void *context, uint64_t *bytes);
	/* README.txt is there and nothing is sealed yet: whoever holds the bundle against other runs does so now. May be
	 * NULL; a bundle that is gone on with does not call it. */
	void (*begun)(void *context);
	/* Asked while zeros are written in place of what is gone, which may be hundreds of gigabytes; true ends it as bundle_stop
	 * does: the entry stays cut. May be NULL. */
	bool (*is_stopped)(void *context);
	void *context; /* of these; must outlive the writer */
};

/* A fresh UUIDv7 (RFC 9562) for that time, and its text form (36 characters and NUL). */
bool bundle_new_id(uint64_t now, uint8_t id[16], struct err *err) MUST_CHECK;
void bundle_id_text(const uint8_t id[16], char out[37]);
/* "<case>_<host>_<YYYYMMDDThhmmssZ>_<id8>". */
bool bundle_directory_name(
    const struct bundle_plan *plan, struct text *out, struct err *err) MUST_CHECK;

struct bundle_writer; /* opaque */

/* Starts a bundle in an empty store (borrowed): writes README.txt, chain.pem and the first sealed,
 * in-progress MANIFEST. */
bool bundle_create(struct store *store, const struct bundle_plan *plan, struct bundle_writer **out,
    struct err *err) MUST_CHECK;
/* What a run that goes on after an interruption found. */
struct bundle_resumed {
	uint32_t run;     /* 2: the first that goes on */
	uint32_t volumes; /* sealed, that stay */
	uint64_t entries; /* in them */
	uint64_t rows;    /* in them, without bytes */
	uint64_t bytes;   /* of the entries */
	/* files that nothing sealed: kept under another name, what was in them is taken again */
	uint32_t set_aside;
	uint32_t unread;     /* of them, that cannot be read to their end: not sealed */
	bool goes_on_inside; /* an entry that is sealed in part */
	uint8_t collection_id[16];
	uint64_t started;           /* the first run */
	const char *case_id, *host; /* as the MANIFEST has them; live as long as the writer */
};

struct bundle_checking { /* of what is there, before a run goes on */
	bool sizes_only;
	/* May be NULL; false stops with ERR_STOPPED. */
	bool (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

/* Goes on with a bundle that a run was interrupted in. Case, host, collection id and start are those of the bundle;
 * of the plan's only the case is looked at, where it has one. Refuses: ERR_EXISTS, complete; ERR_UNTRUSTED, not by this
 * kit's seal; ERR_USAGE, of another case, machine or other volumes, or something else was asked for; ERR_DAMAGED, not as it was sealed; ERR_MISSING, no
 * bundle. Nothing is changed before all of that is checked. What is sealed stays as it is. A volume that is not is
 * hashed, renamed to NAME.cutN and listed; to NAME.unreadN, and not listed, where it cannot be read to its end. */
bool bundle_resume(struct store *store, const struct bundle_plan *plan,
    const struct bundle_checking *checking, struct bundle_resumed *resumed,
    struct bundle_writer **out, struct err *err) MUST_CHECK;

/* What was asked for when an interrupted bundle was begun, as bundle_create was given it; empty: nothing. Refuses as
 * bundle_resume does, of the plan's only seal and recipients are looked at. The words are those of a holder of the kit. */
bool bundle_asked(struct store *store, const struct bundle_plan *plan, struct text *asked,
    struct err *err) MUST_CHECK;

/* Frees without finishing: what is sealed stays sealed, the open volume stays NAME.part. */
void bundle_writer_free(struct bundle_writer *writer);
CLEANUP_POINTER(struct bundle_writer, bundle_writer_free);

#define BUNDLE_AGAIN "~2"

struct bundle_member {    /* what the tar header says */
	const char *name; /* escaped (name.h): "fs/C/Windows/..." */
	/* tells it from another that gets the name when it is gone; 0: no other can */
	uint64_t identity;
	uint64_t size;                                 /* stored bytes that will follow */
	uint64_t modified, accessed, changed, created; /* ticks, 0: left out */
};

struct bundle_place { /* where an entry lies: for its row */
	enum bundle_set set;
	uint32_t volume;            /* index from 1 where its header starts */
	uint64_t tar_offset;        /* of its first header block, in the whole set */
	uint64_t data_offset;       /* of its first data byte, in the whole set */
	uint8_t sha256[SHA256_LEN]; /* of the stored bytes */
	uint64_t stored;            /* bytes */
	uint64_t padded; /* of them, zeros put in by bundle_entry_end because less was written */
	/* Of an entry that an interruption cut: its beginning, stored then, is not what is there now. */
	bool is_stale;
	/* How often BUNDLE_AGAIN was put behind its name: what was begun under that is filled up with zeros. */
	unsigned agains;
	/* A run before an interruption began it: its header tells of then, also of its times. */
	bool is_continued;
};

struct json;
/* Adds to the row that is open: "place", "continued", "stored_size", "sha256". */
void bundle_place_write(struct json *json, const struct bundle_place *place);

/* One entry: begin, write size bytes in pieces, end. Fewer bytes are filled with zeros by end (the
 * place says how many); more is our bug. Sets are written one after the other, live first: beginning an
 * entry of another set closes the set before it for good. A failure means that the destination is
 * broken (ERR_FULL, ERR_IO): only bundle_finish may follow. */
bool bundle_entry_begin(struct bundle_writer *writer, enum bundle_set set,
    const struct bundle_member *member, struct err *err) MUST_CHECK;
bool bundle_entry_write(
    struct bundle_writer *writer, struct bytes data, struct err *err) MUST_CHECK;
/* Where up to *len bytes of the open entry may be read into: given to bundle_entry_write from there they are not
 * copied. *len becomes what there is room for, a multiple of BUNDLE_ROOM_LEAST if less than asked. Valid until the
 * writer is called again. NULL: no place for so much now, use memory of your own. */
#define BUNDLE_ROOM_LEAST ((size_t)64 << 10)
uint8_t *bundle_entry_room(struct bundle_writer *writer, size_t *len);
bool bundle_entry_end(
    struct bundle_writer *writer, struct bundle_place *place, struct err *err) MUST_CHECK;

enum bundle_outcome { BUNDLE_WHOLE, BUNDLE_PARTIAL, BUNDLE_GAP };
/* The row of the entry that was ended last, with what came of it: all of it; less, which is no gap of ours; less than
 * there was. A run that goes on after an interruption then leaves the entry as it is. */
bool bundle_entry_row(struct bundle_writer *writer, enum bundle_outcome outcome, struct bytes json,
    struct err *err) MUST_CHECK;

/* Whether a run before an interruption began it. */
bool bundle_goes_on(const struct bundle_writer *writer);

struct bundle_kept {
	enum bundle_outcome outcome;
	uint64_t stored;
	bool is_same; /* it had the content of another entry then, and its row says so */
};
/* Whether an earlier run has it sealed already, and what came of it. Each is found once. */
bool bundle_kept(
    struct bundle_writer *writer, const char *path, uint64_t identity, struct bundle_kept *out);
/* Whether an earlier run gave the path to another object. */
bool bundle_is_anothers(const struct bundle_writer *writer, struct bytes path, uint64_t identity);
/* Whether what an interruption left of the object under that path was filled up with zeros. Who chooses the paths gives
 * it another; else it gets BUNDLE_AGAIN behind it, whoever may be called so. */
bool bundle_is_given_up(const struct bundle_writer *writer, struct bytes path, uint64_t identity);
/* Whether what an interruption left of it under that path is to be gone on with: beginning another entry gives it up. */
bool bundle_is_begun(const struct bundle_writer *writer, struct bytes path, uint64_t identity);
/* A set that an earlier run closed for good takes no more entries. */
bool bundle_set_is_open(const struct bundle_writer *writer, enum bundle_set set);
/* All that there was had its turn: an entry that an interruption cut and that was not met again is ended with zeros
 * and a row. ERR_STOPPED: not yet, the next run does it. */
bool bundle_settle(struct bundle_writer *writer, struct err *err) MUST_CHECK;

/* bundle_row of a row that gives the content of another entry to the path. Nothing where an earlier run sealed a row that
 * gives it content: that one stays. */
bool bundle_same_row(struct bundle_writer *writer, struct bytes path, uint64_t identity,
    struct bytes json, struct err *err) MUST_CHECK;

/* One line of meta/entries.NNN.jsonl (a JSON object, without newline). Kept compressed until the next
 * meta volume. */
bool bundle_row(struct bundle_writer *writer, struct bytes json, struct err *err) MUST_CHECK;
/* Whether a row of that many bytes still finds its place: always, but after a failed write never, and on a
 * full disk only while what came since then stays within three quarters of what was held back for the end. */
bool bundle_row_fits(const struct bundle_writer *writer, size_t len);
/* One step of meta/journal.jsonl: `fields` is a JSON object; time, number and the hash of the line before
 * are added. */
bool bundle_journal(struct bundle_writer *writer, struct bytes fields, struct err *err) MUST_CHECK;
/* Gives a meta file ("collection.json", "receipt.json", "footprint.jsonl") for the next meta volume; a later
 * one of the same name replaces it there. It goes into that one volume only. */
bool bundle_meta(struct bundle_writer *writer, const char *name, struct bytes content,
    struct err *err) MUST_CHECK;

/* The user stops it: from here on entries are refused (ERR_STOPPED) as on a disk that is full, and bundle_finish leaves what a later
 * run may go on with. */
void bundle_stop(struct bundle_writer *writer);
/* The same where the caller cannot go on: for its reason. */
void bundle_give_up(struct bundle_writer *writer, const struct err *why);

/* Closes the volume that is written to, and the data sets for good, as bundle_finish would: no entry may follow, rows
 * and meta files may. What is to be gone on with (stopped, full, inside an entry) keeps its sets open. Does nothing when a
 * write failed before. */
bool bundle_close_data(struct bundle_writer *writer, struct err *err) MUST_CHECK;

/* After a write that failed, for who counts before the last meta files: lets go of the volume that broke and takes the
 * place from the rows of what it held; lost (may be NULL) is given each as it was. bundle_finish does the same. */
bool bundle_settle_lost(struct bundle_writer *writer, void (*lost)(void *context, struct bytes row),
    void *context, struct err *err) MUST_CHECK;

struct bundle_read_back { /* all that was read back so far */
	uint32_t volumes;
	uint64_t bytes;
};
/* Reads every closed volume that was not read back yet from the medium and compares it with what was written. Where
 * it differs ERR_DAMAGED names it; ERR_STOPPED when progress (may be NULL) says so. */
bool bundle_read_back(struct bundle_writer *writer,
    bool (*progress)(void *context, uint64_t done, uint64_t total), void *context,
    struct bundle_read_back *out, struct err *err) MUST_CHECK;

struct bundle_totals {
	uint64_t entries, rows, bytes_in, bytes_out;
	uint32_t volumes;
};
void bundle_totals(const struct bundle_writer *writer, struct bundle_totals *out);

/* After bundle_finish: whether the MANIFEST is `complete`; why it is not, where a write failed. */
bool bundle_is_whole(const struct bundle_writer *writer, struct err *err);

/* Closes everything: last set, meta, custody sheet (text given by the caller, empty: none), MANIFEST
 * `complete` and its seal. *number receives the SHA-256 of MANIFEST.sha256 in hex. True when the MANIFEST
 * could be sealed. After a failed write, or with an entry still open, it seals what is whole and the MANIFEST
 * stays `in-progress`: a volume that broke in the middle stays as .part, one that stopped before a full disk is
 * closed. False: not even the MANIFEST could be written; the one sealed before is still there. */
bool bundle_finish(struct bundle_writer *writer, struct bytes custody_text,
    struct bytes custody_html, char number[SHA256_HEX_ROOM], struct err *err) MUST_CHECK;

#endif
