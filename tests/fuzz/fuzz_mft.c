/* A bare $MFT: records, names, paths. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/ntfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){.at = data, .len = len});
	CLEANUP(ntfs_mft_close) struct ntfs_mft *mft = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *paths = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(text_free) struct text path = {0};
	struct err err = {0};

	if (!source || !ntfs_mft_open(source, &mft, &err) || !ntfs_paths_new(mft, &paths, &err))
		return 0;
	for (uint64_t i = ntfs_mft_first(mft), end = i + ntfs_mft_count(mft); i < end; i++) {
		bool is_orphan;

		if (!ntfs_entry_load(mft, i, &entry, &err))
			continue;
		for (size_t k = 0; k < entry.name_count; k++) {
			text_clear(&path);
			(void)!ntfs_path(paths, &entry.names[k], &path, &is_orphan, &err);
		}
	}
	return 0;
}
