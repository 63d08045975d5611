/* Unpacked frames. See frame_cache.h. */
#include "bundle/frame_cache.h"

#include <stdlib.h>

#define KEPT 4 /* besides those that are read ahead */

struct slot {
	struct conveyor_job job;
	struct frame_place place;
	struct unpack *unpacker;
	uint8_t *bytes; /* NULL: never used */
	bool is_filled; /* place is that of a frame, there or under way */
	bool is_under_way;
	struct err why; /* why it is not good; ERR_NONE when it is */
	uint64_t used;  /* by the clock of the cache; the smallest goes first */
};

struct frame_cache {
	struct conveyor *conveyor;
	struct slot *slots;
	size_t count;
	uint64_t clock;
};

void frame_cache_free(struct frame_cache *cache)
{
	if (!cache)
		return;
	frame_cache_settle(cache);
	for (size_t i = 0; i < cache->count; i++) {
		unpack_free(cache->slots[i].unpacker);
		free(cache->slots[i].bytes);
	}
	free(cache->slots);
	free(cache);
}

bool frame_cache_new(struct conveyor *conveyor, struct frame_cache **out, struct err *err)
{
	CLEANUP(frame_cache_free) struct frame_cache *cache = calloc(1, sizeof(*cache));
	size_t count = KEPT + (conveyor ? conveyor->depth : 0);

	if (!cache)
		return fail(err, ERR_MEMORY, "no memory for frames");
	cache->conveyor = conveyor;
	cache->slots = calloc(count, sizeof(*cache->slots));
	if (!cache->slots)
		return fail(err, ERR_MEMORY, "no memory for frames");
	cache->count = count;
	*out = TAKE(cache);
	return true;
}

size_t frame_cache_depth(const struct frame_cache *cache)
{
	return cache->conveyor ? cache->conveyor->depth : 0;
}

static bool unpack(struct conveyor_job *self, struct err *err)
{
	struct slot *slot = (struct slot *)self;
	const struct frame_place *place = &slot->place;

	(void)err; /* the other frames may be good */
	if (!unpack_frame(slot->unpacker, place->plain, place->entry, slot->bytes, &slot->why) &&
	    slot->why.kind == ERR_NONE)
		fail(&slot->why, ERR_DAMAGED, "a frame does not unpack");
	return true;
}

static void wait_for(struct frame_cache *cache, struct slot *slot)
{
	if (slot->is_under_way)
		cache->conveyor->wait(cache->conveyor, &slot->job);
	slot->is_under_way = false;
}

void frame_cache_settle(struct frame_cache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		wait_for(cache, &cache->slots[i]);
}

static struct slot *find(const struct frame_cache *cache, size_t volume, size_t frame)
{
	for (size_t i = 0; i < cache->count; i++) {
		struct slot *slot = &cache->slots[i];

		if (slot->is_filled && slot->place.volume == volume && slot->place.frame == frame)
			return slot;
	}
	return NULL;
}

bool frame_cache_has(const struct frame_cache *cache, size_t volume, size_t frame)
{
	return find(cache, volume, frame) != NULL;
}

/* The slot used longest ago, ready to be filled with that frame. NULL on failure. */
static struct slot *prepare(
    struct frame_cache *cache, const struct frame_place *place, struct err *err)
{
	struct slot *slot = &cache->slots[0];

	for (size_t i = 1; i < cache->count; i++)
		if (cache->slots[i].used < slot->used)
			slot = &cache->slots[i];
	wait_for(cache, slot);
	slot->is_filled = false;
	if (!slot->bytes)
		slot->bytes = malloc(FRAMES_INPUT_MAX);
	if (!slot->bytes) {
		fail(err, ERR_MEMORY, "no memory for a frame");
		return NULL;
	}
	if (!slot->unpacker && !unpack_new(&slot->unpacker, err))
		return NULL;
	slot->job = (struct conveyor_job){.work = unpack};
	slot->place = *place;
	slot->why = (struct err){0};
	slot->used = ++cache->clock;
	return slot;
}

bool frame_cache_get(struct frame_cache *cache, const struct frame_place *place,
    const uint8_t **out, struct err *err)
{
	struct slot *slot = find(cache, place->volume, place->frame);

	if (slot) {
		wait_for(cache, slot);
	} else {
		slot = prepare(cache, place, err);
		if (!slot || !unpack(&slot->job, err))
			return false;
	}
	/* A frame that was not good is read anew when it is asked for again. */
	slot->is_filled = slot->why.kind == ERR_NONE;
	slot->used = ++cache->clock;
	if (!slot->is_filled) {
		if (err)
			*err = slot->why;
		return false;
	}
	*out = slot->bytes;
	return true;
}

void frame_cache_ahead(struct frame_cache *cache, const struct frame_place *place)
{
	struct slot *slot;

	if (!cache->conveyor || find(cache, place->volume, place->frame))
		return;
	slot = prepare(cache, place, NULL);
	if (!slot || !cache->conveyor->put(cache->conveyor, &slot->job, NULL))
		return;
	slot->is_filled = true;
	slot->is_under_way = true;
}
