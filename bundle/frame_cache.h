/* Unpacked frames of a set (set.h), the last few and, on a conveyor, those that will be asked for next. */
#ifndef KANSHIKI_BUNDLE_FRAME_CACHE_H
#define KANSHIKI_BUNDLE_FRAME_CACHE_H

#include "bundle/unpack.h"
#include "core/conveyor.h"

struct
    frame_cache; /* opaque: 8 MiB a frame in memory; four of them, seven to nine with a conveyor */

struct frame_place {                    /* of one frame */
	size_t volume, frame;           /* which one it is */
	const struct seek_entry *entry; /* borrowed while the frame is in the cache */
	/* of its volume; read by the conveyor's threads until the frame was got */
	struct source *plain;
};

/* conveyor (borrowed): NULL for none; then nothing is ever read ahead. */
bool frame_cache_new(
    struct conveyor *conveyor, struct frame_cache **out, struct err *err) MUST_CHECK;
void frame_cache_free(struct frame_cache *cache);
CLEANUP_POINTER(struct frame_cache, frame_cache_free);

/* Whether the frame is there, or under way: then place->plain is not looked at by frame_cache_get. */
bool frame_cache_has(const struct frame_cache *cache, size_t volume, size_t frame);
/* The content of a frame, entry->plain bytes, good until the next call. A failure is that of the frame alone. */
bool frame_cache_get(struct frame_cache *cache, const struct frame_place *place,
    const uint8_t **out, struct err *err) MUST_CHECK;
/* How many frames behind the current one are worth asking for: 0 without a conveyor. */
size_t frame_cache_depth(const struct frame_cache *cache);
/* Begins to read a frame that is not there yet. What goes wrong shows when it is asked for. */
void frame_cache_ahead(struct frame_cache *cache, const struct frame_place *place);
/* Waits until no thread reads: before a `plain` is closed. */
void frame_cache_settle(struct frame_cache *cache);

#endif
