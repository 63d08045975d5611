/* The index of object ids, read block by block without regard to its tree. See object_index.h. */
#include "formats/ntfs/object_index.h"

#include "core/array.h"
#include "formats/ntfs/index_entry.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/record.h"

#include <stdlib.h>

#define DATA_LEN (8u + 3 * NTFS_OBJECT_GUID) /* of an entry: file, then three ids */

struct ntfs_object_index {
	struct ntfs_object *at; /* by id, each once */
	size_t count, room;
	struct err damage;
};

static void note(struct ntfs_object_index *index, const struct err *why)
{
	if (index->damage.kind == ERR_NONE)
		index->damage = *why;
}

/* An entry of a view index: where its data lie 0, their length 2, then as in any index. */
static bool add(struct ntfs_object_index *index, struct bytes entry, struct err *err)
{
	struct bytes data;
	struct ntfs_object *object;

	if (le16(entry.at + 10) != NTFS_OBJECT_GUID || le16(entry.at + 2) < DATA_LEN ||
	    !bytes_slice(entry, le16(entry.at), DATA_LEN, &data))
		return fail(err, ERR_DAMAGED, "an object id without its data");
	if (!array_grow(&index->at, &index->room, index->count + 1, sizeof(*index->at),
		NTFS_LIMIT_OBJECT_IDS, err))
		return false;
	object = &index->at[index->count++];
	memcpy(object->id, entry.at + NTFS_INDEX_ENTRY_HEADER, NTFS_OBJECT_GUID);
	object->file = ntfs_reference_parse(data.at);
	memcpy(object->birth_volume, data.at + 8, NTFS_OBJECT_GUID);
	memcpy(object->birth_id, data.at + 8 + NTFS_OBJECT_GUID, NTFS_OBJECT_GUID);
	memcpy(object->domain, data.at + 8 + 2 * NTFS_OBJECT_GUID, NTFS_OBJECT_GUID);
	return true;
}

static bool add_node(struct ntfs_object_index *index, struct bytes node, struct err *err)
{
	struct bytes entries;
	struct ntfs_index_entry entry = {0};
	size_t pos = 0;

	if (!ntfs_index_entries(node, &entries, err))
		return false;
	while (!entry.last) {
		size_t start = pos;

		if (!ntfs_index_entry_next(entries, &pos, &entry, err) ||
		    (!entry.last &&
			!add(index, (struct bytes){entries.at + start, pos - start}, err)))
			return false;
	}
	return true;
}

static bool add_block(struct ntfs_object_index *index, uint8_t *block, size_t size, struct err *err)
{
	bool torn = false;

	if (memcmp(block, "INDX", 4) != 0)
		return fail(err, ERR_DAMAGED, "no INDX signature");
	if (!ntfs_fixup(block, size, &torn, err))
		return false;
	if (torn)
		return fail(err, ERR_DAMAGED, "not written as a whole");
	return add_node(index,
	    (struct bytes){block + NTFS_INDEX_BLOCK_HEADER, size - NTFS_INDEX_BLOCK_HEADER}, err);
}

/* The parts of the index: attributes named "$O". */
struct parts {
	struct ntfs_volume *volume;
	struct ntfs_entry entry;
	struct source *blocks;
	uint8_t *owned;
	struct bytes bitmap; /* which blocks are in use */
	uint8_t *block;
};

static void parts_free_at(struct parts *parts)
{
	source_close(parts->blocks);
	free(parts->owned);
	free(parts->block);
	ntfs_entry_free(&parts->entry);
}

static const struct ntfs_stream *part(const struct parts *parts, uint32_t type)
{
	static const uint8_t name[] = {'$', 0, 'O', 0};

	return ntfs_entry_stream(&parts->entry, type, (struct bytes){name, sizeof(name)});
}

static bool read_blocks(
    struct ntfs_object_index *index, struct parts *p, size_t block_size, struct err *err)
{
	uint64_t size = p->blocks->size;

	if (size > NTFS_LIMIT_OBJECT_BYTES) {
		fail(err, ERR_LIMIT, "%llu bytes of blocks", (unsigned long long)size);
		note(index, err);
		size = NTFS_LIMIT_OBJECT_BYTES;
	}
	for (uint64_t i = 0; i < size / block_size; i++) {
		struct err why = {0};

		if (i / 8 >= p->bitmap.len || !(p->bitmap.at[i / 8] >> (i % 8) & 1))
			continue;
		if (source_read_exact(p->blocks, i * block_size, p->block, block_size, &why) &&
		    add_block(index, p->block, block_size, &why))
			continue;
		fail_in(&why, "block %llu", (unsigned long long)i);
		note(index, &why);
		if (why.kind == ERR_LIMIT || why.kind == ERR_MEMORY)
			return true;
	}
	return true;
}

static bool read_index(struct ntfs_object_index *index, struct parts *p, struct err *err)
{
	struct ntfs_index_geometry g;
	struct ntfs_reference file;
	const struct ntfs_stream *root;
	const struct ntfs_stream *blocks;
	const struct ntfs_stream *bitmap;

	if (!ntfs_find(p->volume, bytes_of("$Extend/$ObjId"), &file, err) ||
	    !ntfs_entry_load(ntfs_volume_mft(p->volume), file.record, &p->entry, err))
		return false;
	root = part(p, NTFS_INDEX_ROOT);
	if (!root || !root->resident || root->content.len < NTFS_INDEX_ROOT_HEADER)
		return fail(err, ERR_DAMAGED, "no index $O");
	if (!ntfs_index_geometry(
		root->content, ntfs_volume_geometry(p->volume)->cluster_size, &g, err))
		return false;
	if (!add_node(index,
		(struct bytes){root->content.at + NTFS_INDEX_ROOT_HEADER,
		    root->content.len - NTFS_INDEX_ROOT_HEADER},
		err))
		note(index, err);
	blocks = part(p, NTFS_INDEX_ALLOCATION);
	bitmap = part(p, NTFS_BITMAP);
	if (!blocks)
		return true;
	if (!bitmap)
		return fail(err, ERR_DAMAGED, "index $O without bitmap");
	p->block = malloc(g.block_size);
	if (!p->block)
		return fail(err, ERR_MEMORY, "no memory for %u bytes", g.block_size);
	return ntfs_stream_load(p->volume, &p->entry, bitmap, NTFS_LIMIT_OBJECT_BYTES / 8,
		   &p->owned, &p->bitmap, err) &&
	       ntfs_stream_open(p->volume, &p->entry, blocks, &p->blocks, err) &&
	       read_blocks(index, p, g.block_size, err);
}

static int compare(const void *a, const void *b)
{
	return memcmp(((const struct ntfs_object *)a)->id, ((const struct ntfs_object *)b)->id,
	    NTFS_OBJECT_GUID);
}

bool ntfs_object_index_open(
    struct ntfs_volume *volume, struct ntfs_object_index **out, struct err *err)
{
	CLEANUP(parts_free) struct parts parts = {.volume = volume};
	struct ntfs_object_index *index = calloc(1, sizeof(*index));
	struct err why = {0};
	size_t kept = 0;

	if (!index)
		return fail(err, ERR_MEMORY, "no memory for object ids");
	if (!read_index(index, &parts, &why)) {
		fail_in(&why, "$Extend/$ObjId");
		note(index, &why);
	}
	if (index->count)
		qsort(index->at, index->count, sizeof(*index->at), compare);
	for (size_t i = 0; i < index->count; i++)
		if (kept == 0 || compare(&index->at[kept - 1], &index->at[i]) != 0)
			index->at[kept++] = index->at[i];
	index->count = kept;
	*out = index;
	return true;
}

void ntfs_object_index_close(struct ntfs_object_index *index)
{
	free(index->at);
	free(index);
}

const struct err *ntfs_object_index_damage(const struct ntfs_object_index *index)
{
	return &index->damage;
}

const struct ntfs_object *ntfs_object_index_find(
    const struct ntfs_object_index *index, const uint8_t *id)
{
	struct ntfs_object key = {0};

	memcpy(key.id, id, NTFS_OBJECT_GUID);
	return index->count ? bsearch(&key, index->at, index->count, sizeof(*index->at), compare)
			    : NULL;
}
