/* A volume: every record, its paths, its streams, its directory listing. The input is repeated without end, so
 * that a small one (clusters placed by their number modulo its length) holds a whole volume. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/ntfs.h"

#define RECORDS 200                 /* a forged $MFT may claim many more */
#define BYTES   65536               /* of a stream */
#define VOLUME  ((uint64_t)2 << 20) /* bytes, as the boot sector of the seed says */

struct repeated {
	struct source source;
	struct bytes bytes;
};

static bool repeated_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err UNUSED)
{
	struct repeated *repeated = (struct repeated *)self;
	uint8_t *out = to;

	len = offset > self->size         ? 0
	      : len < self->size - offset ? len
					  : (size_t)(self->size - offset);
	for (*got = 0; *got < len;) {
		size_t from = (size_t)((offset + *got) % repeated->bytes.len);
		size_t piece = repeated->bytes.len - from < len - *got ? repeated->bytes.len - from
								       : len - *got;

		memcpy(out + *got, repeated->bytes.at + from, piece);
		*got += piece;
	}
	return true;
}

static bool see_name(struct ntfs_lister *self UNUSED, struct ntfs_reference file UNUSED,
    const struct ntfs_name *name UNUSED, struct err *err UNUSED)
{
	return true;
}

static void read_streams(struct ntfs_volume *volume, const struct ntfs_entry *entry)
{
	static uint8_t bytes[BYTES];

	for (size_t i = 0; i < entry->stream_count; i++) {
		CLEANUP(source_close) struct source *stream = NULL;
		struct err err = {0};
		size_t got = 0;

		if (ntfs_stream_open(volume, entry, &entry->streams[i], &stream, &err))
			(void)!stream->read(stream, 0, bytes, sizeof(bytes), &got, &err);
	}
}

static void read_records(struct ntfs_volume *volume, struct ntfs_paths *paths)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(text_free) struct text path = {0};
	struct ntfs_mft *mft = ntfs_volume_mft(volume);
	uint64_t count = ntfs_mft_count(mft);

	for (uint64_t i = 0; i < count && i < RECORDS; i++) {
		struct ntfs_lister lister = {.each = see_name};
		struct err err = {0};
		bool is_orphan;

		if (!ntfs_entry_load(mft, i, &entry, &err))
			continue;
		read_streams(volume, &entry);
		if (entry.is_directory)
			(void)!ntfs_list(volume, &entry, &lister, &err);
		text_clear(&path);
		if (ntfs_entry_name(&entry))
			(void)!ntfs_path(paths, ntfs_entry_name(&entry), &path, &is_orphan, &err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct repeated repeated = {{.size = VOLUME, .read = repeated_read}, {data, len}};
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *paths = NULL;
	struct ntfs_reference file;
	struct err err = {0};

	if (len == 0 || !ntfs_volume_open(&repeated.source, &volume, &err) ||
	    !ntfs_paths_new(ntfs_volume_mft(volume), &paths, &err))
		return 0;
	read_records(volume, paths);
	(void)!ntfs_find(volume, bytes_of("a/Stream.txt"), &file, &err);
	return 0;
}
