/* The tar of a bundle's meta set: rows, journal, table of contents, as a reader finds them behind a seal that it was told
 * not to ask for; and what every command then does with the rows. */
#include "fuzz_target.h"

#include "meta_input.h"

static void ask_everything(struct bundle_reader *reader)
{
	for (size_t i = 0; i < bundle_row_count(reader) && i < 64; i++) {
		CLEANUP(source_close) struct source *member = NULL;
		CLEANUP(text_free) struct text path = {0};
		struct bundle_row_view view;
		size_t found = 0;

		if (!bundle_row_at(reader, i, &view, NULL))
			continue;
		text_add(&path, view.path);
		if (!bundle_row_find(reader, text_bytes(&path), &found, NULL))
			abort();
		(void)!bundle_member_open(reader, i, &member, NULL);
	}
	(void)!bundle_check_entries(reader, NULL);
	(void)!bundle_check_journal(reader, NULL);
	(void)!bundle_check_toc(reader, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bundle_reader *reader = NULL;
	struct meta_input in;

	if (meta_input_open(&in, (struct bytes){data, len}, &reader))
		ask_everything(reader);
	meta_input_close(&in, reader);
	return 0;
}
