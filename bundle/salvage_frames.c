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

struct begun { /* the frame that was asked for last */
	size_t volume, number;
	struct unpack *unpacker; /* NULL: none was */
	uint8_t *bytes;
	struct seek_entry entry;
};

struct salvage_frames {
	struct store *store;
	const struct age_identities *identities;
	struct frame_cache *cache;
	struct opened opened[SALVAGE_OPENED];
	uint64_t clock;
	struct begun begun;
};

void salvage_frames_free(struct salvage_frames *frames)
{
	if (!frames)
		return;
	frame_cache_free(frames->cache);
	unpack_free(frames->begun.unpacker);
	free(frames->begun.bytes);
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

static bool unpack_blocks(struct salvage_frames *frames, const struct salvage_volume *volume,
    size_t number, struct err *err)
{
	const struct seek_entry *entry = &volume->frames[number];
	struct begun *begun = &frames->begun;
	struct source *plain = open_volume(frames, volume, err);

	begun->entry.plain = 0;
	if (!plain)
		return false;
	if (!begun->bytes)
		begun->bytes = malloc(FRAMES_INPUT_MAX);
	if (!begun->bytes)
		return fail(err, ERR_MEMORY, "no memory for a frame");
	if (!begun->unpacker && !unpack_new(&begun->unpacker, err))
		return false;
	begun->volume = volume->number;
	begun->number = number;
	return unpack_begun(
		   begun->unpacker, plain, entry->at, entry->packed, begun->bytes, &begun->entry) ||
	       fail(err, ERR_DAMAGED, "its frame does not open");
}

bool salvage_frames_begun(struct salvage_frames *frames, const struct salvage_volume *volume,
    size_t number, struct bytes *out, struct err *err)
{
	const struct begun *begun = &frames->begun;
	uint32_t most = volume->frames[number].plain;

	if ((begun->entry.plain == 0 || begun->volume != volume->number ||
		begun->number != number) &&
	    !unpack_blocks(frames, volume, number, err))
		return false;
	*out = (struct bytes){begun->bytes, begun->entry.plain < most ? begun->entry.plain : most};
	return true;
}
