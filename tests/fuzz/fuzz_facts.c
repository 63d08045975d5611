/* What a --facts file says, and what is typed at the question for the time. */
#include "fuzz_target.h"

#include "collectors/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(facts_file_free) struct facts_file *file = NULL;
	CLEANUP(text_free) struct text typed = {0};
	uint64_t utc;

	text_add(&typed, (struct bytes){data, len});
	(void)!facts_reference_parse(text_string(&typed), &utc, NULL);
	(void)!facts_clock_reading(text_string(&typed), 0x1dc5a6bb4b1e000u, 540, &utc, NULL);
	if (!facts_file_parse((struct bytes){data, len}, &file, NULL))
		return 0;
	(void)!facts_file_put(&file, "operator", "name", "x", NULL);
	return !facts_file_text(file, "operator", "name");
}
