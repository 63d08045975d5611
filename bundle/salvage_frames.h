/* Unpacked frames of the volumes of a damaged bundle: the last few, of whatever volume. What asks for frames here and there asks one
 * of these, so that nothing is opened and unpacked for each piece of it anew. One thread. */
#ifndef KANSHIKI_BUNDLE_SALVAGE_FRAMES_H
#define KANSHIKI_BUNDLE_SALVAGE_FRAMES_H

#include "bundle/salvage_volume.h"

#define SALVAGE_OPENED 4 /* volumes that are open at a time */

struct salvage_frames; /* opaque: 8 MiB for each of five frames */

/* All borrowed. */
bool salvage_frames_new(struct store *store, const struct age_identities *identities,
    struct salvage_frames **out, struct err *err) MUST_CHECK;
void salvage_frames_free(struct salvage_frames *frames);

/* The content of volume->frames[number], good until the next call. A failure is that of the frame alone. Volumes are told apart by
 * their number of the run. */
bool salvage_frames_get(struct salvage_frames *frames, const struct salvage_volume *volume,
    size_t number, const uint8_t **out, struct err *err) MUST_CHECK;
/* Of a frame that fails: what lies in its blocks before the damage, *len bytes from its beginning, which no checksum vouches for. The
 * same rules. */
bool salvage_frames_begun(struct salvage_frames *frames, const struct salvage_volume *volume,
    size_t number, struct bytes *out, struct err *err) MUST_CHECK;

#endif
