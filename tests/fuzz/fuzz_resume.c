/* RESUME.NNN. What is read is written again as it was. */
#include "tests/fuzz/fuzz_target.h"
#include "bundle/resume.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(resume_state_free) struct resume_state state = {0};
	CLEANUP(text_free) struct text again = {0};
	struct err err = {0};

	if (!resume_state_add(&state, (struct bytes){data, len}, &err))
		return 0;
	resume_state_format(&state, &again);
	if (!bytes_equal(text_bytes(&again), (struct bytes){data, len}))
		abort();
	return 0;
}
