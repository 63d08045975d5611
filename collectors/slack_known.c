/* Names told of. See slack_known.h. */
#include "collectors/slack_known.h"

#include "core/hash.h"
#include "core/key_set.h"

#include <stdlib.h>

#define SLOTS_FIRST ((size_t)1 << 12)
#define SLOTS_MAX   ((size_t)1 << 22)

struct slack_known {
	struct key_set names;
	struct hash *hash;
};

struct slack_known *slack_known_new(void)
{
	struct slack_known *known = calloc(1, sizeof(*known));

	if (!known)
		return NULL;
	known->hash = hash_new(HASH_SHA256);
	if (key_set_new(&known->names, SLOTS_FIRST, SLOTS_MAX) && known->hash)
		return known;
	slack_known_free(known);
	return NULL;
}

void slack_known_free(struct slack_known *known)
{
	if (!known)
		return;
	hash_free(known->hash);
	key_set_free(&known->names);
	free(known);
}

static void add_number(struct hash *hash, uint64_t number)
{
	uint8_t bytes[8];

	put_le64(bytes, number);
	hash_add(hash, (struct bytes){bytes, sizeof(bytes)});
}

/* SHA-256, so that nobody makes a name that hides another. */
static uint64_t key_of(struct hash *hash, size_t volume, const struct ntfs_slack *slack)
{
	const struct ntfs_name *name = &slack->name;
	const uint64_t numbers[] = {volume, slack->file.record, slack->file.sequence,
	    name->parent.record, name->parent.sequence, name->name_space, name->times.created,
	    name->times.modified, name->times.changed, name->times.accessed, name->size,
	    name->allocated, name->attributes};
	uint8_t sum[SHA256_LEN];

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		add_number(hash, numbers[i]);
	hash_add(hash, name->utf16);
	hash_take(hash, sum);
	return le64(sum);
}

bool slack_known_is_new(struct slack_known *known, size_t volume, const struct ntfs_slack *slack)
{
	return key_set_add(&known->names, key_of(known->hash, volume, slack));
}
