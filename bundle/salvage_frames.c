/* Frames for salvage. See salvage_frames.h. */
#include "bundle/salvage_frames.h"

#include "core/array.h"
#include "bundle/frame_cache.h"

#include <stdlib.h>

struct opened {
	size_t number; /* of the volume */
	struct source *plain;
	uint64_t used; /* the smallest goes first */
};

struct salvage_frames {
	struct store *store;
	const struct age_identities *identities;
	struct frame_cache *cache;
	struct opened opened[SALVAGE_OPENED];
	uint64_t clock;
};

void salvage_frames_free(struct salvage_frames *frames)
{
	if (!frames)
		return;
	frame_cache_free(frames->cache);
	for (size_t i = 0; i < SALVAGE_OPENED; i++)
		source_close(frames->opened[i].plain);
	free(frames);
}

bool salvage_frames_new(struct store *store, const struct age_identities *identities,
    struct salvage_frames **out, struct err *err)
{
	struct salvage_frames *frames = calloc(1, sizeof(*frames));

	if (!frames)
		return fail(err, ERR_MEMORY, "no memory for salvage");
	frames->store = store;
	frames->identities = identities;
	/* Without a conveyor: nothing is under way when a volume is closed. */
	if (!frame_cache_new(NULL, &frames->cache, err)) {
		free(frames);
		return false;
	}
	*out = frames;
	return true;
}

/* The volume, opened unless it is. NULL on failure. */
static struct source *open_volume(
    struct salvage_frames *frames, const struct salvage_volume *volume, struct err *err)
{
	struct opened *opened = &frames->opened[0];
	struct salvage_volume copy = *volume;

	for (size_t i = 0; i < SALVAGE_OPENED; i++) {
		struct opened *one = &frames->opened[i];

		if (one->plain && one->number == volume->number) {
			one->used = ++frames->clock;
			return one->plain;
		}
		opened = one->used < opened->used ? one : opened;
	}
	source_close(TAKE(opened->plain));
	copy.why = (struct err){0};
	*opened = (struct opened){
	    .number = volume->number,
	    .plain = salvage_volume_open(&copy, frames->store, frames->identities),
	    .used = ++frames->clock,
	};
	if (!opened->plain && err)
		*err = copy.why;
	return opened->plain;
}

bool salvage_frames_get(struct salvage_frames *frames, const struct salvage_volume *volume,
    size_t number, const uint8_t **out, struct err *err)
{
	struct frame_place place = {
	    .volume = volume->number, .frame = number, .entry = &volume->frames[number]};

	if (!frame_cache_has(frames->cache, place.volume, number)) {
		place.plain = open_volume(frames, volume, err);
		if (!place.plain)
			return false;
	}
	return frame_cache_get(frames->cache, &place, out, err);
}
