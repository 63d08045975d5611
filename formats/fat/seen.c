/* A set of clusters. See walk.h. */
#include "formats/fat/walk.h"

#include <stdlib.h>

static size_t slot_of(const uint32_t *at, size_t room, uint32_t cluster)
{
	size_t slot = (cluster * 2654435769u) & (room - 1);

	while (at[slot] && at[slot] != cluster)
		slot = (slot + 1) & (room - 1);
	return slot;
}

static bool grow(struct fat_seen *seen, struct err *err)
{
	size_t room = seen->room ? seen->room * 2 : 1024;

	if (seen->count >= FAT_LIMIT_DIR_CLUSTERS)
		return fail(err, ERR_LIMIT, "directories of more than %zu clusters",
		    FAT_LIMIT_DIR_CLUSTERS);
	uint32_t *at = calloc(room, sizeof(*at));

	if (!at)
		return fail(err, ERR_MEMORY, "no memory for the directories of a volume");
	for (size_t i = 0; i < seen->room; i++)
		if (seen->at[i])
			at[slot_of(at, room, seen->at[i])] = seen->at[i];
	free(seen->at);
	seen->at = at;
	seen->room = room;
	return true;
}

bool fat_seen_add(struct fat_seen *seen, uint32_t cluster, bool *is_new, struct err *err)
{
	if (seen->count >= seen->room / 2 && !grow(seen, err))
		return false;
	size_t slot = slot_of(seen->at, seen->room, cluster);

	*is_new = seen->at[slot] == 0;
	seen->count += *is_new;
	seen->at[slot] = cluster;
	return true;
}

bool fat_seen_has(const struct fat_seen *seen, uint32_t cluster)
{
	return seen->room && seen->at[slot_of(seen->at, seen->room, cluster)] != 0;
}

void fat_seen_free(struct fat_seen *seen)
{
	free(seen->at);
	*seen = (struct fat_seen){0};
}
