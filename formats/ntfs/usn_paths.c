/* Directories through time. See usn_paths.h. */
#include "formats/ntfs/usn_paths.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"

#include <stdlib.h>

#define ROOT_RECORD  5u
#define DIRECTORY    0x10u /* FILE_ATTRIBUTE_DIRECTORY */
#define SLOTS_FIRST  1024u
#define RECENT_SLOTS 512u
#define RECENT_BYTES 240u
#define NONE         UINT32_MAX

struct sight { /* a directory as a record shows it */
	uint64_t parent;
	uint32_t name; /* offset into names */
	uint16_t name_len;
	uint32_t stretch; /* between two gaps */
	uint32_t next;    /* the first of a later stretch; NONE */
};

struct directory {
	uint64_t key;         /* record | sequence << 48 */
	uint32_t first, last; /* sights by the first reading: one for each stretch */
	struct sight now;     /* by the second; stretch NONE: not met yet */
	uint32_t own; /* offset into names: room for the name of now, where no sight has the same */
	uint32_t lost; /* the stretch in which there was no room for it; NONE */
	uint16_t own_room;
};

struct recent {
	uint64_t directory;
	uint64_t age; /* paths->age when it was made; 0: none */
	struct usn_path how;
	uint8_t len;
	char path[RECENT_BYTES]; /* with its '/' at the end */
};

struct part { /* of a path on its way: UTF-16 in climbed */
	size_t at;
	uint16_t len;
};

struct usn_paths {
	struct ntfs_paths *mft;
	/* Index + 1 into directories, 0 = free; a power of two, at most half of them used. */
	uint32_t *slots;
	size_t slot_count;
	struct directory *directories;
	size_t count, room;
	struct sight *sights;
	size_t sight_count, sight_room;
	uint8_t *names;
	size_t names_len, names_room;
	uint64_t expected; /* USN that the next record has when none is missing */
	bool has_last, is_full;
	struct err full; /* why something was not kept in the second reading; ERR_NONE */
	uint32_t stretch, stretches;
	uint64_t age; /* counts up when a directory moves: what `recent` knows is old then */
	struct text climbed;
	struct part parts[NTFS_LIMIT_DEPTH];
	size_t depth;
	struct recent recent[RECENT_SLOTS];
};

static uint64_t key_of(struct ntfs_reference reference)
{
	return reference.record | (uint64_t)reference.sequence << 48;
}

static struct ntfs_reference reference_of(uint64_t key)
{
	return (struct ntfs_reference){
	    .record = key & 0xffffffffffffull, .sequence = (uint16_t)(key >> 48)};
}

bool usn_paths_new(struct ntfs_paths *now, struct usn_paths **out, struct err *err)
{
	CLEANUP(usn_paths_free) struct usn_paths *paths = calloc(1, sizeof(*paths));

	if (paths)
		paths->slots = calloc(SLOTS_FIRST, sizeof(*paths->slots));
	if (!paths || !paths->slots)
		return fail(err, ERR_MEMORY, "no memory for paths");
	paths->slot_count = SLOTS_FIRST;
	paths->mft = now;
	paths->age = 1;
	*out = TAKE(paths);
	return true;
}

void usn_paths_free(struct usn_paths *paths)
{
	if (!paths)
		return;
	free(paths->slots);
	free(paths->directories);
	free(paths->sights);
	free(paths->names);
	text_free(&paths->climbed);
	free(paths);
}

/* The slot of a directory, or the free one where it belongs. */
static uint32_t *find_slot(const struct usn_paths *paths, uint64_t key)
{
	size_t mask = paths->slot_count - 1;
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15ull >> 32) & mask;

	while (paths->slots[i] != 0 && paths->directories[paths->slots[i] - 1].key != key)
		i = (i + 1) & mask;
	return &paths->slots[i];
}

static struct directory *find(const struct usn_paths *paths, uint64_t key)
{
	uint32_t index = *find_slot(paths, key);

	return index ? &paths->directories[index - 1] : NULL;
}

static bool grow_slots(struct usn_paths *paths, struct err *err)
{
	uint32_t *slots = calloc(paths->slot_count * 2, sizeof(*slots));

	if (!slots)
		return fail(err, ERR_MEMORY, "no memory for paths");
	free(paths->slots);
	paths->slots = slots;
	paths->slot_count *= 2;
	for (size_t i = 0; i < paths->count; i++)
		/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): array_grow made room */
		*find_slot(paths, paths->directories[i].key) = (uint32_t)i + 1;
	return true;
}

/* The directory, added when it is new; NULL with err set. */
static struct directory *find_or_add(struct usn_paths *paths, uint64_t key, struct err *err)
{
	struct directory *known = find(paths, key);

	if (known)
		return known;
	if ((paths->count * 2 >= paths->slot_count && !grow_slots(paths, err)) ||
	    !array_grow(&paths->directories, &paths->room, paths->count + 1,
		sizeof(*paths->directories), NTFS_LIMIT_USN_DIRECTORIES, err))
		return NULL;
	known = &paths->directories[paths->count++];
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): array_grow made room */
	*known = (struct directory){.key = key,
	    .first = NONE,
	    .last = NONE,
	    .now = {.stretch = NONE, .next = NONE},
	    .lost = NONE};
	*find_slot(paths, key) = (uint32_t)paths->count;
	return known;
}

static struct bytes name_of(const struct usn_paths *paths, const struct sight *sight)
{
	return (struct bytes){.at = paths->names + sight->name, .len = sight->name_len};
}

static bool add_name(struct usn_paths *paths, struct bytes name, uint32_t *out, struct err *err)
{
	if (!array_grow(&paths->names, &paths->names_room, paths->names_len + name.len, 1,
		NTFS_LIMIT_USN_NAMES, err))
		return false;
	*out = (uint32_t)paths->names_len;
	memcpy(paths->names + *out, name.at, name.len);
	paths->names_len += name.len;
	return true;
}

/* Makes the sight show what the record does, whose name is kept at `name`. */
static void see(
    struct usn_paths *paths, struct sight *sight, const struct usn_record *record, uint32_t name)
{
	sight->name = name;
	sight->name_len = (uint16_t)record->utf16.len;
	sight->parent = key_of(record->parent);
	sight->stretch = paths->stretch;
}

/* Where the name that the directory has now is kept: with a sight by the first reading that has the same, or in its own room. */
static bool keep_now(struct usn_paths *paths, struct directory *directory, struct bytes name,
    uint32_t *out, struct err *err)
{
	uint32_t near = directory->first != NONE ? directory->first : directory->last;
	const struct sight *same = near != NONE ? &paths->sights[near] : NULL;

	if (directory->now.stretch != NONE && bytes_equal(name_of(paths, &directory->now), name))
		same = &directory->now;
	if (same && bytes_equal(name_of(paths, same), name)) {
		*out = same->name;
		return true;
	}
	if (directory->own_room < name.len) {
		if (!add_name(paths, name, &directory->own, err))
			return false;
		directory->own_room = (uint16_t)name.len;
	}
	memcpy(paths->names + directory->own, name.at, name.len);
	*out = directory->own;
	return true;
}

static bool shows_same(
    const struct usn_paths *paths, const struct sight *a, uint64_t parent, struct bytes name)
{
	return a->parent == parent && bytes_equal(name_of(paths, a), name);
}

static void step(struct usn_paths *paths, const struct usn_record *record)
{
	if (paths->has_last && !usn_follows(paths->expected, record)) {
		paths->stretch++;
		paths->age++;
	}
	paths->has_last = true;
	paths->expected = record->usn + record->length;
}

static bool is_directory(const struct usn_record *record)
{
	return record->utf16.len != 0 && record->attributes & DIRECTORY;
}

static bool learn(struct usn_paths *paths, const struct usn_record *record, struct err *err)
{
	struct directory *directory = find_or_add(paths, key_of(record->file), err);
	struct sight sight = {.next = NONE};
	uint32_t name;

	if (!directory)
		return false;
	if (directory->last != NONE && paths->sights[directory->last].stretch == paths->stretch)
		return true;
	if (!array_grow(&paths->sights, &paths->sight_room, paths->sight_count + 1, sizeof(sight),
		NTFS_LIMIT_USN_DIRECTORIES, err) ||
	    !add_name(paths, record->utf16, &name, err))
		return false;
	uint32_t index = (uint32_t)paths->sight_count++;

	see(paths, &sight, record, name);
	paths->sights[index] = sight;
	if (directory->last == NONE)
		directory->first = index;
	else
		paths->sights[directory->last].next = index;
	directory->last = index;
	return true;
}

bool usn_paths_learn(struct usn_paths *paths, const struct usn_record *record, struct err *err)
{
	step(paths, record);
	if (paths->is_full || !is_directory(record) || learn(paths, record, err))
		return true;
	paths->is_full = err->kind == ERR_LIMIT;
	return fail_in(err, "directories of the journal");
}

void usn_paths_rewind(struct usn_paths *paths)
{
	paths->stretches = paths->stretch + 1;
	paths->stretch = 0;
	paths->has_last = false;
}

struct place { /* where a directory was */
	uint64_t parent;
	struct bytes name; /* borrows: until the next look at the MFT */
	bool is_known, is_uncertain;
};

/* What the MFT says: that is of now, the end of the journal's last stretch. */
static bool ask_mft(struct usn_paths *paths, uint64_t key, struct place *out, struct err *err)
{
	struct ntfs_name name = {0};

	if (!ntfs_paths_directory(paths->mft, reference_of(key), &name, &out->is_known, err))
		return false;
	out->parent = key_of(name.parent);
	out->name = name.utf16;
	out->is_uncertain = paths->is_full || paths->stretch + 1 != paths->stretches;
	return true;
}

static void show(const struct usn_paths *paths, const struct sight *sight, struct place *out)
{
	out->is_known = true;
	out->parent = sight->parent;
	out->name = name_of(paths, sight);
}

/* What is known from here on: the first sight of this stretch or a later one, or the MFT. */
static bool locate_after(
    struct usn_paths *paths, struct directory *directory, struct place *out, struct err *err)
{
	while (directory->first != NONE && paths->sights[directory->first].stretch < paths->stretch)
		directory->first = paths->sights[directory->first].next;
	if (directory->first == NONE)
		return ask_mft(paths, directory->key, out, err);
	const struct sight *after = &paths->sights[directory->first];

	show(paths, after, out);
	out->is_uncertain = after->stretch != paths->stretch;
	return true;
}

/* Where the directory was at the record at work. */
static bool locate(struct usn_paths *paths, uint64_t key, struct place *out, struct err *err)
{
	struct directory *directory = find(paths, key);

	*out = (struct place){0};
	if (!directory)
		return ask_mft(paths, key, out, err);
	const struct sight *before = directory->now.stretch == NONE ? NULL : &directory->now;

	if (before && before->stretch == paths->stretch) {
		show(paths, before, out);
		return true;
	}
	if (!locate_after(paths, directory, out, err))
		return false;
	if (before && !out->is_known) {
		show(paths, before, out);
		out->is_uncertain = true;
	} else if (before && out->is_uncertain) {
		out->is_uncertain = !shows_same(paths, before, out->parent, out->name);
	}
	out->is_uncertain = out->is_uncertain || directory->lost == paths->stretch;
	return true;
}

/* Keeps a name for the path. False when the path is longer than Windows can make one. */
static bool climb_to(struct usn_paths *paths, struct bytes name)
{
	if (paths->depth == NTFS_LIMIT_DEPTH ||
	    paths->climbed.len + name.len > (size_t)NTFS_LIMIT_PATH_UNITS * 2)
		return false;
	paths->parts[paths->depth++] =
	    (struct part){.at = paths->climbed.len, .len = (uint16_t)name.len};
	text_add(&paths->climbed, name);
	return true;
}

/* Climbs from a directory to the root. Sets *is_lost in a cycle, or deeper than Windows can. */
static bool climb(
    struct usn_paths *paths, uint64_t key, struct usn_path *how, bool *is_lost, struct err *err)
{
	/* Brent's way to see a cycle: a mark is left behind at every power of two. */
	uint64_t mark = UINT64_MAX;
	size_t steps = 0;

	paths->depth = 0;
	text_clear(&paths->climbed);
	*how = (struct usn_path){0};
	while ((key & 0xffffffffffffull) != ROOT_RECORD) {
		struct place place;

		if (key == mark)
			*is_lost = true;
		if ((steps & (steps - 1)) == 0)
			mark = key;
		steps++;
		if (*is_lost || !locate(paths, key, &place, err))
			return *is_lost;
		how->is_orphan = !place.is_known;
		if (how->is_orphan)
			return true;
		how->is_uncertain = how->is_uncertain || place.is_uncertain;
		*is_lost = !climb_to(paths, place.name);
		key = place.parent;
	}
	return text_ok(&paths->climbed, err);
}

static bool add_directory(
    struct usn_paths *paths, uint64_t key, struct text *out, struct usn_path *how, struct err *err)
{
	bool is_lost = false;

	if (!climb(paths, key, how, &is_lost, err))
		return false;
	how->is_orphan = how->is_orphan || is_lost;
	if (how->is_orphan)
		text_adds(out, "$Orphan/");
	for (size_t i = is_lost ? 0 : paths->depth; i > 0; i--) {
		const struct part *part = &paths->parts[i - 1];

		ntfs_path_add_name(
		    out, (struct bytes){(const uint8_t *)paths->climbed.at + part->at, part->len});
		text_addc(out, '/');
	}
	return text_ok(out, err);
}

/* As add_directory, quickly for one that was asked for lately. */
static bool add_known(
    struct usn_paths *paths, uint64_t key, struct text *out, struct usn_path *how, struct err *err)
{
	struct recent *recent =
	    &paths->recent[(size_t)(key * 0x9e3779b97f4a7c15ull >> 40) % RECENT_SLOTS];
	size_t start = out->len;

	if (recent->age == paths->age && recent->directory == key) {
		text_add(out, (struct bytes){(const uint8_t *)recent->path, recent->len});
		*how = recent->how;
		return true;
	}
	if (!add_directory(paths, key, out, how, err))
		return false;
	recent->age = out->len - start <= sizeof(recent->path) ? paths->age : 0;
	if (recent->age == 0)
		return true;
	recent->directory = key;
	recent->how = *how;
	recent->len = (uint8_t)(out->len - start);
	if (recent->len)
		memcpy(recent->path, out->at + start, recent->len);
	return true;
}

/* There is no room for the directory's name: until the next gap or record of it that fits it is uncertain. */
static bool lose(struct usn_paths *paths, struct directory *directory, struct err *err)
{
	if (err->kind != ERR_LIMIT)
		return false;
	if (paths->full.kind == ERR_NONE)
		paths->full = *err;
	directory->now.stretch = NONE;
	directory->lost = paths->stretch;
	paths->age++;
	return true;
}

/* Puts the record's directory where it says. */
static bool follow(struct usn_paths *paths, const struct usn_record *record, struct err *err)
{
	uint64_t key = key_of(record->file);
	struct directory *directory = find(paths, key);
	struct place place;
	uint32_t name;

	if (!directory) /* there was no room to learn it */
		return true;
	if (!locate(paths, key, &place, err))
		return false;
	if (!place.is_known || place.is_uncertain || place.parent != key_of(record->parent) ||
	    !bytes_equal(place.name, record->utf16))
		paths->age++;
	if (keep_now(paths, directory, record->utf16, &name, err)) {
		see(paths, &directory->now, record, name);
		directory->lost = NONE;
		return true;
	}
	return lose(paths, directory, err);
}

bool usn_paths_next(struct usn_paths *paths, const struct usn_record *record, struct text *out,
    struct usn_path *how, struct err *err)
{
	*how = (struct usn_path){0};
	step(paths, record);
	if (!record->utf16.len)
		return true;
	if (!add_known(paths, key_of(record->parent), out, how, err))
		return false;
	ntfs_path_add_name(out, record->utf16);
	return (!is_directory(record) || follow(paths, record, err)) && text_ok(out, err);
}

bool usn_paths_is_full(const struct usn_paths *paths, struct err *why)
{
	if (paths->full.kind == ERR_NONE || paths->is_full)
		return false;
	if (why) {
		*why = paths->full;
		DISCARD(fail_in(why, "directories of the journal"));
	}
	return true;
}
