/* Rows of meta/entries and their sparse maps. */
#include "fuzz_target.h"

#include "bundle/row.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(row_free) struct row row = {0};
	struct row_run *runs = NULL;
	size_t count;

	if (row_parse((struct bytes){data, len}, &row, NULL) &&
	    row_sparse_map(&row, &runs, &count, NULL))
		free(runs);
	return 0;
}
