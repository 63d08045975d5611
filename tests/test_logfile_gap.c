/* formats/ntfs/logfile_operation: what is not told any more when records were missed, and where times lie. */
#include "tests/unit.h"

#include "formats/ntfs/logfile_operation.h"
#include "tests/fixture_log.h"
#include "tests/fixture_mft.h"

#include <string.h>

#define FILE_RECORD  10u
#define VALUE        24u /* of a resident attribute */
#define LSN_MASK     ((UINT64_C(1) << 18) - 1)
#define FIRST_RECORD ((size_t)4 * FIXTURE_LOG_PAGE + FIXTURE_LOG_DATA)

/* A change of the file's record, which has so many blocks of 512 bytes; clusters are of 4096 bytes. */
static struct fixture_change of_file(uint16_t redo, uint16_t blocks, struct bytes data)
{
	uint32_t offset = FILE_RECORD * blocks * 512;

	return (struct fixture_change){
	    .redo = redo,
	    .undo = LOGFILE_NOOP,
	    .target = 0x18,
	    .vcn = offset / 4096,
	    .block = (uint16_t)(offset % 4096 / 512),
	    .target_blocks = blocks,
	    .redo_data = data,
	};
}

static uint64_t set_bytes(
    struct fixture_log *log, uint16_t blocks, uint16_t attribute, uint16_t value, struct bytes data)
{
	struct fixture_change c = of_file(LOGFILE_UPDATE_RESIDENT, blocks, data);

	c.record_offset = attribute;
	c.attribute_offset = VALUE + value;
	return fixture_log_change(log, 0x18, 0, &c);
}

/* "new.txt" of sequence number 3, with all its times. */
static void create(struct fixture_log *log)
{
	static uint8_t table[(FILE_RECORD + 1) * FIXTURE_RECORD];
	struct fixture_record r = fixture_mft_begin(table, FILE_RECORD, 3, 1);

	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, FIXTURE_ROOT, 3, "new.txt");
	struct fixture_change c =
	    of_file(LOGFILE_INITIALIZE_RECORD, 2, (struct bytes){r.at, r.used + 8});

	fixture_log_change(log, 0x18, 0, &c);
}

/* The operation of the record with that LSN, of the log as it lies there. */
static struct logfile_operation read_at(
    const struct fixture_log *log, const struct logfile_layout *layout, uint64_t lsn)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){log->at, FIXTURE_LOG_SIZE});
	CLEANUP(logfile_operations_close) struct logfile_operations *operations = NULL;
	struct logfile_operation op;
	struct err err = {0};

	assert_true(logfile_operations_open(source, layout, NULL, &operations, &err));
	do
		assert_true(logfile_operations_next(operations, &op, &err));
	while (op.record->lsn != lsn);
	return op; /* but for its views */
}

static const struct logfile_layout clusters = {.cluster_size = 4096};

/* The page between is lost: in it the record may have been given to another file. */
static void test_file(void **state)
{
	static const uint8_t half[4] = {1, 2, 3, 4};

	(void)state;
	for (int is_lost = 0; is_lost < 2; is_lost++) {
		struct fixture_log log = {0};
		struct logfile_operation op;

		fixture_log_begin(&log, 3);
		create(&log);
		fixture_log_skip_to(&log, is_lost ? 6 : 5);
		uint64_t lsn = set_bytes(&log, 2, 0x38, 8, (struct bytes){half, sizeof(half)});

		fixture_log_end(&log);
		op = read_at(&log, &clusters, lsn);
		assert_int_equal(op.what, LOGFILE_TIMES_SET);
		assert_int_equal(op.file.record, FILE_RECORD);
		assert_int_equal(!(op.has & LOGFILE_HAS_SEQUENCE), is_lost);
		assert_int_equal(!(op.has & LOGFILE_HAS_NAME), is_lost);
		assert_int_equal(!(op.has & LOGFILE_HAS_TIMES), is_lost);
		fixture_log_free(&log);
	}
}

/* An index entry of the file, in the root directory: taken out, or added. */
static uint64_t set_entry(
    struct fixture_log *log, uint64_t previous, bool adds, const char *name, uint8_t units)
{
	uint8_t entry[104] = {0};
	struct fixture_change c = {
	    .redo = adds ? LOGFILE_ADD_ENTRY_ROOT : LOGFILE_DELETE_ENTRY_ROOT,
	    .undo = adds ? LOGFILE_DELETE_ENTRY_ROOT : LOGFILE_ADD_ENTRY_ROOT,
	    .target = 0x18,
	    .vcn = 1,
	    .block = 2,
	};
	size_t key = 66 + 2 * (size_t)units;

	put_le64(entry, FILE_RECORD | 3ull << 48);
	put_le16(entry + 8, (uint16_t)((16 + key + 7) & ~(size_t)7));
	put_le16(entry + 10, (uint16_t)key);
	put_le64(entry + 16, FIXTURE_ROOT);
	entry[16 + 64] = units;
	entry[16 + 65] = 3; /* Win32 and DOS */
	for (size_t i = 0; i < units; i++)
		entry[16 + 66 + 2 * i] = (uint8_t)name[i];
	*(adds ? &c.redo_data : &c.undo_data) = (struct bytes){entry, le16(entry + 8)};
	return fixture_log_change(log, 0x18, previous, &c);
}

/* Over a lost page a transaction goes on only where its next record names the last one that is there: else it ended,
 * and its number is another one's. */
static void test_rename(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		bool is_lost = i > 0;
		bool is_other = i == 2;
		uint8_t entry[44] = {0xff, 0xff, 0xff, 0xff};
		struct fixture_change opening = {.redo = LOGFILE_OPEN_ATTRIBUTE,
		    .target = 0x44,
		    .redo_data = {entry, sizeof(entry)}};
		struct fixture_log log = {0};
		struct logfile_operation op;

		fixture_log_begin(&log, 3);
		uint64_t lsn = set_entry(&log, 0, false, "old", 3);

		fixture_log_skip_to(&log, is_lost ? 6 : 5);
		if (i == 3) /* a link of the chain that tells nothing of the file */
			lsn = fixture_log_change(&log, 0x18, lsn, &opening);
		lsn = set_entry(&log, is_other ? lsn + 512 : lsn, true, "new", 3);
		fixture_log_end(&log);
		op = read_at(&log, &clusters, lsn);
		assert_int_equal(op.what, is_other ? LOGFILE_NAME_ADDED : LOGFILE_RENAMED);
		fixture_log_free(&log);
	}
}

/* $STANDARD_INFORMATION is the first attribute: behind the fix-ups, of which larger records have more. */
static void test_place_of_times(void **state)
{
	static const struct {
		uint16_t blocks, at;
		bool is_times;
	} cases[] = {{2, 56, true}, {2, 48, true}, {2, 72, false}, {2, 64, false}, {8, 72, true},
	    {8, 64, true}, {8, 56, false}, {8, 48, false}};
	uint8_t times[32];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		put_le64(times + 8 * i, FIXTURE_STAMP + i);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture_log log = {0};
		struct logfile_layout layout = {4096, 0};
		struct logfile_operation op;

		fixture_log_begin(&log, 3);
		uint64_t lsn = set_bytes(
		    &log, cases[i].blocks, cases[i].at, 0, (struct bytes){times, sizeof(times)});

		/* As they are told, and where Windows before 8 does not: then by the volume. */
		for (int is_told = 1; is_told >= 0; is_told--) {
			if (!is_told) {
				put_le16(log.at + FIRST_RECORD + 48 + 22, 0);
				layout.record_size = cases[i].blocks * 512u;
			}
			fixture_log_end(&log);
			op = read_at(&log, &layout, lsn);
			assert_int_equal(op.file.record, FILE_RECORD);
			assert_int_equal(
			    op.what, cases[i].is_times ? LOGFILE_TIMES_SET : LOGFILE_VALUE_WRITTEN);
			if (cases[i].is_times)
				assert_int_equal(op.times.modified, FIXTURE_STAMP + 1);
		}
		fixture_log_free(&log);
	}
}

/* A record between that cannot be understood, or whose bytes the log does not keep: no time is made of what was before it
 * and what came after. */
static void test_bytes_not_told(void **state)
{
	static const uint8_t half[4] = {1, 2, 3, 4};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct fixture_log log = {0};
		struct logfile_operation op;

		fixture_log_begin(&log, 3);
		create(&log);
		uint64_t lsn = set_bytes(&log, 2, 0x38, 12, (struct bytes){half, sizeof(half)});
		uint8_t *data = log.at + (lsn & LSN_MASK) * 8 + 48;

		if (i == 1)
			put_le16(data + 6, 4000); /* redo: lies outside */
		if (i == 2)
			put_le16(data + 4, 4000); /* counted, not kept */
		lsn = set_bytes(&log, 2, 0x38, 8, (struct bytes){half, sizeof(half)});
		fixture_log_end(&log);
		op = read_at(&log, &clusters, lsn);
		assert_int_equal(op.what, LOGFILE_TIMES_SET);
		assert_int_equal(!(op.has & LOGFILE_HAS_TIMES), i != 0);
		/* Not kept is the upper half of one time, and no more. */
		assert_int_equal(op.times_told, i == 0 ? 0xf : i == 1 ? 0 : 0xd);
		fixture_log_free(&log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_rename),
	    cmocka_unit_test(test_place_of_times),
	    cmocka_unit_test(test_bytes_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
