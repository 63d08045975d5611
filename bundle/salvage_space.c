/* Tars with holes. See salvage_space.h. */
#include "bundle/salvage_space.h"

#include "core/array.h"

#include <stdlib.h>

#define FRAMES_MAX (SALVAGE_FRAMES + FRAMES_COUNT_MAX) /* of a set, and of a NAME.cutN behind it */

struct piece { /* a frame */
	uint64_t at;
	uint32_t volume, frame;
	bool is_cut;   /* it was tried and is not whole: */
	uint32_t good; /* bytes of its blocks before the damage */
};

struct salvage_space {
	struct source source;
	const struct salvage_volumes *volumes;
	struct piece *pieces; /* rising, not overlapping */
	size_t count, room;
	bool is_run;
};

static const struct seek_entry *frame_of(
    const struct salvage_space *space, const struct piece *piece)
{
	return &space->volumes->at[piece->volume].frames[piece->frame];
}

static bool begins_by(const void *element, uint64_t key)
{
	const struct piece *one = element;

	return one->at <= key;
}

/* The last piece that begins at or before `at`; count when there is none. */
static size_t find(const struct salvage_space *space, uint64_t at)
{
	size_t low =
	    array_first_from(space->pieces, space->count, sizeof(*space->pieces), begins_by, at);

	return low == 0 ? space->count : low - 1;
}

/* How many of its bytes are there, as far as is known. */
static uint32_t size_of(const struct salvage_space *space, const struct piece *piece)
{
	return piece->is_cut ? piece->good : frame_of(space, piece)->plain;
}

static bool load(
    struct salvage_space *space, struct piece *piece, struct bytes *out, struct err *err)
{
	struct salvage_frames *frames = space->volumes->frames;
	const struct salvage_volume *volume = &space->volumes->at[piece->volume];

	if (!piece->is_cut && salvage_frames_get(frames, volume, piece->frame, &out->at, err)) {
		out->len = frame_of(space, piece)->plain;
		return true;
	}
	if (piece->is_cut && piece->good == 0)
		return fail(err, ERR_DAMAGED, "its frame does not open");
	piece->is_cut = true;
	bool ok = salvage_frames_begun(frames, volume, piece->frame, out, err);

	piece->good = ok ? (uint32_t)out->len : 0;
	return ok;
}

static bool space_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct salvage_space *space = (struct salvage_space *)self;

	*got = 0;
	while (*got < len && offset + *got < self->size) {
		uint64_t here = offset + *got;
		size_t at = find(space, here);
		struct bytes content = {0};

		if (at == space->count ||
		    here - space->pieces[at].at >= frame_of(space, &space->pieces[at])->plain)
			return fail(err, ERR_DAMAGED, "the volume that held it is missing or cut");
		if (!load(space, &space->pieces[at], &content, err))
			return false;
		size_t skip = (size_t)(here - space->pieces[at].at);

		if (skip >= content.len)
			return fail(err, ERR_DAMAGED, "its frame does not open");
		size_t left = content.len - skip;
		size_t part = left < len - *got ? left : len - *got;

		memcpy((uint8_t *)to + *got, content.at + skip, part);
		*got += part;
	}
	return true;
}

static void space_close(struct source *self)
{
	struct salvage_space *space = (struct salvage_space *)self;

	free(space->pieces);
	free(space);
}

static struct salvage_space *space_new(const struct salvage_volumes *volumes, struct err *err)
{
	struct salvage_space *space = calloc(1, sizeof(*space));

	if (!space) {
		fail(err, ERR_MEMORY, "no memory for salvage");
		return NULL;
	}
	space->source = (struct source){.size = 0, .read = space_read, .close = space_close};
	space->volumes = volumes;
	return space;
}

static uint64_t end_of(const struct salvage_space *space, const struct piece *piece)
{
	return piece->at + frame_of(space, piece)->plain;
}

/* Of a run whose frames are added: those of the space that may overlap it, and how they are merged. */
struct merge {
	struct salvage_space *space;
	const struct piece *old; /* a copy of those */
	size_t old_count, used;
	size_t to; /* where the next one goes */
};

/* The first piece that ends behind `at`. */
static size_t first_behind(const struct salvage_space *space, uint64_t at)
{
	size_t i = find(space, at);

	if (i == space->count)
		return 0;
	return end_of(space, &space->pieces[i]) <= at ? i + 1 : i;
}

/* Puts it behind the old ones that end before it; drops it where one of them is. */
static void merge_piece(struct merge *merge, struct piece piece)
{
	struct salvage_space *space = merge->space;

	while (
	    merge->used < merge->old_count && end_of(space, &merge->old[merge->used]) <= piece.at)
		space->pieces[merge->to++] = merge->old[merge->used++];
	if (merge->used < merge->old_count && merge->old[merge->used].at < end_of(space, &piece))
		return;
	space->pieces[merge->to++] = piece;
}

/* Adds the frames of a run; what overlaps a piece that is there already is dropped. */
static bool add_run(struct salvage_space *space, size_t volume, const struct salvage_run *run,
    uint64_t base, struct err *err)
{
	const struct salvage_volume *v = &space->volumes->at[volume];
	struct merge merge = {.space = space};

	if (base > INT64_MAX || run->size > INT64_MAX)
		return true;
	if (!array_grow(&space->pieces, &space->room, space->count + run->count,
		sizeof(*space->pieces), FRAMES_MAX, err))
		return false;
	size_t first = first_behind(space, base), behind = first_behind(space, base + run->size);

	behind += behind < space->count && space->pieces[behind].at < base + run->size;
	merge.old_count = behind - first;
	CLEANUP(free_memory)
	struct piece *old = malloc((merge.old_count + 1) * sizeof(*old));

	if (!old)
		return fail(err, ERR_MEMORY, "no memory for salvage");
	if (merge.old_count)
		memcpy(old, space->pieces + first, merge.old_count * sizeof(*old));
	merge.old = old;
	merge.to = first;
	size_t rest = space->count - behind;

	if (rest)
		memmove(space->pieces + behind + run->count, space->pieces + behind,
		    rest * sizeof(*old));
	for (size_t i = run->first; i < run->first + run->count; i++)
		if (v->frames[i].plain)
			merge_piece(&merge, (struct piece){.at = base + v->frames[i].plain_at,
						.volume = (uint32_t)volume,
						.frame = (uint32_t)i});
	while (merge.used < merge.old_count)
		space->pieces[merge.to++] = old[merge.used++];
	if (rest)
		memmove(space->pieces + merge.to, space->pieces + behind + run->count,
		    rest * sizeof(*old));
	space->count = merge.to + rest;
	space->source.size = space->count ? end_of(space, &space->pieces[space->count - 1]) : 0;
	return true;
}

/* Listed volumes first, each kind in order: another that is made to overlap them takes nothing from them. */
static bool add_volumes(struct salvage_space *space, bool are_listed, struct err *err)
{
	const struct salvage_volumes *volumes = space->volumes;

	for (size_t v = 0; v < volumes->count; v++)
		for (size_t r = 0; r < volumes->at[v].run_count; r++) {
			const struct salvage_run *run = &volumes->at[v].runs[r];

			if (volumes->at[v].is_listed == are_listed && run->is_placed &&
			    !add_run(space, v, run, run->base, err))
				return false;
		}
	return true;
}

bool salvage_space_placed(
    const struct salvage_volumes *volumes, struct source **out, struct err *err)
{
	struct salvage_space *space = space_new(volumes, err);

	if (!space)
		return false;
	if (!add_volumes(space, true, err) || !add_volumes(space, false, err)) {
		space_close(&space->source);
		return false;
	}
	*out = &space->source;
	return true;
}

bool salvage_space_run(const struct salvage_volumes *volumes, size_t volume, size_t run,
    struct source **out, struct err *err)
{
	struct salvage_space *space = space_new(volumes, err);

	if (!space)
		return false;
	space->is_run = true;
	if (!add_run(space, volume, &volumes->at[volume].runs[run], 0, err)) {
		space_close(&space->source);
		return false;
	}
	*out = &space->source;
	return true;
}

bool salvage_space_is_run(const struct source *source)
{
	return ((const struct salvage_space *)source)->is_run;
}

uint64_t salvage_space_next(const struct source *source, uint64_t at)
{
	const struct salvage_space *space = (const struct salvage_space *)source;
	size_t i = find(space, at);

	if (i == space->count)
		i = 0;
	else if (space->pieces[i].at < at)
		i++;
	while (i < space->count && size_of(space, &space->pieces[i]) == 0)
		i++;
	return i < space->count ? space->pieces[i].at : source->size;
}

bool salvage_space_is_cut(const struct source *source, uint64_t from, uint64_t end)
{
	const struct salvage_space *space = (const struct salvage_space *)source;
	size_t i = find(space, from);

	for (i = i == space->count ? 0 : i; i < space->count && space->pieces[i].at < end; i++)
		if (space->pieces[i].is_cut && space->pieces[i].at + space->pieces[i].good > from)
			return true;
	return false;
}

bool salvage_space_is_sealed(const struct source *source, uint64_t from, uint64_t end)
{
	const struct salvage_space *space = (const struct salvage_space *)source;

	for (size_t i = find(space, from); i < space->count && from < end; i++) {
		const struct piece *piece = &space->pieces[i];

		if (piece->at > from || from - piece->at >= size_of(space, piece) ||
		    !space->volumes->at[piece->volume].is_sealed)
			return false;
		from = piece->at + size_of(space, piece);
	}
	return from >= end;
}

const struct salvage_volume *salvage_space_volume(const struct source *source, uint64_t at)
{
	const struct salvage_space *space = (const struct salvage_space *)source;
	size_t i = find(space, at);

	if (i == space->count || at - space->pieces[i].at >= size_of(space, &space->pieces[i]))
		return NULL;
	return &space->volumes->at[space->pieces[i].volume];
}
