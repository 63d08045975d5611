/* platform/file.c and its two system halves: names, lengths, kinds of errors, durability's order. */
#include "tests/unit.h"

#include "core/array.h"
#include "platform/file.h"
#include "tests/fixture_directory.h"

#include <stdio.h>
#include <stdlib.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#include <share.h>
#else
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

static void must(bool ok, const struct err *err)
{
	if (!ok)
		print_error("%s\n", err->text);
	assert_true(ok);
}

static void write_file(const char *path, const char *content)
{
	struct err err = {0};

	must(file_write_all(path, bytes_of(content), false, &err), &err);
}

static void assert_content(const char *path, const char *content)
{
	CLEANUP(text_free) struct text read = {0};
	struct err err = {0};

	must(file_read_all(path, 1 << 20, &read, &err), &err);
	assert_string_equal(text_string(&read), content);
}

/* Adds to a file by other means than ours. */
static void append(const char *path, const char *more)
{
#ifdef _WIN32
	CLEANUP(text_free) struct text wide = {0};

	text_to_utf16((struct bytes){(const uint8_t *)path, strlen(path) + 1}, &wide);
	FILE *file = _wfopen((const wchar_t *)(const void *)wide.at, L"ab");
#else
	FILE *file = fopen(path, "ab");
#endif

	assert_non_null(file);
	assert_true(fputs(more, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

struct seen {
	struct text names;
	int directories;
};

static bool see(void *context, const char *name, enum file_kind kind, struct err *err)
{
	struct seen *seen = context;

	(void)err;
	text_addf(&seen->names, "%s\n", name);
	seen->directories += kind == FILE_KIND_DIRECTORY;
	return true;
}

/* Every name that a Windows volume or a Japanese office can hold, written, listed, read and removed. */
/* Read from the medium it is the same, at any offset and length. */
static void test_medium(void **state)
{
	CLEANUP(text_free) struct text content = {.ceiling = 4 << 20};
	CLEANUP(source_close) struct source *medium = NULL;
	uint8_t *piece = malloc(3 << 20);
	CLEANUP(text_free) struct text name = {0};
	struct err err = {0};
	size_t got = 0;

	(void)state;
	file_join(&name, text_string(&directory_base), "medium.bin");
	const char *path = text_string(&name);

	for (unsigned i = 0; content.len < (2u << 20) + 777; i++)
		text_addf(&content, "%u,", i * 2654435761u);
	must(file_write_all(path, text_bytes(&content), false, &err), &err);
	must(file_open_medium(path, &medium, &err), &err);
	assert_int_equal(medium->size, content.len);
	for (size_t at = 0; at < content.len; at = at * 3 + 1)
		for (size_t len = 1; len < (3u << 20); len = len * 7 + 4095) {
			size_t want = content.len - at < len ? content.len - at : len;

			must(medium->read(medium, at, piece, len, &got, &err), &err);
			assert_int_equal(got, want);
			assert_memory_equal(piece, content.at + at, want);
		}
	must(medium->read(medium, content.len, piece, 10, &got, &err), &err);
	assert_int_equal(got, 0);
	free(piece);
}

static void test_names(void **state)
{
	static const char *const names[] = {
	    "\xe8\xa8\xbc\xe6\x8b\xa0 \xe3\x82\xb3\xe3\x83\x94\xe3\x83\xbc.txt",
	    "emoji \xf0\x9f\x94\x8d\xf0\x9f\x91\xaa.bin",
	    "con.log",
	    "aux",
	    "nul.txt",
	    "ends with dot.",
	    "ends with space ",
	    "-dash",
	    "\xef\xbc\xa1\xef\xbd\xb1\xcc\x88",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(free_memory) char *path = directory_path(&directory_base, names[i]);
		struct seen seen = {0};
		struct err err = {0};

		write_file(path, names[i]);
		assert_content(path, names[i]);
		assert_true(file_list(directory_base.at, see, &seen, &err));
		assert_int_equal(seen.names.len, strlen(names[i]) + 1);
		assert_memory_equal(seen.names.at, names[i], strlen(names[i]));
		text_free(&seen.names);
		assert_true(file_remove(path, &err));
		assert_int_equal(file_kind(path), FILE_KIND_MISSING);
	}
}

static void test_lone_surrogate_in_a_name(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "half \xed\xa0\xbd.txt");
	struct err err = {0};

	(void)state;
	if (!file_write_all(path, bytes_of("x"), false, &err)) {
		assert_true(strlen(err.text) > 0); /* Wine's Unix names cannot hold it; NTFS can */
		return;
	}
	assert_content(path, "x");
	assert_true(file_remove(path, &err));
}

static void test_longest_name(void **state)
{
	CLEANUP(text_free) struct text name = {0};
	struct err err = {0};

	(void)state;
	for (int i = 0; i < 86; i++) /* 258 bytes of UTF-8, 86 characters */
		text_adds(&name, "\xe9\x91\x91");
	CLEANUP(free_memory) char *path = directory_path(&directory_base, name.at);

	if (file_write_all(path, bytes_of("x"), false, &err)) {
		assert_content(path, "x");
		return; /* Windows counts characters */
	}
	assert_true(err.kind == ERR_UNSUPPORTED || err.kind == ERR_MISSING || err.kind == ERR_IO);
	assert_non_null(strstr(err.text, "cannot create '"));
}

static void test_path_over_300_characters(void **state)
{
	CLEANUP(text_free) struct text path = {0};
	struct err err = {0};

	(void)state;
	text_adds(&path, directory_base.at);
	for (int i = 0; i < 8; i++)
		text_addf(&path, "/%d%s", i, "0123456789012345678901234567890123456789");
	must(file_make_directory(path.at, true, &err), &err);
	assert_true(file_make_directory(path.at, true, &err)); /* being there is fine */
	text_adds(&path, "/file.txt");
	assert_true(path.len > 300);
	write_file(path.at, "deep");
	assert_content(path.at, "deep");
	assert_int_equal(file_kind(path.at), FILE_KIND_FILE);
}

static void test_kinds_of_errors(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "there");
	CLEANUP(free_memory) char *below = directory_path(&directory_base, "there/below");
	CLEANUP(free_memory) char *missing = directory_path(&directory_base, "no/where");
	CLEANUP(text_free) struct text all = {0};
	struct source *source = NULL;
	struct sink *sink = NULL;
	struct err err = {0};

	(void)state;
	write_file(path, "12345");
	assert_false(file_create(path, &sink, &err));
	assert_int_equal(err.kind, ERR_EXISTS);
	assert_null(sink);
	assert_content(path, "12345");
	assert_false(file_open(missing, &source, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_non_null(strstr(err.text, missing));
	assert_false(file_create(missing, &sink, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_false(file_open(below, &source, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_false(file_open(directory_base.at, &source, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "directory"));
	assert_false(file_read_all(path, 4, &all, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_true(file_read_all(path, 5, &all, &err));
	assert_false(file_make_directory(path, false, &err));
	assert_int_equal(err.kind, ERR_EXISTS);
	assert_false(file_list(path, see, &(struct seen){0}, &err));
	assert_false(file_remove(missing, &err));
	assert_false(file_open("", &source, &err));
	assert_null(source);
}

static void test_listing_is_sorted(void **state)
{
	static const char *const names[] = {"b", "a", "\xe3\x81\x82", "B", "a1"};
	struct seen seen = {0};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(free_memory) char *path = directory_path(&directory_base, names[i]);

		if (i == 3)
			continue; /* "B" is "b" on Windows */
		write_file(path, "");
	}
	CLEANUP(free_memory) char *directory = directory_path(&directory_base, "aa");

	assert_true(file_make_directory(directory, false, &err));
	assert_true(file_list(directory_base.at, see, &seen, &err));
	assert_string_equal(text_string(&seen.names), "a\na1\naa\nb\n\xe3\x81\x82\n");
	assert_int_equal(seen.directories, 1);
	text_free(&seen.names);
}

/* Pieces that never fit the buffer's; what is read is what was written. */
static void test_large_writes(void **state)
{
	enum { PIECE = 333333, COUNT = 20 };
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "large");
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);
	CLEANUP(free_memory) uint8_t *back = malloc(PIECE);
	CLEANUP(sink_free) struct sink *sink = NULL;
	CLEANUP(source_close) struct source *source = NULL;
	struct err err = {0};

	(void)state;
	assert_true(file_create(path, &sink, &err));
	for (int i = 0; i < COUNT; i++) {
		memset(piece, i, PIECE);
		assert_true(sink->write(sink, (struct bytes){piece, PIECE}, &err));
	}
	assert_true(sink->finish(sink, &err));
	assert_true(file_open(path, &source, &err));
	assert_int_equal(source->size, (uint64_t)PIECE * COUNT);
	for (int i = COUNT - 1; i >= 0; i--) {
		size_t got = 0;

		assert_true(source->read(source, (uint64_t)PIECE * i, back, PIECE, &got, &err));
		assert_int_equal(got, PIECE);
		memset(piece, i, PIECE);
		assert_memory_equal(piece, back, PIECE);
	}
	size_t got = 7;

	assert_true(source->read(source, (uint64_t)PIECE * COUNT - 3, back, 10, &got, &err));
	assert_int_equal(got, 3);
	assert_true(source->read(source, UINT64_MAX, back, 10, &got, &err));
	assert_int_equal(got, 0);
}

static void test_size_is_fixed_at_open(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "grows");
	CLEANUP(sink_free) struct sink *sink = NULL;
	CLEANUP(source_close) struct source *source = NULL;
	uint8_t back[16];
	size_t got = 0;
	struct err err = {0};

	(void)state;
	write_file(path, "12345");
	assert_true(file_open(path, &source, &err));
	append(path, "678");
	assert_true(source->read(source, 0, back, sizeof(back), &got, &err));
	assert_int_equal(got, 5);
}

/* What was not finished stays as it is, with all bytes that were given. */
static void test_unfinished_stays(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "part");
	struct sink *sink = NULL;
	struct err err = {0};

	(void)state;
	assert_true(file_create(path, &sink, &err));
	assert_true(sink->write(sink, bytes_of("half"), &err));
	sink_free(sink);
	assert_content(path, "half");
}

static void test_rename(void **state)
{
	CLEANUP(free_memory) char *from = directory_path(&directory_base, "MANIFEST.new");
	CLEANUP(free_memory) char *to = directory_path(&directory_base, "MANIFEST");
	struct err err = {0};

	(void)state;
	write_file(from, "first");
	assert_true(file_rename(from, to, &err));
	write_file(from, "second");
	assert_true(file_rename(from, to, &err)); /* over an existing one */
	assert_content(to, "second");
	assert_int_equal(file_kind(from), FILE_KIND_MISSING);
	assert_false(file_rename(from, to, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_content(to, "second");
}

static void test_identity(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "one");
	CLEANUP(free_memory) char *again = directory_path(&directory_base, "./x/.././one");
	CLEANUP(free_memory) char *x = directory_path(&directory_base, "x");
	CLEANUP(free_memory) char *other = directory_path(&directory_base, "two");
	struct file_identity a, b, c, d;
	struct err err = {0};

	(void)state;
	write_file(path, "1");
	write_file(other, "1");
	assert_true(file_make_directory(x, false, &err));
	assert_true(file_identity(path, &a, &err));
	assert_true(file_identity(again, &b, &err));
	assert_true(file_identity(other, &c, &err));
	assert_true(file_identity(directory_base.at, &d, &err));
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&a, &c, sizeof(a));
	assert_memory_not_equal(&a, &d, sizeof(a));
	assert_int_equal(a.volume, c.volume);
#ifndef _WIN32
	CLEANUP(free_memory) char *hard = directory_path(&directory_base, "hard");

	assert_int_equal(link(path, hard), 0);
	assert_true(file_identity(hard, &b, &err));
	assert_memory_equal(&a, &b, sizeof(a));
#endif
	assert_false(file_identity("no such thing", &b, &err));
	assert_int_equal(err.kind, ERR_MISSING);
}

static void test_space_and_program(void **state)
{
	CLEANUP(text_free) struct text program = {0};
	uint64_t space = 0;
	struct err err = {0};

	(void)state;
	assert_true(file_free_space(directory_base.at, &space, &err));
	assert_true(space > 1 << 20);
	assert_false(file_free_space("no such directory", &space, &err));
	assert_true(file_program_path(&program, &err));
	assert_int_equal(file_kind(program.at), FILE_KIND_FILE);
	assert_non_null(strstr(program.at, "test_file"));
}

static void test_join(void **state)
{
	CLEANUP(text_free) struct text path = {0};

	(void)state;
	file_join(&path, "", "x");
	assert_string_equal(path.at, "x");
	file_join(&path, "a/", "x");
	assert_string_equal(path.at, "a/x");
	file_join(&path, "a", "x");
	assert_string_equal(path.at, "a/x");
}

static void test_private(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "secret.key");
	struct err err = {0};

	(void)state;
	assert_true(file_write_all(path, bytes_of("key"), true, &err));
	assert_content(path, "key");
#ifndef _WIN32
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
#endif
}

#ifdef _WIN32
static void test_held_by_another_program(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "held");
	struct source *source = NULL;
	struct err err = {0};
	CLEANUP(text_free) struct text wide = {0};

	(void)state;
	write_file(path, "x");
	text_to_utf16((struct bytes){(const uint8_t *)path, strlen(path) + 1}, &wide);
	int held = _wsopen((const wchar_t *)(const void *)wide.at, _O_RDWR, _SH_DENYRW);

	assert_true(held >= 0);
	assert_false(file_open(path, &source, &err));
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(err.os_code, 32); /* ERROR_SHARING_VIOLATION */
	_close(held);
	assert_true(file_open(path, &source, &err));
	/* We keep nobody out: it can be written and removed while we read it. */
	held = _wsopen((const wchar_t *)(const void *)wide.at, _O_RDWR, _SH_DENYNO);
	assert_true(held >= 0);
	_close(held);
	assert_true(file_remove(path, &err));
	source_close(source);
}

static void test_kinds_of_paths(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "f");
	CLEANUP(text_free) struct text program = {0};
	CLEANUP(text_free) struct text other = {0};
	struct file_identity a, b;
	struct err err = {0};

	(void)state;
	write_file(path, "x");
	assert_true(file_program_path(&program, &err));
	assert_true(file_identity(program.at, &a, &err));
	text_addf(&other, "\\\\?\\%s", program.at); /* given with the prefix */
	assert_true(file_identity(other.at, &b, &err));
	assert_memory_equal(&a, &b, sizeof(a));
	text_clear(&other);
	text_addf(&other, "%s/../../%s/f", directory_base.at,
	    directory_base.at); /* ".." stops at no wrong place */
	assert_int_equal(file_kind(other.at), FILE_KIND_MISSING);
	text_clear(&other);
	text_addf(&other, "%s\\..\\%s/./f", directory_base.at, directory_base.at);
	assert_int_equal(file_kind(other.at), FILE_KIND_FILE);
	assert_int_equal(file_kind("C:\\"), FILE_KIND_DIRECTORY);
	assert_int_equal(file_kind("C:/windows/.."), FILE_KIND_DIRECTORY);
	assert_int_equal(file_kind("/"), FILE_KIND_DIRECTORY);
	assert_int_equal(file_kind("C:\\con"), FILE_KIND_MISSING);
}
#else
static void test_full_disk(void **state)
{
	CLEANUP(free_memory) char *mounted = directory_path(&directory_base, "small");
	CLEANUP(text_free) struct text path = {0};
	struct sink *sink = NULL;
	static uint8_t piece[700000];
	CLEANUP(text_free) struct text back = {0};
	struct err err = {0}, after = {0};
	size_t wrong = 0;
	bool ok = true;

	(void)state;
	assert_true(file_make_directory(mounted, false, &err));
	if (mount("none", mounted, "tmpfs", 0, "size=3m") != 0) {
		printf("skipped: a small tmpfs (needs root)\n");
		return;
	}
	file_join(&path, mounted, "x");
	assert_true(file_create(path.at, &sink, &err));
	for (int i = 0; i < 20 && ok; i++) {
		memset(piece, i + 1, sizeof(piece));
		ok = sink->write(sink, (struct bytes){piece, sizeof(piece)}, &err);
	}
	bool again = sink->write(sink, (struct bytes){piece, 1}, &after);

	sink_free(sink);
	/* What is there is the beginning, and nothing was put behind what failed. */
	assert_true(file_read_all(path.at, 4 << 20, &back, &after));
	for (size_t i = 0; i < back.len; i++)
		wrong += (uint8_t)back.at[i] != i / sizeof(piece) + 1;
	assert_int_equal(umount(mounted), 0);
	assert_false(ok || again);
	assert_int_equal(wrong, 0);
	assert_in_range(back.len, 2 << 20, 3 << 20);
	assert_int_equal(err.kind, ERR_FULL);
	assert_non_null(strstr(err.text, "cannot write '"));
}

static void test_pipes_do_not_hang(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "pipe");
	struct source *source = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(file_open(path, &source, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_int_equal(file_kind(path), FILE_KIND_OTHER);
}
#endif

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, directory_set_up, directory_tear_down)

static void test_full_path(void **state)
{
	CLEANUP(text_free) struct text here = {0};
	CLEANUP(text_free) struct text full = {0};
	CLEANUP(text_free) struct text again = {0};
	struct file_identity a, b;
	struct err err = {0};

	(void)state;
	must(file_full_path(".", &here, &err), &err);
	must(file_identity(".", &a, &err) && file_identity(text_string(&here), &b, &err), &err);
	assert_memory_equal(&a, &b, sizeof(a));
	must(file_full_path("not there.img", &full, &err), &err);
	assert_true(full.len > strlen("not there.img"));
	assert_non_null(strstr(text_string(&full), "not there.img"));
	must(file_full_path(text_string(&full), &again, &err), &err);
	assert_string_equal(text_string(&again), text_string(&full));
	must(file_real_path(".", &full, &err) && file_identity(full.at, &b, &err), &err);
	assert_memory_equal(&a, &b, sizeof(a));
	text_adds(&full, "/../.");
	must(file_real_path(text_string(&full), &again, &err), &err);
	assert_true(again.len > 0 && strncmp(again.at, here.at, again.len) == 0);
	assert_null(strstr(again.at, ".."));
#ifdef _WIN32
	must(file_full_path("C:/a/b", &full, &err), &err);
	assert_string_equal(text_string(&full), "C:\\a\\b");
	must(file_full_path("//server/share/x", &full, &err), &err);
	assert_string_equal(text_string(&full), "\\\\server\\share\\x");
	must(file_full_path("\\\\.\\PhysicalDrive0", &full, &err), &err);
	assert_string_equal(text_string(&full), "\\\\.\\PhysicalDrive0");
#endif
}

static void test_hold(void **state)
{
	CLEANUP(free_memory) char *path = directory_path(&directory_base, "held.txt");
	struct file_hold *one = NULL, *other = NULL;
	struct err err = {0};

	(void)state;
	write_file(path, "held");
	must(file_hold(path, &one, &err), &err);
	assert_false(file_hold(path, &other, &err));
	assert_int_equal(err.kind, ERR_DENIED);
	assert_content(path, "held");
	file_hold_free(one);
	must(file_hold(path, &other, &err), &err);
	file_hold_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_medium),
	    TEST(test_names),
	    TEST(test_lone_surrogate_in_a_name),
	    TEST(test_longest_name),
	    TEST(test_path_over_300_characters),
	    TEST(test_kinds_of_errors),
	    TEST(test_listing_is_sorted),
	    TEST(test_large_writes),
	    TEST(test_size_is_fixed_at_open),
	    TEST(test_unfinished_stays),
	    TEST(test_rename),
	    TEST(test_identity),
	    TEST(test_space_and_program),
	    TEST(test_join),
	    TEST(test_full_path),
	    TEST(test_hold),
	    TEST(test_private),
#ifdef _WIN32
	    TEST(test_held_by_another_program),
	    TEST(test_kinds_of_paths),
#else
	    TEST(test_full_disk),
	    TEST(test_pipes_do_not_hang),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
