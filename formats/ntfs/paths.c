/* Full paths by parent references. See ntfs.h.
 *
 * Directories are remembered in a table of fixed size with their names in one block of memory; when either
 * is full everything is forgotten and learnt anew. */
#include "formats/ntfs/limits.h"
#include "formats/ntfs/ntfs.h"

#include "core/array.h"

#include <stdlib.h>

#define ROOT_RECORD    5u
#define SLOTS          (2 * NTFS_LIMIT_DIRECTORIES) /* a power of two */
#define UNUSABLE       0u                           /* the index of what is no directory */
#define NAME_MAX_BYTES 510u

struct directory {
	uint64_t record;
	struct ntfs_reference parent;
	uint64_t walk; /* the last walk that came through here: meeting it again is a cycle */
	uint32_t name; /* offset of its UTF-16 name */
	uint32_t next; /* in the same slot, 0 = none */
	uint16_t name_len;
	uint16_t sequence;
	bool usable; /* a directory with a name */
	bool in_use;
};

/* The last directories that were asked for, as text: a name's neighbours mostly follow it. */
#define RECENT_SLOTS 512u
#define RECENT_BYTES 240u /* a longer one is made anew each time */

struct recent {
	struct ntfs_reference directory;
	bool is_known, is_orphan;
	uint8_t len;
	char path[RECENT_BYTES]; /* with its '/' at the end; "" is the root */
};

struct link {              /* of a climb */
	uint32_t index;    /* in directories */
	uint16_t sequence; /* by which it was asked for */
};

struct ntfs_paths {
	struct ntfs_mft *mft;
	struct recent recent[RECENT_SLOTS];
	struct ntfs_entry entry;
	uint32_t *slots; /* by record number: the first of those in directories, 0 = none */
	struct directory *directories;
	size_t count, room;
	uint8_t *names;
	size_t names_len, names_room;
	uint64_t walk;
	struct link chain[NTFS_LIMIT_DEPTH]; /* from the file upwards */
	size_t depth;
};

/* No name was kept so far where all of them are empty. */
static struct bytes name_of(const struct ntfs_paths *paths, const struct directory *directory)
{
	return (struct bytes){.at = paths->names ? paths->names + directory->name : NULL,
	    .len = paths->names ? directory->name_len : 0};
}

static void forget(struct ntfs_paths *paths)
{
	paths->directories[UNUSABLE] = (struct directory){0};
	paths->count = 1;
	paths->names_len = 0;
}

bool ntfs_paths_new(struct ntfs_mft *mft, struct ntfs_paths **out, struct err *err)
{
	struct ntfs_paths *paths = calloc(1, sizeof(*paths));

	if (paths)
		paths->slots = calloc(SLOTS, sizeof(*paths->slots));
	if (!paths || !paths->slots) {
		free(paths);
		return fail(err, ERR_MEMORY, "no memory for paths");
	}
	paths->mft = mft;
	if (!array_grow(&paths->directories, &paths->room, 1, sizeof(*paths->directories),
		NTFS_LIMIT_DIRECTORIES, err)) {
		ntfs_paths_free(paths);
		return false;
	}
	forget(paths);
	*out = paths;
	return true;
}

void ntfs_paths_free(struct ntfs_paths *paths)
{
	if (!paths)
		return;
	ntfs_entry_free(&paths->entry);
	free(paths->slots);
	free(paths->directories);
	free(paths->names);
	free(paths);
}

/* Forgets all when one more walk might not fit, so that indexes stay true during a walk. */
static void make_room(struct ntfs_paths *paths)
{
	if (paths->count + NTFS_LIMIT_DEPTH <= NTFS_LIMIT_DIRECTORIES &&
	    paths->names_len + NTFS_LIMIT_DEPTH * NAME_MAX_BYTES <= NTFS_LIMIT_PATH_NAMES)
		return;
	memset(paths->slots, 0, SLOTS * sizeof(*paths->slots));
	forget(paths);
}

/* Records are numbered from 0, so few share a slot, and neighbours lie together. */
static uint32_t *slot_of(struct ntfs_paths *paths, uint64_t record)
{
	return &paths->slots[(size_t)(record & (SLOTS - 1))];
}

/* The index of a directory that is remembered, 0 when it is not. */
static uint32_t find_known(struct ntfs_paths *paths, uint64_t record)
{
	uint32_t index = *slot_of(paths, record);

	while (index != 0 && paths->directories[index].record != record)
		index = paths->directories[index].next;
	return index;
}

/* Sets *out to what the entry tells. What cannot be used as a directory is remembered as that. */
static bool take_directory(struct ntfs_paths *paths, const struct ntfs_entry *entry,
    struct directory *out, struct err *err)
{
	const struct ntfs_name *name = ntfs_entry_name(entry);

	out->sequence = entry->sequence;
	out->in_use = entry->in_use;
	if (!entry->is_directory || !name)
		return true;
	if (!array_grow(&paths->names, &paths->names_room, paths->names_len + name->utf16.len, 1,
		NTFS_LIMIT_PATH_NAMES, err))
		return fail_in(err, "names of directories");
	if (name->utf16.len)
		memcpy(paths->names + paths->names_len, name->utf16.at, name->utf16.len);
	out->usable = true;
	out->parent = name->parent;
	out->name = (uint32_t)paths->names_len;
	out->name_len = (uint16_t)name->utf16.len;
	paths->names_len += name->utf16.len;
	return true;
}

/* Returns its index, 0 with err set. */
static uint32_t add_known(
    struct ntfs_paths *paths, const struct directory *directory, struct err *err)
{
	uint32_t *slot = slot_of(paths, directory->record);
	uint32_t index = (uint32_t)paths->count;

	if (!array_grow(&paths->directories, &paths->room, paths->count + 1, sizeof(*directory),
		NTFS_LIMIT_DIRECTORIES, err))
		return 0;
	paths->directories[paths->count++] = *directory;
	paths->directories[index].next = *slot;
	*slot = index;
	return index;
}

static bool is_in_mft(const struct ntfs_mft *mft, uint64_t record)
{
	uint64_t first = ntfs_mft_first(mft);

	return record >= first && record - first < ntfs_mft_count(mft);
}

/* A directory has its name mostly in its own record: then nothing else is looked for. */
static bool load_directory(struct ntfs_paths *paths, uint64_t record, struct err *err)
{
	const struct ntfs_name *name;
	bool whole;

	if (!ntfs_entry_load_quick(paths->mft, record, &paths->entry, &whole, err))
		return false;
	name = ntfs_entry_name(&paths->entry);
	return whole || (name && name->name_space != NTFS_NAME_DOS) ||
	       ntfs_entry_load(paths->mft, record, &paths->entry, err);
}

/* The index of a directory, learnt when it is new. */
static bool know(struct ntfs_paths *paths, uint64_t record, uint32_t *out, struct err *err)
{
	struct directory directory = {.record = record};
	struct err why;

	*out = find_known(paths, record);
	if (*out != 0 || !is_in_mft(paths->mft, record))
		return true;
	bool loaded = load_directory(paths, record, &why);

	if (!loaded && why.kind == ERR_MEMORY)
		return fail(err, why.kind, "%s", why.text);
	if (loaded && !take_directory(paths, &paths->entry, &directory, err))
		return false;
	*out = add_known(paths, &directory, err);
	return *out != 0;
}

bool ntfs_paths_learn(struct ntfs_paths *paths, const struct ntfs_entry *entry, struct err *err)
{
	struct directory directory = {.record = entry->record};

	if (!entry->is_directory || find_known(paths, entry->record) != 0 ||
	    paths->count + 2 * NTFS_LIMIT_DEPTH > NTFS_LIMIT_DIRECTORIES ||
	    paths->names_len + 2 * NTFS_LIMIT_DEPTH * NAME_MAX_BYTES > NTFS_LIMIT_PATH_NAMES)
		return true;
	return take_directory(paths, entry, &directory, err) &&
	       add_known(paths, &directory, err) != 0;
}

/* A freed record counts its sequence number up (0 is skipped): the names below still lead to it. */
static bool is_same(const struct directory *directory, struct ntfs_reference wanted)
{
	uint16_t freed = wanted.sequence == UINT16_MAX ? 1 : (uint16_t)(wanted.sequence + 1);

	return directory->usable && (directory->sequence == wanted.sequence ||
					(!directory->in_use && directory->sequence == freed));
}

static struct recent *find_recent(struct ntfs_paths *paths, uint64_t record)
{
	return &paths->recent[(size_t)(record % RECENT_SLOTS)];
}

static bool is_recent(const struct recent *recent, struct ntfs_reference directory)
{
	return recent->is_known && recent->directory.record == directory.record &&
	       recent->directory.sequence == directory.sequence;
}

enum walk { WALK_ROOT, WALK_ORPHAN, WALK_LOST };

/* Whether a climb that came so far may end at the path of that directory: it leads to the root, and whatever is above
 * could not make the climb too long. */
static bool may_end(const struct ntfs_paths *paths, const struct recent *recent,
    struct ntfs_reference directory, size_t len)
{
	return is_recent(recent, directory) && !recent->is_orphan &&
	       paths->depth + RECENT_BYTES <= NTFS_LIMIT_DEPTH &&
	       len + 2 * RECENT_BYTES <= NTFS_LIMIT_PATH_UNITS * 2;
}

/* Climbs from parent to the root, filling the chain; or to a directory whose path is known, then *known. */
static bool climb(struct ntfs_paths *paths, struct ntfs_reference parent, enum walk *out,
    const struct recent **known, struct err *err)
{
	size_t len = 0;

	paths->depth = 0;
	paths->walk++;
	*known = NULL;
	*out = WALK_ROOT;
	while (parent.record != ROOT_RECORD) {
		const struct recent *recent = find_recent(paths, parent.record);
		uint32_t index;

		if (may_end(paths, recent, parent, len)) {
			*known = recent;
			return true;
		}
		if (!know(paths, parent.record, &index, err))
			return false;
		struct directory *directory = &paths->directories[index];

		if (!is_same(directory, parent)) {
			*out = WALK_ORPHAN;
			return true;
		}
		len += directory->name_len + 2u;
		if (directory->walk == paths->walk || paths->depth == NTFS_LIMIT_DEPTH ||
		    len > NTFS_LIMIT_PATH_UNITS * 2) {
			*out = WALK_LOST;
			return true;
		}
		directory->walk = paths->walk;
		paths->chain[paths->depth++] = (struct link){index, parent.sequence};
		parent = directory->parent;
	}
	return true;
}

bool ntfs_paths_directory(struct ntfs_paths *paths, struct ntfs_reference directory,
    struct ntfs_name *out, bool *found, struct err *err)
{
	uint32_t index;

	make_room(paths);
	if (!know(paths, directory.record, &index, err))
		return false;
	const struct directory *known = &paths->directories[index];

	*found = is_same(known, directory);
	if (*found)
		*out = (struct ntfs_name){.parent = known->parent, .utf16 = name_of(paths, known)};
	return true;
}

/* '/' and NUL, which NTFS forbids in names, would make another path of it. */
void ntfs_path_add_name(struct text *out, struct bytes utf16)
{
	size_t start = text_add_ascii(out, utf16, '/');

	if (utf16.len < 2) /* only damage has none, and a path needs one */
		text_add_code(out, 0xfffd);
	if (!utf16.at || start + 2 > utf16.len)
		return;
	for (size_t i = start; i + 2 <= utf16.len; i += 2) {
		uint16_t unit = le16(utf16.at + i);

		if (unit != '/' && unit != 0)
			continue;
		text_add_utf16(out, (struct bytes){.at = utf16.at + start, .len = i - start});
		text_add_code(out, 0xfffd);
		start = i + 2;
	}
	text_add_utf16(out, (struct bytes){.at = utf16.at + start, .len = utf16.len - start});
}

static bool is_root_name(const struct ntfs_name *name)
{
	return name->parent.record == ROOT_RECORD && name->utf16.len == 2 &&
	       le16(name->utf16.at) == '.';
}

static void add_recent(struct text *out, const struct recent *recent)
{
	text_add(out, (struct bytes){(const uint8_t *)recent->path, recent->len});
}

/* Keeps the path of a directory, which is what was added to out from start on. */
static void remember(struct ntfs_paths *paths, struct ntfs_reference directory, bool is_orphan,
    const struct text *out, size_t start)
{
	struct recent *recent = find_recent(paths, directory.record);
	size_t len = out->len - start;

	if (out->failed || len > RECENT_BYTES)
		return;
	recent->is_known = true;
	recent->directory = directory;
	recent->is_orphan = is_orphan;
	recent->len = (uint8_t)len;
	if (len)
		memcpy(recent->path, out->at + start, len);
}

/* Adds the directory's path and '/'. */
static bool add_directory(struct ntfs_paths *paths, struct ntfs_reference directory,
    struct text *out, bool *is_orphan, struct err *err)
{
	enum walk walk = WALK_ROOT;
	const struct recent *known;
	size_t start = out->len;

	make_room(paths);
	if (!climb(paths, directory, &walk, &known, err))
		return false;
	*is_orphan = walk != WALK_ROOT;
	if (*is_orphan)
		text_adds(out, "$Orphan/");
	if (known)
		add_recent(out, known);
	if (walk == WALK_LOST || paths->depth == 0)
		remember(paths, directory, *is_orphan, out, start);
	for (size_t i = walk == WALK_LOST ? 0 : paths->depth; i > 0; i--) {
		const struct link *link = &paths->chain[i - 1];
		const struct directory *each = &paths->directories[link->index];

		ntfs_path_add_name(out, name_of(paths, each));
		text_addc(out, '/');
		remember(paths, (struct ntfs_reference){each->record, link->sequence}, *is_orphan,
		    out, start);
	}
	return text_ok(out, err);
}

bool ntfs_path(struct ntfs_paths *paths, const struct ntfs_name *name, struct text *out,
    bool *is_orphan, struct err *err)
{
	const struct recent *recent = find_recent(paths, name->parent.record);

	*is_orphan = false;
	if (is_root_name(name))
		return true;
	if (is_recent(recent, name->parent)) {
		add_recent(out, recent);
		*is_orphan = recent->is_orphan;
	} else if (!add_directory(paths, name->parent, out, is_orphan, err)) {
		return false;
	}
	ntfs_path_add_name(out, name->utf16);
	return text_ok(out, err);
}
