/* analysis/slack_records.h: one line of a listing of names in directory slack. */
#include "analysis/slack_records.h"
#include "tests/fuzz/fuzz_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(text_free) struct text scratch = {0};
	struct slack_told told;

	if (slack_told_parse((struct bytes){data, len}, &scratch, &told, NULL) &&
	    (!told.where || !told.live))
		abort();
	return 0;
}
