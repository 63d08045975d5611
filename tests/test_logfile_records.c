/* analysis/logfile_records.c: a log in which nothing is; what one tells is in test_timeline.c. */
#include "tests/unit.h"

#include "analysis/timeline.h"
#include "core/sink.h"

#include <string.h>

static void check_empty_log(struct bytes nothing, enum err_kind kind)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes(nothing);
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&out);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct err err = {0};

	assert_true(timeline_new(sink, "jsonl", &timeline, &err));
	assert_false(timeline_add_files(timeline, &(struct timeline_files){.log = source}, &err));
	assert_int_equal(err.kind, kind);
}

/* Alone it is nothing to make a timeline of: never written to, or nothing but a restart page that is damaged. */
static void test_empty_log(void **state)
{
	static const uint8_t damaged[4096] = "RSTR";
	uint8_t fresh[4096];

	(void)state;
	memset(fresh, 0xff, sizeof(fresh));
	check_empty_log((struct bytes){fresh, sizeof(fresh)}, ERR_MISSING);
	check_empty_log((struct bytes){damaged, sizeof(damaged)}, ERR_DAMAGED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
