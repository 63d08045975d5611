/* The plaintext of a volume: a skippable frame with JSON about the volume, zstd frames (RFC 8878) cut by our
 * rule, a zstd seek table (docs/bundle-format.md, Volumes). */
#ifndef KANSHIKI_BUNDLE_FRAMES_H
#define KANSHIKI_BUNDLE_FRAMES_H

#include "core/conveyor.h"
#include "core/sink.h"

#define FRAMES_HEADER_MAGIC 0x184D2A5Du       /* skippable frame: volume header */
#define FRAMES_SEEK_MAGIC   0x184D2A5Eu       /* skippable frame: seek table */
#define FRAMES_SEEK_FOOTER  0x8F92EAB1u       /* last four bytes of the seek table */
#define FRAMES_INPUT_MIN    ((size_t)1 << 20) /* a frame may end at an entry's end from here on */
#define FRAMES_INPUT_FULL   ((size_t)2 << 20) /* where the writer ends one in any case */
#define FRAMES_INPUT_MAX    ((size_t)4 << 20) /* a reader takes no more */
#define FRAMES_HEADER_MAX   4096              /* bytes of the volume header's JSON */
#define FRAMES_COUNT_MAX    (1u << 21)        /* frames in one volume */

/* What the volume header says: {"format":1,"collection_id","set","index","previous_sha256","tar_offset",
 * "next_header"}; docs/bundle-format.md has the fields. */
struct frames_header {
	uint8_t collection_id[16];
	unsigned set;   /* enum bundle_set */
	uint32_t index; /* from 1 */
	/* of the volume file before it in its set; zeros for the first */
	uint8_t previous_sha256[32];
	uint64_t tar_offset;  /* of the volume's first byte in the set's tar */
	uint64_t next_header; /* set offset of the first header block in or after this volume */
};
/* Adds the JSON. */
void frames_header_format(const struct frames_header *header, struct text *out);
/* Reads the JSON back, strictly: ERR_DAMAGED, ERR_UNSUPPORTED for another format number. */
bool frames_header_parse(struct bytes json, struct frames_header *out, struct err *err) MUST_CHECK;

struct frames; /* opaque: the writer of one volume's plaintext */

/* Starts a volume's plaintext: writes the header frame to `below` (borrowed). The memory (4 MiB and a
 * compressor; with a conveyor, for each of its depth and one more) is held by `frames` and used again for the next
 * volume: frames_start may be called after frames_finish or frames_abandon. With a conveyor (borrowed; NULL: none)
 * frames are compressed on its threads, and from frames_write to frames_finish `below` belongs to them. The bytes are
 * the same either way. */
bool frames_new(
    int level, struct conveyor *conveyor, struct frames **out, struct err *err) MUST_CHECK;
void frames_free(struct frames *frames);
CLEANUP_POINTER(struct frames, frames_free);
bool frames_start(struct frames *frames, struct bytes header_json, struct sink *below,
    struct err *err) MUST_CHECK;
bool frames_write(struct frames *frames, struct bytes data, struct err *err) MUST_CHECK;
/* The free bytes of the open frame, at least one: what is put there and given to frames_write next is not copied. */
uint8_t *frames_room(struct frames *frames, size_t *len);
/* Says that an entry ended here: the frame ends if it holds FRAMES_INPUT_MIN or more. */
bool frames_entry_end(struct frames *frames, struct err *err) MUST_CHECK;
/* Ends the open frame whatever it holds. */
bool frames_flush(struct frames *frames, struct err *err) MUST_CHECK;
/* Ends the open frame and writes the seek table; `below` is not finished. */
bool frames_finish(struct frames *frames, struct err *err) MUST_CHECK;
/* Leaves the volume as it is: on return nothing more goes to `below`. */
void frames_abandon(struct frames *frames);
/* Plaintext bytes of this volume known to be written to below, and input bytes in frames that are not: the open one
 * and those under way on the conveyor. What they become is not known yet; when it is depends on their number only. */
uint64_t frames_written(const struct frames *frames);
size_t frames_waiting(const struct frames *frames);
size_t frames_count(const struct frames *frames);
/* Bytes that the seek table will take. */
size_t frames_seek_size(const struct frames *frames);

/* The seek table read back. */
struct seek_entry {
	uint64_t at;       /* offset of the frame in the volume's plaintext */
	uint32_t packed;   /* bytes of the frame */
	uint64_t plain_at; /* offset of its content in the volume's part of the tar */
	uint32_t plain;    /* bytes of its content */
};
struct seek_table {
	struct seek_entry *at;
	size_t count;
	uint64_t plain_size; /* tar bytes in the volume */
};
void seek_table_free(struct seek_table *table);
/* Parses the seek table frame (whole, header included) of a volume whose zstd frames lie in [first, end).
 * Contradictions are ERR_DAMAGED, a frame over FRAMES_INPUT_MAX is ERR_LIMIT. */
bool seek_table_parse(struct bytes frame, uint64_t first, uint64_t end, struct seek_table *out,
    struct err *err) MUST_CHECK;

#endif
