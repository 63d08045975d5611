/* Files of several MFT records: damaged attribute lists, damaged extension records. */
#include "tests/unit.h"

#include "core/array.h"
#include "formats/ntfs/ntfs.h"
#include "tests/fake_source.h"
#include "tests/fixture_bare_mft.h"
#include "tests/fixture_ntfs.h"

#include <string.h>

/* Record 1 has that list, record 2 names it as its base. */
static void make_listed(struct mft *m, const uint8_t *list, size_t len)
{
	struct fixture_record r;

	begin(m);
	fixture_record_begin(&r, 1024, 1, 1, 1);
	fixture_record_resident(&r, NTFS_ATTRIBUTE_LIST, NULL, 1, list, len);
	put(m, &r);
	fixture_record_begin(&r, 1024, 2, 1, 1);
	fixture_record_set_base(&r, 1, 1);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "n");
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "there", 5);
	put(m, &r);
	open_mft(m);
}

/* Zeros in a list are no end of it: what follows is read, and the damage said. */
static void test_list_zeros(void **state)
{
	(void)state;
	for (size_t zeros = 0; zeros <= 64; zeros += 8) {
		struct mft m;
		uint8_t list[32 * 5] = {0};
		size_t len = fixture_list_entry(list, NTFS_STANDARD_INFORMATION, 0, 1, 1) + zeros;

		len += fixture_list_entry(list + len, NTFS_FILE_NAME, 0, 2, 1);
		len += fixture_list_entry(list + len, NTFS_DATA, 0, 2, 1);
		make_listed(&m, list, len);
		load(&m, 1);
		assert_int_equal(m.entry.name_count, 1);
		assert_int_equal(m.entry.stream_count, 1);
		assert_int_equal(m.entry.damage.kind, zeros ? ERR_DAMAGED : ERR_NONE);
		assert_int_equal(m.entry.lost.kind, zeros ? ERR_DAMAGED : ERR_NONE);
		end(&m);
	}
}

/* A torn extension record says nothing against its base: which one it is, is told. */
static void test_torn_extension(void **state)
{
	struct mft m;
	uint8_t list[32];
	size_t len = fixture_list_entry(list, NTFS_DATA, 0, 2, 1);

	(void)state;
	make_listed(&m, list, len);
	m.at[2 * 1024 + 1022] ^= 0xff;
	load(&m, 1);
	assert_int_equal(m.entry.stream_count, 1);
	assert_int_equal(m.entry.damage.kind, ERR_DAMAGED);
	assert_non_null(strstr(m.entry.damage.text, "extension record 2: "));
	end(&m);
}

/* A torn record without any attribute has none to mark. */
static void test_torn_and_empty(void **state)
{
	struct fixture_record r;
	struct mft m;

	(void)state;
	begin(&m);
	fixture_record_begin(&r, 1024, 1, 1, 1);
	put(&m, &r);
	m.at[1 * 1024 + 1022] ^= 0xff;
	open_mft(&m);
	load(&m, 1);
	assert_int_equal(m.entry.stream_count, 0);
	assert_int_equal(m.entry.damage.kind, ERR_DAMAGED);
	assert_non_null(strstr(m.entry.damage.text, "torn"));
	end(&m);
}

/* Sizes mean something in the first extent alone. */
static void test_sizes_of_later_extents(void **state)
{
	static const struct ntfs_run run = {.lcn = 100, .length = 2};
	struct fixture_extent first = {.last_vcn = 1,
	    .size = 2000,
	    .allocated = 2048,
	    .initialized = 2000,
	    .runs = &run,
	    .run_count = 1};
	struct fixture_extent second = {.first_vcn = 2,
	    .last_vcn = 3,
	    .size = UINT64_MAX,
	    .allocated = UINT64_MAX,
	    .initialized = UINT64_MAX,
	    .runs = &run,
	    .run_count = 1};
	struct mft m;
	struct fixture_record r;

	(void)state;
	begin(&m);
	fixture_record_begin(&r, 1024, 1, 1, 1);
	fixture_record_extent(&r, NTFS_DATA, NULL, 0, &first);
	fixture_record_extent(&r, NTFS_DATA, NULL, 0, &second);
	put(&m, &r);
	open_mft(&m);
	load(&m, 1);
	assert_int_equal(m.entry.damage.kind, ERR_NONE);
	assert_int_equal(m.entry.streams[0].run_count, 2);
	assert_int_equal(m.entry.streams[0].size, 2000);
	end(&m);
}

#define PARTS_RECORDS 2048u

/* A file whose list lies in clusters, and its parts around a sector that cannot be read: those behind it in the same piece are
 * found as well, and that one record could not be looked at is told. */
static void test_bad_sector_among_parts(void **state)
{
	static uint8_t at[PARTS_RECORDS * 1024];
	static const struct ntfs_run run = {.lcn = 100, .length = 1};
	static const struct fixture_extent far = {
	    .size = 64, .allocated = 4096, .initialized = 64, .runs = &run, .run_count = 1};
	static const char *const names[] = {"a", "b", "c"};
	static const unsigned parts[] = {10, 900, 1500};
	struct fake_source *source = fake_source_new((struct bytes){at, sizeof(at)});
	struct ntfs_mft *mft = NULL;
	struct ntfs_entry entry = {0};

	(void)state;
	for (uint64_t i = 0; i < PARTS_RECORDS; i++) {
		struct fixture_record r;

		fixture_record_begin(&r, 1024, i, 1, 1);
		if (i == 6)
			fixture_record_extent(&r, NTFS_ATTRIBUTE_LIST, NULL, 1, &far);
		for (size_t k = 0; k < ARRAY_LEN(parts); k++)
			if (i == parts[k]) {
				fixture_record_set_base(&r, 6, 1);
				fixture_record_resident(&r, NTFS_DATA, names[k], 1, "x", 1);
			}
		fixture_record_end(&r);
		memcpy(at + i * 1024, r.at, 1024);
	}
	assert_non_null(source);
	source->bad_from = 20 * 1024;
	source->bad_len = 512;
	assert_true(ntfs_mft_open(&source->source, &mft, NULL));
	assert_true(ntfs_entry_load(mft, 6, &entry, NULL));
	assert_int_equal(entry.stream_count, 3);
	assert_non_null(strstr(entry.damage.text, "1 record"));
	ntfs_entry_free(&entry);
	ntfs_mft_close(mft);
	source_close(&source->source);
}

/* Somebody makes more records than a file may have say that a file with a damaged list is theirs: what the list leads to is
 * still there, and that something may be missing is told. */
static void test_flood_of_parts(void **state)
{
	const uint32_t records = 16384 + 64;
	CLEANUP(fixture_volume_free) struct fixture_volume v;
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct fixture_record r;
	uint8_t list[64];

	(void)state;
	assert_true(fixture_volume_new(&v, 512, 512, 1024, 2 * records + 256, records));
	fixture_record_begin(&r, 1024, 24, 1, 1);
	fixture_list_entry(list, NTFS_DATA, 0, 25, 1);
	fixture_list_entry(list + 32, NTFS_DATA, 0, 26, 9);
	fixture_record_resident(&r, NTFS_ATTRIBUTE_LIST, NULL, 1, list, sizeof(list));
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "wanted");
	fixture_record_end(&r);
	fixture_volume_put(&v, &r);
	for (uint32_t i = 25; i < records; i++) {
		fixture_record_begin(&r, 1024, i, 1, 1);
		fixture_record_set_base(&r, 24, 1);
		if (i == 25)
			fixture_record_resident(&r, NTFS_DATA, NULL, 1, "content", 7);
		fixture_record_end(&r);
		fixture_volume_put(&v, &r);
	}
	source = source_of_bytes((struct bytes){v.at, v.size});
	assert_true(ntfs_volume_open(source, &volume, NULL));
	assert_true(ntfs_entry_load(ntfs_volume_mft(volume), 24, &entry, NULL));
	assert_int_equal(entry.name_count, 1);
	assert_int_equal(entry.stream_count, 1);
	assert_int_equal(entry.streams[0].size, 7);
	assert_int_not_equal(entry.lost.kind, ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_list_zeros),
	    cmocka_unit_test(test_torn_extension),
	    cmocka_unit_test(test_torn_and_empty),
	    cmocka_unit_test(test_sizes_of_later_extents),
	    cmocka_unit_test(test_bad_sector_among_parts),
	    cmocka_unit_test(test_flood_of_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
