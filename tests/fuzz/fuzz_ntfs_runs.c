/* formats/ntfs/runs.h: 16 bytes of cluster numbers, then mapping pairs. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/runs.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ntfs_run_list list = {0};

	if (len < 16)
		return 0;
	uint64_t first = le64(data) % NTFS_LIMIT_VCN;
	uint64_t end = first + le64(data + 8) % NTFS_LIMIT_VCN;
	bool ok = ntfs_runs_add(&list, (struct bytes){data + 16, len - 16}, first, end, NULL);

	for (size_t i = 1; i < list.count; i++)
		if (list.at[i].vcn != list.at[i - 1].vcn + list.at[i - 1].length)
			abort();
	if (ok && list.count && ntfs_runs_find(list.at, list.count, end) != list.count)
		abort();
	free(list.at);
	return 0;
}
