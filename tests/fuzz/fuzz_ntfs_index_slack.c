/* formats/ntfs/index_slack.h: a directory as index_input.h has it. */
#include "formats/ntfs/index_slack.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/index_input.h"

#include <stdlib.h>

static bool each(struct ntfs_slack_lister *lister, const struct ntfs_slack *slack, struct err *err)
{
	(void)lister, (void)err;
	if (slack->name.utf16.len == 0)
		abort();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(index_input_close) struct index_input in = {0};
	struct ntfs_mft mft = {.volume = &in.volume, .record_size = 1024, .first = 1000};
	struct ntfs_slack_lister lister = {.each = each};
	CLEANUP(ntfs_index_slack_free) struct ntfs_index_slack *slack = NULL;

	if (!index_input_open(&in, data, len) || !ntfs_index_slack_new(&mft, &slack, NULL) ||
	    !ntfs_index_slack_list(slack, &in.entry, &lister, NULL))
		return 0;
	return 0;
}
