/* Reads the plaintext of a volume (frames.h) at any offset: its header, its seek table, one frame at a time. */
#ifndef KANSHIKI_BUNDLE_UNPACK_H
#define KANSHIKI_BUNDLE_UNPACK_H

#include "core/source.h"
#include "bundle/frames.h"

#define UNPACK_WINDOW_MAX ((uint64_t)8 << 20) /* window of a zstd frame */

struct unpack_index { /* what a volume says about itself */
	struct frames_header header;
	struct seek_table table;
};
void unpack_index_free(struct unpack_index *index);
static inline void unpack_index_free_at(struct unpack_index *index)
{
	unpack_index_free(index);
}
/* Reads the header frame and the seek table; between them nothing but the frames of the table may lie. */
bool unpack_index_read(struct source *plain, struct unpack_index *out, struct err *err) MUST_CHECK;

/* The two parts of it, for a volume that is damaged. *first is where the frames begin. */
bool unpack_header_read(
    struct source *plain, struct frames_header *out, uint64_t *first, struct err *err) MUST_CHECK;
/* The seek table at the end, with the frames right before it. */
bool unpack_table_read(struct source *plain, struct seek_table *out, struct err *err) MUST_CHECK;

struct unpack; /* a decompressor and the room for one packed frame */
bool unpack_new(struct unpack **out, struct err *err) MUST_CHECK;
void unpack_free(struct unpack *unpacker);
CLEANUP_POINTER(struct unpack, unpack_free);
/* The checksums of frames are not looked at from here on: for one who compares the SHA-256 of all that he takes. */
void unpack_skip_checksum(struct unpack *unpacker);
/* Looks for a whole zstd frame of ours at `at`: *packed and *plain are its sizes, its content goes into to (room for
 * FRAMES_INPUT_MAX). False when there is none, or not all of it can be read. */
bool unpack_probe(struct unpack *unpacker, struct source *plain, uint64_t at, uint8_t *to,
    struct seek_entry *out) MUST_CHECK;
/* The same of a frame of which not all can be read, or that is not what its checksum says: the blocks before that. Of what
 * begins at `at` no more than `limit` bytes belong to it. False when there is not one block. */
bool unpack_begun(struct unpack *unpacker, struct source *plain, uint64_t at, uint64_t limit,
    uint8_t *to, struct seek_entry *out) MUST_CHECK;
/* Unpacks one frame into to, which has room for entry->plain bytes. The frame must say its content size and carry
 * a checksum, which is checked; more than FRAMES_INPUT_MAX or UNPACK_WINDOW_MAX is ERR_LIMIT. */
bool unpack_frame(struct unpack *unpacker, struct source *plain, const struct seek_entry *entry,
    uint8_t *to, struct err *err) MUST_CHECK;

#endif
