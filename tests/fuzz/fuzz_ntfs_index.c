/* formats/ntfs/ntfs.h, ntfs_list: a directory as index_input.h has it. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/ntfs.h"
#include "tests/fuzz/index_input.h"

static bool each(struct ntfs_lister *lister, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err)
{
	(void)lister, (void)file, (void)name, (void)err;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(index_input_close) struct index_input in = {0};
	struct ntfs_lister lister = {.each = each};

	if (!index_input_open(&in, data, len) || !ntfs_list(&in.volume, &in.entry, &lister, NULL))
		return 0;
	return 0;
}
