/* formats/ntfs/ntfs.h: a whole volume: opened, walked, listed, its streams read. (Paths: fuzz_ntfs.) */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/ntfs.h"
#include "formats/ntfs/object_index.h"

#include <stdlib.h>

#define MOST ((size_t)12 << 10)

static bool each(struct ntfs_lister *lister, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err)
{
	(void)lister, (void)file, (void)name, (void)err;
	return true;
}

static void read_source(struct source *source)
{
	static uint8_t buffer[MOST];
	size_t got = 0;
	uint64_t middle = source->size / 2;

	if (source->read(source, 0, buffer, MOST, &got, NULL) && got > source->size)
		abort();
	if (source->read(source, middle, buffer, 4096, &got, NULL) && got > source->size - middle)
		abort();
	source_close(source);
}

static void read_streams(struct ntfs_volume *volume, const struct ntfs_entry *entry)
{
	for (size_t i = 0; i < entry->stream_count; i++) {
		struct source *source = NULL;
		struct range *ranges = NULL;
		size_t count = 0;

		if (ntfs_stream_open(volume, entry, &entry->streams[i], &source, NULL))
			read_source(source);
		if (ntfs_stream_open_runs(volume, entry, &entry->streams[i], &source, NULL))
			read_source(source);
		if (ntfs_stream_ranges(volume, &entry->streams[i], &ranges, &count, NULL))
			free(ranges);
	}
}

static void read_content(struct ntfs_volume *volume, const struct ntfs_entry *entry)
{
	struct source *source = NULL;

	if (ntfs_content_open(volume, entry, &source, NULL))
		read_source(source);
}

static void walk(struct ntfs_volume *volume)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct ntfs_lister lister = {.each = each};
	struct ntfs_mft *mft = ntfs_volume_mft(volume);
	uint64_t count = ntfs_mft_count(mft) < 64 ? ntfs_mft_count(mft) : 64;

	for (uint64_t i = 0; i < count; i++) {
		if (!ntfs_entry_load(mft, i, &entry, NULL))
			continue;
		read_streams(volume, &entry);
		read_content(volume, &entry);
		if (!ntfs_list(volume, &entry, &lister, NULL))
			continue;
	}
}

static void read_objects(struct ntfs_volume *volume)
{
	CLEANUP(ntfs_object_index_close) struct ntfs_object_index *index = NULL;
	static const uint8_t id[NTFS_OBJECT_GUID] = {1};

	if (ntfs_object_index_open(volume, &index, NULL))
		(void)ntfs_object_index_find(index, id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){data, len});
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;

	if (raw && ntfs_volume_open(raw, &volume, NULL)) {
		walk(volume);
		read_objects(volume);
	}
	return 0;
}
