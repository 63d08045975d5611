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

struct unpack; /* a decompressor and the room for one packed frame */
bool unpack_new(struct unpack **out, struct err *err) MUST_CHECK;
void unpack_free(struct unpack *unpacker);
CLEANUP_POINTER(struct unpack, unpack_free);
/* Unpacks one frame into to, which has room for entry->plain bytes. The frame must say its content size and carry
 * a checksum, which is checked; more than FRAMES_INPUT_MAX or UNPACK_WINDOW_MAX is ERR_LIMIT. */
bool unpack_frame(struct unpack *unpacker, struct source *plain, const struct seek_entry *entry,
    uint8_t *to, struct err *err) MUST_CHECK;

#endif
