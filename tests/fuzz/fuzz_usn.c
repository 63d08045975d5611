/* A change journal, or a piece of one. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/usn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){.at = data, .len = len});
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	struct usn_record record;
	struct err err = {0};
	uint64_t sum = 0;

	if (!source || !usn_scan_open(source, 0, UINT64_MAX, NULL, &scan, &err))
		return 0;
	while (usn_scan_next(scan, &record))
		for (size_t i = 0; i < record.utf16.len + record.extents.len; i++)
			sum += i < record.utf16.len ? record.utf16.at[i]
						    : record.extents.at[i - record.utf16.len];
	return sum == UINT64_MAX;
}
