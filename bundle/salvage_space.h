/* A tar as far as it can be read: all frames of a set whose place is known, or one run of frames whose place is not. What
 * is missing or does not open are holes: reads of them fail, what comes after is still there. Of a frame that is damaged the blocks
 * before the damage are there. */
#ifndef KANSHIKI_BUNDLE_SALVAGE_SPACE_H
#define KANSHIKI_BUNDLE_SALVAGE_SPACE_H

#include "bundle/salvage_frames.h"

#define SALVAGE_FRAMES ((size_t)1 << 24) /* of one set */

/* of one set, in the order of their numbers, a .part behind the closed one */
struct salvage_volumes {
	struct salvage_frames *frames;
	size_t frame_count; /* of all its volumes */
	struct salvage_volume *at;
	size_t count, room;
};

struct
    salvage_space; /* a source that it is too; it holds places, no frames: thousands may be open */

/* The frames of all placed runs: those of listed volumes first, then by number. A frame that claims bytes of one that is there already is
 * left out. All borrowed. */
bool salvage_space_placed(
    const struct salvage_volumes *volumes, struct source **out, struct err *err) MUST_CHECK;
/* The frames of one run, from 0. */
bool salvage_space_run(const struct salvage_volumes *volumes, size_t volume, size_t run,
    struct source **out, struct err *err) MUST_CHECK;
/* Whether it is one run: its first byte may be anything, also in the middle of evidence. */
bool salvage_space_is_run(const struct source *space);
/* Where, at or behind `at`, a frame begins that was not tried and failed; source->size when there is none. */
uint64_t salvage_space_next(const struct source *space, uint64_t at);
/* Whether some of these bytes, which were read, come from a frame that is not whole: no checksum vouches for them. */
bool salvage_space_is_cut(const struct source *source, uint64_t from, uint64_t end);
/* Whether all of these bytes lie in volumes that the seal vouches for. */
bool salvage_space_is_sealed(const struct source *source, uint64_t from, uint64_t end);
/* The volume that holds a byte; NULL in a hole. */
const struct salvage_volume *salvage_space_volume(const struct source *space, uint64_t at);

#endif
