/* Images in their wrappings: split into parts of all namings, what is missing or cut said by name, what must be
 * converted refused. E01: tests/e2e/disks.sh, for it takes ewfacquire to make one. */
#include "tests/unit.h"

#include "platform/file.h"
#include "platform/image.h"
#include "tests/fixture_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef _WIN32
#include <sys/resource.h>
#include <unistd.h>
#endif

/* Opens and compares the content with `expected`; NULL: it must fail, err says how. */
static void opens(const char *name, const char *expected, struct err *err)
{
	char *path = directory_path(&directory_base, name);
	struct source *source = NULL;
	char content[256];
	size_t got = 0;

	*err = (struct err){0};
	if (!image_open(path, &source, err)) {
		if (expected)
			fprintf(stderr, "%s\n", err->text);
		assert_null(expected);
	} else {
		size_t len = expected ? strlen(expected) : 0;

		assert_non_null(expected);
		assert_int_equal(source->size, len);
		assert_true(source->read(source, 0, content, sizeof(content), &got, err));
		assert_int_equal(got, len);
		assert_memory_equal(content, expected, got);
		/* Over each seam. */
		for (size_t i = 0; i + 3 <= len; i++) {
			assert_true(source->read(source, i, content, 3, &got, err));
			assert_int_equal(got, 3);
			assert_memory_equal(content, expected + i, 3);
		}
		assert_true(source->read(source, source->size, content, 1, &got, err));
		assert_int_equal(got, 0);
		source_close(source);
	}
	free(path);
}

static void refuses(const char *name, enum err_kind kind, const char *text)
{
	struct err err;

	opens(name, NULL, &err);
	if (err.kind != kind || !strstr(err.text, text))
		fprintf(stderr, "'%s': %d %s\n", name, (int)err.kind, err.text);
	assert_int_equal(err.kind, kind);
	assert_non_null(strstr(err.text, text));
}

static void test_namings(void **state)
{
	static const char *const sets[][3] = {{"a.001", "a.002", "a.003"},
	    {"b.000", "b.001", "b.002"}, {"c.aa", "c.ab", "c.ac"}, {"d.AAA", "d.AAB", "d.AAC"},
	    {"e.img.00", "e.img.01", "e.img.02"}, {"f.00001", "f.00002", "f.00003"}};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		directory_put(sets[i][0], "abcd", 4);
		opens(sets[i][0], "abcd", &err); /* alone it is an image of its own */
		directory_put(sets[i][1], "efgh", 4);
		directory_put(sets[i][2], "ij", 2);
		opens(sets[i][0], "abcdefghij", &err);
		refuses(sets[i][2], ERR_USAGE, sets[i][0]);
	}
	directory_put("g.001", "abcd", 4); /* the last one may be longer: split -n */
	directory_put("g.002", "efghij", 6);
	opens("g.001", "abcdefghij", &err);
	opens("g.002", NULL, &err);
}

/* Opens a set of one byte a part. */
static void assert_bytes(const char *first, const char *expected)
{
	char *path = directory_path(&directory_base, first);
	struct source *source = NULL;
	char content[256];
	size_t got = 0;

	assert_true(image_open(path, &source, NULL));
	assert_true(source->read(source, 0, content, sizeof(content), &got, NULL));
	assert_int_equal(got, strlen(expected));
	assert_memory_equal(content, expected, got);
	source_close(source);
	free(path);
}

/* Counting goes on where the digits end: 99 to 100, or as split(1) does, 89 to 9000 (yz to zaaa). */
static void test_counting(void **state)
{
	char name[24];
	char expected[128] = "";

	(void)state;
	for (unsigned i = 1; i <= 101; i++) {
		(void)snprintf(name, sizeof(name), "n.%02u", i);
		expected[i - 1] = (char)('a' + i % 26);
		directory_put(name, &expected[i - 1], 1);
	}
	assert_bytes("n.01", expected);
	memset(expected, 0, sizeof(expected));
	for (unsigned i = 0; i < 90; i++) {
		(void)snprintf(name, sizeof(name), "w.%02u", i);
		expected[i] = (char)('a' + i % 26);
		directory_put(name, &expected[i], 1);
	}
	directory_put("w.9000", "+", 1);
	directory_put("w.9001", "*", 1);
	expected[90] = '+';
	expected[91] = '*';
	assert_bytes("w.00", expected);
}

#ifndef _WIN32
/* More parts than a program may have files open by default. */
static void test_many_parts(void **state)
{
	struct rlimit before, few;
	char expected[101] = "";
	char name[24];

	(void)state;
	for (int i = 0; i < 100; i++) {
		expected[i] = (char)('a' + i % 26);
		(void)snprintf(name, sizeof(name), "many.%03d", i);
		directory_put(name, &expected[i], 1);
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 32;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_bytes("many.000", expected);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* A first part whose start cannot be read is not all there is. */
static void test_unreadable_part(void **state)
{
	static const char unreadable[] = "/sys/class/net/lo/speed"; /* a file, EINVAL */
	char *first = directory_path(&directory_base, "sick.001");
	struct source *source = NULL;
	CLEANUP(text_free) struct text ignored = {0};
	struct err err = {0};
	char content[4];
	size_t got = 0;

	(void)state;
	if (file_read_all(unreadable, 8192, &ignored, &err) || err.kind == ERR_MISSING ||
	    symlink(unreadable, first)) {
		free(first);
		skip();
	}
	directory_put("sick.002", "abcd", 4);
	assert_true(image_open(first, &source, NULL));
	uint64_t at = source->size - sizeof(content);

	assert_false(source->read(source, 0, content, sizeof(content), &got, NULL));
	assert_true(source->read(source, at, content, sizeof(content), &got, NULL));
	assert_memory_equal(content, "abcd", 4);
	source_close(source);
	directory_drop("sick.001");
	free(first);
}
#endif

static void test_gaps(void **state)
{
	struct err err;

	(void)state;
	directory_put("h.001", "abcd", 4);
	directory_put("h.002", "efgh", 4);
	directory_put("h.003", "ijkl", 4);
	directory_put("h.004", "mn", 2);
	directory_drop("h.003");
	refuses("h.001", ERR_MISSING, "h.003' of the image is missing");
	directory_drop("h.002"); /* all but the first and a later one */
	refuses("h.001", ERR_MISSING, "h.002' of the image is missing");
	directory_put("h.002", "efg", 3);
	directory_put("h.003", "ijkl", 4);
	refuses("h.001", ERR_DAMAGED, "h.002' of the image has 3 bytes, the first has 4");
	directory_put("h.002", "", 0);
	refuses("h.001", ERR_DAMAGED, "has 0 bytes");
	/* Others that look alike are no parts. */
	directory_put("i.001", "abcd", 4);
	directory_put("i.txt", "no", 2);
	directory_put("i.0x2", "no", 2);
	directory_put("ii.003", "no", 2);
	opens("i.001", "abcd", &err);
}

static void test_wrappings(void **state)
{
	static const struct {
		const char *name, *head;
		size_t len;
		const char *text;
	} kinds[] = {
	    {"1.vhdx", "vhdxfile", 8, "VHDX"},
	    {"1.vhd", "conectix", 8, "qemu-img convert -O raw"},
	    {"1.qcow2", "QFI\xfb", 4, "qcow2"},
	    {"1.vmdk", "KDMV", 4, "VMDK"},
	    {"2.vmdk", "# Disk DescriptorFile\n", 22, "VMDK"},
	    {"1.L01", "LVF\x09\x0d\x0a\xff\x00", 8, "logical evidence"},
	    {"1.gz", "\x1f\x8b\x08\x00", 4, "unpack it first"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		directory_put(kinds[i].name, kinds[i].head, kinds[i].len);
		refuses(kinds[i].name, ERR_UNSUPPORTED, kinds[i].text);
	}
	char differencing[64] = "conectix";

	differencing[63] = 4;
	directory_put("2.vhd", differencing, sizeof(differencing));
	refuses("2.vhd", ERR_UNSUPPORTED,
	    "differencing VHD disk, only what changed since its parent '?'");
}

/* UTF-16 of ASCII. */
static size_t put_wide(char *to, const char *text, bool is_big_endian)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		to[2 * i + is_big_endian] = text[i];
	return 2 * len;
}

static void test_vhd_parent(void **state)
{
	static char disk[4096];

	(void)state;
	memcpy(disk, "conectix", 8);
	disk[22] = 2; /* its header, at 512 */
	disk[63] = 4;
	memcpy(disk + 512, "cxsparse", 8);
	put_wide(disk + 512 + 64, "D:\\vm\\base.vhd", true);
	directory_put("3.vhd", disk, sizeof(disk));
	refuses("3.vhd", ERR_UNSUPPORTED, "since its parent 'D:\\vm\\base.vhd'; merge copies");
	put_wide(disk + 512 + 64,
	    "D:\\a path of which only the end can be shown\\Virtual Hard Disks\\base.vhd", true);
	directory_put("3.vhd", disk, sizeof(disk));
	refuses("3.vhd", ERR_UNSUPPORTED, "Virtual Hard Disks\\base.vhd'; merge copies");
	disk[63] = 3;
	directory_put("3.vhd", disk, sizeof(disk));
	refuses("3.vhd", ERR_UNSUPPORTED, "dynamic VHD");
}

#define VHDX_META 0x50000u
#define VHDX_ITEM 0x10000u /* of the parameters, behind them the locator */

static void put_pair(uint8_t *locator, size_t n, uint32_t at, const char *key, const char *value)
{
	uint8_t *pair = locator + 20 + n * 12;

	put_le32(pair, at);
	put_le32(pair + 4, at + 64);
	put_le16(pair + 8, (uint16_t)put_wide((char *)locator + at, key, false));
	put_le16(pair + 10, (uint16_t)put_wide((char *)locator + at + 64, value, false));
}

/* MS-VHDX 2.2.3, 2.6: the tables as Hyper-V lays them; `table` is that of the regions, the first or its copy. */
static void make_vhdx(uint8_t *disk, uint32_t table)
{
	static const char metadata[] =
	    "\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
	static const char parameters[] =
	    "\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b";
	static const char locator[] =
	    "\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c";
	uint8_t *row = disk + VHDX_META + 32;

	memcpy(disk, "vhdxfile", 8);
	memcpy(disk + table, "regi", 4);
	put_le32(disk + table + 8, 2);
	memcpy(disk + table + 16 + 32, metadata, 16);
	put_le64(disk + table + 16 + 32 + 16, VHDX_META);
	memcpy(disk + VHDX_META, "metadata", 8);
	put_le16(disk + VHDX_META + 10, 2);
	memcpy(row, parameters, 16);
	put_le32(row + 16, VHDX_ITEM);
	put_le32(row + 20, 8);
	memcpy(row + 32, locator, 16);
	put_le32(row + 32 + 16, VHDX_ITEM + 64);
	put_le32(row + 32 + 20, 2000);
	put_le32(disk + VHDX_META + VHDX_ITEM + 4, 2);
	row = disk + VHDX_META + VHDX_ITEM + 64;
	put_le16(row + 18, 3);
	put_pair(row, 0, 100, "parent_linkage", "{83ed0ec3-24c8-49a6-a959-5e4bd1288015}");
	put_pair(row, 1, 400, "absolute_win32_path", "C:\\vm\\base.vhdx");
	put_pair(row, 2, 700, "relative_path", ".\\base.vhdx");
}

static void test_vhdx_parent(void **state)
{
	static uint8_t disk[VHDX_META + VHDX_ITEM + 4096];

	(void)state;
	for (uint32_t table = 0x30000; table <= 0x40000; table += 0x10000) {
		memset(disk, 0, sizeof(disk));
		make_vhdx(disk, table);
		directory_put("2.vhdx", (char *)disk, sizeof(disk));
		refuses("2.vhdx", ERR_UNSUPPORTED,
		    "differencing VHDX disk, only what changed since its parent "
		    "'C:\\vm\\base.vhdx'");
	}
	disk[VHDX_META + VHDX_ITEM + 64 + 18] = 0; /* a locator of no pairs */
	directory_put("2.vhdx", (char *)disk, sizeof(disk));
	refuses("2.vhdx", ERR_UNSUPPORTED, "since its parent '?'");
	disk[VHDX_META + VHDX_ITEM + 4] = 1; /* has no parent */
	directory_put("2.vhdx", (char *)disk, sizeof(disk));
	refuses("2.vhdx", ERR_UNSUPPORTED, "a VHDX disk; convert it first");
	put_le32(disk + VHDX_META + 32 + 16, 0xfffffff0); /* points out of it */
	directory_put("2.vhdx", (char *)disk, sizeof(disk));
	refuses("2.vhdx", ERR_UNSUPPORTED, "a VHDX disk; convert it first");
}

static void test_fixed_vhd(void **state)
{
	static char disk[2048 + 512];
	char *path = directory_path(&directory_base, "fixed.vhd");
	struct source *source = NULL;

	(void)state;
	memset(disk, 'd', 2048);
	memset(disk + 2048, 0, 512);
	memcpy(disk + 2048, "conectix", 8);
	disk[2048 + 63] = 2;
	directory_put("fixed.vhd", disk, sizeof(disk));
	assert_true(image_open(path, &source, NULL));
	assert_int_equal(source->size, 2048);
	source_close(source);
	disk[2048 + 63] = 3; /* not of a fixed one: bytes like others */
	directory_put("fixed.vhd", disk, sizeof(disk));
	assert_true(image_open(path, &source, NULL));
	assert_int_equal(source->size, sizeof(disk));
	source_close(source);
	free(path);
}

/* What calls itself an E01 and is none. */
static void test_no_e01(void **state)
{
	static char junk[70000];
	struct err err;

	(void)state;
	memset(junk, 0x55, sizeof(junk));
	memcpy(junk, "EVF\x09\x0d\x0a\xff\x00\x01\x01\x00\x00\x00", 13);
	directory_put("j.E01", junk, sizeof(junk));
	opens("j.E01", NULL, &err);
	directory_put("k.E01", junk, 13);
	opens("k.E01", NULL, &err);
	assert_true(err.kind == ERR_DAMAGED || err.kind == ERR_UNSUPPORTED);
	assert_true(err.text[0] != 0);
}

/* No tool here makes one to compare with. */
static void test_ex01_is_refused(void **state)
{
	static char junk[4096];
	struct err err;

	(void)state;
	memcpy(junk, "EVF2\x0d\x0a\x81\x00\x02\x01\x01\x00", 12);
	directory_put("m.Ex01", junk, sizeof(junk));
	opens("m.Ex01", NULL, &err);
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_non_null(strstr(err.text, "ewfexport"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_namings),
	    cmocka_unit_test(test_counting),
#ifndef _WIN32
	    cmocka_unit_test(test_many_parts),
	    cmocka_unit_test(test_unreadable_part),
#endif
	    cmocka_unit_test(test_gaps),
	    cmocka_unit_test(test_wrappings),
	    cmocka_unit_test(test_vhd_parent),
	    cmocka_unit_test(test_vhdx_parent),
	    cmocka_unit_test(test_fixed_vhd),
	    cmocka_unit_test(test_no_e01),
	    cmocka_unit_test(test_ex01_is_refused),
	};

	return cmocka_run_group_tests(tests, directory_set_up, directory_tear_down);
}
