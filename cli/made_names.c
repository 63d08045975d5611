/* A hash table. See made_names.h. */
#include "cli/made_names.h"

#include "core/text.h"

#include <stdlib.h>

#define SPARE 1024 /* names beside those of the files */

/* Hash of a path without regard to case; never 0. */
static uint64_t folded_hash(struct bytes path)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t pos = 0;

	while (pos < path.len)
		hash = (hash ^ text_fold(text_decode(path, &pos))) * 0x100000001b3u;
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

bool made_names_new(struct made_names *made, size_t files, struct err *err)
{
	size_t room = SPARE;

	/* Never more than half full. */
	while (room / 4 <= files + SPARE)
		room *= 2;
	made->at = calloc(room, sizeof(*made->at));
	made->mask = room - 1;
	return made->at || fail(err, ERR_MEMORY, "no memory for the names of the files");
}

void made_names_free(struct made_names *made)
{
	free(made->at);
}

bool made_names_take(struct made_names *made, struct bytes path)
{
	uint64_t hash = folded_hash(path);
	uint64_t *slot = slot_of(made, hash);
	bool is_free = *slot == 0;

	*slot = hash;
	return is_free;
}

bool made_names_has(const struct made_names *made, struct bytes path)
{
	return *slot_of(made, folded_hash(path)) != 0;
}
