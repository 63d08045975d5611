/* The escapes of a timeline, which are looked for in blocks. */
#include "tests/unit.h"

#include "analysis/output.h"
#include "analysis/seen.h"
#include "analysis/timeline_walk.h"
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

static void write_path(
    struct timeline *timeline, const char *path, size_t prefix_len, const char *set, bool again)
{
	static const struct ntfs_times times = {0};
	struct timeline_line line = {.kind = "file",
	    .set = set,
	    .has = TIMELINE_TIMES,
	    .times = &times,
	    .path = bytes_of(path),
	    .prefix_len = prefix_len,
	    .is_same_path = again};

	timeline_write(timeline, &line);
}

/* The path of a line may be written once more, but not that of a line before one that was left out. */
static void test_path_behind_a_line_left_out(void **state)
{
	CLEANUP(text_free) struct text got = {0};
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&got);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct timeline_totals totals;

	(void)state;
	assert_non_null(sink);
	assert_true(timeline_new(sink, "jsonl", &timeline, NULL));
	timeline->seen = seen_new();
	assert_non_null(timeline->seen);
	write_path(timeline, "both", 0, "si", false);
	write_path(timeline, "$vss$/1/other", 8, "si", false);
	write_path(timeline, "$vss$/1/both", 8, "si", false); /* left out */
	write_path(timeline, "$vss$/1/both", 8, "fn", true);
	write_path(timeline, "$vss$/1/both", 8, "fat", true);
	assert_true(timeline_finish(timeline, &totals, NULL));
	const char *second = strstr(text_string(&got), "\"fn\",\"path\":\"$vss$/1/both\"");

	assert_non_null(second);
	assert_non_null(strstr(second, "\"fat\",\"path\":\"$vss$/1/both\""));
	assert_null(strstr(second, "other"));
}

/* Longer than the buffer, and as long as just fits. */
static void test_again(void **state)
{
	static const size_t lens[] = {0, 1, 100, OUTPUT_PEN_MAX, OUTPUT_PEN_MAX + 1, 300 << 10};
	CLEANUP(text_free) struct text got = {0};
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&got);
	CLEANUP(output_free) struct output out = {0};

	(void)state;
	assert_non_null(sink);
	assert_true(output_start(&out, sink, NULL));
	while (name.len < 300 << 10)
		text_addc(&name, (char)('a' + name.len % 26));
	for (size_t i = 0; i < 200 * ARRAY_LEN(lens); i++) {
		size_t len = lens[i % ARRAY_LEN(lens)];
		struct bytes part = {(const uint8_t *)name.at, len};

		size_t before = i % 70 * 4000; /* so that the buffer is full at any place */

		text_clear(&got);
		for (size_t at = 0; at < before; at += 4000)
			output_json(&out, (struct bytes){(const uint8_t *)name.at, 4000});
		output_mark(&out);
		output_json(&out, part);
		output_mark_end(&out);
		if (!output_again(&out))
			output_json(&out, part);
		assert_true(output_flush(&out, NULL));
		assert_int_equal(got.len, before + 2 * len);
		for (size_t k = 0; k < 2 && len; k++)
			assert_memory_equal(got.at + before + k * len, name.at, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json_in_blocks),
	    cmocka_unit_test(test_seconds),
	    cmocka_unit_test(test_path_behind_a_line_left_out),
	    cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
