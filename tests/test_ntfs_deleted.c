/* What is left of a deleted file, and its content with zeros in place of what is others'. */
#include "tests/unit.h"

#include "tests/fixture_claims.h"

/* What is lost is zeros, and what is not is as it lies; only what was written counts. */
static void test_content(void **state)
{
	struct claims_disk d;
	struct claims_found found;
	struct source *source = NULL;
	uint8_t to[5 * CLUSTER];

	(void)state;
	claims_begin(&d);
	claims_put(&d, &(struct claims_file){.record = 7,
			   .runs = {{0, 100, 2}, {0, NTFS_HOLE, 1}, {0, 110, 3}},
			   .run_count = 3,
			   .size = 5 * CLUSTER,
			   .initialized = 4 * CLUSTER + 10,
			   .stream_flags = NTFS_STREAM_SPARSE});
	claims_use(&d, 101, 1);
	claims_use(&d, 112, 1); /* behind what was written */
	claims_ready(&d);
	claims_judge(&d, 7, &found);
	assert_int_equal(found.deleted.clusters, 4);
	assert_int_equal(found.deleted.used, 1);
	assert_int_equal(found.deleted.lost.count, 1);
	assert_int_equal(found.deleted.lost.at[0].offset, CLUSTER);
	assert_int_equal(found.deleted.lost.at[0].len, CLUSTER);
	assert_true(ntfs_deleted_open(&found.of, &found.deleted, true, &source, NULL));
	assert_true(source_read_exact(source, 0, to, sizeof(to), NULL));
	assert_int_equal(to[0], 100);
	assert_int_equal(to[CLUSTER], 0);
	assert_int_equal(to[2 * CLUSTER], 0);
	assert_int_equal(to[3 * CLUSTER], 110);
	assert_int_equal(to[4 * CLUSTER + 9], 111);
	assert_int_equal(to[4 * CLUSTER + 10], 0);
	source_close(source);
	assert_int_equal(found.deleted.lost.count, 1);
	claims_forget(&found);
	claims_end(&d);
}

/* More bytes written than there are: whether the last ones ever were is not known, so not all of it is its own. */
static void test_impossible_initialized(void **state)
{
	static const uint64_t values[] = {
	    3 * CLUSTER + 1, UINT64_C(1) << 63 | (3 * CLUSTER), UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct claims_disk d;
		struct claims_found found;

		claims_begin(&d);
		claims_put(&d, &(struct claims_file){.record = 7,
				   .runs = {{0, 100, 3}},
				   .run_count = 1,
				   .size = 3 * CLUSTER,
				   .initialized = values[i]});
		claims_ready(&d);
		claims_judge(&d, 7, &found);
		assert_int_equal(found.deleted.result, NTFS_DELETED_PARTIAL);
		assert_int_equal(found.deleted.own, 3);
		claims_forget(&found);
		claims_end(&d);
	}
}

/* A compression unit is lost as a whole. */
static void test_compressed(void **state)
{
	struct claims_disk d;
	struct claims_found found;

	(void)state;
	claims_begin(&d);
	claims_put(&d, &(struct claims_file){.record = 7,
			   .runs = {{0, 100, 5}, {0, NTFS_HOLE, 11}, {0, 120, 16}},
			   .run_count = 3,
			   .size = 32 * CLUSTER,
			   .stream_flags = NTFS_STREAM_COMPRESSED,
			   .unit = 4});
	claims_use(&d, 103, 1);
	claims_ready(&d);
	claims_judge(&d, 7, &found);
	assert_int_equal(found.deleted.result, NTFS_DELETED_PARTIAL);
	assert_int_equal(found.deleted.clusters, 21);
	assert_int_equal(found.deleted.used, 1);
	assert_int_equal(found.deleted.lost.count, 1);
	assert_int_equal(found.deleted.lost.at[0].offset, 0);
	assert_int_equal(found.deleted.lost.at[0].len, 16 * CLUSTER);
	claims_forget(&found);
	claims_end(&d);
}

/* On a running system a cluster gets another owner between judgement and reading. */
static void test_changes(void **state)
{
	struct claims_disk d;
	struct claims_found found;
	struct source *source = NULL;
	uint8_t to[4 * CLUSTER];

	(void)state;
	claims_begin(&d);
	claims_put(
	    &d, &(struct claims_file){
		    .record = 7, .runs = {{0, 100, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	claims_ready(&d);
	claims_judge(&d, 7, &found);
	assert_int_equal(found.deleted.result, NTFS_DELETED_FULL);
	assert_true(ntfs_deleted_open(&found.of, &found.deleted, true, &source, NULL));
	assert_true(source_read_exact(source, 0, to, CLUSTER, NULL));
	assert_int_equal(found.deleted.result, NTFS_DELETED_FULL);
	/* $Bitmap changes on disk. */
	claims_use(&d, 101, 2);
	claims_put_bitmap(&d);
	assert_true(source_read_exact(source, 0, to, sizeof(to), NULL));
	assert_int_equal(to[0], 100);
	assert_int_equal(to[CLUSTER], 0);
	assert_int_equal(to[3 * CLUSTER - 1], 0);
	assert_int_equal(to[3 * CLUSTER], 103);
	assert_int_equal(found.deleted.result, NTFS_DELETED_PARTIAL);
	assert_int_equal(found.deleted.own, 2);
	assert_int_equal(found.deleted.used, 2);
	assert_int_equal(found.deleted.lost.count, 1);
	source_close(source);
	claims_forget(&found);
	claims_end(&d);
}

static void test_blank(void **state)
{
	struct claims_disk d;
	struct claims_found found;
	struct ntfs_blank_counts counts;

	(void)state;
	claims_begin(&d);
	claims_put(
	    &d, &(struct claims_file){
		    .record = 7, .runs = {{0, 100, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	memset(fixture_volume_cluster(&d.v, 100), 0, CLUSTER);
	memset(fixture_volume_cluster(&d.v, 102), 0xff, CLUSTER);
	memset(fixture_volume_cluster(&d.v, 103), 0, CLUSTER - 1);
	claims_ready(&d);
	claims_judge(&d, 7, &found);
	assert_true(ntfs_deleted_blank(&found.of, d.bitmap, false, NULL, NULL, &counts, NULL));
	assert_int_equal(counts.clusters, 4);
	assert_int_equal(counts.blank, 2);
	assert_true(ntfs_deleted_blank(&found.of, d.bitmap, true, NULL, NULL, &counts, NULL));
	assert_int_equal(counts.clusters, 1);
	assert_int_equal(counts.blank, 1);
	claims_forget(&found);
	claims_end(&d);
}

/* Without $Bitmap nothing is known to be free. */
static void test_no_bitmap(void **state)
{
	struct claims_disk d;
	struct claims_found found;

	(void)state;
	claims_begin(&d);
	claims_put(
	    &d, &(struct claims_file){
		    .record = 7, .runs = {{0, 100, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	claims_ready(&d);
	claims_judge(&d, 7, &found);
	assert_true(ntfs_deleted_judge(&found.of, NULL, &found.deleted, NULL));
	assert_int_equal(found.deleted.result, NTFS_DELETED_PARTIAL);
	assert_int_equal(found.deleted.unknown, 4);
	assert_int_equal(found.deleted.doubtful.count, 1);
	claims_forget(&found);
	claims_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_impossible_initialized),
	    cmocka_unit_test(test_compressed),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_blank),
	    cmocka_unit_test(test_no_bitmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
