/* Collector "processes": this very program is among the rows, with everything right. Natively there is
 * nothing to list, and it says so. */
#include "tests/unit.h"

#include "collectors/live_rows.h"
#include "core/array.h"
#include "core/hash.h"
#include "core/time.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/process.h"
#include "tests/fixture_rows.h"

#include <stdlib.h>
#include <yyjson.h>
#ifdef _WIN32
#include <windows.h>
#include <process.h>
#endif

static bool is_stopped(void *context)
{
	return ((struct rows *)context)->count > 0;
}

#ifdef _WIN32
/* The row of a process, or NULL. The caller frees it. */
static yyjson_doc *row_of(const struct rows *rows, uint64_t pid)
{
	for (size_t at = 0; at < rows->lines.len;) {
		const char *line = rows->lines.at + at;
		yyjson_doc *doc = yyjson_read(line, strlen(line), 0);

		assert_non_null(doc);
		if (yyjson_get_uint(yyjson_obj_get(yyjson_doc_get_root(doc), "pid")) == pid)
			return doc;
		yyjson_doc_free(doc);
		at += strlen(line) + 1;
	}
	return NULL;
}

static const char *string_in(yyjson_doc *doc, const char *key)
{
	const char *value = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), key));

	if (!value)
		print_error("no %s\n", key);
	assert_non_null(value);
	return value;
}

static void assert_own_hash(const char *hex)
{
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(text_free) struct text image = {0};
	uint8_t sha256[SHA256_LEN];
	char want[SHA256_HEX_ROOM];
	struct err err = {0};

	assert_true(file_program_path(&path, &err));
	assert_true(file_read_all(path.at, (size_t)256 << 20, &image, &err) ||
		    (print_error("%s\n", err.text), false));
	hash_sha256(text_bytes(&image), sha256);
	hash_hex((struct bytes){sha256, sizeof(sha256)}, want);
	assert_string_equal(hex, want);
}

static void test_own_process(void **state)
{
	CLEANUP(text_free) struct text path = {0};
	struct rows rows = {0};
	const struct row_taker to = {rows_take, NULL, &rows};
	struct err err = {0};
	uint64_t started = 0;
	uint64_t now = clock_now();

	(void)state;
	rows.lines.ceiling = 0;
	assert_true(processes_rows(&to, &err));
	assert_true(rows.count > 1);
	yyjson_doc *row = row_of(&rows, process_own_id());

	assert_non_null(row);
	assert_true(file_program_path(&path, &err));
	assert_true(text_same_name(bytes_of(string_in(row, "path")), text_bytes(&path)));
	assert_string_equal(string_in(row, "name"), "test_processes.exe");
	assert_non_null(strstr(string_in(row, "command_line"), "test_processes"));
	assert_true(strlen(string_in(row, "user")) > 0);
	assert_int_equal(strncmp(string_in(row, "user_sid"), "S-1-", 4), 0);
	assert_true(time_parse(string_in(row, "started"), &started, &err));
	assert_true(started <= now && now - started < 600 * TIME_TICKS_PER_SECOND);
	assert_own_hash(string_in(row, "image_sha256"));
	assert_true(yyjson_is_null(yyjson_obj_get(yyjson_doc_get_root(row), "problem")));
	assert_true(yyjson_is_null(yyjson_obj_get(yyjson_doc_get_root(row), "image_problem")));
	yyjson_doc_free(row);
	text_free(&rows.lines);
}

/* A child with a command line as no other; the row names us as its parent. */
static void test_command_line_of_a_child(void **state)
{
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(text_free) struct text wide = {0};
	struct rows rows = {0};
	const struct row_taker to = {rows_take, NULL, &rows};
	const wchar_t *const arguments[] = {
	    L"child", L"wait", L"\x8a3c\x62e0\xd83d\xdd0d", L"\"a b\"", NULL};
	yyjson_doc *child = NULL;
	struct err err = {0};

	(void)state;
	assert_true(file_program_path(&path, &err));
	text_to_utf16((struct bytes){(const uint8_t *)path.at, path.len + 1}, &wide);
	intptr_t handle = _wspawnv(_P_NOWAIT, (const wchar_t *)(const void *)wide.at, arguments);

	assert_true(handle != -1);
	assert_true(processes_rows(&to, &err));
	for (size_t at = 0; at < rows.lines.len && !child;) {
		const char *line = rows.lines.at + at;
		yyjson_doc *doc = yyjson_read(line, strlen(line), 0);
		const char *command =
		    yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "command_line"));

		if (command && strncmp(command, "child wait ", 11) == 0)
			child = doc;
		else
			yyjson_doc_free(doc);
		at += strlen(line) + 1;
	}
	assert_non_null(child);
	assert_non_null(
	    strstr(string_in(child, "command_line"), "\xe8\xa8\xbc\xe6\x8b\xa0\xf0\x9f\x94\x8d"));
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(yyjson_doc_get_root(child), "parent")),
	    process_own_id());
	assert_own_hash(string_in(child, "image_sha256"));
	yyjson_doc_free(child);
	text_free(&rows.lines);
	_cwait(NULL, handle, 0);
}

static void test_stops(void **state)
{
	struct rows rows = {0};
	const struct row_taker to = {rows_take, is_stopped, &rows};
	struct err err = {0};

	(void)state;
	assert_false(processes_rows(&to, &err));
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_int_equal(rows.count, 1);
	text_free(&rows.lines);
}
#else
static void test_not_on_this_system(void **state)
{
	struct rows rows = {0};
	const struct row_taker to = {rows_take, is_stopped, &rows};
	struct err err = {0};

	(void)state;
	assert_false(processes_rows(&to, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_int_equal(rows.count, 0);
}
#endif

/* What a process knows of itself, on both systems. */
static void test_own_numbers(void **state)
{
	(void)state;
	assert_true(process_own_id() != 0);
	process_enable_privileges();
	process_go_background();
	assert_true(process_peak_memory() > 1 << 20);
	assert_true(process_peak_memory() < (uint64_t)4 << 30);
	(void)process_is_elevated();
}

/* Who asked first has the last word. */
static void test_kept_awake(void **state)
{
	(void)state;
	assert_false(process_keep_awake(true));
	assert_true(process_keep_awake(true));
	assert_true(process_keep_awake(false));
	assert_false(process_keep_awake(false));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#ifdef _WIN32
	    cmocka_unit_test(test_own_process),
	    cmocka_unit_test(test_command_line_of_a_child),
	    cmocka_unit_test(test_stops),
#else
	    cmocka_unit_test(test_not_on_this_system),
#endif
	    cmocka_unit_test(test_own_numbers),
	    cmocka_unit_test(test_kept_awake),
	};

#ifdef _WIN32
	if (argc > 1 && strcmp(argv[1], "wait") == 0)
		return Sleep(3000), 0; /* the child of a test */
#endif
	(void)argc;
	(void)argv;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
