/* The volumes of a set as one source. See set.h. */
#include "bundle/set.h"

#include "core/array.h"
#include "bundle/frame_cache.h"
#include "bundle/writer.h"

#include <stdio.h>
#include <stdlib.h>

enum volume_state {
	VOLUME_UNSEEN, /* not needed so far */
	VOLUME_OPEN,   /* its header and seek table were read and are good */
	VOLUME_BAD,    /* they are not; it was said */
};

struct volume {
	char name[VOLUME_NAME_ROOM];
	enum volume_state state;
	uint64_t tar_at; /* this and the next two: of one that is open */
	uint64_t next_header;
	struct seek_table table;
};

struct set {
	struct source source;
	struct set_plan plan;
	struct volume *volumes;
	size_t count, room;
	struct source *plain; /* of volumes[current] */
	size_t current;
	struct frame_cache *cache;
	uint64_t ahead_until; /* what lies before it in the tar will be asked for */
};

static void set_close(struct source *self)
{
	struct set *set = (struct set *)self;

	frame_cache_free(set->cache);
	for (size_t i = 0; i < set->count; i++)
		seek_table_free(&set->volumes[i].table);
	free(set->volumes);
	source_close(set->plain);
	free(set);
}

/* Decrypts the volume file; the caller closes *out. */
static bool open_plain(
    const struct set_plan *plan, const char *name, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *file = NULL;

	if (!plan->store->open(plan->store, name, &file, err))
		return false;
	if (!age_open(file, true, plan->identities, out, err)) {
		if (err && err->kind == ERR_MISSING)
			return fail(err, ERR_KEY, "'%s': none of the identities opens it", name);
		return fail_in(err, "'%s'", name);
	}
	(void)TAKE(file);
	return true;
}

/* The hash that a volume must name as its predecessor's: zeros for the first. */
static void previous_hash(const struct set_plan *plan, uint32_t index, uint8_t out[SHA256_LEN])
{
	char name[VOLUME_NAME_ROOM];
	const struct manifest_file *file = NULL;

	if (index > 1) {
		volume_name_format(plan->set, index - 1, name);
		file = manifest_find(plan->manifest, bytes_of(name));
	}
	if (file)
		memcpy(out, file->sha256, SHA256_LEN);
	else
		memset(out, 0, SHA256_LEN);
}

static bool check_header(const struct set_plan *plan, const struct volume *volume, uint32_t index,
    const struct frames_header *header, struct err *err)
{
	uint8_t previous[SHA256_LEN];
	char id[37];

	previous_hash(plan, index, previous);
	bundle_id_text(header->collection_id, id);
	if (memcmp(header->collection_id, plan->manifest->collection_id,
		sizeof(header->collection_id)) != 0)
		return fail(err, ERR_DAMAGED, "'%s' comes from another bundle (collection %s)",
		    volume->name, id);
	if (header->set != plan->set || header->index != index)
		return fail(err, ERR_DAMAGED, "'%s' is another volume of this bundle (number %lu)",
		    volume->name, (unsigned long)header->index);
	if (memcmp(header->previous_sha256, previous, SHA256_LEN) != 0)
		return fail(
		    err, ERR_DAMAGED, "'%s' does not follow the volume before it", volume->name);
	return true;
}

static uint64_t end_of(const struct volume *volume)
{
	return volume->tar_at + volume->table.plain_size;
}

/* Its place in the tar against those of the volumes that are open: it overlaps none, and meets its neighbours. */
static bool check_place(
    const struct set *set, size_t at, uint64_t begin, uint64_t len, struct err *err)
{
	size_t before = at, after = at + 1;
	const char *name = set->volumes[at].name;

	while (before > 0 && set->volumes[before - 1].state != VOLUME_OPEN)
		before--;
	while (after < set->count && set->volumes[after].state != VOLUME_OPEN)
		after++;
	uint64_t expected = before ? end_of(&set->volumes[before - 1]) : 0;

	if (begin > INT64_MAX || len > INT64_MAX - begin || begin < expected ||
	    (before == at && begin != expected))
		return fail(err, ERR_DAMAGED,
		    "'%s' begins at byte %llu of the tar, %llu was expected", name,
		    (unsigned long long)begin, (unsigned long long)expected);
	if (after == set->count)
		return true;
	expected = set->volumes[after].tar_at;
	if (begin + len > expected || (after == at + 1 && begin + len != expected))
		return fail(err, ERR_DAMAGED,
		    "'%s' ends at byte %llu of the tar, %llu was expected", name,
		    (unsigned long long)(begin + len), (unsigned long long)expected);
	return true;
}

/* Reads header and seek table of volumes[at] and checks its place among the others. */
static bool read_volume(struct set *set, size_t at, struct err *err)
{
	struct volume *volume = &set->volumes[at];
	CLEANUP(source_close) struct source *plain = NULL;
	CLEANUP(unpack_index_free) struct unpack_index index = {0};

	if (!open_plain(&set->plan, volume->name, &plain, err))
		return false;
	if (!unpack_index_read(plain, &index, err))
		return fail_in(err, "'%s'", volume->name);
	if (!check_header(&set->plan, volume, (uint32_t)(at + 1), &index.header, err) ||
	    !check_place(set, at, index.header.tar_offset, index.table.plain_size, err))
		return false;
	volume->tar_at = index.header.tar_offset;
	volume->next_header = index.header.next_header;
	volume->table = index.table;
	index.table = (struct seek_table){0};
	volume->state = VOLUME_OPEN;
	return true;
}

/* The same once. False only where nobody takes problems. */
static bool open_volume(struct set *set, size_t at, struct err *err)
{
	struct err why = {0};

	if (set->volumes[at].state != VOLUME_UNSEEN || read_volume(set, at, &why))
		return true;
	if (set->plan.problem) {
		set->volumes[at].state = VOLUME_BAD;
		set->plan.problem(set->plan.context, &why);
		return true;
	}
	if (err)
		*err = why;
	return false;
}

static bool list_volumes(struct set *set, struct err *err)
{
	for (uint32_t index = 1; index <= VOLUME_INDEX_MAX; index++) {
		char name[VOLUME_NAME_ROOM];

		volume_name_format(set->plan.set, index, name);
		if (!manifest_find(set->plan.manifest, bytes_of(name)))
			break;
		if (!array_grow(&set->volumes, &set->room, set->count + 1, sizeof(*set->volumes),
			VOLUME_INDEX_MAX, err))
			return false;
		set->volumes[set->count] = (struct volume){0};
		snprintf(set->volumes[set->count++].name, VOLUME_NAME_ROOM, "%s", name);
	}
	return true;
}

bool set_open_all(struct source *source, struct err *err)
{
	struct set *set = (struct set *)source;
	uint64_t size = 0;

	for (size_t i = 0; i < set->count; i++) {
		if (!open_volume(set, i, err))
			return false;
		if (set->volumes[i].state == VOLUME_OPEN)
			size = end_of(&set->volumes[i]);
	}
	set->source.size = size;
	return true;
}

bool set_need(struct source *source, uint32_t index, uint64_t until, struct err *err)
{
	struct set *set = (struct set *)source;

	for (size_t i = index; i > 0 && i <= set->count; i++) {
		const struct volume *volume = &set->volumes[i - 1];

		if (!open_volume(set, i - 1, err))
			return false;
		if (volume->state == VOLUME_OPEN && end_of(volume) > set->source.size)
			set->source.size = end_of(volume);
		if (volume->state == VOLUME_OPEN && end_of(volume) >= until)
			break;
	}
	return true;
}

/* The volume that holds byte `offset` of the tar; count when none does. */
static size_t find_volume(const struct set *set, uint64_t offset)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct volume *v = &set->volumes[i];

		if (v->state == VOLUME_OPEN && offset >= v->tar_at && offset < end_of(v))
			return i;
	}
	return set->count;
}

/* The frame of a volume that holds byte `offset` of its part of the tar. */
static size_t find_frame(const struct seek_table *table, uint64_t offset)
{
	size_t low = 0, high = table->count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (table->at[middle].plain_at <= offset)
			low = middle;
		else
			high = middle;
	}
	/* Frames that hold nothing share their place with the one after them: low is the last of those. */
	return low;
}

/* Makes `volume` the one whose frames are read. */
static bool enter_volume(struct set *set, size_t volume, struct err *err)
{
	if (set->current == volume && set->plain)
		return true;
	frame_cache_settle(set->cache);
	if (set->plan.conveyor) /* and those whom set_frame_at told of it */
		DISCARD(set->plan.conveyor->drain(set->plan.conveyor, NULL));
	source_close(TAKE(set->plain));
	if (!open_plain(&set->plan, set->volumes[volume].name, &set->plain, err))
		return false;
	set->current = volume;
	return true;
}

static struct frame_place place_of(const struct set *set, size_t volume, size_t frame)
{
	return (struct frame_place){.volume = volume,
	    .frame = frame,
	    .entry = &set->volumes[volume].table.at[frame],
	    .plain = volume == set->current ? set->plain : NULL};
}

/* Sets those behind a frame going that will be asked for, itself first. */
static void read_ahead(struct set *set, size_t frame)
{
	const struct volume *volume = &set->volumes[set->current];
	size_t depth = frame_cache_depth(set->cache);
	struct frame_place place = place_of(set, set->current, frame);

	for (size_t next = frame + 1; next <= frame + depth && next < volume->table.count; next++) {
		struct frame_place ahead = place_of(set, set->current, next);

		if (volume->tar_at + ahead.entry->plain_at >= set->ahead_until)
			break;
		if (next == frame + 1)
			frame_cache_ahead(set->cache, &place);
		frame_cache_ahead(set->cache, &ahead);
	}
}

static bool load_frame(
    struct set *set, size_t volume, size_t frame, const uint8_t **out, struct err *err)
{
	if (!frame_cache_has(set->cache, volume, frame) && !enter_volume(set, volume, err))
		return false;
	if (set->plain && set->current == volume)
		read_ahead(set, frame);
	struct frame_place place = place_of(set, volume, frame);

	return frame_cache_get(set->cache, &place, out, err) ||
	       fail_in(err, "'%s'", set->volumes[volume].name);
}

/* Names the volume that should hold byte `offset` and does not open. */
static bool no_volume(const struct set *set, uint64_t offset, struct err *err)
{
	size_t closed = set->count;

	for (size_t i = 0; i < set->count; i++) {
		if (set->volumes[i].state == VOLUME_OPEN && set->volumes[i].tar_at > offset)
			break;
		if (set->volumes[i].state != VOLUME_OPEN)
			closed = i;
	}
	return fail(err, ERR_DAMAGED, "it lies in '%s', which does not open",
	    closed < set->count ? set->volumes[closed].name : "a volume");
}

static bool set_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct set *set = (struct set *)self;
	uint8_t *at = to;

	*got = 0;
	while (*got < len && offset + *got < self->size) {
		uint64_t here = offset + *got;
		size_t v = find_volume(set, here);

		if (v == set->count)
			return no_volume(set, here, err);
		const struct volume *volume = &set->volumes[v];
		size_t f = find_frame(&volume->table, here - volume->tar_at);
		const struct seek_entry *entry = &volume->table.at[f];
		uint64_t skip = here - volume->tar_at - entry->plain_at;
		const uint8_t *bytes = NULL;

		if (skip >= entry->plain)
			return fail(
			    err, ERR_DAMAGED, "'%s': its seek table has a gap", volume->name);
		if (!load_frame(set, v, f, &bytes, err))
			return false;
		size_t left = entry->plain - (size_t)skip;
		size_t part = left < len - *got ? left : len - *got;

		memcpy(at + *got, bytes + skip, part);
		*got += part;
	}
	return true;
}

bool set_frame_at(
    struct source *source, uint64_t offset, struct frame_place *out, uint64_t *at, struct err *err)
{
	struct set *set = (struct set *)source;
	size_t v = find_volume(set, offset);

	if (v == set->count)
		return no_volume(set, offset, err);
	const struct volume *volume = &set->volumes[v];
	size_t f = find_frame(&volume->table, offset - volume->tar_at);
	uint64_t begin = volume->tar_at + volume->table.at[f].plain_at;

	if (offset - begin >= volume->table.at[f].plain)
		return fail(err, ERR_DAMAGED, "'%s': its seek table has a gap", volume->name);
	if (!enter_volume(set, v, err))
		return false;
	*out = place_of(set, v, f);
	*at = begin;
	return true;
}

uint64_t set_frame_after(const struct source *source, uint64_t offset)
{
	const struct set *set = (const struct set *)source;

	for (size_t i = 0; i < set->count; i++) {
		const struct volume *volume = &set->volumes[i];

		if (volume->state != VOLUME_OPEN || offset >= end_of(volume))
			continue;
		if (offset < volume->tar_at)
			return volume->tar_at;
		size_t next = find_frame(&volume->table, offset - volume->tar_at) + 1;

		if (next < volume->table.count)
			return volume->tar_at + volume->table.at[next].plain_at;
	}
	return source->size;
}

bool set_open(const struct set_plan *plan, struct source **out, struct err *err)
{
	struct set *set = calloc(1, sizeof(*set));

	if (!set)
		return fail(err, ERR_MEMORY, "no memory for a set of volumes");
	set->source = (struct source){.size = 0, .read = set_read, .close = set_close};
	set->plan = *plan;
	if (!frame_cache_new(plan->conveyor, &set->cache, err) || !list_volumes(set, err)) {
		set_close(&set->source);
		return false;
	}
	*out = &set->source;
	return true;
}

bool set_explain(const struct set_plan *plan, const char *name, struct text *out)
{
	CLEANUP(source_close) struct source *plain = NULL;
	CLEANUP(unpack_index_free) struct unpack_index index = {0};
	struct volume_name said;
	char real[VOLUME_NAME_ROOM];
	char id[37];

	if (!volume_name_parse(bytes_of(name), &said) || !open_plain(plan, name, &plain, NULL) ||
	    !unpack_index_read(plain, &index, NULL))
		return false;
	bundle_id_text(index.header.collection_id, id);
	if (memcmp(index.header.collection_id, plan->manifest->collection_id,
		sizeof(index.header.collection_id)) != 0) {
		text_addf(out, "comes from another bundle (collection %s)", id);
		return true;
	}
	if (index.header.set == said.set && index.header.index == said.index)
		return false;
	volume_name_format(index.header.set, index.header.index, real);
	text_addf(out, "is '%s' of this bundle under another name", real);
	return true;
}

bool set_volume_extent(const struct source *source, uint32_t index, uint64_t *at, uint64_t *len)
{
	const struct set *set = (const struct set *)source;

	if (index == 0 || index > set->count || set->volumes[index - 1].state != VOLUME_OPEN)
		return false;
	*at = set->volumes[index - 1].tar_at;
	*len = set->volumes[index - 1].table.plain_size;
	return true;
}

bool set_volume_next_header(const struct source *source, uint32_t index, uint64_t *at)
{
	const struct set *set = (const struct set *)source;

	if (index == 0 || index > set->count || set->volumes[index - 1].state != VOLUME_OPEN)
		return false;
	*at = set->volumes[index - 1].next_header;
	return true;
}

void set_read_ahead(struct source *source, uint64_t until)
{
	((struct set *)source)->ahead_until = until;
}
