/* Whether a volume is there that its first sector tells of. See volume_proof.h. */
#include "formats/volume_proof.h"

#include "core/array.h"
#include "formats/fat/fat.h"
#include "formats/ntfs/ntfs.h"

#define SECTOR_MIN 512u
#define SECTOR_MAX 4096u

static bool is_at(struct source *raw, uint64_t offset, const char *what, size_t len)
{
	uint8_t bytes[8];

	return offset < raw->size && source_read_exact(raw, offset, bytes, len, NULL) &&
	       memcmp(bytes, what, len) == 0;
}

static bool has_mft(struct source *raw, const struct ntfs_geometry *g)
{
	return (g->mft_cluster < g->clusters &&
		   is_at(raw, g->mft_cluster * g->cluster_size, "FILE", 4)) ||
	       (g->mirror_cluster < g->clusters &&
		   is_at(raw, g->mirror_cluster * g->cluster_size, "FILE", 4));
}

/* A backup of NTFS in the last sector, of a volume that begins where raw does: not of a last partition. */
static bool ends_with_ntfs(struct source *raw)
{
	for (uint32_t size = SECTOR_MIN; size <= SECTOR_MAX; size *= 2) {
		struct ntfs_geometry g;
		uint8_t sector[SECTOR_MIN];

		if (raw->size > size &&
		    source_read_exact(raw, raw->size - size, sector, sizeof(sector), NULL) &&
		    ntfs_boot_parse((struct bytes){sector, sizeof(sector)}, &g, NULL) &&
		    g.sector_size == size && g.sectors == raw->size / size - 1 && has_mft(raw, &g))
			return true;
	}
	return false;
}

/* FAT32 keeps the backup in sector 6, exFAT in sector 12. */
static const uint8_t fat_backups[] = {6, 12};

static bool fat_backup(struct bytes head, struct fat_geometry *out)
{
	for (size_t i = 0; i < ARRAY_LEN(fat_backups); i++)
		for (uint32_t size = SECTOR_MIN; size <= SECTOR_MAX; size *= 2) {
			size_t at = (size_t)fat_backups[i] * size;

			if (at + SECTOR_MIN <= head.len &&
			    fat_boot_parse((struct bytes){head.at + at, SECTOR_MIN}, out, NULL) &&
			    out->sector_size == size && out->backup == at)
				return true;
		}
	return false;
}

/* The FAT that counts begins with the medium and with bits that are set. */
static bool has_fat(struct source *raw, struct bytes head)
{
	struct fat_geometry g;
	uint8_t first[2];

	return (fat_boot_parse(head, &g, NULL) || fat_backup(head, &g)) &&
	       source_read_exact(
		   raw, g.table + g.active * g.table_size, first, sizeof(first), NULL) &&
	       (first[0] == 0xf0 || first[0] >= 0xf8) && first[1] == 0xff;
}

/* The three places of its metadata, of fixed volumes and of BitLocker To Go; of Vista a cluster. */
static bool has_bitlocker(struct source *raw, const uint8_t *p)
{
	static const size_t places[] = {176, 184, 192, 440, 448, 456};
	uint64_t cluster = le64(p + 56);
	uint64_t cluster_size = (uint64_t)le16(p + 11) * p[13];

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (is_at(raw, le64(p + places[i]), "-FVE-FS-", 8) && le64(p + places[i]) != 0)
			return true;
	return cluster && cluster_size && cluster <= raw->size / cluster_size &&
	       is_at(raw, cluster * cluster_size, "-FVE-FS-", 8);
}

bool volume_proof_is_there(struct source *raw, struct bytes head, enum volume_kind claimed)
{
	struct ntfs_geometry g;

	switch (claimed) {
	case VOLUME_NTFS:
		return (ntfs_boot_parse(head, &g, NULL) && has_mft(raw, &g)) || ends_with_ntfs(raw);
	case VOLUME_FAT:
	case VOLUME_EXFAT:
		return has_fat(raw, head);
	case VOLUME_BITLOCKER:
		return has_bitlocker(raw, head.at);
	case VOLUME_REFS: /* without code, so without what could be a table */
		return memcmp(head.at + 16, "FSRS", 4) == 0 &&
		       bytes_are_zero((struct bytes){head.at + 446, 64});
	default:
		return false;
	}
}

enum volume_kind volume_proof_backup(struct source *raw, struct bytes head)
{
	struct fat_geometry g;

	/* What NTFS leaves at the end outlives a FAT made later; FAT's backup does not outlive NTFS. */
	if (fat_backup(head, &g))
		return g.kind == FAT_EX ? VOLUME_EXFAT : VOLUME_FAT;
	return ends_with_ntfs(raw) ? VOLUME_NTFS : VOLUME_UNKNOWN;
}

enum volume_kind volume_proof_unread(struct source *raw, uint8_t *head, size_t len)
{
	memset(head, 0, len);
	for (size_t i = 0; i < ARRAY_LEN(fat_backups); i++)
		for (size_t size = SECTOR_MIN; size <= SECTOR_MAX; size *= 2) {
			size_t at = fat_backups[i] * size;

			if (at + SECTOR_MIN <= len)
				DISCARD(source_read_exact(raw, at, head + at, SECTOR_MIN, NULL));
		}
	return volume_proof_backup(raw, (struct bytes){head, len});
}
