/* A hash table. See made_names.h. */
#include "cli/made_names.h"

#include "core/text.h"

#include <stdlib.h>

#define SPARE 1024 /* names beside those of the files */

#define PRIME 0x100000001b3u

/* Hash of a path without regard to case; never 0. */
static uint64_t folded_hash(struct bytes path)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t pos = 0;

	while (pos < path.len)
		hash = (hash ^ text_fold(text_decode(path, &pos))) * PRIME;
	return hash ? hash : 1;
}

/* Of its bytes, from another start: both kinds lie in one table. */
static uint64_t exact_hash(struct bytes path)
{
	uint64_t hash = 0x84222325cbf29ce4u;

	for (size_t i = 0; i < path.len; i++)
		hash = (hash ^ path.at[i]) * PRIME;
	return hash ? hash : 1;
}

/* The slot of that hash: its own, or the free one where it belongs. */
static uint64_t *slot_of(const struct made_names *made, uint64_t hash)
{
	size_t at = (size_t)(hash >> 7) & made->mask;

	while (made->at[at] && made->at[at] != hash)
		at = (at + 1) & made->mask;
	return &made->at[at];
}

/* How many may be in it: never more than three quarters. */
static size_t most(size_t room)
{
	return room / 4 * 3;
}

bool made_names_new(struct made_names *made, size_t files, struct err *err)
{
	size_t room = SPARE;

	while (most(room) <= files + SPARE)
		room *= 2;
	*made = (struct made_names){.at = calloc(room, sizeof(*made->at)), .mask = room - 1};
	return made->at || fail(err, ERR_MEMORY, "no memory for the names of the files");
}

void made_names_free(struct made_names *made)
{
	free(made->at);
}

static bool grow(struct made_names *made)
{
	size_t room = 2 * (made->mask + 1);
	struct made_names grown = {
	    .at = calloc(room, sizeof(*made->at)), .mask = room - 1, .count = made->count};

	if (!grown.at)
		return false;
	for (size_t i = 0; i <= made->mask; i++)
		if (made->at[i])
			*slot_of(&grown, made->at[i]) = made->at[i];
	free(made->at);
	*made = grown;
	return true;
}

static bool take(struct made_names *made, uint64_t hash)
{
	if (*slot_of(made, hash) || (made->count >= most(made->mask + 1) && !grow(made)))
		return false;
	*slot_of(made, hash) = hash;
	made->count++;
	return true;
}

bool made_names_take(struct made_names *made, struct bytes path)
{
	return take(made, folded_hash(path));
}

bool made_names_take_exact(struct made_names *made, struct bytes path)
{
	return take(made, exact_hash(path));
}

bool made_names_has(const struct made_names *made, struct bytes path)
{
	return *slot_of(made, folded_hash(path)) != 0;
}
