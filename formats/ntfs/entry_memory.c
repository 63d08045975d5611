/* Memory that an entry reuses. See entry_memory.h. */
#include "formats/ntfs/entry_memory.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"

#include <stdlib.h>

/* Kept from load to load; a file with more extension records is rare. */
#define BLOCKS_KEPT 64u
#define RUNS_KEPT   ((size_t)1 << 16)

uint8_t *ntfs_entry_new_block(struct ntfs_entry_memory *memory, struct err *err)
{
	if (!array_grow(&memory->blocks, &memory->block_room, memory->block_count + 1,
		sizeof(*memory->blocks), NTFS_LIMIT_EXTENSIONS + 1, err))
		return NULL;
	uint8_t *block = malloc(memory->block_size);

	if (!block) {
		fail(err, ERR_MEMORY, "no memory for an MFT record");
		return NULL;
	}
	memory->blocks[memory->block_count++] = block;
	memory->blocks_used++;
	return block;
}

static void free_blocks(struct ntfs_entry_memory *memory, size_t keep)
{
	while (memory->block_count > keep)
		free(memory->blocks[--memory->block_count]);
}

void ntfs_entry_memory_reset(struct ntfs_entry_memory *memory, size_t block_size)
{
	free_blocks(memory, memory->block_size == block_size ? BLOCKS_KEPT : 0);
	memory->block_size = block_size;
	memory->blocks_used = 0;
	memory->attributes.count = 0;
	memory->extensions.count = 0;
	memory->found = 0;
	memory->runs.count = 0;
	memory->dropped = memory->lost = memory->quick = memory->left = false;
	if (memory->runs.room > RUNS_KEPT) {
		free(memory->runs.at);
		memory->runs = (struct ntfs_run_list){0};
	}
}

void ntfs_entry_memory_free(struct ntfs_entry_memory *memory)
{
	if (!memory)
		return;
	free_blocks(memory, 0);
	free(memory->blocks);
	free(memory->attributes.at);
	free(memory->runs.at);
	free(memory->extensions.at);
	free(memory->list);
	free(memory);
}
