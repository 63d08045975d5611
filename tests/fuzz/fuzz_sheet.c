/* A custody sheet out of a bundle that nobody trusts: as text and as a page, without a control character or a mark-up of its own. */
#include "fuzz_target.h"

#include "bundle/sheet.h"
#include "core/wrap.h"

#include <stdlib.h>

#define NUMBER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void check(const struct text *text)
{
	for (size_t i = 0; i < text->len; i++)
		if (((unsigned char)text->at[i] < 0x20 && text->at[i] != '\n') ||
		    text->at[i] == 0x7f)
			abort();
	if (text->at && strstr(text->at, "<script"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(text_free) struct text filled = {0};
	CLEANUP(text_free) struct text page = {0};
	CLEANUP(text_free) struct text wrapped = {0};
	struct bytes input = {data, size < SHEET_BYTES_MAX ? size : SHEET_BYTES_MAX};

	sheet_fill(input, NUMBER, &filled);
	sheet_html(input, NUMBER, NULL, &page);
	wrap_text(text_bytes(&filled), &wrapped);
	check(&page);
	return 0;
}
