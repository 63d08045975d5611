/* The inside of the bundle writer, shared by bundle/writer*.c only. */
#ifndef KANSHIKI_BUNDLE_WRITER_STATE_H
#define KANSHIKI_BUNDLE_WRITER_STATE_H

#include "bundle/frames.h"
#include "bundle/manifest.h"
#include "bundle/rows.h"
#include "bundle/tar.h"
#include "bundle/volume.h"
#include "bundle/writer.h"

#define BUNDLE_SETS           4
#define BUNDLE_META_FILES_MAX 32
#define BUNDLE_RESUME_NAME    "RESUME"
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

struct closed_volume {
	char name[VOLUME_NAME_ROOM];
	enum bundle_set set;
	uint32_t index;
	uint64_t tar_offset, tar_bytes;
	struct volume_hashes hashes;
	bool was_read_back;
};

struct writer_entry { /* the open one */
	bool is_open;
	enum bundle_set set;
	uint64_t size, written;
	uint64_t since_ms; /* it began, or was cut by a rotation */
	struct hash *sha256;
	struct bundle_place place;
};

struct meta_file {
	char name[MANIFEST_FILE_NAME + 1];
	struct text content;
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
	struct meta_file meta[BUNDLE_META_FILES_MAX];
	size_t meta_count;
	struct closed_volume *closed;
	size_t closed_count, closed_room;
	struct bundle_totals totals;
	uint64_t keep_bytes; /* left free for what finish writes */
	uint64_t room_bytes; /* what was free when asked last */
	uint64_t room_at;    /* position() then */
	uint32_t sealed;     /* MANIFESTs so far */
	bool has_reserve;
	bool seal_is_pending; /* MANIFEST is renamed, its seal not yet */
	bool has_lost;        /* a volume of data could not be closed */
	bool is_broken;       /* a write failed: the open volume is lost as .part */
	bool is_full;         /* stopped before the disk is full: the open volume can be closed */
	struct err why;       /* of is_broken or is_full */
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
/* Marks the writer as broken by *err. Returns false. */
bool writer_broken(struct bundle_writer *writer, const struct err *err);
/* Fails with the reason when it is broken or full. */
bool writer_usable(const struct bundle_writer *writer, struct err *err) MUST_CHECK;

/* writer_meta.c: what goes into a meta volume. */
bool writer_meta_volume(struct bundle_writer *writer, bool is_last, struct err *err) MUST_CHECK;
bool writer_has_meta(const struct bundle_writer *writer);
void writer_toc(const struct bundle_writer *writer, struct text *out);

/* writer_seal.c: MANIFEST and its seal; the whole of a rotation. */
bool writer_seal(struct bundle_writer *writer, bool complete, struct err *err) MUST_CHECK;
bool writer_rotate(struct bundle_writer *writer, struct err *err) MUST_CHECK;
/* Closes a set for good: end-of-archive blocks, then as a rotation. */
bool writer_close_set(
    struct bundle_writer *writer, enum bundle_set set, struct err *err) MUST_CHECK;
bool writer_put_listed(struct bundle_writer *writer, const char *name, struct bytes content,
    struct err *err) MUST_CHECK;

/* writer_lost.c: takes the place from every row whose bytes are not in a closed volume. */
bool writer_settle_rows(struct bundle_writer *writer, struct err *err) MUST_CHECK;
size_t writer_rows_ceiling(const struct bundle_writer *writer);

/* writer_reserve.c */
bool writer_reserve(struct bundle_writer *writer, struct err *err) MUST_CHECK;
void writer_release_reserve(struct bundle_writer *writer);

/* readme.c: README.txt. */
void bundle_readme(struct text *out);

#endif
