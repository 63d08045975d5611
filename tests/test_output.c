/* The escapes of a timeline, which are looked for in blocks. */
#include "tests/unit.h"

#include "analysis/output.h"
#include "core/json.h"

#include <string.h>

/* Every byte of ASCII at every place of every length: as the JSON writer, which looks at one after the other. */
static void test_json_in_blocks(void **state)
{
	enum { MOST = 50 };
	CLEANUP(text_free) struct text got = {0};
	CLEANUP(text_free) struct text want = {0};
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&got);
	CLEANUP(output_free) struct output out = {0};
	uint8_t name[MOST];

	(void)state;
	assert_non_null(sink);
	assert_true(output_start(&out, sink, NULL));
	for (size_t len = 1; len <= MOST; len++)
		for (size_t i = 0; i < len * 0x80; i++) {
			struct json json = {.to = &want};

			memset(name, 'n', sizeof(name));
			name[i % len] = (uint8_t)(i / len);
			text_clear(&got);
			text_clear(&want);
			json_string(&json, (struct bytes){name, len});
			output_char(&out, '"');
			output_json(&out, (struct bytes){name, len});
			output_char(&out, '"');
			assert_true(output_flush(&out, NULL));
			/* But for the case of the digits of an escape. */
			assert_true(text_same_name(text_bytes(&got), text_bytes(&want)));
		}
}

static void test_seconds(void **state)
{
	static const struct {
		uint64_t ticks;
		const char *text;
	} cases[] = {{0, "0"}, {TIME_UNIX_EPOCH - 1, "0"}, {TIME_UNIX_EPOCH, "0"},
	    {TIME_UNIX_EPOCH + 19999999, "1"}, {131662465041234567, "1521772904"},
	    {UINT64_MAX, "1833029933770"}};
	struct output out = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct output_time_text *text = output_seconds_text(&out, cases[i].ticks);

		assert_int_equal(text->len, strlen(cases[i].text));
		assert_memory_equal(text->text, cases[i].text, text->len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json_in_blocks),
	    cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
