/* Directory indexes: the B-tree $I30 (docs/formats/ntfs.md, "Index"). See ntfs.h. */
#include "formats/ntfs/ntfs.h"

#include "core/array.h"
#include "formats/ntfs/file_name.h"
#include "formats/ntfs/index_entry.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/record.h"

#include <stdlib.h>

struct index {
	struct ntfs_lister *lister;
	struct source *blocks; /* $INDEX_ALLOCATION, NULL when there is none */
	struct ntfs_index_geometry g;
	uint64_t block_count;
	uint8_t *seen; /* a bit per block: no block is read twice, so cycles end */
	bool damaged;
	bool stopped; /* each() said stop */
};

static bool list_block(struct index *index, uint64_t vcn, unsigned depth, struct err *err);

static void damage(struct index *index, const char *where, uint64_t number, const struct err *why)
{
	struct err told = *why;

	index->damaged = true;
	fail_in(&told, "directory index %s %llu", where, (unsigned long long)number);
	if (index->lister->damage)
		index->lister->damage(index->lister, &told);
}

static bool tell(struct index *index, const struct ntfs_index_entry *entry, struct err *err)
{
	struct ntfs_name name;
	struct err why = {0};

	if (!ntfs_file_name_parse(entry->key, &name, &why)) {
		damage(index, "entry for MFT record", entry->file.record, &why);
		return true;
	}
	if (index->lister->each(index->lister, entry->file, &name, err))
		return true;
	index->stopped = true;
	return false;
}

/* Lists a node: its bytes from the node header on. where and number are for messages. False only when
 * each() said stop or there is no memory. */
static bool list_node(struct index *index, struct bytes node, const char *where, uint64_t number,
    unsigned depth, struct err *err)
{
	struct err why = {0};
	struct bytes entries;
	size_t pos = 0;
	struct ntfs_index_entry entry = {0};

	if (!ntfs_index_entries(node, &entries, &why)) {
		damage(index, where, number, &why);
		return true;
	}
	while (!entry.last) {
		if (!ntfs_index_entry_next(entries, &pos, &entry, &why)) {
			damage(index, where, number, &why);
			return true;
		}
		if (entry.has_sub && !list_block(index, entry.sub, depth + 1, err))
			return false;
		if (!entry.last && !tell(index, &entry, err))
			return false;
	}
	return true;
}

/* Whether the block is there, new, and not too deep; marks it as seen. */
static bool enter(
    struct index *index, uint64_t vcn, unsigned depth, uint64_t *number, struct err *why)
{
	uint64_t per_block = index->g.block_size / index->g.vcn_size;

	if (!index->blocks || vcn % per_block != 0 || vcn / per_block >= index->block_count)
		return fail(why, ERR_DAMAGED, "is outside the index");
	*number = vcn / per_block;
	if (depth > NTFS_LIMIT_INDEX_DEPTH)
		return fail(
		    why, ERR_DAMAGED, "is more than %u levels deep", NTFS_LIMIT_INDEX_DEPTH);
	if (index->seen[*number / 8] >> (*number % 8) & 1)
		return fail(why, ERR_DAMAGED, "is linked twice");
	index->seen[*number / 8] |= (uint8_t)(1u << (*number % 8));
	return true;
}

static bool read_block(struct index *index, uint64_t number, uint8_t *to, struct err *why)
{
	bool torn = false;

	if (!source_read_exact(
		index->blocks, number * index->g.block_size, to, index->g.block_size, why))
		return false;
	if (memcmp(to, "INDX", 4) != 0)
		return fail(why, ERR_DAMAGED, "has no INDX signature");
	return ntfs_fixup(to, index->g.block_size, &torn, why) &&
	       (!torn || fail(why, ERR_DAMAGED, "torn: its sectors were not written together"));
}

static bool list_block(struct index *index, uint64_t vcn, unsigned depth, struct err *err)
{
	struct err why = {0};
	uint64_t number = 0;

	if (!enter(index, vcn, depth, &number, &why)) {
		damage(index, "block", vcn, &why);
		return true;
	}
	CLEANUP(free_memory) uint8_t *block = malloc(index->g.block_size);

	if (!block)
		return fail(err, ERR_MEMORY, "no memory for an index block");
	if (!read_block(index, number, block, &why)) {
		damage(index, "block", vcn, &why);
		return true;
	}
	struct bytes node = {.at = block + NTFS_INDEX_BLOCK_HEADER,
	    .len = index->g.block_size - NTFS_INDEX_BLOCK_HEADER};

	return list_node(index, node, "block", vcn, depth, err);
}

/* After damage in the tree: blocks that $BITMAP calls allocated and the tree did not lead to. */
static bool list_lost(struct ntfs_volume *volume, const struct ntfs_entry *directory,
    struct bytes bitmap_name, struct index *index, struct err *err)
{
	const struct ntfs_stream *stream = ntfs_entry_stream(directory, NTFS_BITMAP, bitmap_name);
	CLEANUP(source_close) struct source *bitmap = NULL;

	if (!stream || !ntfs_stream_open(volume, directory, stream, &bitmap, NULL))
		return true;
	for (uint64_t number = 0; number < index->block_count; number++) {
		uint64_t vcn = number * (index->g.block_size / index->g.vcn_size);
		uint8_t bits = 0;
		size_t got = 0;

		if (!bitmap->read(bitmap, number / 8, &bits, 1, &got, NULL) || got == 0)
			return true;
		if (bits >> (number % 8) & 1 && !(index->seen[number / 8] >> (number % 8) & 1) &&
		    !list_block(index, vcn, 0, err))
			return false;
	}
	return true;
}

static bool open_blocks(struct ntfs_volume *volume, const struct ntfs_entry *directory,
    const struct ntfs_stream *root, struct index *index, struct err *err)
{
	const struct ntfs_geometry *g = ntfs_volume_geometry(volume);
	const struct ntfs_stream *stream =
	    ntfs_entry_stream(directory, NTFS_INDEX_ALLOCATION, root->utf16);

	if (!ntfs_index_geometry(root->content, g->cluster_size, &index->g, err))
		return false;
	if (!stream)
		return true;
	index->block_count = stream->size / index->g.block_size;
	if (index->block_count > NTFS_LIMIT_INDEX_BLOCKS)
		return fail(err, ERR_LIMIT, "directory index of %llu blocks",
		    (unsigned long long)index->block_count);
	index->seen = calloc((size_t)index->block_count / 8 + 1, 1);
	if (!index->seen)
		return fail(err, ERR_MEMORY, "no memory for a directory index");
	return ntfs_stream_open(volume, directory, stream, &index->blocks, err);
}

static bool list_all(struct ntfs_volume *volume, const struct ntfs_entry *directory,
    const struct ntfs_stream *root, struct index *index, struct err *err)
{
	/* A copy: each() may load the entry anew. */
	uint8_t *copy = malloc(root->content.len);
	bool ok;

	if (!copy)
		return fail(err, ERR_MEMORY, "no memory for a directory index");
	memcpy(copy, root->content.at, root->content.len);
	struct bytes node = {
	    .at = copy + NTFS_INDEX_ROOT_HEADER, .len = root->content.len - NTFS_INDEX_ROOT_HEADER};

	ok = open_blocks(volume, directory, root, index, err) &&
	     list_node(index, node, "of MFT record", directory->record, 0, err);
	free(copy);
	return ok;
}

bool ntfs_list(struct ntfs_volume *volume, const struct ntfs_entry *directory,
    struct ntfs_lister *lister, struct err *err)
{
	struct bytes i30 = ntfs_index_i30();
	const struct ntfs_stream *root = ntfs_entry_stream(directory, NTFS_INDEX_ROOT, i30);
	struct index index = {.lister = lister};
	bool ok;

	if (!root)
		return fail(err, directory->is_directory ? ERR_DAMAGED : ERR_MISSING,
		    "MFT record %llu has no directory index",
		    (unsigned long long)directory->record);
	if (!root->resident || root->content.len < NTFS_INDEX_ROOT_HEADER + NTFS_INDEX_NODE_HEADER)
		return fail(err, ERR_DAMAGED, "index root of %zu bytes", root->content.len);
	ok = list_all(volume, directory, root, &index, err);
	if (ok && index.damaged && index.blocks)
		ok = list_lost(volume, directory, i30, &index, err);
	source_close(index.blocks);
	free(index.seen);
	return ok;
}
