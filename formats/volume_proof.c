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
static bool fat_backup(struct bytes head, struct fat_geometry *out)
{
	static const uint8_t places[] = {6, 12};

	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		for (uint32_t size = SECTOR_MIN; size <= SECTOR_MAX; size *= 2) {
			size_t at = (size_t)places[i] * size;

			if (at + SECTOR_MIN <= head.len &&
			    fat_boot_parse((struct bytes){head.at + at, SECTOR_MIN}, out, NULL) &&
			    out->sector_size == size && out->backup == at)
				return true;
		}
	return false;
}

enum volume_kind volume_proof_backup(struct source *raw, struct bytes head)
{
	struct fat_geometry g;

	/* What NTFS leaves at the end outlives a FAT made later; FAT's backup does not outlive NTFS. */
	if (fat_backup(head, &g))
		return g.kind == FAT_EX ? VOLUME_EXFAT : VOLUME_FAT;
	return ends_with_ntfs(raw) ? VOLUME_NTFS : VOLUME_UNKNOWN;
}
