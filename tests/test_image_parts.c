/* Parts of an image that are not found by the name that was given alone: behind a link, or called so that sizes and content
 * must tell. The usual namings: test_image.c. */
#include "tests/unit.h"

#include "platform/file.h"
#include "platform/image.h"
#include "tests/fixture_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <unistd.h>
#endif

/* Opens it and compares the content. */
static void opens(const char *name, const char *expected)
{
	char *path = directory_path(&directory_base, name);
	struct source *source = NULL;
	struct err err = {0};
	char content[64];
	size_t got = 0;

	if (!image_open(path, &source, &err))
		fprintf(stderr, "%s\n", err.text);
	assert_non_null(source);
	assert_true(source->read(source, 0, content, sizeof(content), &got, &err));
	assert_int_equal(got, strlen(expected));
	assert_memory_equal(content, expected, got);
	source_close(source);
	free(path);
}

static void refuses(const char *name, enum err_kind kind, const char *text)
{
	char *path = directory_path(&directory_base, name);
	struct source *source = NULL;
	struct err err = {0};

	assert_false(image_open(path, &source, &err));
	if (err.kind != kind || !strstr(err.text, text))
		fprintf(stderr, "'%s': %d %s\n", name, (int)err.kind, err.text);
	assert_int_equal(err.kind, kind);
	assert_non_null(strstr(err.text, text));
	free(path);
}

static void test_names_without_a_dot(void **state)
{
	static const char *const sets[][4] = {{"xaa", "xab", "xac", "xad"},
	    {"disk.ddaa", "disk.ddab", "disk.ddac", "disk.ddad"}, {"yaaa", "yaab", "yaac", "yaad"},
	    {"ZAA", "ZAB", "ZAC", "ZAD"}, {"z.dd.1", "z.dd.2", "z.dd.3", "z.dd.4"},
	    {"w.0", "w.1", "w.2", "w.3"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		directory_put(sets[i][0], "abcd", 4);
		opens(sets[i][0], "abcd");
		directory_put(sets[i][1], "efgh", 4);
		directory_put(sets[i][2], "ij", 2);
		opens(sets[i][0], "abcdefghij");
		refuses(sets[i][2], ERR_USAGE, sets[i][0]);
		directory_put(sets[i][2], "ijkl", 4);
		directory_put(sets[i][3], "mn", 2);
		opens(sets[i][0], "abcdefghijklmn");
		directory_drop(sets[i][2]);
		refuses(sets[i][0], ERR_MISSING, sets[i][2]);
	}
	for (int i = 1; i <= 12; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "n.%d", i);
		directory_put(name, &"abcdefghijkl"[i - 1], 1);
	}
	opens("n.1", "abcdefghijkl");
	directory_put("xylophone", "no", 2); /* is none of xaa's */
	directory_drop("xad");
	opens("xaa", "abcdefgh");
}

/* What is called alike and does not fit together stays what it is. */
static void test_images_called_alike(void **state)
{
	static char disk[1024];

	(void)state;
	memset(disk, 'd', sizeof(disk));
	directory_put("a.1", "abcd", 4);
	directory_put("a.2", "efghi", 5); /* longer */
	opens("a.1", "abcd");
	opens("a.2", "efghi");
	directory_put("a.2", "ef", 2);
	directory_put("a.3", "efgh", 4); /* another behind a shorter one */
	opens("a.1", "abcd");
	opens("a.3", "efgh");
	directory_put("a.2", "", 0);
	opens("a.1", "abcd");
	directory_put("baa", disk, sizeof(disk));
	disk[510] = 0x55;
	disk[511] = (char)0xaa;
	directory_put("bab", disk, sizeof(disk)); /* an image of its own */

	char *path = directory_path(&directory_base, "baa");
	struct source *source = NULL;

	assert_true(image_open(path, &source, NULL));
	assert_int_equal(source->size, sizeof(disk));
	source_close(source);
	free(path);
	directory_put("caa", "abcd", 4);
	directory_put("cab", "efgh", 4);
	directory_put("cxz", "ijkl", 4); /* ends in two letters, too */
	opens("cxz", "ijkl");
	directory_put("d00", "abcd", 4); /* digits without a dot number disks */
	directory_put("d01", "efgh", 4);
	opens("d00", "abcd");
}

#ifndef _WIN32
static void link_to(const char *target, const char *name)
{
	char *path = directory_path(&directory_base, name);

	assert_int_equal(symlink(target, path), 0);
	free(path);
}

static void test_links(void **state)
{
	char *deep = directory_path(&directory_base, "deep");

	(void)state;
	assert_true(file_make_directory(deep, false, NULL));
	free(deep);
	directory_put("deep/s.001", "abcd", 4);
	directory_put("deep/s.002", "efgh", 4);
	directory_put("deep/s.003", "ij", 2);
	link_to("deep/s.001", "l.001");
	opens("l.001", "abcdefghij");
	link_to("l.001", "plain");
	opens("plain", "abcdefghij");
	link_to("deep/s.002", "l2");
	refuses("l2", ERR_USAGE, "deep/s.001");
	directory_drop("deep/s.002");
	refuses("plain", ERR_MISSING, "s.002' of the image is missing");
	/* Links that gather parts from several places are the set. */
	directory_put("deep/other", "+++", 3);
	link_to("deep/other", "l.002");
	opens("l.001", "abcd+++");
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_without_a_dot),
	    cmocka_unit_test(test_images_called_alike),
#ifndef _WIN32
	    cmocka_unit_test(test_links),
#endif
	};

	return cmocka_run_group_tests(tests, directory_set_up, directory_tear_down);
}
