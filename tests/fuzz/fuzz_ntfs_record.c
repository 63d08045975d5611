/* formats/ntfs/ntfs.h: a bare $MFT, every record loaded, every name given a path. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/ntfs.h"

static void load_all(struct ntfs_mft *mft, struct ntfs_paths *paths)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(text_free) struct text path = {0};
	bool is_orphan;

	for (uint64_t i = ntfs_mft_first(mft), end = i + ntfs_mft_count(mft); i < end; i++) {
		if (!ntfs_entry_load(mft, i, &entry, NULL))
			continue;
		ntfs_entry_name(&entry);
		for (size_t n = 0; n < entry.name_count; n++) {
			text_clear(&path);
			if (!ntfs_path(paths, &entry.names[n], &path, &is_orphan, NULL))
				return;
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *source = source_of_bytes((struct bytes){data, len});
	CLEANUP(ntfs_mft_close) struct ntfs_mft *mft = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *paths = NULL;

	if (source && ntfs_mft_open(source, &mft, NULL) && ntfs_paths_new(mft, &paths, NULL))
		load_all(mft, paths);
	return 0;
}
