/* The streams named $I30 that an index of file names consists of. All in the header: the fuzz targets have it, too. */
#ifndef KANSHIKI_TESTS_FIXTURE_I30_H
#define KANSHIKI_TESTS_FIXTURE_I30_H

#include "formats/ntfs/volume.h"

static const uint8_t fixture_i30_name[] = {'$', 0, 'I', 0, '3', 0, '0', 0};

/* $INDEX_ROOT or $BITMAP; borrows the content. */
static inline struct ntfs_stream fixture_i30_resident(
    uint32_t type, const uint8_t *content, size_t len)
{
	return (struct ntfs_stream){.type = type,
	    .utf16 = {fixture_i30_name, sizeof(fixture_i30_name)},
	    .resident = true,
	    .content = {content, len},
	    .size = len};
}

/* $INDEX_ALLOCATION of so many bytes; borrows its one run. */
static inline struct ntfs_stream fixture_i30_blocks(struct ntfs_run *run, uint64_t size)
{
	return (struct ntfs_stream){.type = NTFS_INDEX_ALLOCATION,
	    .utf16 = {fixture_i30_name, sizeof(fixture_i30_name)},
	    .size = size,
	    .initialized = size,
	    .runs = run,
	    .run_count = 1};
}

#endif
