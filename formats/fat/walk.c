/* The walk through all directories, live and deleted, depth first. See fat.h and walk.h. */
#include "formats/fat/walk.h"

#include "core/array.h"

#include <stdlib.h>

void fat_walk_damage(struct fat_walk *walk, uint64_t place, const struct err *why)
{
	if (walk->walker->damage)
		walk->walker->damage(walk->walker, place, why);
}

uint64_t fat_number(const struct fat_geometry *geometry, uint64_t place)
{
	bool has_fixed_root = geometry->kind == FAT_12 || geometry->kind == FAT_16;
	uint64_t from = has_fixed_root ? geometry->root : geometry->data;

	return place < from ? 0 : (place - from) / FAT_ENTRY_LEN + FAT_NUMBER_ROOT + 1;
}

/* Says where the entries of a directory lie. */
static bool tell_table(struct fat_walk *walk, const struct fat_runs *runs, struct err *err)
{
	uint64_t size = walk->volume->geometry.cluster_size;

	for (size_t i = 0; walk->walker->table && i < runs->count; i++)
		if (!walk->walker->table(walk->walker,
			fat_cluster_offset(walk->volume, runs->at[i].first),
			runs->at[i].count * size, err))
			return false;
	return true;
}

static bool push(struct fat_walk *walk, struct fat_frame *frame, struct err *err)
{
	if (!array_grow(&walk->frames, &walk->room, walk->depth + 1, sizeof(*walk->frames),
		FAT_LIMIT_DEPTH, err)) {
		fat_directory_close(&frame->directory);
		return fail_in(err, "directories below each other");
	}
	walk->frames[walk->depth++] = *frame;
	return true;
}

/* Goes into a directory that was told of just now, whose path is the walk's. */
static bool enter(
    struct fat_walk *walk, const struct fat_entry *entry, struct fat_runs *runs, struct err *err)
{
	struct fat_frame frame = {
	    .path_len = walk->path.len,
	    .number = entry->number,
	    .cluster = entry->cluster,
	    .is_deleted = entry->is_deleted,
	    .is_lost = entry->is_lost,
	    .is_slack = entry->is_slack,
	};
	struct err why = {0};

	if (!tell_table(walk, runs, err))
		return false;
	if (!fat_directory_open(&frame.directory, walk->volume, runs, err)) {
		fat_directory_close(&frame.directory);
		return false;
	}
	if (walk->slack) {
		frame.directory.pos = walk->slack->inside;
		frame.directory.size = walk->slack->inside + (uint64_t)walk->slack->len;
	}
	if (push(walk, &frame, &why))
		return true;
	if (why.kind == ERR_LIMIT) {
		fat_walk_damage(walk, entry->place, &why);
		return true;
	}
	*err = why;
	return false;
}

/* Appends a name; what would make two components of it becomes U+FFFD. */
static void add_name(struct text *path, struct bytes name)
{
	if (path->len)
		text_addc(path, '/');
	for (size_t pos = 0; pos < name.len;) {
		uint32_t code = text_decode(name, &pos);

		text_add_code(
		    path, code == '/' || code == 0 || code == TEXT_INVALID ? 0xfffd : code);
	}
}

bool fat_walk_tell(struct fat_walk *walk, struct fat_entry *entry, size_t name_at, struct err *err)
{
	CLEANUP(fat_runs_free) struct fat_runs runs = {0};
	size_t len = fat_walk_top(walk)->path_len, depth = walk->depth;

	entry->path = text_bytes(&walk->path);
	entry->name = (struct bytes){entry->path.at + name_at, entry->path.len - name_at};
	if (entry->kind == FAT_ENTRY_DIRECTORY && !fat_below_runs(walk, entry, &runs, err))
		return false;
	if (entry->kind == FAT_ENTRY_DIRECTORY && walk->volume->geometry.kind != FAT_EX)
		entry->size = entry->valid_size =
		    walk->slack ? walk->slack->len
				: (uint64_t)runs.clusters * walk->volume->geometry.cluster_size;
	if (!walk->walker->each(walk->walker, entry, err) ||
	    (runs.count && !enter(walk, entry, &runs, err)))
		return false;
	if (walk->depth == depth) {
		walk->path.len = len;
		walk->path.at[len] = 0;
	}
	return true;
}

bool fat_walk_emit(
    struct fat_walk *walk, struct fat_entry *entry, struct bytes name, struct err *err)
{
	struct fat_frame *frame = fat_walk_top(walk);
	size_t len = frame->path_len;

	entry->parent = frame->number;
	entry->number = fat_number(&walk->volume->geometry, entry->place);
	entry->is_beyond_end = frame->is_ended;
	entry->is_below_deleted = frame->is_deleted;
	entry->is_lost = frame->is_lost;
	entry->is_slack = frame->is_slack;
	if (entry->is_slack)
		entry->cluster = 0;
	entry->is_deleted |= frame->is_ended || frame->is_deleted;
	entry->is_high_lost = fat_start_is_lost(walk->volume, entry);
	if (name.len == 0)
		fail(&entry->damage, ERR_DAMAGED, "it has no name");
	add_name(&walk->path, name);
	if (!text_ok(&walk->path, err)) {
		if (err->kind != ERR_LIMIT)
			return false;
		fat_walk_damage(walk, entry->place, err);
		walk->path.failed = false;
		walk->path.len = len;
		return true;
	}
	return fat_walk_tell(walk, entry, len + (len > 0), err);
}

static bool start(struct fat_walk *walk, struct err *err)
{
	CLEANUP(fat_runs_free) struct fat_runs runs = {0};
	struct fat_frame frame = {.number = FAT_NUMBER_ROOT};
	enum fat_kind kind = walk->volume->geometry.kind;
	bool is_fixed = kind == FAT_12 || kind == FAT_16;

	walk->path.ceiling = FAT_LIMIT_PATH;
	text_adds(&walk->path, "");
	if (!is_fixed && (!fat_below_root(walk, &runs, err) || !tell_table(walk, &runs, err)))
		return false;
	if (!(is_fixed ? fat_directory_open_root(&frame.directory, walk->volume, err)
		       : fat_directory_open(&frame.directory, walk->volume, &runs, err))) {
		fat_directory_close(&frame.directory);
		return false;
	}
	return push(walk, &frame, err);
}

static void leave(struct fat_walk *walk)
{
	fat_directory_close(&fat_walk_top(walk)->directory);
	walk->depth--;
	if (walk->depth == 0)
		return;
	walk->path.len = fat_walk_top(walk)->path_len;
	walk->path.at[walk->path.len] = 0;
}

static bool step(struct fat_walk *walk, struct err *err)
{
	struct fat_directory *directory = &fat_walk_top(walk)->directory;
	bool is_exfat = walk->volume->geometry.kind == FAT_EX;
	uint64_t place = 0;
	const uint8_t *raw = fat_directory_next(directory, &place);

	if (directory->damage.kind != ERR_NONE) {
		fat_walk_damage(walk, directory->damage_place, &directory->damage);
		directory->damage = (struct err){0};
	}
	size_t depth = walk->depth;

	if (!(is_exfat ? fat_walk_exfat : fat_walk_fat)(walk, raw, place, err))
		return false;
	if (raw || walk->depth != depth)
		return true;
	bool any = false;

	if (depth == 1 && !fat_walk_lost(walk, &any, err))
		return false;
	if (!any)
		leave(walk);
	return true;
}

static void walk_clear(struct fat_walk *walk)
{
	while (walk->depth)
		leave(walk);
	free(walk->frames);
	fat_seen_free(&walk->seen);
	text_free(&walk->path);
	text_free(&walk->short_name);
	text_free(&walk->long_name);
}

/* What is wrong with the volume itself. */
static void tell_volume(struct fat_walk *walk)
{
	const struct fat_volume *volume = walk->volume;
	const struct fat_geometry *g = &volume->geometry;
	struct err why = {0};

	if (volume->damage.kind != ERR_NONE)
		fat_walk_damage(walk, 0, &volume->damage);
	if (volume->raw->size < g->data + (uint64_t)g->clusters * g->cluster_size) {
		fail(&why, ERR_DAMAGED,
		    "the volume has %llu bytes, but the image or partition ends after %llu of them",
		    (unsigned long long)(g->sectors * g->sector_size),
		    (unsigned long long)volume->raw->size);
		fat_walk_damage(walk, volume->raw->size, &why);
	}
	if (volume->lost_over) {
		fail(&why, ERR_LIMIT,
		    "%llu directories without an entry over the limit are not listed",
		    (unsigned long long)volume->lost_over);
		fat_walk_damage(walk, 0, &why);
	}
}

bool fat_walk(struct fat_volume *volume, struct fat_walker *walker, struct err *err)
{
	struct fat_walk walk = {.volume = volume, .walker = walker};
	bool ok = start(&walk, err);

	if (ok)
		tell_volume(&walk);
	while (ok && walk.depth)
		ok = step(&walk, err);
	walk_clear(&walk);
	return ok;
}
