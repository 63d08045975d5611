/* The content of a $REPARSE_POINT. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/reparse.h"

#include <stdlib.h>

static void touch(struct bytes bytes)
{
	volatile uint8_t sink = 0;

	for (size_t i = 0; i < bytes.len; i++)
		sink = bytes.at[i];
	(void)sink;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ntfs_reparse reparse;

	if (ntfs_reparse_parse((struct bytes){data, len}, &reparse, NULL) && len < 8)
		abort();
	touch(reparse.data);
	touch(reparse.target);
	touch(reparse.shown);
	touch(reparse.target_utf8);
	touch(reparse.package);
	touch(reparse.app);
	if (reparse.sha1)
		touch((struct bytes){reparse.sha1, 20});
	if (reparse.guid)
		touch((struct bytes){reparse.guid, 16});
	return !ntfs_place_word(reparse.place) || !ntfs_place_why(reparse.place);
}
