/* Raw volumes: every way of asking for bytes gives the bytes of the image, also through a device that takes whole
 * sectors only. The device itself comes from wine-tests/volume.sh or from whoever runs this as root:
 * KANSHIKI_TEST_DEVICE names it, KANSHIKI_TEST_IMAGE the file with the same bytes. */
#include "tests/unit.h"

#include "core/array.h"
#include "platform/file.h"
#include "platform/volume.h"
#include "tests/fixture_directory.h"

#include <stdio.h>
#include <stdlib.h>

#define IMAGE_LEN ((size_t)3 << 20 | 512) /* no multiple of 4096 */

static uint8_t *make_pattern(size_t len)
{
	uint8_t *bytes = malloc(len);
	uint32_t seed = 1;

	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525u + 1013904223u;
		bytes[i] = (uint8_t)(seed >> 24);
	}
	return bytes;
}

struct span {
	uint64_t offset;
	size_t len;
};

/* Offsets and lengths around sectors, pages, the bounce buffer and the end. */
static const struct span spans[] = {{0, 512}, {0, 1}, {1, 1}, {511, 2}, {4095, 2}, {4096, 4096},
    {1, 4096}, {100, 1 << 20}, {4096, 1 << 20}, {1024, 1024}, {(1 << 20) - 1, (1 << 20) + 2},
    {0, IMAGE_LEN}, {7, IMAGE_LEN - 9}, {IMAGE_LEN - 512, 512}, {IMAGE_LEN - 1, 1},
    {IMAGE_LEN - 600, 512}};

static void compare(struct source *volume, const uint8_t *want, size_t size)
{
	CLEANUP(free_memory) uint8_t *room = malloc(IMAGE_LEN + 64);

	assert_non_null(room);
	for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
		size_t got = 0;
		struct err err = {0};
		/* At even and at odd addresses: drivers do not take every address. */
		uint8_t *to = room + i % 3;

		if (spans[i].offset + spans[i].len > size)
			continue;
		bool ok = volume->read(volume, spans[i].offset, to, spans[i].len, &got, &err);

		if (!ok)
			print_error("%s\n", err.text);
		assert_true(ok);
		assert_int_equal(got, spans[i].len);
		assert_memory_equal(to, want + spans[i].offset, got);
	}
}

static void compare_end(struct source *volume, const uint8_t *want, size_t size)
{
	uint8_t room[8192];
	size_t got = 0;
	struct err err = {0};

	assert_true(volume->read(volume, size - 100, room, sizeof(room), &got, &err));
	assert_int_equal(got, 100);
	assert_memory_equal(room, want + size - 100, 100);
	assert_true(volume->read(volume, size, room, sizeof(room), &got, &err));
	assert_int_equal(got, 0);
	assert_true(volume->read(volume, (uint64_t)size + 12345, room, 10, &got, &err));
	assert_int_equal(got, 0);
	assert_true(volume->read(volume, UINT64_MAX, room, 10, &got, &err));
	assert_int_equal(got, 0);
}

static void test_image_file(void **state)
{
	CLEANUP(free_memory)
	char *path = directory_path(&directory_base, "disk \xe7\x94\xbb\xe5\x83\x8f.dd");
	CLEANUP(free_memory) uint8_t *bytes = make_pattern(IMAGE_LEN);
	CLEANUP(source_close) struct source *volume = NULL;
	struct err err = {0};

	(void)state;
	assert_true(file_write_all(path, (struct bytes){bytes, IMAGE_LEN}, false, &err));
	assert_true(volume_open(path, &volume, &err));
	assert_int_equal(volume->size, IMAGE_LEN);
	assert_false(volume_is_live(path));
	compare(volume, bytes, IMAGE_LEN);
	compare_end(volume, bytes, IMAGE_LEN);
}

static void test_device(void **state)
{
	const char *device = getenv("KANSHIKI_TEST_DEVICE");
	const char *image = getenv("KANSHIKI_TEST_IMAGE");
	CLEANUP(text_free) struct text bytes = {0};
	CLEANUP(source_close) struct source *volume = NULL;
	struct err err = {0};

	(void)state;
	if (!device || !image) {
		print_message("skipped: a device (KANSHIKI_TEST_DEVICE is not set)\n");
		return;
	}
	assert_true(volume_is_live(device));
	assert_true(file_read_all(image, (size_t)64 << 20, &bytes, &err));
	assert_true(bytes.len >= 8192);
	bool ok = volume_open(device, &volume, &err);

	if (!ok)
		print_error("%s\n", err.text);
	assert_true(ok);
	/* Unknown is allowed: then reads find the end. */
	assert_true(volume->size == bytes.len || volume->size == UINT64_MAX / 2);
	compare(volume, (const uint8_t *)bytes.at, bytes.len);
	compare_end(volume, (const uint8_t *)bytes.at, bytes.len);
}

static void test_wrong_paths(void **state)
{
	struct source *volume = NULL;
	struct err err = {0};

	(void)state;
	assert_false(volume_open("no such image", &volume, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_non_null(strstr(err.text, "'no such image'"));
	assert_false(volume_open(directory_base.at, &volume, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_null(volume);
}

#ifdef _WIN32
static void test_what_is_live(void **state)
{
	static const char *const live[] = {"\\\\.\\C:", "//./c:", "\\\\.\\PhysicalDrive0",
	    "C:", "d:", "\\\\?\\C:", "\\\\.\\C:\\",
	    "\\\\?\\Volume{01234567-0123-0123-0123-0123456789ab}",
	    "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1",
	    "\\\\?\\globalroot\\device\\harddiskvolume2\\"};
	static const char *const not_live[] = {"C:\\", "C:\\a.dd", "a.dd", "C:a.dd",
	    "\\\\?\\C:\\a.dd", "\\\\server\\share\\a.dd", "",
	    "\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1\\a.dd",
	    "\\\\?\\Volume{01234567-0123-0123-0123-0123456789ab}\\a.dd"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(live); i++)
		if (!volume_is_live(live[i]))
			print_error("%s\n", live[i]), assert_true(false);
	for (size_t i = 0; i < ARRAY_LEN(not_live); i++)
		if (volume_is_live(not_live[i]))
			print_error("%s\n", not_live[i]), assert_true(false);
}

/* C: by its letter and by its name. */
static void assert_holds(const char *guid)
{
	char name[80];

	snprintf(name, sizeof(name), "\\\\?\\Volume%s", guid);
	assert_true(volume_holds(name, "C:\\windows"));
	assert_true(volume_holds(name, "c:/no/such/thing/yet"));
	assert_false(volume_holds(name, "\\\\no-such-server\\share"));
	assert_true(volume_holds("\\\\.\\C:", "C:\\windows"));
	assert_true(volume_holds("c:", "C:\\new"));
	assert_false(volume_holds("\\\\.\\Q:", "C:\\windows"));
	assert_false(volume_holds("C:\\image.dd", "C:\\windows"));
	name[12] = name[12] == 'f' ? 'e' : 'f';
	name[13] = name[13] == 'f' ? 'e' : 'f';
	assert_false(volume_holds(name, "C:\\windows"));
}

static void test_list_and_letters(void **state)
{
	CLEANUP(free_memory) struct volume_info *list = NULL;
	size_t count = 0;
	bool has_c = false;
	struct err err = {0};

	(void)state;
	bool ok = volume_list(&list, &count, &err);

	assert_string_equal(err.text, "");
	assert_true(ok);
	for (size_t i = 0; i < count; i++) {
		if (list[i].letter == 'C') {
			has_c = true;
			assert_string_equal(list[i].path, "\\\\.\\C:");
			assert_holds(list[i].guid);
		}
		assert_int_equal(list[i].guid[0], '{');
		assert_int_equal(list[i].guid[37], '}');
		assert_true(volume_is_live(list[i].path));
	}
	assert_true(has_c);
	assert_int_equal(volume_letter_of("C:\\windows"), 'C');
	assert_int_equal(volume_letter_of("c:/no/such/thing/yet"), 'C');
	assert_int_equal(volume_letter_of("c:\\windows\\notepad.exe"), 'C');
	assert_int_equal(volume_letter_of("\\\\?\\C:\\windows"), 'C');
	assert_int_equal(volume_letter_of("\\\\no-such-server\\share\\x"), 0);
}
#else
static void test_linux_has_no_letters(void **state)
{
	struct volume_info *list = (struct volume_info *)(uintptr_t)1;
	size_t count = 7;
	struct err err = {0};

	(void)state;
	assert_true(volume_list(&list, &count, &err));
	assert_null(list);
	assert_int_equal(count, 0);
	assert_int_equal(volume_letter_of("/"), 0);
	assert_false(volume_is_live("/dev/null"));
}
#endif

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, directory_set_up, directory_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_image_file),
	    TEST(test_device),
	    TEST(test_wrong_paths),
#ifdef _WIN32
	    TEST(test_what_is_live),
	    TEST(test_list_and_letters),
#else
	    TEST(test_linux_has_no_letters),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
