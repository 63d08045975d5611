/* indx I30: the names in a $I30 (the content of $INDEX_ALLOCATION), one a line: "entry" in use, or the place and the state
 * of a remnant; block, offset, record, sequence, parent, created, size, name. */
#include "core/time.h"
#include "formats/ntfs/file_name.h"
#include "formats/ntfs/index_entry.h"
#include "formats/ntfs/index_slack.h"
#include "formats/ntfs/record.h"
#include "formats/ntfs/volume.h"
#include "platform/file.h"

#include <stdlib.h>

#define BLOCK 4096u

static void print(const char *place, const char *live, uint64_t block, size_t offset,
    struct ntfs_reference file, const struct ntfs_name *name)
{
	CLEANUP(text_free) struct text text = {0};
	char created[TIME_ISO_ROOM];

	time_iso(name->times.created, created);
	text_add_utf16(&text, name->utf16);
	printf("%s\t%s\t%llu\t%zu\t%llu\t%u\t%llu\t%s\t%llu\t%s\n", place, live,
	    (unsigned long long)block, offset, (unsigned long long)file.record, file.sequence,
	    (unsigned long long)name->parent.record, created, (unsigned long long)name->size,
	    text_string(&text));
}

static bool each_slack(
    struct ntfs_slack_lister *lister, const struct ntfs_slack *slack, struct err *err)
{
	(void)lister, (void)err;
	print(ntfs_slack_word(slack->place), ntfs_slack_live_word(slack->live), slack->block,
	    slack->offset, slack->file, &slack->name);
	return true;
}

/* Prints the entries in use of every block, and tells whose they are. */
static bool list_entries(struct source *raw, uint64_t *directory, struct err *err)
{
	for (uint64_t number = 0; number < raw->size / BLOCK; number++) {
		uint8_t block[BLOCK];
		struct bytes entries;
		struct ntfs_index_entry entry = {0};
		size_t pos = 0;
		bool torn = false;

		if (!source_read_exact(raw, number * BLOCK, block, BLOCK, err))
			return false;
		/* A block that is no node, or no whole one, holds remnants all the same. */
		if (memcmp(block, "INDX", 4) != 0 || !ntfs_fixup(block, BLOCK, &torn, NULL) ||
		    torn ||
		    !ntfs_index_entries((struct bytes){block + NTFS_INDEX_BLOCK_HEADER,
					    BLOCK - NTFS_INDEX_BLOCK_HEADER},
			&entries, NULL))
			continue;
		while (!entry.last) {
			struct ntfs_name name;

			if (!ntfs_index_entry_next(entries, &pos, &entry, NULL))
				break;
			if (entry.last || !ntfs_file_name_parse(entry.key, &name, err))
				continue;
			*directory = name.parent.record;
			print(
			    "entry", "", number, (size_t)(entry.key.at - block), entry.file, &name);
		}
	}
	return true;
}

static bool list_slack(struct source *raw, uint64_t directory, struct err *err)
{
	struct ntfs_volume volume = {.raw = raw,
	    .geometry = {.sector_size = 512, .cluster_size = BLOCK, .clusters = raw->size / BLOCK}};
	struct ntfs_mft mft = {.volume = &volume, .record_size = 1024, .first = (uint64_t)1 << 32};
	struct ntfs_run run = {.length = raw->size / BLOCK};
	/* An $INDEX_ROOT without names: blocks of 4,096 bytes, a node of one last entry. */
	uint8_t root[48] = {0x30, 0, 0, 0, 1, 0, 0, 0, 0, 0x10, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 32,
	    0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 2};
	struct ntfs_stream streams[] = {
	    {.type = NTFS_INDEX_ROOT,
		.utf16 = ntfs_index_i30(),
		.resident = true,
		.content = {root, sizeof(root)},
		.size = sizeof(root)},
	    {.type = NTFS_INDEX_ALLOCATION,
		.utf16 = ntfs_index_i30(),
		.size = raw->size,
		.initialized = raw->size,
		.runs = &run,
		.run_count = 1},
	};
	struct ntfs_entry entry = {.record = directory,
	    .in_use = true,
	    .is_directory = true,
	    .streams = streams,
	    .stream_count = 2};
	struct ntfs_slack_lister lister = {.each = each_slack};
	CLEANUP(ntfs_index_slack_free) struct ntfs_index_slack *slack = NULL;

	return ntfs_index_slack_new(&mft, &slack, err) &&
	       ntfs_index_slack_list(slack, &entry, &lister, err);
}

int main(int argc, char **argv)
{
	CLEANUP(source_close) struct source *raw = NULL;
	struct err err = {0};
	uint64_t directory = 0;

	if (argc != 2)
		return 64;
	if (!file_open(argv[1], &raw, &err) || !list_entries(raw, &directory, &err) ||
	    !list_slack(raw, directory, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return 0;
}
