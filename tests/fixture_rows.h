/* Rows that a live collector hands over, kept for a test to look at. */
#ifndef KANSHIKI_TESTS_FIXTURE_ROWS_H
#define KANSHIKI_TESTS_FIXTURE_ROWS_H

#include "core/text.h"

struct rows {
	struct text lines; /* NUL-separated; the test frees it */
	size_t count;
};

/* For live_rows' take; the context is a struct rows. */
void rows_take(void *context, struct bytes json);

#endif
