/* What an entry needs and keeps from one load to the next. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_ENTRY_MEMORY_H
#define KANSHIKI_FORMATS_NTFS_ENTRY_MEMORY_H

#include "formats/ntfs/attribute.h"
#include "formats/ntfs/attribute_list.h"
#include "formats/ntfs/runs.h"

struct ntfs_entry_memory {
	uint8_t **blocks; /* fixed-up records; every view of the entry points into one of them */
	size_t block_room, block_count, blocks_used;
	size_t block_size;
	struct ntfs_attributes attributes;
	size_t name_room, stream_room;
	struct ntfs_run_list runs;         /* of all streams, one after the other */
	struct ntfs_references extensions; /* once loaded: those whose attributes are in here */
	uint8_t *list;                     /* a non-resident attribute list */
	size_t list_room;
	size_t found; /* of extensions, the last ones: not in the list, found by their base */
	/* extension records are found by the base that they name: of a file in use besides those of the list, else in their
	 * place */
	bool by_base;
	bool dropped; /* an extent that another was in the place of is in no stream */
	bool lost;    /* an attribute list or an extension record could not be read */
	bool quick;   /* extensions that only reading the whole MFT tells are left out ... */
	bool left;    /* ... and there are some */
};

uint8_t *ntfs_entry_new_block(struct ntfs_entry_memory *memory, struct err *err);
/* A block of block_size bytes that stays where it is until the next reset; NULL with err set. */
static inline uint8_t *ntfs_entry_block(struct ntfs_entry_memory *memory, struct err *err)
{
	return memory->blocks_used < memory->block_count ? memory->blocks[memory->blocks_used++]
							 : ntfs_entry_new_block(memory, err);
}
/* Makes ready for records of block_size bytes; memory of an exceptionally large file is given back. */
void ntfs_entry_memory_reset(struct ntfs_entry_memory *memory, size_t block_size);
void ntfs_entry_memory_free(struct ntfs_entry_memory *memory);

/* Joins memory->attributes into entry->streams. cluster_size is that of the volume, to check sizes
 * against runs; 0 when it is not known. False only when out of memory or limits. */
bool ntfs_streams_join(struct ntfs_entry *entry, uint32_t cluster_size, struct err *err) MUST_CHECK;

#endif
