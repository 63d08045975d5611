/* collection.json and receipt.json of a bundle: as verify tells them, and as a case file, which must be JSON again. */
#include "fuzz_target.h"

#include "analysis/case_file.h"
#include "analysis/receipt.h"
#include "bundle/tar.h"
#include "core/tr.h"
#include "meta_input.h"

#include <yyjson.h>

static void write_case(struct bytes json)
{
	static const uint8_t zeros[TAR_BLOCK];
	const struct bundle_member member = {
	    .name = "meta/collection.json",
	    .size = json.len,
	};
	CLEANUP(text_free) struct text tar = {0}, out = {0};
	struct bundle_reader *reader = NULL;
	struct meta_input in;

	if (!tar_header(&member, &tar, NULL))
		abort();
	text_add(&tar, json);
	text_add(&tar, (struct bytes){zeros, tar_padding(json.len)});
	if (meta_input_open(&in, text_bytes(&tar), &reader) &&
	    case_file_write(reader, &in.store, 1, &out, NULL)) {
		yyjson_doc *again = yyjson_read(out.at, out.len, 0);

		if (!again)
			abort();
		yyjson_doc_free(again);
	}
	meta_input_close(&in, reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct bytes json = {data, len};
	CLEANUP(text_free) struct text out = {0};

	tr_set_language(LANGUAGE_JA);
	(void)!receipt_show(json, &out, NULL);
	(void)!receipt_show_collection(json, &out, NULL);
	receipt_add_recipient(json, "age1", &out);
	for (size_t i = 0; i < out.len; i++)
		if ((uint8_t)out.at[i] < 0x20 && out.at[i] != '\n')
			abort();
	write_case(json);
	return 0;
}
