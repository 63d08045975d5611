/* Which boot sector counts, the first or its backup (docs/formats/fat.md, "Boot sector"). See volume.h. */
#include "formats/fat/volume.h"

#include "core/array.h"

#include <stdlib.h>

#define BOOT_SECTORS    12u /* exFAT: of a boot region; the last holds the checksum of the others */
#define ROOT_ENTRIES    64u /* of the root directory that are looked at */
#define ENTRY_LEN       32u
#define LONG_NAME       0x0fu /* attributes of a part of a long name */
#define OTHER_DIRECTORY 0x10u

static bool read_boot(
    struct source *raw, uint64_t offset, struct fat_geometry *out, struct err *err)
{
	uint8_t sector[512];

	return source_read_patiently(raw, offset, sector, sizeof(sector), err) &&
	       fat_boot_parse((struct bytes){sector, sizeof(sector)}, out, err);
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

/* A backup that says of itself that it is one, with every sector size: FAT32 keeps it in sector 6, exFAT in sector 12. Of exFAT
 * its region must fit its checksum where `is_strict`. */
static bool find_backup(struct source *raw, bool is_strict, struct fat_geometry *out)
{
	static const uint8_t places[] = {6, 12};

	for (size_t i = 0; i < sizeof(places); i++)
		for (uint32_t sector = FAT_LIMIT_SECTOR_MIN; sector <= FAT_LIMIT_SECTOR_MAX;
		     sector *= 2) {
			struct fat_geometry g;
			uint64_t at = (uint64_t)places[i] * sector;

			if (!read_boot(raw, at, &g, NULL) || g.sector_size != sector ||
			    g.backup != at ||
			    (is_strict && g.kind == FAT_EX &&
				!is_good_region(raw, at, sector, NULL)))
				continue;
			g.is_from_backup = true;
			*out = g;
			return true;
		}
	return false;
}

/* Of exFAT the region that fits its checksum counts; neither does: the first, with a word. */
static bool check_region(struct fat_volume *volume, struct err *err)
{
	struct fat_geometry *g = &volume->geometry;
	struct fat_geometry backup;
	struct err why = {0};

	if (is_good_region(volume->raw, g->is_from_backup ? g->backup : 0, g->sector_size, &why))
		return true;
	if (why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	if (volume->damage.kind == ERR_NONE)
		volume->damage = why;
	if (!g->is_from_backup && find_backup(volume->raw, true, &backup) &&
	    backup.kind == FAT_EX) {
		*g = backup;
		fail_in(&volume->damage, "boot region, read from its backup");
	}
	return true;
}

static bool is_same_layout(const struct fat_geometry *a, const struct fat_geometry *b)
{
	return a->kind == b->kind && a->sector_size == b->sector_size &&
	       a->cluster_size == b->cluster_size && a->sectors == b->sectors &&
	       a->clusters == b->clusters && a->table == b->table &&
	       a->table_size == b->table_size && a->copies == b->copies && a->data == b->data &&
	       a->root_cluster == b->root_cluster && a->active == b->active &&
	       a->is_mirrored == b->is_mirrored;
}

/* Whether the FAT is as long as so many clusters need: not shorter, nor half as long again. */
static bool fits_its_clusters(const struct fat_geometry *g)
{
	uint64_t clusters = (g->sectors * g->sector_size - g->data) / g->cluster_size;
	uint64_t entries = g->table_size / 4;

	return entries >= clusters + FAT_FIRST_CLUSTER && entries - clusters <= clusters / 2;
}

/* Entries that a root cannot have ("." is of the others), and directories that begin where their entries say, or do not. */
static int judge_root(struct fat_volume *volume)
{
	const struct fat_geometry *g = &volume->geometry;
	uint64_t root = fat_cluster_offset(volume, g->root_cluster);
	uint8_t entry[ENTRY_LEN], own[ENTRY_LEN];
	int fits = 0;

	for (unsigned i = 0; i < ROOT_ENTRIES && i < g->cluster_size / ENTRY_LEN; i++) {
		if (!fat_peek(volume, root + (uint64_t)i * ENTRY_LEN, entry, ENTRY_LEN, NULL) ||
		    entry[0] == 0)
			break;
		if (entry[0] == 0xe5 || entry[11] == LONG_NAME)
			continue;
		if (entry[11] & 0xc0 || entry[0] < 0x05 || entry[0] == '.') {
			fits--;
			continue;
		}
		uint32_t cluster = (uint32_t)le16(entry + 20) << 16 | le16(entry + 26);

		if (!(entry[11] & OTHER_DIRECTORY) || !fat_is_cluster(volume, cluster) ||
		    !fat_peek(volume, fat_cluster_offset(volume, cluster), own, ENTRY_LEN, NULL))
			continue;
		bool is_own = memcmp(own, ".          ", 11) == 0 &&
			      ((uint32_t)le16(own + 20) << 16 | le16(own + 26)) == cluster;

		fits += is_own ? 1 : -1;
	}
	return fits;
}

/* How well a FAT32 geometry fits what lies on the volume. */
static int judge(struct fat_volume *volume, const struct fat_geometry *as)
{
	struct fat_geometry kept = volume->geometry;
	enum fat_link link;
	uint32_t next;
	int fits = 0;

	volume->geometry = *as;
	for (uint32_t copy = 0; copy < as->copies && copy < 2; copy++)
		fits += fat_table_begins(volume, copy);
	fits += as->copies == 2;
	fits += as->sectors <= volume->raw->size / as->sector_size;
	fits += fits_its_clusters(as);
	if (fat_is_cluster(volume, as->root_cluster) &&
	    fat_table_get(volume, as->active, as->root_cluster, &link, &next, NULL) &&
	    (link == FAT_LINK_NEXT || link == FAT_LINK_END))
		fits += 1 + judge_root(volume);
	volume->geometry = kept;
	return fits;
}

/* Where the first sector of FAT32 and its backup tell of different layouts, the one that fits the volume counts. The first alone
 * fits: the backup is of an earlier layout, or spoilt, which nobody needs to know. */
static void choose(struct fat_volume *volume)
{
	struct fat_geometry backup;

	if (!find_backup(volume->raw, true, &backup) || backup.kind != FAT_32 ||
	    is_same_layout(&volume->geometry, &backup))
		return;
	int first = judge(volume, &volume->geometry), other = judge(volume, &backup);

	if (first > other)
		return;
	fail(&volume->damage, ERR_DAMAGED,
	    other > first ? "the boot sector says another layout than its backup, which fits: the "
			    "backup is used"
			  : "the boot sector says another layout than its backup, and either may "
			    "fit: the first is used");
	if (other > first)
		volume->geometry = backup;
}

bool fat_boot_find(struct fat_volume *volume, struct err *err)
{
	struct fat_geometry *g = &volume->geometry;

	if (!read_boot(volume->raw, 0, g, err)) {
		if (err->kind == ERR_MEMORY || !find_backup(volume->raw, false, g))
			return false;
		volume->damage = *err;
		*err = (struct err){0};
		fail_in(&volume->damage, "boot sector, read from its backup");
	} else if (g->kind == FAT_32) {
		choose(volume);
	}
	return g->kind != FAT_EX || check_region(volume, err);
}
