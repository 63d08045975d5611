/* formats/ntfs/index_slack.h: 512 bytes of $INDEX_ROOT, 16 of $BITMAP (the last one tells whether the directory is in use),
 * then blocks of the index. */
#include "formats/ntfs/index_slack.h"
#include "formats/ntfs/volume.h"
#include "tests/fuzz/fuzz_target.h"

#include <stdlib.h>

static const uint8_t i30[] = {'$', 0, 'I', 0, '3', 0, '0', 0};

static bool each(struct ntfs_slack_lister *lister, const struct ntfs_slack *slack, struct err *err)
{
	(void)lister, (void)err;
	if (slack->name.utf16.len == 0)
		abort();
	return true;
}

static struct ntfs_stream resident(uint32_t type, const uint8_t *at, size_t len)
{
	return (struct ntfs_stream){.type = type,
	    .utf16 = {i30, sizeof(i30)},
	    .resident = true,
	    .content = {at, len},
	    .size = len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 512 + 16)
		return 0;
	CLEANUP(source_close)
	struct source *raw = source_of_bytes((struct bytes){data + 528, len - 528});
	struct ntfs_volume volume = {.raw = raw,
	    .geometry = {.sector_size = 512, .cluster_size = 512, .clusters = (len - 528) / 512}};
	struct ntfs_mft mft = {.volume = &volume, .record_size = 1024, .first = 1000};
	struct ntfs_run run = {.length = volume.geometry.clusters};
	struct ntfs_stream streams[] = {
	    resident(NTFS_INDEX_ROOT, data, 512),
	    {.type = NTFS_INDEX_ALLOCATION,
		.utf16 = {i30, sizeof(i30)},
		.size = run.length * 512,
		.initialized = run.length * 512,
		.runs = &run,
		.run_count = 1},
	    resident(NTFS_BITMAP, data + 512, 15),
	};
	struct ntfs_entry entry = {.record = 5,
	    .in_use = data[527] & 1,
	    .is_directory = true,
	    .streams = streams,
	    .stream_count = 3};
	struct ntfs_slack_lister lister = {.each = each};
	CLEANUP(ntfs_index_slack_free) struct ntfs_index_slack *slack = NULL;

	if (!raw || !ntfs_index_slack_new(&mft, &slack, NULL) ||
	    !ntfs_index_slack_list(slack, &entry, &lister, NULL))
		return 0;
	return 0;
}
