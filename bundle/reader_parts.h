/* What the files of the bundle reader share; nobody else includes it. */
#ifndef KANSHIKI_BUNDLE_READER_PARTS_H
#define KANSHIKI_BUNDLE_READER_PARTS_H

#include "core/time.h"
#include "bundle/age.h"
#include "bundle/manifest.h"
#include "bundle/reader.h"
#include "bundle/row.h"
#include "bundle/seal_verify.h"
#include "bundle/set.h"
#include "bundle/stamp.h"
#include "bundle/tar_read.h"

#define READER_ROWS       (1u << 26) /* rows of one bundle, at most */
#define READER_META_FILES 4096       /* files in meta/ */
#define READER_SAME_HASH  8 /* rows looked at whose paths have one hash: chance makes no three */

struct row_index {       /* where a row lies; the row itself is read when it is asked for */
	uint64_t at;     /* in the tar of the meta set */
	uint64_t tar_at; /* of its entry, when taken */
	uint32_t len;
	uint8_t set; /* enum bundle_set, when taken */
	bool taken;
	bool is_left; /* a run ended before it was its turn: another row of its path may follow */
};

/* Rows of one path: whose bytes are here, then same_as, then the rest. */
enum path_rank { PATH_TAKEN, PATH_SAME_AS, PATH_NOT_TAKEN };

struct path_index {
	uint64_t hash;
	uint32_t row;
	uint8_t rank; /* enum path_rank */
};

struct meta_file {
	char name[MANIFEST_FILE_NAME + 1]; /* without "meta/" */
	uint64_t at, size;
};

struct bundle_reader {
	struct store *store;
	struct bundle_trust trust;
	struct bundle_watch watch;

	struct manifest manifest;
	struct seal_facts seal;
	struct stamp_facts stamp;        /* at: 0 when there is none */
	struct seal_facts countersigned; /* signer: empty when there is none */
	bool sealed_valid;
	const char *manifest_file, *seal_file; /* the names they were found under */
	char number[SHA256_HEX_ROOM];
	char id[37], started[TIME_ISO_ROOM], sealed[TIME_ISO_ROOM];
	bool *file_good; /* per manifest.files: its hash was checked */

	struct age_identities identities;
	struct source *sets[BUNDLE_META + 1]; /* opened on first use */
	bool reads_all;

	bool has_content;
	bool rows_damaged; /* a row could not be read */
	struct row_index *rows;
	size_t row_count, row_room;
	size_t rows_most;           /* READER_ROWS; a test has no time for as many */
	struct path_index *by_path; /* ascending by hash */
	struct meta_file *metas;
	size_t meta_count, meta_room;
	struct text row_bytes; /* of the row last read */
	struct row row;
};

/* Says a problem, or a note, to the one who watches. */
void reader_problem(const struct bundle_reader *reader, const struct err *why);
void reader_note(const struct bundle_reader *reader, const char *format, ...) PRINTF(2, 3);
/* ERR_STOPPED when the watcher has had enough. */
bool reader_progress(const struct bundle_reader *reader, const char *phase, uint64_t done,
    uint64_t total, struct err *err) MUST_CHECK;

/* Reads a whole file of the bundle, ERR_LIMIT above `limit` bytes. */
bool reader_small(struct store *store, const char *name, size_t limit, struct text *out,
    struct err *err) MUST_CHECK;
/* reader_meta.c: loads the rows and the places of the other files of meta. */
bool reader_load_meta(
    struct bundle_reader *reader, struct source *meta, struct err *err) MUST_CHECK;
/* Whether what was found wrong is only said, and *why forgotten: under --unverified. */
bool reader_go_on(struct bundle_reader *reader, struct err *why, struct err *err) MUST_CHECK;
/* reader_intake.c: checks what was added at intake to MANIFEST.p7s. */
bool reader_intake(struct bundle_reader *reader, struct err *err) MUST_CHECK;
/* When to judge the certificate of that seal: at the time stamp's time if it is the one that was stamped. */
uint64_t reader_judged_at(const struct bundle_reader *reader, const char *seal);
/* The seal is another than MANIFEST.p7s, so none of it counts. */
void reader_drop_intake(struct bundle_reader *reader);

struct file_hash {
	size_t index; /* of the file in the MANIFEST */
	enum hash_kind kind;
	struct err why;             /* it could not be read; ERR_NONE when it could */
	uint8_t digest[SHA512_LEN]; /* or the SHA256_LEN bytes at its beginning */
};
/* reader_hash.c: hashes those files, several at once on a conveyor. False only when stopped or without memory. */
bool reader_hash_files(struct bundle_reader *reader, struct file_hash *files, size_t count,
    struct err *err) MUST_CHECK;
/* reader_header.c: whether the entry's header blocks are those of its row: path, size, times, and no other bit. */
bool reader_check_header(struct source *tar, const struct tar_entry *entry, const struct row *row,
    struct err *err) MUST_CHECK;
/* reader_sha512.c: whether MANIFEST.sha512 tells of the listed file at `index`. */
bool reader_wants_sha512(const struct bundle_reader *reader, size_t index);
/* Compares MANIFEST.sha512 with those of the hashes that are of this kind, after file_good was filled in. */
bool reader_check_sha512(struct bundle_reader *reader, const struct file_hash *hashes, size_t count,
    struct err *err) MUST_CHECK;
/* Hashes the listed file at `index` and compares. */
bool reader_check_file(struct bundle_reader *reader, size_t index, struct err *err) MUST_CHECK;
/* Opens the set, or gives the one already open (borrowed). */
bool reader_set(
    struct bundle_reader *reader, unsigned set, struct source **out, struct err *err) MUST_CHECK;
/* The tar in which the stored bytes of that place lie, whole (borrowed). */
bool reader_place(struct bundle_reader *reader, const struct bundle_place *place,
    struct source **out, struct err *err) MUST_CHECK;
/* Reads row `index` into reader->row. */
bool reader_row(struct bundle_reader *reader, size_t index, struct err *err) MUST_CHECK;
uint64_t reader_path_hash(struct bytes path);

/* reader_journal.c: the chain of a journal, which goes on after line *number with the hash `head` (0 and zeros at its start): both are
 * then those of its last line. ERR_DAMAGED names the first line that does not follow the one before it. */
bool reader_journal_follow(
    struct source *journal, uint64_t *number, uint8_t head[SHA256_LEN], struct err *err) MUST_CHECK;

#endif
