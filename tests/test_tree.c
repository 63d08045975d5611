/* A tree keeps what comes out of evidence below its directory. */
#include "unit.h"

#include "fixture_directory.h"

#include "core/array.h"
#include "platform/file.h"
#include "platform/tree.h"

#include <stdlib.h>
#include <string.h>
#ifndef _WIN32 /* links need a privilege there */
#include <sys/stat.h>
#include <unistd.h>
#endif

static struct text base;

static int set_up(void **state)
{
	struct err err = {0};
	CLEANUP(free_memory) char *below = NULL;

	directory_make(&base);
	below = directory_path(&base, "a/b/tree");
	return tree_open(below, (struct tree **)state, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
	tree_close(*state);
	directory_remove(&base);
	return 0;
}

static bool put(
    struct tree *tree, const char *path, bool replace, const char *content, struct err *err)
{
	struct tree_file *file = NULL;
	const struct tree_times times = {0};

	if (!tree_create(tree, path, replace, &file, err))
		return false;
	assert_true(tree_write(file, 0, bytes_of(content), err));
	return tree_finish(file, strlen(content), &times, err);
}

static void assert_holds(const char *path, const char *content)
{
	CLEANUP(free_memory) char *full = directory_path(&base, path);
	CLEANUP(text_free) struct text read = {0};

	assert_true(file_read_all(full, 1000, &read, NULL));
	assert_string_equal(text_string(&read), content);
}

static void puts_files(void **state)
{
	struct err err = {0};

	assert_true(put(*state, "top", false, "1", &err));
	assert_true(put(*state, "fs/C/日本語/x.txt", false, "2", &err));
	assert_true(put(*state, "fs/C/日本語/y.txt", false, "3", &err));
	assert_true(put(*state, "fs/C/z", false, "4", &err));
	assert_holds("a/b/tree/top", "1");
	assert_holds("a/b/tree/fs/C/日本語/x.txt", "2");
	assert_holds("a/b/tree/fs/C/日本語/y.txt", "3");
	assert_holds("a/b/tree/fs/C/z", "4");
}

static void replaces_only_when_told(void **state)
{
	struct err err = {0};

	assert_true(put(*state, "x", false, "old", &err));
	assert_false(put(*state, "x", false, "new", &err));
	assert_int_equal(err.kind, ERR_EXISTS);
	assert_holds("a/b/tree/x", "old");
	assert_true(put(*state, "x", true, "new", &err));
	assert_holds("a/b/tree/x", "new");
	/* never a directory by a file, nor the other way round */
	assert_true(put(*state, "d/x", false, "1", &err));
	assert_false(put(*state, "d", true, "2", &err));
	assert_false(put(*state, "x/y", true, "2", &err));
}

static void never_leaves(void **state)
{
	static const char *const paths[] = {
	    "", "/", "/x", "../x", "..", ".", "./x", "a/../x", "a//x", "a/", "a/./x"};
	CLEANUP(free_memory) char *outside = directory_path(&base, "a/b/x");
	struct err err = {0};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		if (put(*state, paths[i], true, "bad", &err))
			print_error("'%s' is accepted\n", paths[i]);
		assert_false(put(*state, paths[i], true, "bad", &err));
	}
	assert_int_equal(file_kind(outside), FILE_KIND_MISSING);
}

static void abandons_what_is_not_finished(void **state)
{
	struct tree_file *file = NULL;
	CLEANUP(free_memory) char *path = directory_path(&base, "a/b/tree/x");

	assert_true(tree_create(*state, "x", false, &file, NULL));
	assert_true(tree_write(file, 0, bytes_of("half"), NULL));
	tree_abandon(file);
	assert_int_equal(file_kind(path), FILE_KIND_MISSING);
}

/* Files of neighbouring directories in any order: nothing lands in the one before. */
static void goes_up_and_down(void **state)
{
	static const char *const paths[] = {"a/b/c/d/e/f/g/h/1", "a/b/c/d/e/f/g/hh/2",
	    "a/b/c/d/e/f/g/3", "a/b/c/dd/4", "a/b/c/d/e/f/g/h/5", "a/6", "7", "a/b/c/d/8",
	    "a/bb/c/d/e/f/9", "a/b/10"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		assert_true(put(*state, paths[i], false, paths[i], NULL));
		assert_false(put(*state, "a/b/c/d/../x", false, "", NULL));
		assert_false(put(*state, "a/b/c//x", false, "", NULL));
	}
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		CLEANUP(text_free) struct text below = {0};

		text_addf(&below, "a/b/tree/%s", paths[i]);
		assert_holds(text_string(&below), paths[i]);
	}
}

static void makes_nothing_of_what_is_too_deep(void **state)
{
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(free_memory) char *first = directory_path(&base, "a/b/tree/deep");
	struct err err = {0};

	text_adds(&path, "deep");
	for (unsigned i = 1; i < TREE_DEPTH + 1; i++)
		text_adds(&path, "/d");
	text_adds(&path, "/file");
	assert_false(put(*state, text_string(&path), false, "", &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(file_kind(first), FILE_KIND_MISSING);
}

static void makes_holes(void **state)
{
	const struct tree_times times = {0};
	struct tree_file *file = NULL;
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(free_memory) char *path = directory_path(&base, "a/b/tree/sparse");
	char read[8];

	assert_true(tree_create(*state, "sparse", false, &file, NULL));
	assert_true(tree_write(file, 5000000, bytes_of("here"), NULL));
	assert_true(tree_finish(file, 10000000, &times, NULL));
	assert_true(file_open(path, &source, NULL));
	assert_int_equal(source->size, 10000000);
	assert_true(source_read_exact(source, 4999998, read, 8, NULL));
	assert_memory_equal(read, "\0\0here\0\0", 8);
}

#ifndef _WIN32
static void follows_no_links(void **state)
{
	CLEANUP(free_memory) char *elsewhere = directory_path(&base, "elsewhere");
	CLEANUP(free_memory) char *link = directory_path(&base, "a/b/tree/link");
	CLEANUP(free_memory) char *file_link = directory_path(&base, "a/b/tree/file");
	CLEANUP(free_memory) char *victim = directory_path(&base, "elsewhere/victim");
	struct err err = {0};

	assert_true(file_make_directory(elsewhere, false, NULL));
	assert_true(file_write_all(victim, bytes_of("mine"), false, NULL));
	assert_int_equal(symlink(elsewhere, link), 0);
	assert_int_equal(symlink(victim, file_link), 0);
	assert_false(put(*state, "link/victim", true, "bad", &err));
	assert_int_equal(err.kind, ERR_EXISTS);
	assert_false(put(*state, "file", false, "bad", &err));
	/* replacing replaces the link, not what it leads to */
	assert_true(put(*state, "file", true, "good", &err));
	assert_holds("elsewhere/victim", "mine");
	assert_holds("a/b/tree/file", "good");
}

static void is_private_and_keeps_times(void **state)
{
	const struct tree_times times = {
	    .modified = 131666263041234567, .accessed = 131666263050000000};
	struct tree_file *file = NULL;
	CLEANUP(free_memory) char *path = directory_path(&base, "a/b/tree/x");
	struct stat stat_of;

	assert_true(tree_create(*state, "x", false, &file, NULL));
	assert_true(tree_finish(file, 0, &times, NULL));
	assert_int_equal(stat(path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0600);
	assert_int_equal(stat_of.st_mtim.tv_sec, 1522152704);
	assert_int_equal(stat_of.st_mtim.tv_nsec, 123456700);
	assert_int_equal(stat_of.st_atim.tv_sec, 1522152705);
	/* before 1970, and what no file system can hold, still make a file */
	const struct tree_times odd = {.modified = 1, .accessed = UINT64_MAX};

	assert_true(tree_create(*state, "odd", false, &file, NULL));
	assert_true(tree_finish(file, 0, &odd, NULL));
}
#else
static void refuses_names_that_windows_reads_otherwise(void **state)
{
	static const char *const names[] = {
	    "a:b", "a?", "a*", "a.", "a ", "a|b", "a\\b", "d./x", "a:b/x"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_false(put(*state, names[i], true, "bad", NULL));
}
#endif

/* Told only where it is known, and nothing is left of asking. */
static void tells_case(void **state)
{
	CLEANUP(free_memory) char *probe = directory_path(&base, "a/b/tree/d/.kanshiki-case");
	bool tells = tree_tells_case(*state, "d/a");

	assert_int_equal(file_kind(probe), FILE_KIND_MISSING);
	assert_false(tree_tells_case(*state, "/a"));
#ifdef _WIN32
	assert_false(tells);
#else
	assert_true(tells);
	assert_true(put(*state, "d/.KANSHIKI-CASE", false, "another's", NULL));
	assert_false(tree_tells_case(*state, "d/a"));
	assert_true(put(*state, "e/.kanshiki-case", false, "another's", NULL));
	assert_false(tree_tells_case(*state, "e/a"));
	assert_holds("a/b/tree/e/.kanshiki-case", "another's");
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(puts_files, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(replaces_only_when_told, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(never_leaves, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(abandons_what_is_not_finished, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(goes_up_and_down, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(makes_nothing_of_what_is_too_deep, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(makes_holes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(tells_case, set_up, tear_down),
#ifndef _WIN32
	    cmocka_unit_test_setup_teardown(follows_no_links, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(is_private_and_keeps_times, set_up, tear_down),
#else
	    cmocka_unit_test_setup_teardown(
		refuses_names_that_windows_reads_otherwise, set_up, tear_down),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
