/* Rows kept. See fixture_rows.h. */
#include "tests/fixture_rows.h"

void rows_take(void *context, struct bytes json)
{
	struct rows *rows = context;

	text_add(&rows->lines, json);
	text_addc(&rows->lines, 0);
	rows->count++;
}
