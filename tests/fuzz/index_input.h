/* A directory for the targets of indexes: 512 bytes of $INDEX_ROOT, 16 of $BITMAP (the last one tells whether the directory is in
 * use), then blocks of the index. */
#ifndef KANSHIKI_TESTS_FUZZ_INDEX_INPUT_H
#define KANSHIKI_TESTS_FUZZ_INDEX_INPUT_H

#include "tests/fixture_i30.h"

#define INDEX_INPUT_HEAD 528u

struct index_input { /* stays where it is: its parts point to each other */
	struct source *raw;
	struct ntfs_volume volume;
	struct ntfs_run run;
	struct ntfs_stream streams[3];
	struct ntfs_entry entry;
};

/* False: too short, or no memory. */
static inline bool index_input_open(struct index_input *in, const uint8_t *data, size_t len)
{
	if (len < INDEX_INPUT_HEAD)
		return false;
	struct bytes blocks = {data + INDEX_INPUT_HEAD, len - INDEX_INPUT_HEAD};

	in->raw = source_of_bytes(blocks);
	in->volume = (struct ntfs_volume){.raw = in->raw,
	    .geometry = {.sector_size = 512, .cluster_size = 512, .clusters = blocks.len / 512}};
	in->run = (struct ntfs_run){.length = in->volume.geometry.clusters};
	in->streams[0] = fixture_i30_resident(NTFS_INDEX_ROOT, data, 512);
	in->streams[1] = fixture_i30_blocks(&in->run, in->run.length * 512);
	in->streams[2] = fixture_i30_resident(NTFS_BITMAP, data + 512, 15);
	in->entry = (struct ntfs_entry){.record = 5,
	    .in_use = data[INDEX_INPUT_HEAD - 1] & 1,
	    .is_directory = true,
	    .streams = in->streams,
	    .stream_count = 3};
	return in->raw != NULL;
}

static inline void index_input_close_at(struct index_input *in)
{
	source_close(in->raw);
}

#endif
