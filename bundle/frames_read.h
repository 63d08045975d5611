/* Reads the plaintext of a volume (frames.h) at any offset: its header, its seek table, one frame at a time. */
#ifndef KANSHIKI_BUNDLE_FRAMES_READ_H
#define KANSHIKI_BUNDLE_FRAMES_READ_H

#include "core/source.h"
#include "bundle/frames.h"

#define FRAMES_WINDOW_MAX ((uint64_t)8 << 20) /* window of a zstd frame */

struct frames_index { /* what a volume says about itself */
	struct frames_header header;
	struct seek_table table;
};
void frames_index_free(struct frames_index *index);
static inline void frames_index_free_at(struct frames_index *index)
{
	frames_index_free(index);
}
/* Reads the header frame and the seek table; between them nothing but the frames of the table may lie. */
bool frames_index_read(struct source *plain, struct frames_index *out, struct err *err) MUST_CHECK;

struct unpacker; /* a decompressor and the room for one packed frame */
bool unpacker_new(struct unpacker **out, struct err *err) MUST_CHECK;
void unpacker_free(struct unpacker *unpacker);
CLEANUP_POINTER(struct unpacker, unpacker_free);
/* Unpacks one frame into to, which has room for entry->plain bytes. The frame must say its content size and carry
 * a checksum, which is checked; more than FRAMES_INPUT_MAX or FRAMES_WINDOW_MAX is ERR_LIMIT. */
bool unpacker_frame(struct unpacker *unpacker, struct source *plain, const struct seek_entry *entry,
    uint8_t *to, struct err *err) MUST_CHECK;

#endif
