/* Registry hives: the questions that a collection asks. */
#include "formats/hive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(source_close) struct source *source = source_of_bytes((struct bytes){data, size});
	CLEANUP(hive_close) struct hive *hive = NULL;
	CLEANUP(text_free) struct text name = {0};

	if (source && hive_open(source, &hive, NULL))
		(void)!hive_computer_name(hive, &name, NULL);
	return 0;
}
