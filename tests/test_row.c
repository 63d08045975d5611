/* Rows of meta/entries are read strictly where a reader relies on them. */
#include "unit.h"

#include "bundle/document.h"
#include "bundle/row.h"

#include <stdlib.h>
#include <string.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PLACE(set, volume, tar, data) \
	"\"place\":{\"set\":\"" set "\",\"volume\":" volume ",\"tar\":" tar ",\"data\":" data "}"
#define TAKEN "{\"path\":\"fs/C/a\",\"size\":9,\"stored_size\":9,\"sha256\":\"" HASH "\","

static void reads_a_row(void **state)
{
	CLEANUP(row_free) struct row row = {0};
	static const char json[] =
	    "{\"path\":\"fs/C/日本語\",\"size\":9,\"stored_size\":7,\"sha256\":\"" HASH
	    "\",\"status\":\"taken\",\"stored\":\"runs\",\"sparse_map\":[[0,3],[5,4]],"
	    "\"si\":{\"modified\":\"2018-03-27T12:11:44.1234567Z\",\"created\":null}," PLACE(
		"files", "2", "512", "1536") "}";

	(void)state;
	assert_true(row_parse(bytes_of(json), &row, NULL));
	assert_true(bytes_equal(row.path, bytes_of("fs/C/日本語")));
	assert_true(row.taken && row.is_sparse && row.same_as.len == 0);
	assert_int_equal(row.size, 9);
	assert_int_equal(row.place.stored, 7);
	assert_int_equal(row.place.set, BUNDLE_FILES);
	assert_int_equal(row.place.volume, 2);
	assert_int_equal(row.place.tar_offset, 512);
	assert_int_equal(row.place.data_offset, 1536);
	assert_int_equal(row.place.sha256[1], 0x23);
	assert_int_equal(row.times.modified, 131666263041234567);
	assert_int_equal(row.times.created, 0);

	struct row_run *runs = NULL;
	size_t count = 0;

	assert_true(row_sparse_map(&row, &runs, &count, NULL));
	assert_int_equal(count, 2);
	assert_int_equal(runs[1].at, 5);
	assert_int_equal(runs[1].len, 4);
	free(runs);
}

static void refuses_maps_that_do_not_fit(void **state)
{
	static const char *const maps[] = {
	    "null",
	    "[]",
	    "{}",
	    "[[0,3]]",
	    "[[0,3],[2,4]]",
	    "[[5,4],[0,3]]",
	    "[[0,3],[6,4]]",
	    "[[0,3],[5,5]]",
	    "[[0,3],[5]]",
	    "[[0,3],[5,-4]]",
	    "[[0,3],[5,4],[9,1]]",
	    "[[0,7],[18446744073709551615,18446744073709551615]]",
	    "[0,7]",
	    "[[0,3.5],[5,3.5]]",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		CLEANUP(row_free) struct row row = {0};
		CLEANUP(text_free) struct text json = {0};
		struct row_run *runs = NULL;
		size_t count = 0;

		text_addf(&json,
		    "{\"path\":\"fs/C/a\",\"size\":9,\"stored_size\":7,\"sha256\":\"%s\","
		    "\"stored\":\"runs\",\"sparse_map\":%s,%s}",
		    HASH, maps[i], PLACE("files", "1", "0", "512"));
		assert_true(row_parse(text_bytes(&json), &row, NULL));
		if (row_sparse_map(&row, &runs, &count, NULL))
			print_error("map %u: %s\n", (unsigned)i, maps[i]);
		assert_null(runs);
	}
}

static void refuses_what_is_no_row(void **state)
{
	static const char *const rows[] = {
	    "",
	    "null",
	    "[]",
	    "{",
	    "{}",
	    "{\"path\":7}",
	    "{\"path\":\"\"}",
	    "{\"path\":\"/etc/passwd\"}",
	    "{\"path\":\"fs/../x\"}",
	    "{\"path\":\"fs/C/\\u001b[2J\"}",
	    "{\"path\":\"fs/C/\\u202egpj.exe\"}",
	    "{\"path\":\"fs/C/a\\u0000b\"}",
	    "{\"path\":\"fs/C/a\",\"same_as\":\"../x\"}",
	    "{\"path\":\"fs/C/a\",\"place\":{}}",
	    TAKEN PLACE("meta", "1", "0", "512") "}",
	    TAKEN PLACE("other", "1", "0", "512") "}",
	    TAKEN PLACE("files", "0", "0", "512") "}",
	    TAKEN PLACE("files", "4294967296", "0", "512") "}",
	    TAKEN PLACE("files", "1", "1", "512") "}",
	    TAKEN PLACE("files", "1", "512", "512") "}",
	    TAKEN PLACE("files", "1", "0", "513") "}",
	    TAKEN PLACE("files", "1", "-512", "512") "}",
	    TAKEN PLACE("files", "1", "0", "9223372036854775808") "}",
	    TAKEN "\"same_as\":\"fs/C/b\"," PLACE("files", "1", "0", "512") "}",
	    "{\"path\":\"fs/C/a\",\"stored_size\":9,\"sha256\":\"\"," PLACE(
		"files", "1", "0", "512") "}",
	    "{\"path\":\"fs/C/a\",\"stored_size\":9223372036854775807,\"sha256\":\"" HASH
	    "\"," PLACE("files", "1", "0", "512") "}",
	    TAKEN PLACE("files", "1", "0", "512") "} {}",
	};
	static const char good[] = TAKEN PLACE("files", "1", "0", "512") "}";
	struct row row = {0};

	(void)state;
	assert_true(row_parse(bytes_of(good), &row, NULL));
	row_free(&row);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (row_parse(bytes_of(rows[i]), &row, NULL))
			print_error("row %u: %s\n", (unsigned)i, rows[i]);
		assert_null(row.document);
	}
}

/* One reader would take it so, the next otherwise. */
static void refuses_what_contradicts_itself(void **state)
{
	static const char *const rows[] = {
	    "{\"path\":\"fs/C/a\"}",
	    "{\"path\":\"fs/C/a\",\"status\":\"whatever\"}",
	    "{\"path\":\"fs/C/a\",\"status\":7}",
	    "{\"path\":\"fs/C/a\",\"status\":\"taken\"}",
	    "{\"path\":\"fs/C/a\",\"status\":\"partial\",\"place\":null}",
	    "{\"path\":\"fs/C/a\",\"status\":\"same_as\"}",
	    "{\"path\":\"fs/C/a\",\"status\":\"same_as\",\"same_as\":7}",
	    "{\"path\":\"fs/C/a\",\"status\":\"not_taken\",\"same_as\":7}",
	    "{\"path\":\"fs/C/a\",\"status\":\"not_taken\",\"same_as\":\"fs/C/b\"}",
	    "{\"path\":\"fs/C/a\",\"status\":\"taken\",\"same_as\":\"fs/C/b\"}",
	    TAKEN "\"status\":\"not_taken\"," PLACE("files", "1", "0", "512") "}",
	    TAKEN "\"status\":\"same_as\"," PLACE("files", "1", "0", "512") "}",
	    TAKEN "\"status\":\"taken\",\"status\":\"taken\"," PLACE("files", "1", "0", "512") "}",
	    TAKEN "\"path\":\"fs/C/b\"," PLACE("files", "1", "0", "512") "}",
	    TAKEN
	    "\"fn\":[{\"a\":{\"b\":1,\"c\":2,\"\\u0062\":1}}]," PLACE("files", "1", "0", "512") "}",
	};
	static const char *const good[] = {TAKEN PLACE("files", "1", "0", "512") "}",
	    TAKEN "\"status\":\"partial\"," PLACE("files", "1", "0", "512") "}",
	    TAKEN "\"a\":{\"b\":1,\"c\":2},\"b\":[{\"c\":1},{\"c\":1}]," PLACE(
		"files", "1", "0", "512") "}",
	    "{\"path\":\"fs/C/a\",\"status\":\"same_as\",\"same_as\":\"fs/C/b\",\"place\":null}",
	    "{\"path\":\"fs/C/a\",\"same_as\":\"fs/C/b\"}",
	    "{\"path\":\"fs/C/a\",\"status\":\"not_taken\",\"same_as\":null}"};
	struct row row = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!row_parse(bytes_of(good[i]), &row, NULL))
			print_error("row %u: %s\n", (unsigned)i, good[i]);
		assert_non_null(row.document);
		row_free(&row);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (row_parse(bytes_of(rows[i]), &row, NULL))
			print_error("row %u: %s\n", (unsigned)i, rows[i]);
		assert_null(row.document);
	}
}

/* Looking at each key costs their square: more of them than anybody writes are refused, at any depth. */
static void keys_have_a_limit(void **state)
{
	(void)state;
	for (unsigned more = 0; more <= 1; more++) {
		CLEANUP(row_free) struct row row = {0};
		CLEANUP(text_free) struct text json = {0};
		struct err err = {0};

		text_adds(&json, "{\"path\":\"fs/C/a\",\"status\":\"not_taken\",\"x\":");
		for (unsigned i = 0; i < 5000; i++)
			text_addc(&json, '[');
		for (unsigned i = 0; i < DOCUMENT_KEYS + more; i++)
			text_addf(&json, "%s\"k%03u\":%u", i ? "," : "{", i, i);
		text_addc(&json, '}');
		for (unsigned i = 0; i < 5000; i++)
			text_addc(&json, ']');
		text_addc(&json, '}');
		assert_int_equal(row_parse(text_bytes(&json), &row, &err), !more);
		assert_int_equal(err.kind, more ? ERR_LIMIT : ERR_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_a_row),
	    cmocka_unit_test(refuses_maps_that_do_not_fit),
	    cmocka_unit_test(refuses_what_is_no_row),
	    cmocka_unit_test(refuses_what_contradicts_itself),
	    cmocka_unit_test(keys_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
