/* The boot sectors of FAT and exFAT (docs/formats/fat.md, "Boot sector"). See fat.h. */
#include "formats/fat/fat.h"

#include "formats/fat/limits.h"

#define FAT12_CLUSTERS_MAX 4084u
#define FAT16_CLUSTERS_MAX 65524u
#define FAT32_CLUSTERS_MAX 0x0FFFFFF5u

static bool is_power_of_two(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

const char *fat_kind_name(enum fat_kind kind)
{
	static const char *const names[] = {
	    [FAT_12] = "FAT12", [FAT_16] = "FAT16", [FAT_32] = "FAT32", [FAT_EX] = "exFAT"};

	return names[kind];
}

/* How many entries a table of that many bytes has. */
static uint64_t table_entries(enum fat_kind kind, uint64_t bytes)
{
	if (kind == FAT_12)
		return bytes * 2 / 3;
	return kind == FAT_16 ? bytes / 2 : bytes / 4;
}

/* A table that is too short for the clusters ends them. */
static bool fit_clusters(struct fat_geometry *g, uint64_t clusters, struct err *err)
{
	uint64_t entries = table_entries(g->kind, g->table_size);
	uint64_t most = g->kind == FAT_EX ? FAT_LIMIT_CLUSTERS : FAT32_CLUSTERS_MAX;

	if (entries <= FAT_FIRST_CLUSTER)
		return fail(err, ERR_DAMAGED, "boot sector says a FAT of %llu bytes",
		    (unsigned long long)g->table_size);
	if (clusters > entries - FAT_FIRST_CLUSTER)
		clusters = entries - FAT_FIRST_CLUSTER;
	if (clusters == 0 || clusters > most)
		return fail(err, ERR_DAMAGED, "boot sector says %llu clusters",
		    (unsigned long long)clusters);
	g->clusters = (uint32_t)clusters;
	return true;
}

/* What FAT12, FAT16 and FAT32 have at the same place. */
static bool parse_sizes(const uint8_t *p, struct fat_geometry *g, struct err *err)
{
	g->sector_size = le16(p + 11);
	if (!is_power_of_two(g->sector_size) || g->sector_size < FAT_LIMIT_SECTOR_MIN ||
	    g->sector_size > FAT_LIMIT_SECTOR_MAX)
		return fail(err, ERR_UNSUPPORTED, "not a FAT boot sector: %u bytes a sector",
		    g->sector_size);
	if (!is_power_of_two(p[13]))
		return fail(
		    err, ERR_UNSUPPORTED, "not a FAT boot sector: %u sectors a cluster", p[13]);
	g->cluster_size = p[13] * g->sector_size;
	if (le16(p + 14) == 0 || p[16] == 0 || p[16] > FAT_LIMIT_COPIES)
		return fail(err, ERR_UNSUPPORTED,
		    "not a FAT boot sector: %u reserved sectors, %u tables", le16(p + 14), p[16]);
	if (p[21] != 0xf0 && p[21] < 0xf8)
		return fail(err, ERR_UNSUPPORTED, "not a FAT boot sector: medium 0x%02x", p[21]);
	g->copies = p[16];
	g->table = (uint64_t)le16(p + 14) * g->sector_size;
	g->sectors = le16(p + 19) ? le16(p + 19) : le32(p + 32);
	/* Of FAT32 alone, where 32 bits do not hold them: in place of the words "FAT32   ". */
	if (g->sectors == 0 && le16(p + 22) == 0 &&
	    le64(p + 82) <= UINT64_MAX / FAT_LIMIT_SECTOR_MAX)
		g->sectors = le64(p + 82);
	g->table_size = (uint64_t)(le16(p + 22) ? le16(p + 22) : le32(p + 36)) * g->sector_size;
	g->is_mirrored = true;
	return true;
}

/* What only FAT32 has, and what the others have in its place. */
static void parse_rest(const uint8_t *p, struct fat_geometry *g)
{
	const uint8_t *extended = p + (g->kind == FAT_32 ? 64 : 36);

	if (g->kind == FAT_32) {
		uint16_t flags = le16(p + 40);

		g->root_cluster = le32(p + 44) & 0x0fffffffu;
		g->is_mirrored = !(flags & 0x80);
		g->active = g->is_mirrored || (flags & 0x0fu) >= g->copies ? 0 : flags & 0x0fu;
		if (le16(p + 50) != 0 && le16(p + 50) != 0xffff)
			g->backup = (uint64_t)le16(p + 50) * g->sector_size;
	}
	g->is_dirty = extended[1] & 1;
	if (extended[2] == 0x28 || extended[2] == 0x29)
		g->serial = le32(extended + 3);
	if (extended[2] == 0x29)
		memcpy(g->label, extended + 7, sizeof(g->label));
}

/* The number of clusters tells, as the specification has it. Where programs disagree by a few (Windows reads 4085 and 4086
 * as FAT12, others 4079 and more as FAT16) the words of who made the volume do. */
static enum fat_kind kind_by_clusters(const uint8_t *p, uint64_t clusters)
{
	bool is_doubtful = clusters >= 4079 && clusters <= 4086 && p[38] == 0x29;

	if (is_doubtful && memcmp(p + 54, "FAT12   ", 8) == 0)
		return FAT_12;
	if (is_doubtful && memcmp(p + 54, "FAT16   ", 8) == 0)
		return FAT_16;
	return clusters <= FAT12_CLUSTERS_MAX ? FAT_12 : FAT_16;
}

static bool parse_fat(const uint8_t *p, struct fat_geometry *g, struct err *err)
{
	if (p[0] != 0xeb && p[0] != 0xe9)
		return fail(err, ERR_UNSUPPORTED, "not a FAT boot sector: no jump at its start");
	if (!parse_sizes(p, g, err))
		return false;
	uint64_t root_entries = le16(p + 17);
	bool is_32 = le16(p + 22) == 0;

	g->root = g->table + g->copies * g->table_size;
	g->root_size = root_entries * 32;
	uint64_t after_root = g->root + g->root_size + g->sector_size - 1;

	g->data = after_root / g->sector_size * g->sector_size;
	if (g->table_size == 0 || g->sectors <= g->data / g->sector_size)
		return fail(err, ERR_UNSUPPORTED, "not a FAT boot sector: %llu sectors in all",
		    (unsigned long long)g->sectors);
	if (is_32 != (root_entries == 0))
		return fail(err, ERR_UNSUPPORTED, "not a FAT boot sector: %llu entries in its root",
		    (unsigned long long)root_entries);
	uint64_t clusters = (g->sectors - g->data / g->sector_size) / p[13];

	g->kind = is_32 ? FAT_32 : kind_by_clusters(p, clusters);
	if (!is_32 && clusters > FAT16_CLUSTERS_MAX)
		return fail(err, ERR_UNSUPPORTED, "not a FAT boot sector: %llu clusters for FAT16",
		    (unsigned long long)clusters);
	parse_rest(p, g);
	return fit_clusters(g, clusters, err);
}

static bool parse_exfat(const uint8_t *p, struct fat_geometry *g, struct err *err)
{
	unsigned sector = p[108], cluster = p[109];

	g->kind = FAT_EX;
	if (sector < 9 || sector > 12 || cluster > 25u - sector)
		return fail(err, ERR_DAMAGED,
		    "exFAT boot sector says 2^%u bytes a sector, 2^%u sectors a cluster", sector,
		    cluster);
	g->sector_size = 1u << sector;
	g->cluster_size = g->sector_size << cluster;
	g->sectors = le64(p + 72);
	g->table = (uint64_t)le32(p + 80) << sector;
	g->table_size = (uint64_t)le32(p + 84) << sector;
	g->data = (uint64_t)le32(p + 88) << sector;
	g->root_cluster = le32(p + 96);
	g->serial = le32(p + 100);
	g->copies = p[110];
	if (g->copies == 0 || g->copies > 2)
		return fail(err, ERR_DAMAGED, "exFAT boot sector says %u tables", p[110]);
	g->active = g->copies == 2 ? le16(p + 106) & 1u : 0;
	g->is_dirty = le16(p + 106) & 2;
	g->backup = 12ull * g->sector_size;
	if (g->sectors > UINT64_MAX >> 12 || g->table < 24ull * g->sector_size ||
	    g->data < g->table + g->table_size || g->data > g->sectors * g->sector_size)
		return fail(err, ERR_DAMAGED, "exFAT boot sector: its parts overlap");
	uint64_t room = (g->sectors * g->sector_size - g->data) / g->cluster_size;

	return fit_clusters(g, le32(p + 92) < room ? le32(p + 92) : room, err);
}

bool fat_boot_parse(struct bytes sector, struct fat_geometry *out, struct err *err)
{
	struct fat_geometry g = {0};

	if (sector.len < 512)
		return fail(
		    err, ERR_UNSUPPORTED, "no boot sector: only %zu bytes are there", sector.len);
	if (sector.at[510] != 0x55 || sector.at[511] != 0xaa)
		return fail(err, ERR_UNSUPPORTED, "not a boot sector: no mark at its end");
	if (!(memcmp(sector.at + 3, "EXFAT   ", 8) == 0 ? parse_exfat : parse_fat)(
		sector.at, &g, err))
		return false;
	*out = g;
	return true;
}
