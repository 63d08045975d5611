/* The journal's chain: what was edited, cut, moved or added is found, and the line is named. */
#include "tests/unit.h"

#include "bundle/reader_parts.h"

#include <stdio.h>
#include <stdlib.h>

#define LINES     6
#define LINE_ROOM 256

struct journal {
	char lines[LINES + 1][LINE_ROOM];
	size_t count;
};

/* As bundle_journal writes them. */
static void make(struct journal *journal)
{
	uint8_t head[SHA256_LEN] = {0};
	char hex[SHA256_HEX_ROOM];

	*journal = (struct journal){.count = LINES};
	for (int i = 0; i < LINES; i++) {
		hash_hex((struct bytes){head, sizeof(head)}, hex);
		snprintf(journal->lines[i], LINE_ROOM,
		    "{\"number\":%d,\"time\":\"2026-11-20T22:04:15Z\",\"previous\":\"%s\",\"step\":"
		    "\"s%d\"}",
		    i + 1, hex, i);
		hash_sha256(bytes_of(journal->lines[i]), head);
	}
}

static bool head_of(const struct journal *journal, uint8_t head[SHA256_LEN], struct err *err)
{
	CLEANUP(text_free) struct text whole = {0};
	uint64_t number = 0;

	for (size_t i = 0; i < journal->count; i++)
		text_addf(&whole, "%s\n", journal->lines[i]);
	CLEANUP(source_close) struct source *source = source_of_bytes(text_bytes(&whole));

	memset(head, 0, SHA256_LEN);
	return reader_journal_follow(source, &number, head, err);
}

/* The line that is named; 0: none. */
static int line_named(const struct journal *journal)
{
	uint8_t head[SHA256_LEN];
	struct err err = {0};

	if (head_of(journal, head, &err))
		return 0;
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_memory_equal(err.text, "line ", 5);
	return (int)strtol(err.text + 5, NULL, 10);
}

static void swap(struct journal *journal, size_t a, size_t b)
{
	char kept[LINE_ROOM];

	memcpy(kept, journal->lines[a], LINE_ROOM);
	memcpy(journal->lines[a], journal->lines[b], LINE_ROOM);
	memcpy(journal->lines[b], kept, LINE_ROOM);
}

static void leave_out(struct journal *journal, size_t at)
{
	memmove(journal->lines[at], journal->lines[at + 1], (LINES - at) * LINE_ROOM);
	journal->count--;
}

static void test_untouched(void **state)
{
	struct journal journal;
	struct journal none = {0};
	uint8_t head[SHA256_LEN];
	uint8_t last[SHA256_LEN];

	(void)state;
	make(&journal);
	assert_true(head_of(&journal, head, NULL));
	hash_sha256(bytes_of(journal.lines[LINES - 1]), last);
	assert_memory_equal(head, last, sizeof(head));
	assert_true(head_of(&none, head, NULL));
	assert_memory_equal(head, (uint8_t[SHA256_LEN]){0}, sizeof(head));
}

/* One reader would take the first, another the last. */
static void test_two_numbers(void **state)
{
	static const char lines[][LINE_ROOM] = {
	    "{\"number\":1,\"previous\":\"%s\",\"step\":{\"a\":1,\"b\":2}}",
	    "{\"number\":1,\"previous\":\"%s\",\"number\":1}",
	    "{\"number\":1,\"previous\":\"%s\",\"step\":{\"a\":1,\"a\":2}}"};
	struct journal journal = {.count = 1};
	uint8_t head[SHA256_LEN];
	char zeros[SHA256_HEX_ROOM];

	(void)state;
	hash_hex((struct bytes){(uint8_t[SHA256_LEN]){0}, SHA256_LEN}, zeros);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		CLEANUP(text_free) struct text line = {0};
		const char *percent = strstr(lines[i], "%s");
		struct err err = {0};

		text_add(
		    &line, (struct bytes){(const uint8_t *)lines[i], (size_t)(percent - lines[i])});
		text_addf(&line, "%s%s", zeros, percent + 2);
		snprintf(journal.lines[0], LINE_ROOM, "%s", text_string(&line));
		assert_int_equal(head_of(&journal, head, &err), i == 0);
		assert_true(i == 0 || strstr(err.text, "a key twice"));
	}
}

/* The line after it no longer holds its hash; of the last one the MANIFEST has it. */
static void test_edited(void **state)
{
	uint8_t before[SHA256_LEN];
	uint8_t after[SHA256_LEN];
	struct journal journal;

	(void)state;
	for (int i = 0; i < LINES - 1; i++) {
		make(&journal);
		strstr(journal.lines[i], "\"s")[1] = 'S';
		assert_int_equal(line_named(&journal), i + 2);
	}
	make(&journal);
	assert_true(head_of(&journal, before, NULL));
	strstr(journal.lines[LINES - 1], "\"s")[1] = 'S';
	assert_true(head_of(&journal, after, NULL));
	assert_memory_not_equal(before, after, sizeof(before));
}

static void test_cut(void **state)
{
	uint8_t before[SHA256_LEN];
	uint8_t after[SHA256_LEN];
	struct journal journal;

	(void)state;
	for (size_t i = 0; i < LINES - 1; i++) {
		make(&journal);
		leave_out(&journal, i);
		assert_int_equal(line_named(&journal), i + 1);
	}
	make(&journal);
	assert_true(head_of(&journal, before, NULL));
	leave_out(&journal, LINES - 1);
	assert_true(head_of(&journal, after, NULL));
	assert_memory_not_equal(before, after, sizeof(before));
}

static void test_moved_and_added(void **state)
{
	struct journal journal;

	(void)state;
	make(&journal);
	swap(&journal, 2, 4);
	assert_int_equal(line_named(&journal), 3);
	make(&journal);
	memcpy(journal.lines[LINES], journal.lines[1], LINE_ROOM);
	journal.count = LINES + 1;
	assert_int_equal(line_named(&journal), LINES + 1);
	make(&journal);
	snprintf(journal.lines[3], LINE_ROOM, "no JSON");
	assert_int_equal(line_named(&journal), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_untouched),
	    cmocka_unit_test(test_two_numbers),
	    cmocka_unit_test(test_edited),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_moved_and_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
