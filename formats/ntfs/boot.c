/* The boot sector (docs/formats/ntfs.md, "Boot sector"). See ntfs.h. */
#include "formats/ntfs/ntfs.h"

#include "formats/ntfs/limits.h"

static bool is_power_of_two(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* Sectors per cluster: up to 0x80 the number itself, above it minus the exponent of two. */
static uint64_t cluster_sectors(uint8_t code)
{
	unsigned exponent = 256u - code;

	if (code <= 0x80)
		return code;
	return exponent < 32 ? 1ull << exponent : 0;
}

/* Size of an MFT or index record: clusters when positive, minus the exponent of two when negative. */
static uint64_t block_size(uint8_t code, uint32_t cluster_size)
{
	unsigned exponent = 256u - code;

	if (code < 0x80)
		return (uint64_t)code * cluster_size;
	return exponent < 32 ? 1ull << exponent : 0;
}

static bool is_block_size(uint64_t size)
{
	return is_power_of_two(size) && size >= NTFS_LIMIT_BLOCK_MIN &&
	       size <= NTFS_LIMIT_BLOCK_MAX;
}

bool ntfs_boot_parse(struct bytes sector, struct ntfs_geometry *out, struct err *err)
{
	struct ntfs_geometry g = {0};

	if (sector.len < 512)
		return fail(
		    err, ERR_UNSUPPORTED, "no boot sector: only %zu bytes are there", sector.len);
	if (memcmp(sector.at + 3, "NTFS    ", 8) != 0)
		return fail(err, ERR_UNSUPPORTED, "not an NTFS boot sector");
	g.sector_size = le16(sector.at + 11);
	if (!is_power_of_two(g.sector_size) || g.sector_size < NTFS_LIMIT_SECTOR_MIN ||
	    g.sector_size > NTFS_LIMIT_SECTOR_MAX)
		return fail(err, ERR_DAMAGED, "boot sector says %u bytes a sector", g.sector_size);
	uint64_t cluster_size = cluster_sectors(sector.at[13]) * g.sector_size;

	if (!is_power_of_two(cluster_size) || cluster_size < NTFS_LIMIT_CLUSTER_MIN ||
	    cluster_size > NTFS_LIMIT_CLUSTER_MAX)
		return fail(
		    err, ERR_DAMAGED, "boot sector says 0x%02x sectors a cluster", sector.at[13]);
	g.cluster_size = (uint32_t)cluster_size;
	g.sectors = le64(sector.at + 40);
	g.mft_cluster = le64(sector.at + 48);
	g.mirror_cluster = le64(sector.at + 56);
	g.serial = le64(sector.at + 72);
	uint64_t record_size = block_size(sector.at[64], g.cluster_size);
	uint64_t index_size = block_size(sector.at[68], g.cluster_size);

	if (!is_block_size(record_size) || !is_block_size(index_size))
		return fail(err, ERR_DAMAGED,
		    "boot sector says 0x%02x and 0x%02x as sizes of MFT and index records",
		    sector.at[64], sector.at[68]);
	g.record_size = (uint32_t)record_size;
	g.index_size = (uint32_t)index_size;
	/* Byte offsets on the volume must fit 63 bits. */
	if (g.sectors == 0 || g.sectors > (uint64_t)INT64_MAX / g.sector_size)
		return fail(err, ERR_DAMAGED, "boot sector says %llu sectors",
		    (unsigned long long)g.sectors);
	g.clusters = g.sectors / (g.cluster_size / g.sector_size);
	if (g.mft_cluster >= g.clusters && g.mirror_cluster >= g.clusters)
		return fail(err, ERR_DAMAGED, "boot sector puts $MFT outside the volume");
	*out = g;
	return true;
}
