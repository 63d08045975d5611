/* A piece of $UsnJrnl:$J. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/usn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){.at = data, .len = len});
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	struct usn_record record;
	struct err err = {0};

	if (!source || !usn_scan_open(source, 0, len, NULL, &scan, &err))
		return 0;
	while (usn_scan_next(scan, &record))
		(void)usn_scan_offset(scan);
	return 0;
}
