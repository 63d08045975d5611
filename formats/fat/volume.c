/* Opening a volume: boot sector, FATs, allocation bitmap. See fat.h. */
#include "formats/fat/directory.h"

#include "core/array.h"

#include <stdlib.h>

#define ALLOCATION_BITMAP 0x81u

/* What the entry of an allocation bitmap says. */
static bool use_bitmap(struct fat_volume *volume, const uint8_t *entry, struct err *err)
{
	uint32_t cluster = le32(entry + 20);
	uint64_t needed = (volume->geometry.clusters + 7ull) / 8;
	uint64_t size = le64(entry + 24);
	bool ended = false, was_cut = false;
	struct err why = {0};

	volume->bitmap_size = size < needed ? size : needed;
	if (size < needed)
		fail(&volume->damage, ERR_DAMAGED, "the allocation bitmap is too short");
	else if (size - needed >= volume->geometry.cluster_size)
		fail(&volume->damage, ERR_DAMAGED,
		    "an allocation bitmap of %llu bytes: the first %llu are taken",
		    (unsigned long long)size, (unsigned long long)needed);
	bool ok = fat_chain_follow(volume, cluster, fat_clusters_for(volume, volume->bitmap_size),
		      &volume->bitmap, &ended, &why) &&
		  fat_runs_cut(&volume->bitmap, &was_cut, &why);

	if (!ok && why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	if (!ok) {
		fail_in(&why, "allocation bitmap");
		volume->damage = why;
	}
	return true;
}

static bool find_bitmap(struct fat_volume *volume, struct err *err)
{
	CLEANUP(fat_runs_free) struct fat_runs runs = {0};
	CLEANUP(fat_directory_close) struct fat_directory root = {0};
	const struct fat_geometry *g = &volume->geometry;
	bool ended = false, ok = true;
	struct err why = {0};
	const uint8_t *entry;
	uint64_t place;

	if (!fat_chain_follow(volume, g->root_cluster,
		fat_clusters_for(volume, FAT_LIMIT_DIRECTORY), &runs, &ended, &why) &&
	    why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	if (!fat_directory_open(&root, volume, &runs, err))
		return false;
	while ((entry = fat_directory_next(&root, &place)) && entry[0] != 0)
		if (entry[0] == ALLOCATION_BITMAP && (entry[1] & 1u) == g->active) {
			ok = use_bitmap(volume, entry, err);
			break;
		}
	if (ok && volume->bitmap_size == 0)
		fail(&volume->damage, ERR_DAMAGED, "there is no allocation bitmap");
	return ok;
}

static void choose_table(struct fat_volume *volume)
{
	struct fat_geometry *g = &volume->geometry;

	if (!g->is_mirrored || fat_table_begins(volume, g->active))
		return;
	for (uint32_t copy = 0; copy < g->copies; copy++)
		if (copy != g->active && fat_table_begins(volume, copy)) {
			fail(&volume->damage, ERR_DAMAGED,
			    "FAT %u does not begin as one: number %u is read first", g->active + 1,
			    copy + 1);
			g->active = copy;
			return;
		}
}

bool fat_volume_open(struct source *raw, struct fat_volume **out, struct err *err)
{
	CLEANUP(fat_volume_close) struct fat_volume *volume = calloc(1, sizeof(*volume));
	struct err why = {0};

	if (!volume)
		return fail(err, ERR_MEMORY, "no memory for a volume");
	volume->raw = raw;
	bool ok = fat_boot_find(volume, &why);

	if (ok)
		choose_table(volume);
	if (ok && volume->geometry.kind == FAT_EX)
		ok = find_bitmap(volume, &why);
	if (!ok)
		return fail(err, why.kind, "%s", why.text);
	*out = TAKE(volume);
	return true;
}

void fat_volume_close(struct fat_volume *volume)
{
	if (!volume)
		return;
	for (size_t i = 0; i < FAT_PAGES; i++)
		free(volume->pages[i].at);
	fat_runs_free(&volume->bitmap);
	fat_claims_free(volume->claims);
	free(volume->starts);
	free(volume->lost);
	free(volume);
}

const struct fat_geometry *fat_volume_geometry(const struct fat_volume *volume)
{
	return &volume->geometry;
}
