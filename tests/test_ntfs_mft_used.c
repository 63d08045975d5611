/* Records of zeros that the bitmap of $MFT has in use: damage; and what asking costs where that bitmap cannot be read. */
#include "tests/unit.h"

#include "formats/ntfs/ntfs.h"
#include "tests/fake_source.h"
#include "tests/fixture_ntfs.h"

#define CLUSTER 512u
#define RECORDS 40u
#define BITS_AT 90u /* cluster */

/* $MFT with its bitmap in a cluster: what is asked about is in there. */
static void put_mft(struct fixture_volume *v, uint64_t bits)
{
	struct ntfs_run table = {.lcn = v->g.mft_cluster, .length = RECORDS * 1024 / CLUSTER};
	struct ntfs_run bitmap = {.lcn = BITS_AT, .length = 1};
	struct fixture_extent data = {.last_vcn = table.length - 1,
	    .size = table.length * CLUSTER,
	    .allocated = table.length * CLUSTER,
	    .initialized = table.length * CLUSTER,
	    .runs = &table,
	    .run_count = 1};
	struct fixture_extent used = {
	    .size = 8, .allocated = CLUSTER, .initialized = 8, .runs = &bitmap, .run_count = 1};
	struct fixture_record r;

	fixture_record_begin(&r, 1024, 0, 1, 1);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32_DOS, "$MFT");
	fixture_record_extent(&r, NTFS_DATA, NULL, 1, &data);
	fixture_record_extent(&r, NTFS_BITMAP, NULL, 2, &used);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
	put_le64(fixture_volume_cluster(v, BITS_AT), bits);
}

static enum err_kind kind_of(struct ntfs_volume *volume, uint64_t record)
{
	struct err err = {0};
	struct ntfs_entry entry = {0};

	assert_false(ntfs_entry_load(ntfs_volume_mft(volume), record, &entry, &err));
	ntfs_mft_doubt(ntfs_volume_mft(volume), record, &err);
	ntfs_entry_free(&entry);
	return err.kind;
}

static void test_used(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume v;
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;

	(void)state;
	assert_true(fixture_volume_new(&v, 512, CLUSTER, 1024, 128, RECORDS));
	put_mft(&v, UINT64_C(1) << 30);
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){v.at, v.size});

	assert_true(ntfs_volume_open(raw, &volume, NULL));
	assert_int_equal(kind_of(volume, 30), ERR_DAMAGED);
	assert_int_equal(kind_of(volume, 31), ERR_MISSING);
	assert_int_equal(kind_of(volume, RECORDS), ERR_MISSING);
}

/* A disk that fails there takes seconds for each try. */
static void test_unread(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume v;
	struct ntfs_volume *volume = NULL;
	struct fake_source *raw;
	uint64_t before;

	(void)state;
	assert_true(fixture_volume_new(&v, 512, CLUSTER, 1024, 128, RECORDS));
	put_mft(&v, UINT64_MAX);
	raw = fake_source_new((struct bytes){v.at, v.size});
	assert_non_null(raw);
	assert_true(ntfs_volume_open(&raw->source, &volume, NULL));
	raw->bad_from = (uint64_t)BITS_AT * CLUSTER;
	raw->bad_len = CLUSTER;
	assert_int_equal(kind_of(volume, 30), ERR_MISSING);
	before = raw->reads;
	for (uint64_t record = 30; record < RECORDS; record++)
		assert_int_equal(kind_of(volume, record), ERR_MISSING);
	assert_true(raw->reads - before < 3);
	ntfs_volume_close(volume);
	source_close(&raw->source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_used),
	    cmocka_unit_test(test_unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
