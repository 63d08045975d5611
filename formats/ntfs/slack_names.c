/* A table of names by hash. See slack_names.h. */
#include "formats/ntfs/slack_names.h"

#include "formats/ntfs/limits.h"

#include <stdlib.h>

#define ROOM_FIRST 32u  /* most directories have fewer than half of it */
#define ROOM_KEPT  128u /* emptying costs as much as it has room, and small directories are many */
/* Places looked at for one name: a directory may be forged to have the same one again and again. */
#define PROBES_MAX 64u

#define FACTOR UINT64_C(0xd6e8feb86659fd93)

void slack_names_clear(struct slack_names *names)
{
	if (names->room > ROOM_KEPT) {
		slack_names_free(names);
		return;
	}
	if (names->count)
		memset(names->at, 0, names->room * sizeof(*names->at));
	names->count = 0;
	names->is_full = false;
}

void slack_names_free(struct slack_names *names)
{
	free(names->at);
	*names = (struct slack_names){0};
}

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= FACTOR;
	h ^= h >> 32;
	return h;
}

#define LANES 16u /* bytes at a time: two products, which do not wait for each other */

static void take(uint64_t lanes[2], const uint8_t *at)
{
	lanes[0] = (lanes[0] ^ le64(at)) * FACTOR;
	lanes[1] = (lanes[1] ^ le64(at + 8)) * FACTOR;
	lanes[0] ^= lanes[0] >> 32;
	lanes[1] ^= lanes[1] >> 32;
}

static uint64_t hash_of(struct bytes bytes, uint64_t hash)
{
	uint64_t lanes[2] = {hash, ~hash};
	uint8_t few[LANES] = {0};

	for (size_t at = 0; at + LANES < bytes.len; at += LANES)
		take(lanes, bytes.at + at);
	/* The last ones may lie over those before. */
	if (bytes.len >= LANES) {
		take(lanes, bytes.at + bytes.len - LANES);
	} else {
		memcpy(few, bytes.at, bytes.len);
		take(lanes, few);
	}
	return mix(lanes[0] + 3 * lanes[1]) + bytes.len;
}

struct slack_name slack_name_of(struct bytes key, uint64_t file, bool is_foreign)
{
	enum { NAME = 66, PARENT = 8 };
	struct bytes name = {key.at + NAME, key.len - NAME};
	struct bytes rest = {key.at + PARENT, NAME - PARENT};
	uint64_t hash = hash_of(name, 1);

	/* The parent may be overwritten: all that counts of it is whether it is the directory. */
	return (struct slack_name){
	    .name = hash | 1,
	    .key = (hash_of(rest, hash) & ~UINT64_C(1)) | is_foreign,
	    .file = file,
	};
}

/* The first place for the name; *probes counts how many were looked at. */
static size_t place_of(const struct slack_names *names, uint64_t name)
{
	return (size_t)mix(name) & (names->room - 1);
}

/* Puts it into a table with room; false when too many places are taken. */
static bool put(struct slack_names *names, const struct slack_name *name)
{
	size_t at = place_of(names, name->name);

	for (unsigned i = 0; i < PROBES_MAX; i++, at = (at + 1) & (names->room - 1))
		if (names->at[at].name == 0) {
			names->at[at] = *name;
			names->count++;
			return true;
		}
	return false;
}

static bool grow(struct slack_names *names, struct err *err)
{
	struct slack_names larger = {.room = names->room ? 2 * names->room : ROOM_FIRST};

	larger.at = calloc(larger.room, sizeof(*larger.at));
	larger.is_full = names->is_full;
	if (!larger.at)
		return fail(err, ERR_MEMORY, "no memory for the names of a directory");
	for (size_t i = 0; i < names->room; i++)
		if (names->at[i].name != 0 && !put(&larger, &names->at[i]))
			larger.is_full = true;
	free(names->at);
	*names = larger;
	return true;
}

bool slack_names_add(struct slack_names *names, const struct slack_name *name, struct err *err)
{
	if (names->count >= NTFS_LIMIT_SLACK_NAMES) {
		names->is_full = true;
		return true;
	}
	if (2 * names->count >= names->room && !grow(names, err))
		return false;
	if (!put(names, name))
		names->is_full = true;
	return true;
}

bool slack_names_has(const struct slack_names *names, const struct slack_name *name)
{
	size_t at = names->room ? place_of(names, name->name) : 0;

	for (unsigned i = 0; names->room && i < PROBES_MAX;
	     i++, at = (at + 1) & (names->room - 1)) {
		const struct slack_name *other = &names->at[at];

		if (other->name == 0)
			return false;
		/* Without a reference, any entry of the same content is the same. */
		if (other->name == name->name && other->key == name->key &&
		    (other->file == name->file || name->file == 0))
			return true;
	}
	return false;
}

enum ntfs_slack_live slack_names_live(
    const struct slack_names *names, const struct slack_name *name)
{
	enum ntfs_slack_live live = names->is_full ? NTFS_SLACK_UNKNOWN : NTFS_SLACK_GONE;
	size_t at = names->room ? place_of(names, name->name) : 0;

	for (unsigned i = 0; names->room && i < PROBES_MAX;
	     i++, at = (at + 1) & (names->room - 1)) {
		const struct slack_name *other = &names->at[at];

		if (other->name == 0)
			break;
		if (other->name != name->name)
			continue;
		if (name->file == 0 || other->file == name->file)
			return NTFS_SLACK_LIVE;
		live = NTFS_SLACK_REPLACED;
	}
	return live;
}
