/* The listing of names in directory slack: read strictly, and its lines behind those of their directories. */
#include "tests/unit.h"

#include "analysis/slack_records.h"
#include "core/sink.h"
#include "tests/fixture_mft.h"

#include <stdlib.h>

#define TIMES                                                                                      \
	"\"created\":\"2018-03-26T23:16:11.2345678Z\",\"modified\":\"2018-03-26T23:16:12."         \
	"2345678Z\",\"changed\":\"2018-03-26T23:16:13.2345678Z\",\"accessed\":\"2018-03-27T00:16:" \
	"11.2345678Z\","
#define LINE(path, directory)                                                              \
	"{\"path\":\"" path "\",\"name\":\"x\",\"name_space\":1," TIMES                    \
	"\"size\":7,\"allocated\":8,\"attributes\":32,\"record\":40,\"sequence\":3,"       \
	"\"parent_record\":null,\"parent_sequence\":null,\"directory_record\":" directory  \
	",\"directory_sequence\":5,\"where\":\"tail\",\"block\":2,\"offset\":96,\"live\":" \
	"\"gone\"}"

static bool parses(const char *json, struct slack_told *told)
{
	CLEANUP(text_free) struct text scratch = {0};
	struct err err = {0};
	bool ok = slack_told_parse(bytes_of(json), &scratch, told, &err);

	assert_int_equal(err.kind, ok ? ERR_NONE : ERR_DAMAGED);
	return ok;
}

static void test_a_line(void **state)
{
	struct slack_told told;

	(void)state;
	assert_true(parses(LINE("a/x", "5"), &told));
	assert_int_equal(told.file.record, 40);
	assert_int_equal(told.file.sequence, 3);
	assert_int_equal(told.parent.sequence, 0);
	assert_int_equal(told.times.modified, FIXTURE_STAMP + 10000000);
	assert_int_equal(told.directory, 5);
	assert_true(told.has_block);
	assert_int_equal(told.block, 2);
	assert_int_equal(told.offset, 96);
	assert_string_equal(told.where, "tail");
	assert_string_equal(told.live, "gone");
}

/* Each key taken away, made a word or a number too large: refused. */
static void test_what_is_no_line_is_refused(void **state)
{
	static const char *const keys[] = {"path", "name_space", "created", "accessed", "size",
	    "allocated", "attributes", "record", "sequence", "directory_record", "where", "offset",
	    "live"};
	static const char whole[] = LINE("a/x", "5");
	struct slack_told told;

	(void)state;
	assert_false(parses("", &told));
	assert_false(parses("[]", &told));
	assert_false(parses("{}", &told));
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		char json[sizeof(whole)];
		CLEANUP(text_free) struct text key = {0};

		memcpy(json, whole, sizeof(json));
		text_addf(&key, "\"%s\":", keys[i]);
		char *at = strstr(json, text_string(&key));

		assert_non_null(at);
		at[1] = '_';
		assert_false(parses(json, &told));
	}
	assert_false(parses("{\"path\":\"a\",\"name_space\":1,\"size\":1.5}", &told));
}

struct parts {
	const char *const *at;
	size_t count;
	struct source *open;
};

static bool open_part(void *context, unsigned part, struct source **out, struct err *err)
{
	struct parts *parts = context;

	(void)err;
	source_close(parts->open);
	parts->open = part <= parts->count ? source_of_bytes(bytes_of(parts->at[part - 1])) : NULL;
	*out = parts->open;
	return true;
}

static void test_lines_stand_behind_their_directory(void **state)
{
	static const char *const listing[] = {
	    LINE("early", "5") "\n" LINE("Users/one", "30") "\nrubbish\n",
	    LINE("Users/two", "30") "\n" LINE("late", "99") "\n"};
	static uint8_t image[40 * FIXTURE_RECORD];
	struct fixture_record r;
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&out);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	CLEANUP(source_close) struct source *mft = NULL;
	struct parts parts = {listing, ARRAY_LEN(listing), NULL};
	struct timeline_totals totals;

	(void)state;
	r = fixture_mft_begin(image, 5, 5, 3);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, FIXTURE_ROOT, 3, ".");
	r = fixture_mft_begin(image, 30, 2, 3);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, FIXTURE_ROOT, 1, "Users");
	r = fixture_mft_begin(image, 31, 2, 1);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, FIXTURE_ROOT, 1, "file");
	mft = source_of_bytes((struct bytes){image, sizeof(image)});
	struct timeline_files files = {.mft = mft, .slack = open_part, .slack_context = &parts};

	assert_true(timeline_new(sink, "bodyfile", &timeline, NULL));
	assert_true(timeline_prefix(timeline, "C/", NULL));
	assert_true(timeline_add_files(timeline, &files, NULL));
	assert_true(timeline_finish(timeline, &totals, NULL));
	const char *root = strstr(text_string(&out), "/C/early (slack)|40-3|");
	const char *users = strstr(text_string(&out), "|/C/Users|");
	const char *one = strstr(text_string(&out), "/C/Users/one (slack)");
	const char *two = strstr(text_string(&out), "/C/Users/two (slack)");
	const char *file = strstr(text_string(&out), "|/C/file|");
	const char *late = strstr(text_string(&out), "/C/late (slack)");

	assert_true(root && users && one && two && file && late);
	assert_true(root < users && users < one && one < two && two < file && file < late);
	assert_int_equal(totals.damaged, 1);
	source_close(parts.open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_line),
	    cmocka_unit_test(test_what_is_no_line_is_refused),
	    cmocka_unit_test(test_lines_stand_behind_their_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
