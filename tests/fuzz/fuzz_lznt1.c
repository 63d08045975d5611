/* LZNT1 chunks. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/lznt1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t out[65536];
	struct err err = {0};
	size_t got = 0;

	(void)!lznt1_decompress(
	    (struct bytes){.at = data, .len = len}, out, sizeof(out), &got, &err);
	return 0;
}
