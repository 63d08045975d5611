/* MFT records and tiny NTFS volumes built in memory, for tests that need them malformed in one field. */
#ifndef KANSHIKI_TESTS_FIXTURE_NTFS_H
#define KANSHIKI_TESTS_FIXTURE_NTFS_H

#include "formats/ntfs/ntfs.h"

#define FIXTURE_RECORD_MAX 4096u
#define FIXTURE_USN        0x0007u /* update sequence number in every block */

struct fixture_record {
	uint8_t at[FIXTURE_RECORD_MAX];
	size_t size; /* of the record */
	size_t used;
	uint64_t number;
};

/* flags: 1 in use, 2 directory. */
void fixture_record_begin(
    struct fixture_record *r, size_t size, uint64_t number, uint16_t sequence, unsigned flags);
void fixture_record_set_base(struct fixture_record *r, uint64_t record, uint16_t sequence);
/* Adds a resident attribute; returns the offset of its header, to spoil it. */
size_t fixture_record_resident(struct fixture_record *r, uint32_t type, const char *name,
    unsigned id, const void *content, size_t len);

struct fixture_extent {
	unsigned flags; /* NTFS_STREAM_* */
	unsigned unit;  /* log2 of clusters */
	uint64_t first_vcn, last_vcn;
	uint64_t size, allocated, initialized;
	const struct ntfs_run *runs; /* vcn is not looked at */
	size_t run_count;
};
size_t fixture_record_extent(struct fixture_record *r, uint32_t type, const char *name, unsigned id,
    const struct fixture_extent *extent);
/* 72 bytes; created is base, modified base + 1, changed base + 2, accessed base + 3. */
size_t fixture_record_standard(struct fixture_record *r, uint64_t base);
size_t fixture_record_name(struct fixture_record *r, uint64_t parent, uint16_t parent_sequence,
    unsigned name_space, const char *name);
/* End mark, length in use, fix-ups. */
void fixture_record_end(struct fixture_record *r);
/* Writes the fix-ups of any multi-sector block whose array lies at usa. */
void fixture_fixup(uint8_t *block, size_t len, size_t usa);

/* Mapping pairs; returns their length with the end mark. */
size_t fixture_runs(uint8_t *to, size_t room, const struct ntfs_run *runs, size_t count);

/* An index entry for $I30 appended at *pos of node (its bytes from the first entry on). sub is the block below,
 * UINT64_MAX for none; name NULL makes the last entry. */
void fixture_index_entry(uint8_t *entries, size_t *pos, uint64_t record, uint16_t sequence,
    const char *name, uint64_t sub);
/* Wraps entries (built with fixture_index_entry) into an $INDEX_ROOT: returns its length. */
size_t fixture_index_root(
    uint8_t *to, uint32_t block_size, const uint8_t *entries, size_t len, bool has_children);
/* Wraps entries into an INDX block with fix-ups. */
void fixture_index_block(
    uint8_t *to, uint32_t block_size, uint64_t vcn, const uint8_t *entries, size_t len);

/* An entry without name of an $ATTRIBUTE_LIST; returns its length, 32. */
size_t fixture_list_entry(
    uint8_t *to, uint32_t type, uint64_t first_vcn, uint64_t record, uint16_t sequence);

/* A volume: boot sector and backup, $MFT (record 0) as one run at cluster mft_cluster, mirror of its first record
 * in the cluster before the middle, root directory (record 5) with an empty index. */
struct fixture_volume {
	uint8_t *at;
	size_t size;
	struct ntfs_geometry g;
	uint32_t records;
};
bool fixture_volume_new(struct fixture_volume *v, uint32_t sector_size, uint32_t cluster_size,
    uint32_t record_size, uint64_t clusters, uint32_t records);
void fixture_volume_free(struct fixture_volume *v);
static inline void fixture_volume_free_at(struct fixture_volume *v)
{
	fixture_volume_free(v);
}
uint8_t *fixture_volume_cluster(struct fixture_volume *v, uint64_t cluster);
/* Writes a finished record to its place in the one run of $MFT. */
void fixture_volume_put(struct fixture_volume *v, const struct fixture_record *r);
/* Writes the boot sector and its backup anew from g. */
void fixture_volume_boot(struct fixture_volume *v);

/* A volume of 96 clusters of 512 bytes with something of everything (records of 1,024 bytes):
 * 6 dir (index of two levels), 7 dir/hello.txt (resident "hello", stream "ads" in two runs with a hole between),
 * 8 dir/packed (LZNT1: one packed unit of 'a', one hole, one stored unit), 9 dir/long (attribute list, second half of
 * its data in record 10), 11 dir/gone (deleted). */
bool fixture_volume_sample(struct fixture_volume *v);
#define FIXTURE_UNIT 8192u /* bytes of a compression unit there */

#endif
