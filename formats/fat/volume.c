/* Opening a volume: boot region, backup, allocation bitmap. See fat.h. */
#include "formats/fat/directory.h"

#include "core/array.h"

#include <stdlib.h>

#define BOOT_SECTORS      12u /* exFAT: of the main region; the last holds the checksum of the others */
#define ALLOCATION_BITMAP 0x81u

static bool read_boot(
    struct source *raw, uint64_t offset, struct fat_geometry *out, struct err *err)
{
	uint8_t sector[512];

	return source_read_patiently(raw, offset, sector, sizeof(sector), err) &&
	       fat_boot_parse((struct bytes){sector, sizeof(sector)}, out, err);
}

/* The boot sector, else what its backup says: FAT32 keeps it in sector 6, exFAT in sector 12. */
static bool find_boot(
    struct source *raw, struct fat_geometry *out, struct err *damage, struct err *err)
{
	static const uint8_t places[] = {6, 12};

	if (read_boot(raw, 0, out, err))
		return true;
	if (err->kind == ERR_MEMORY)
		return false;
	for (size_t i = 0; i < sizeof(places); i++)
		for (uint32_t sector = FAT_LIMIT_SECTOR_MIN; sector <= FAT_LIMIT_SECTOR_MAX;
		     sector *= 2) {
			struct fat_geometry g;
			uint64_t at = (uint64_t)places[i] * sector;

			if (!read_boot(raw, at, &g, NULL) || g.sector_size != sector ||
			    g.backup != at)
				continue;
			g.is_from_backup = true;
			*damage = *err;
			fail_in(damage, "boot sector, read from its backup");
			*out = g;
			return true;
		}
	return false;
}

/* The checksum of an exFAT boot region (exFAT specification, 3.4). */
static bool is_good_region(struct source *raw, uint64_t offset, uint32_t sector, struct err *err)
{
	CLEANUP(free_memory) uint8_t *at = malloc((size_t)BOOT_SECTORS * sector);
	size_t last = (size_t)(BOOT_SECTORS - 1) * sector;
	uint32_t sum = 0;

	if (!at)
		return fail(err, ERR_MEMORY, "no memory for a boot region");
	if (!source_read_exact(raw, offset, at, (size_t)BOOT_SECTORS * sector, err))
		return false;
	for (size_t i = 0; i < last; i++)
		if (i != 106 && i != 107 && i != 112)
			sum = (sum << 31 | sum >> 1) + at[i];
	for (size_t i = 0; i < sector; i += 4)
		if (le32(at + last + i) != sum)
			return fail(err, ERR_DAMAGED, "the checksum of its boot region is wrong");
	return true;
}

/* Of exFAT the region that fits its checksum counts; neither does: the first, with a word. */
static bool check_region(
    struct source *raw, struct fat_geometry *g, struct err *damage, struct err *err)
{
	struct fat_geometry backup;
	struct err why = {0};

	if (g->kind != FAT_EX ||
	    is_good_region(raw, g->is_from_backup ? g->backup : 0, g->sector_size, &why))
		return true;
	if (why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	if (damage->kind == ERR_NONE)
		*damage = why;
	if (!g->is_from_backup && read_boot(raw, g->backup, &backup, NULL) &&
	    backup.sector_size == g->sector_size &&
	    is_good_region(raw, g->backup, g->sector_size, NULL)) {
		backup.is_from_backup = true;
		*g = backup;
		fail_in(damage, "boot region, read from its backup");
	}
	return true;
}

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

/* The first copy of the FAT begins with the medium, the second entry with the mark of an end: what does not was
 * written over. */
static bool begins_table(struct fat_volume *volume, uint32_t copy)
{
	enum fat_link first, second;
	uint32_t value, mark;
	uint8_t medium;

	return fat_table_get(volume, copy, 0, &first, &value, NULL) &&
	       fat_table_get(volume, copy, 1, &second, &mark, NULL) &&
	       fat_peek(volume, volume->geometry.table + copy * volume->geometry.table_size,
		   &medium, 1, NULL) &&
	       (medium == 0xf0 || medium >= 0xf8) && second != FAT_LINK_FREE;
}

static void choose_table(struct fat_volume *volume)
{
	struct fat_geometry *g = &volume->geometry;

	if (!g->is_mirrored || begins_table(volume, g->active))
		return;
	for (uint32_t copy = 0; copy < g->copies; copy++)
		if (copy != g->active && begins_table(volume, copy)) {
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
	bool ok = find_boot(raw, &volume->geometry, &volume->damage, &why) &&
		  check_region(raw, &volume->geometry, &volume->damage, &why);

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
