/* analysis/logfile_records.c: a log in which nothing is, and paths of files that are gone; what one tells is in
 * test_timeline.c. */
#include "tests/unit.h"

#include "analysis/timeline.h"
#include "core/sink.h"
#include "formats/ntfs/logfile.h"
#include "tests/fixture_log.h"
#include "tests/fixture_timeline.h"

#include <string.h>

static void check_empty_log(struct bytes nothing, enum err_kind kind)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes(nothing);
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&out);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct err err = {0};

	assert_true(timeline_new(sink, "jsonl", &timeline, &err));
	assert_false(timeline_add_files(timeline, &(struct timeline_files){.log = source}, &err));
	assert_int_equal(err.kind, kind);
}

/* Alone it is nothing to make a timeline of: never written to, or nothing but a restart page that is damaged. */
static void test_empty_log(void **state)
{
	static const uint8_t damaged[4096] = "RSTR";
	uint8_t fresh[4096];

	(void)state;
	memset(fresh, 0xff, sizeof(fresh));
	check_empty_log((struct bytes){fresh, sizeof(fresh)}, ERR_MISSING);
	check_empty_log((struct bytes){damaged, sizeof(damaged)}, ERR_DAMAGED);
}

/* That the record was freed, which held a file of that sequence number. */
static void tell_freed(struct fixture_log *log, uint32_t record, uint16_t sequence)
{
	uint8_t head[24] = "FILE";

	put_le16(head + 16, sequence);
	put_le16(head + 22, 1); /* in use */
	fixture_log_change(log, 0x18, 0,
	    &(struct fixture_change){
		.redo = LOGFILE_DEALLOCATE_RECORD,
		.undo = LOGFILE_INITIALIZE_RECORD,
		.target = 0x18,
		.block = (uint16_t)(2 * record),
		.undo_data = {head, sizeof(head)},
	    });
}

/* A free record whose number is one ahead still has the name of the file that was deleted; one in use has another's. */
static void test_deleted_file(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&out);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct fixture_image image;
	struct fixture_log log = {0};
	struct fixture_record r;
	struct timeline_totals totals;
	struct err err = {0};

	(void)state;
	fixture_timeline_image(&image);
	r = fixture_mft_begin(image.at, 36, 1, 0); /* 0 is skipped */
	fixture_mft_add_name(&r, FIXTURE_ROOT, 3, "last.txt");
	r = fixture_mft_begin(image.at, 37, 8, 0);
	fixture_mft_add_name(&r, FIXTURE_ROOT, 3, "deleted.txt");
	r = fixture_mft_begin(image.at, 38, 8, 1);
	fixture_mft_add_name(&r, FIXTURE_ROOT, 3, "after.txt");
	r = fixture_mft_begin(image.at, 39, 9, 0);
	fixture_mft_add_name(&r, FIXTURE_ROOT, 3, "later.txt");
	fixture_log_begin(&log, 3);
	tell_freed(&log, 36, UINT16_MAX);
	for (uint32_t record = 37; record < 40; record++)
		tell_freed(&log, record, 7);
	fixture_log_end(&log);
	CLEANUP(source_close) struct source *mft = source_of_bytes(fixture_timeline_bytes(&image));
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){log.at, FIXTURE_LOG_SIZE});

	assert_true(timeline_new(sink, "jsonl", &timeline, &err));
	assert_true(timeline_add_files(
	    timeline, &(struct timeline_files){.mft = mft, .log = source}, &err));
	assert_true(timeline_finish(timeline, &totals, &err));
	assert_has(&out,
	    "\"logfile\",\"time\":null,\"path\":\"last.txt\",\"record\":36,\"sequence\":65535,");
	assert_has(&out,
	    "\"logfile\",\"time\":null,\"path\":\"deleted.txt\",\"record\":37,\"sequence\":7,");
	assert_has(&out,
	    "\"logfile\",\"time\":null,\"path\":\"$Unnamed/38\",\"record\":38,\"sequence\":7,");
	assert_has(&out,
	    "\"logfile\",\"time\":null,\"path\":\"$Unnamed/39\",\"record\":39,\"sequence\":7,");
	fixture_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty_log),
	    cmocka_unit_test(test_deleted_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
