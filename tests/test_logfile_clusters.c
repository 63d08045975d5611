/* formats/ntfs/logfile_clusters: grants that prove nothing, of a gap and of an older log. */
#include "tests/unit.h"

#include "formats/ntfs/logfile.h"
#include "tests/fixture_claims.h"
#include "tests/fixture_log.h"

#define KEY     0x70u
#define GRANTED 140u
#define RECORD  11u

static void open_attribute(struct fixture_log *log, uint64_t file, uint32_t type)
{
	uint8_t entry[44] = {0};

	put_le32(entry, 0xffffffff); /* in use */
	put_le64(entry + 8, file);
	put_le32(entry + 28, type);
	fixture_log_change(log, 0x18, 0,
	    &(struct fixture_change){.redo = LOGFILE_OPEN_ATTRIBUTE,
		.target = KEY,
		.redo_data = {entry, sizeof(entry)}});
}

static uint64_t grant(struct fixture_log *log)
{
	uint8_t range[8];

	put_le32(range, GRANTED);
	put_le32(range + 4, 2);
	return fixture_log_change(log, 0x18, 0,
	    &(struct fixture_change){.redo = LOGFILE_SET_BITS,
		.undo = LOGFILE_CLEAR_BITS,
		.target = KEY,
		.redo_data = {range, sizeof(range)},
		.undo_data = {range, sizeof(range)}});
}

static uint64_t forget(struct fixture_log *log)
{
	return fixture_log_change(log, 0x18, 0,
	    &(struct fixture_change){.redo = LOGFILE_FORGET, .undo = LOGFILE_COMPENSATION});
}

/* What the log makes of a file that had the cluster and was deleted at that LSN. */
struct verdict {
	struct ntfs_deleted deleted;
	bool is_covered;
};

static struct verdict judge(const struct fixture_log *log, uint64_t lsn)
{
	CLEANUP(logfile_clusters_free) struct logfile_clusters *clusters = NULL;
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){log->at, FIXTURE_LOG_SIZE});
	struct claims_found found;
	struct verdict verdict;
	struct claims_disk d;

	assert_true(logfile_clusters_load_from(source, 4096, &clusters, NULL));
	claims_begin(&d);
	claims_put(&d, &(struct claims_file){.record = RECORD,
			   .lsn = lsn,
			   .base_time = 1000,
			   .runs = {{0, GRANTED, 1}},
			   .run_count = 1,
			   .size = CLUSTER});
	claims_ready(&d);
	ntfs_claims_set_log(d.claims, clusters);
	claims_judge(&d, RECORD, &found);
	verdict.deleted = found.deleted;
	verdict.is_covered = ntfs_claims_log_covers(d.claims, &found.entry);
	claims_forget(&found);
	claims_end(&d);
	return verdict;
}

/* In the page that is lost a key was used anew: whose bits are set behind it is not known until the next opening. */
static void test_key_used_anew(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		bool is_lost = i > 0, is_opened_again = i == 2;
		struct fixture_log log = {0};

		fixture_log_begin(&log, 3);
		open_attribute(&log, 60 | 6ull << 48, 0xb0); /* a directory's bitmap */
		if (!is_lost) {
			fixture_log_skip_to(&log, 5);
			open_attribute(&log, 6 | 6ull << 48, 0x80); /* $Bitmap */
		}
		fixture_log_skip_to(&log, 6);
		uint64_t lsn = forget(&log);

		if (is_opened_again)
			open_attribute(&log, 6 | 6ull << 48, 0x80);
		grant(&log);
		fixture_log_end(&log);
		struct verdict verdict = judge(&log, lsn);

		assert_int_equal(verdict.is_covered, !is_lost || is_opened_again);
		assert_int_equal(verdict.deleted.later, !is_lost || is_opened_again);
		fixture_log_free(&log);
	}
}

/* A dump of both tables. */
static void dump(struct fixture_log *log, uint64_t file, uint32_t type, uint64_t opened)
{
	static const uint8_t names[4];
	uint8_t table[24 + 3 * 44] = {44, 0, 3, 0, 1};
	uint8_t *entry = table + KEY;

	put_le32(entry, 0xffffffff); /* in use */
	put_le64(entry + 8, file);
	put_le64(entry + 16, opened);
	put_le32(entry + 28, type);
	fixture_log_change(log, 0x18, 0,
	    &(struct fixture_change){
		.redo = LOGFILE_ATTRIBUTE_TABLE, .redo_data = {table, sizeof(table)}});
	fixture_log_change(log, 0x18, 0,
	    &(struct fixture_change){
		.redo = LOGFILE_NAME_TABLE, .redo_data = {names, sizeof(names)}});
}

/* A dump that comes later, behind another gap even, says what was open since before the gap, or not yet. */
static void test_key_dumped_later(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct fixture_log log = {0};

		fixture_log_begin(&log, 3);
		uint64_t opened = forget(&log);

		dump(&log, 60 | 6ull << 48, 0xb0, opened);
		opened = forget(&log);
		fixture_log_skip_to(&log, 6);
		uint64_t lsn = forget(&log);

		grant(&log);
		opened = i == 1 ? forget(&log) : opened;
		if (i == 2)
			fixture_log_skip_to(&log, 10);
		dump(&log, 6 | 6ull << 48, 0x80, opened);
		fixture_log_end(&log);
		struct verdict verdict = judge(&log, lsn);

		assert_int_equal(verdict.is_covered, i == 0);
		assert_int_equal(verdict.deleted.later, i != 1);
		fixture_log_free(&log);
	}
}

/* What a dump behind the gap says was open before it is known again. */
static void test_key_dumped(void **state)
{
	uint8_t table[24 + 3 * 44] = {44, 0, 3, 0, 1};
	uint8_t *entry = table + KEY;
	struct fixture_log log = {0};

	(void)state;
	fixture_log_begin(&log, 3);
	open_attribute(&log, 60 | 6ull << 48, 0xb0);
	fixture_log_skip_to(&log, 6);
	uint64_t lsn = forget(&log);

	put_le32(entry, 0xffffffff);
	put_le64(entry + 8, 6 | 6ull << 48);
	put_le64(entry + 16, lsn - 1); /* opened in the gap */
	put_le32(entry + 28, 0x80);
	fixture_log_change(&log, 0x18, 0,
	    &(struct fixture_change){
		.redo = LOGFILE_ATTRIBUTE_TABLE, .redo_data = {table, sizeof(table)}});
	grant(&log);
	fixture_log_end(&log);
	struct verdict verdict = judge(&log, lsn);

	assert_true(verdict.is_covered);
	assert_int_equal(verdict.deleted.later, 1);
	fixture_log_free(&log);
}

/* A page is left of a log that was there before and counted further: what it grants was before or after, nobody knows. */
static void test_older_log(void **state)
{
	struct fixture_log log = {0};
	struct fixture_log kept;
	struct verdict verdict;

	(void)state;
	fixture_log_begin(&log, 3);
	forget(&log);
	kept = log;
	log.round += 50;
	fixture_log_skip_to(&log, 40);
	open_attribute(&log, 6 | 6ull << 48, 0x80);
	assert_true(grant(&log) > kept.last);
	kept.at = log.at;
	log = kept;
	fixture_log_end(&log);
	verdict = judge(&log, log.last);
	assert_int_equal(verdict.deleted.later, 0);
	assert_int_equal(verdict.deleted.unknown, 1);
	assert_false(verdict.is_covered);
	fixture_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_key_used_anew),
	    cmocka_unit_test(test_key_dumped),
	    cmocka_unit_test(test_key_dumped_later),
	    cmocka_unit_test(test_older_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
