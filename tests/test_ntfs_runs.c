/* Mapping pairs, right and wrong. */
#include "tests/unit.h"

#include "formats/ntfs/limits.h"
#include "formats/ntfs/runs.h"

#include <stdlib.h>
#include <string.h>

static bool add(struct ntfs_run_list *list, const char *pairs, size_t len, uint64_t first,
    uint64_t end, struct err *err)
{
	return ntfs_runs_add(
	    list, (struct bytes){.at = (const uint8_t *)pairs, .len = len}, first, end, err);
}

static void test_right(void **state)
{
	/* 0x30 clusters at 0x20; 0x60 at 0x320 (+0x300); a hole of 0x10; 0x20 at 0x2a0 (-0x80). */
	static const char pairs[] = "\x11\x30\x20\x21\x60\x00\x03\x01\x10\x11\x20\x80";
	struct ntfs_run_list list = {0};
	struct err err = {0};

	(void)state;
	assert_true(add(&list, pairs, sizeof(pairs), 5, 5 + 0x30 + 0x60 + 0x10 + 0x20, &err));
	assert_int_equal(list.count, 4);
	assert_int_equal(list.at[0].vcn, 5);
	assert_int_equal(list.at[0].lcn, 0x20);
	assert_int_equal(list.at[1].lcn, 0x320);
	assert_int_equal(list.at[1].length, 0x60);
	assert_true(list.at[2].lcn == NTFS_HOLE);
	assert_int_equal(list.at[3].vcn, 5 + 0xa0);
	assert_int_equal(list.at[3].lcn, 0x2a0);
	assert_int_equal(ntfs_runs_find(list.at, list.count, 0), 0);
	assert_int_equal(ntfs_runs_find(list.at, list.count, 5 + 0x2f), 0);
	assert_int_equal(ntfs_runs_find(list.at, list.count, 5 + 0x30), 1);
	assert_int_equal(ntfs_runs_find(list.at, list.count, 5 + 0xbf), 3);
	assert_int_equal(ntfs_runs_find(list.at, list.count, 5 + 0xc0), 4);
	free(list.at);
}

/* Streams of more than 2^32 clusters, holes among them. */
static void test_far(void **state)
{
	/* 0x20 at 0x30, a hole of 2^32 clusters, 8 at 0x38. */
	static const char pairs[] = "\x11\x20\x30\x05\x00\x00\x00\x00\x01\x11\x08\x08";
	const uint64_t first = 0xfffffff0u;
	struct ntfs_run_list list = {0};
	struct err err = {0};

	(void)state;
	assert_true(add(&list, pairs, sizeof(pairs), first, first + 0x100000028, &err));
	assert_int_equal(list.count, 3);
	assert_int_equal(list.at[1].vcn, first + 0x20);
	assert_int_equal(list.at[1].length, 0x100000000);
	assert_int_equal(list.at[2].vcn, first + 0x100000020);
	assert_int_equal(list.at[2].lcn, 0x38);
	assert_int_equal(ntfs_runs_find(list.at, list.count, first + 0x100000021), 2);
	free(list.at);
}

/* Damage: how many runs were good before it. */
static void test_wrong(void **state)
{
	static const struct {
		const char *pairs;
		size_t len;
		uint64_t end;
		size_t good;
	} cases[] = {
	    {"\x10\x05\x00", 3, 5, 0},                 /* length of no bytes */
	    {"\x19\1\1\1\1\1\1\1\1\1\5", 11, 5, 0},    /* length of nine */
	    {"\x91\5\1\1\1\1\1\1\1\1\1", 11, 5, 0},    /* offset of nine */
	    {"\x11\x05", 2, 5, 0},                     /* cut in the offset */
	    {"\x11", 1, 5, 0},                         /* cut in the length */
	    {"\x11\x00\x05\x00", 4, 5, 0},             /* no clusters */
	    {"\x11\x02\x05\x11\x03\xfa\x00", 7, 5, 1}, /* before the volume: 5 - 6 */
	    {"\x11\x02\x05\x00", 4, 5, 1},             /* fewer clusters than the header says */
	    {"\x11\x09\x05\x00", 4, 5, 1},             /* more: cut */
	    {"\x11\x05\x05\x11\x01\x01\x00", 7, 5, 1}, /* a run too many */
	    {"\x11\x02\x05\x11\x03\x01", 6, 6, 2},     /* no end mark, and too short */
	    {"\x81\x05\xff\xff\xff\xff\xff\xff\xff\x7f\x00", 11, 5, 0}, /* offset of 2^63 - 1 */
	    {"\x18\xff\xff\xff\xff\xff\xff\xff\xff\x05\x00", 11, 5,
		1}, /* length of 2^64 - 1: cut */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct ntfs_run_list list = {0};
		struct err err = {0};

		assert_false(add(&list, cases[i].pairs, cases[i].len, 0, cases[i].end, &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
		assert_int_equal(list.count, cases[i].good);
		for (size_t n = 0; n < list.count; n++)
			assert_true(list.at[n].vcn + list.at[n].length <= cases[i].end);
		free(list.at);
	}
}

static void test_without_end_mark(void **state)
{
	struct ntfs_run_list list = {0};
	struct err err = {0};

	(void)state;
	/* The attribute ends where the pairs do: nothing is missing. */
	assert_true(add(&list, "\x11\x02\x05\x11\x03\x01", 6, 0, 5, &err));
	assert_true(add(&list, "", 0, 5, 5, &err)); /* an extent of nothing */
	assert_int_equal(list.count, 2);
	free(list.at);
}

static void test_limit(void **state)
{
	size_t len = 3 * (NTFS_LIMIT_RUNS + 1);
	uint8_t *pairs = malloc(len);
	struct ntfs_run_list list = {0};
	struct err err = {0};

	(void)state;
	assert_non_null(pairs);
	for (size_t i = 0; i < len; i += 3)
		memcpy(pairs + i, "\x11\x01\x00", 3);
	assert_false(ntfs_runs_add(
	    &list, (struct bytes){.at = pairs, .len = len}, 0, NTFS_LIMIT_RUNS + 1, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(list.count, NTFS_LIMIT_RUNS);
	free(list.at);
	free(pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right),
	    cmocka_unit_test(test_far),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_without_end_mark),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
