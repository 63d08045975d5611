/* Volume header and seek table: the JSON as it is, and the input as the table at the end of a volume of 1 MiB. */
#include "tests/fuzz/fuzz_target.h"
#include "bundle/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct frames_header header;
	struct seek_table table = {0};
	struct bytes input = {data, len};
	struct err err = {0};

	(void)!frames_header_parse(input, &header, &err);
	if (seek_table_parse(input, 300, 1 << 20, &table, &err))
		seek_table_free(&table);
	return 0;
}
