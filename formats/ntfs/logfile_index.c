/* See logfile_index.h. */
#include "formats/ntfs/logfile_index.h"

#include "formats/ntfs/record.h"

#define ENTRY_HEADER 16u
#define ENTRY_LAST   2u
#define BLOCK_HEADER 24u /* before the node header in an INDX block */

struct logfile_index_block *logfile_index_block(
    struct logfile_index *index, uint64_t directory, uint64_t place)
{
	struct logfile_index_block *oldest = &index->blocks[0];

	for (size_t i = 0; i < LOGFILE_INDEX_BLOCKS; i++) {
		struct logfile_index_block *block = &index->blocks[i];

		if (block->used > index->forgotten && block->directory == directory &&
		    block->place == place) {
			block->used = ++index->clock;
			return block;
		}
		if (block->used < oldest->used)
			oldest = block;
	}
	oldest->directory = directory;
	oldest->place = place;
	oldest->used = ++index->clock;
	oldest->count = 0;
	return oldest;
}

void logfile_index_miss(struct logfile_index *index)
{
	index->forgotten = index->clock;
}

/* The first entry at the place or behind it. */
static size_t find(const struct logfile_index_block *block, uint32_t at)
{
	size_t i = 0;

	while (i < block->count && block->at[i].at < at)
		i++;
	return i;
}

void logfile_index_add(
    struct logfile_index_block *block, uint32_t at, uint32_t len, struct ntfs_reference file)
{
	size_t i = find(block, at);

	if (block->count == LOGFILE_INDEX_ENTRIES) {
		block->count = 0;
		i = 0;
	}
	memmove(&block->at[i + 1], &block->at[i], (block->count - i) * sizeof(*block->at));
	block->at[i] = (struct logfile_index_entry){.at = at, .len = len, .file = file};
	block->count++;
	while (++i < block->count)
		block->at[i].at += len;
}

void logfile_index_remove(struct logfile_index_block *block, uint32_t at, uint32_t len)
{
	size_t i = find(block, at);

	if (i < block->count && block->at[i].at == at) {
		block->count--;
		memmove(&block->at[i], &block->at[i + 1], (block->count - i) * sizeof(*block->at));
	}
	/* An entry inside the one that goes cannot be: what is known is wrong. */
	if (i < block->count && block->at[i].at < at + len) {
		block->count = 0;
		return;
	}
	for (; i < block->count; i++)
		block->at[i].at -= len;
}

void logfile_index_replace(struct logfile_index_block *block, uint32_t at, struct bytes entries)
{
	size_t pos = 0;

	block->count = find(block, at);
	while (pos + ENTRY_HEADER <= entries.len && block->count < LOGFILE_INDEX_ENTRIES) {
		const uint8_t *p = entries.at + pos;
		uint16_t len = le16(p + 8);

		if (len < ENTRY_HEADER || len > entries.len - pos || le16(p + 12) & ENTRY_LAST)
			return;
		block->at[block->count++] = (struct logfile_index_entry){
		    .at = at + (uint32_t)pos,
		    .len = len,
		    .file = ntfs_reference_parse(p),
		};
		pos += len;
	}
}

void logfile_index_write(struct logfile_index_block *block, struct bytes indx)
{
	struct bytes entries;

	block->count = 0;
	if (indx.len < BLOCK_HEADER + ENTRY_HEADER || memcmp(indx.at, "INDX", 4) != 0)
		return;
	uint64_t from = BLOCK_HEADER + (uint64_t)le32(indx.at + BLOCK_HEADER);
	uint64_t to = BLOCK_HEADER + (uint64_t)le32(indx.at + BLOCK_HEADER + 4);

	if (from <= to && to <= UINT16_MAX && bytes_slice(indx, from, to - from, &entries))
		logfile_index_replace(block, (uint32_t)from, entries);
}

const struct logfile_index_entry *logfile_index_find(
    const struct logfile_index_block *block, uint32_t at)
{
	size_t i = find(block, at);

	return i < block->count && block->at[i].at == at ? &block->at[i] : NULL;
}
