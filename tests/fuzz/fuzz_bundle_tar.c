/* The tar of a set, and where its members would go on both kinds of file systems. */
#include "fuzz_target.h"

#include "bundle/tar_read.h"
#include "bundle/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *tar = source_of_bytes((struct bytes){data, len});
	CLEANUP(text_free) struct text path = {0};
	struct tar_entry entry = {0};
	uint64_t pos = 0;
	bool end = false;

	while (tar && !end && tar_next(tar, &pos, &entry, &end, NULL)) {
		text_clear(&path);
		(void)target_path(text_bytes(&entry.path), TARGET_WINDOWS, &path);
		target_path_distinct(text_bytes(&entry.path), TARGET_POSIX, 0, &path);
	}
	text_free(&entry.path);
	return 0;
}
