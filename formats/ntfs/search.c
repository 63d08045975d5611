/* A volume by its $MFT alone. See search.h. */
#include "formats/ntfs/search.h"

#include "core/array.h"
#include "formats/ntfs/attribute.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/runs.h"

#include <stdlib.h>

#define STEP        512u
#define PIECE       ((size_t)1 << 20)
#define RECORD_MAX  4096u
#define INDEX_SIZE  4096u   /* of every volume that Windows made */
#define MFT_CLUSTER 786432u /* where Windows puts $MFT on all but small volumes */

/* Whether the $FILE_NAME is that name, in ASCII. */
static bool is_called(const struct ntfs_attribute *a, const char *name)
{
	size_t len = strlen(name);

	if (a->type != NTFS_FILE_NAME || !a->resident || a->content.len < 66 + 2 * len ||
	    a->content.at[64] != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (le16(a->content.at + 66 + 2 * i) != (uint8_t)name[i])
			return false;
	return true;
}

/* The cluster where the extent begins; 0: it has none, or is not the first. */
static uint64_t begin_of(const struct ntfs_attribute *a)
{
	struct ntfs_run_list list = {0};
	uint64_t cluster = 0;

	DISCARD(ntfs_runs_add(&list, a->mapping, 0, a->last_vcn + 1, NULL));
	if (list.count && a->first_vcn == 0 && list.at[0].lcn < NTFS_LIMIT_VCN)
		cluster = list.at[0].lcn;
	free(list.at);
	return cluster;
}

/* Takes what the attribute tells. */
static void look(const struct ntfs_attribute *a, const char *name, struct ntfs_found *found)
{
	static const uint8_t bad[] = {'$', 0, 'B', 0, 'a', 0, 'd', 0};

	found->is_named |= is_called(a, name);
	if (a->type == NTFS_DATA && !a->resident && a->name.len == 0) {
		found->cluster = begin_of(a);
		found->size = a->size;
	} else if (a->type == NTFS_DATA && !a->resident &&
		   bytes_equal(a->name, (struct bytes){bad, sizeof(bad)})) {
		found->bad_size = a->size;
	} else if (a->type == NTFS_INDEX_ROOT && a->resident && a->content.len >= 12) {
		found->index_size = le32(a->content.at + 8);
	}
}

bool ntfs_search_record(struct source *raw, uint64_t at, uint32_t size,
    const struct ntfs_wanted *wanted, struct ntfs_found *out)
{
	uint8_t buffer[RECORD_MAX];
	struct ntfs_record record;
	struct ntfs_attribute a;
	struct err damage = {0};
	bool found = true;

	*out = (struct ntfs_found){0};
	if (size > RECORD_MAX || at > raw->size ||
	    !source_read_exact(raw, at, buffer, size, NULL) ||
	    !ntfs_record_parse(buffer, size, &record, &damage, NULL) || damage.kind != ERR_NONE ||
	    !(record.flags & NTFS_RECORD_IN_USE) || record.base.record != 0 ||
	    (le16(buffer + 4) >= 48 && le32(buffer + 44) != wanted->number))
		return false;
	for (size_t pos = record.attributes; found;) {
		if (!ntfs_attribute_next(
			(struct bytes){buffer, record.used}, &pos, &a, &found, NULL))
			return false;
		if (found)
			look(&a, wanted->name, out);
	}
	return out->is_named;
}

/* The cluster where the unnamed $DATA of the file begins whose record is there; 0: it is not. */
static uint64_t first_cluster(
    struct source *raw, uint64_t at, uint32_t size, uint32_t number, const char *name)
{
	struct ntfs_found found;
	struct ntfs_wanted wanted = {number, name};

	return ntfs_search_record(raw, at, size, &wanted, &found) ? found.cluster : 0;
}

/* Whether the record at that place begins $MFT or its mirror, and both then lie where the two say. */
static bool try_at(struct source *raw, uint64_t at, uint32_t size, struct ntfs_geometry *out)
{
	uint64_t mft = first_cluster(raw, at, size, 0, "$MFT");
	uint64_t mirror = mft ? first_cluster(raw, at + size, size, 1, "$MFTMirr") : 0;

	for (uint32_t cluster = NTFS_LIMIT_CLUSTER_MIN; mirror && cluster <= NTFS_LIMIT_CLUSTER_MAX;
	     cluster *= 2) {
		if (mft > raw->size / cluster || mirror > raw->size / cluster ||
		    (mft * cluster != at && mirror * cluster != at) ||
		    first_cluster(raw, mft * cluster, size, 0, "$MFT") != mft ||
		    first_cluster(raw, mirror * cluster, size, 0, "$MFT") != mft)
			continue;
		*out = (struct ntfs_geometry){.sector_size = 512,
		    .cluster_size = cluster,
		    .record_size = size,
		    .index_size = INDEX_SIZE,
		    .sectors = raw->size / 512,
		    .clusters = raw->size / cluster,
		    .mft_cluster = mft,
		    .mirror_cluster = mirror,
		    .boot = NTFS_BOOT_SEARCHED};
		return true;
	}
	return false;
}

static bool try_sizes(struct source *raw, uint64_t at, struct ntfs_geometry *out)
{
	return try_at(raw, at, 1024, out) || try_at(raw, at, 2048, out) ||
	       try_at(raw, at, RECORD_MAX, out);
}

bool ntfs_search_geometry(struct source *raw, struct ntfs_geometry *out)
{
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);
	unsigned tries = 0;

	for (uint32_t cluster = NTFS_LIMIT_CLUSTER_MIN; cluster <= NTFS_LIMIT_CLUSTER_MAX;
	     cluster *= 2)
		if (try_sizes(raw, (uint64_t)MFT_CLUSTER * cluster, out))
			return true;
	for (uint64_t from = 0; piece && from < raw->size && from < NTFS_LIMIT_SEARCH;
	     from += PIECE) {
		size_t got = 0;

		if (!raw->read(raw, from, piece, PIECE, &got, NULL))
			memset(piece + got, 0, PIECE - got);
		for (size_t at = 0; at + STEP <= got; at += STEP) {
			if (memcmp(piece + at, "FILE", 4) != 0 ||
			    tries++ >= NTFS_LIMIT_SEARCH_TRIES)
				continue;
			if (try_sizes(raw, from + at, out))
				return true;
		}
	}
	return false;
}
