/* analysis/timeline: a small MFT and journal as lines of every format. */
#include "tests/unit.h"

#include "analysis/timeline.h"
#include "core/array.h"
#include "core/sink.h"
#include "core/text.h"
#include "formats/ntfs/logfile.h"
#include "tests/fixture_mft.h"
#include "tests/fixture_story.h"
#include "tests/fixture_timeline.h"

#include <stdlib.h>
#include <string.h>

#define RECORD FIXTURE_RECORD
#define ROOT   FIXTURE_ROOT

/* The timeline of files of which one is a log, as JSON. */
static struct timeline_totals write_log(const struct timeline_files *files, struct text *out)
{
	CLEANUP(sink_free) struct sink *sink = sink_to_text(out);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct timeline_totals totals;
	struct err err = {0};

	assert_true(timeline_new(sink, "jsonl", &timeline, &err));
	assert_true(timeline_add_files(timeline, files, &err));
	assert_true(timeline_finish(timeline, &totals, &err));
	return totals;
}

/* The whole timeline of the image, and of the journal when there is one, in a format. */
static struct timeline_totals write_all(
    const char *format, struct bytes journal, const char *prefix, struct text *out)
{
	struct fixture_image image;

	fixture_timeline_image(&image);
	return fixture_timeline_write(format, fixture_timeline_bytes(&image), journal, prefix, out);
}

#define LONG_SET                                                                           \
	"\"created\":\"2018-03-26T23:16:11.2345678Z\",\"modified\":\"2018-03-26T23:16:12." \
	"2345678Z\","                                                                      \
	"\"changed\":\"2018-03-26T23:16:13.2345678Z\",\"accessed\":\"2018-03-27T00:16:11." \
	"2345678Z\""
#define SAME_SET                                                                           \
	"\"created\":\"2018-03-26T23:16:11.2345678Z\",\"modified\":\"2018-03-26T23:16:11." \
	"2345678Z\","                                                                      \
	"\"changed\":\"2018-03-26T23:16:11.2345678Z\",\"accessed\":\"2018-03-26T23:16:11." \
	"2345678Z\""

static void test_jsonl(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	struct timeline_totals totals = write_all("jsonl", (struct bytes){0}, "C/", &out);

	(void)state;
	assert_int_equal(totals.records, 8);
	assert_int_equal(totals.names, 6);
	assert_int_equal(totals.damaged, 0);
	assert_has(&out,
	    "{\"kind\":\"file\",\"set\":\"si\",\"path\":\"C/Users/long name.txt\",\"record\":31,"
	    "\"sequence\":4,\"deleted\":false,\"orphan\":false,\"directory\":false," LONG_SET
	    ",\"size\":5,\"links\":1,\"attributes\":[\"HIDDEN\",\"ARCHIVE\"],\"owner_id\":0,"
	    "\"security_id\":0,\"usn\":0,\"lsn\":0,\"streams\":[{\"name\":\"zone\",\"size\":3}]}\n"
	    "{\"kind\":\"file\",\"set\":\"fn\",\"path\":\"C/Users/long name.txt\","
	    "\"name_type\":\"win32\",\"short_name\":\"LONGNA~1.TXT\",\"record\":31,\"sequence\":4,"
	    "\"parent\":30,\"parent_sequence\":2,\"deleted\":false,\"orphan\":false,"
	    "\"directory\":false," SAME_SET "}\n");
	assert_has(&out, "\"path\":\"C/.\"");
	assert_has(&out, "\"path\":\"C/$Orphan/gone.exe\",\"name_type\":\"win32\",\"record\":32,"
			 "\"sequence\":9,\"parent\":30,\"parent_sequence\":1,\"deleted\":true,"
			 "\"orphan\":true");
	assert_has(&out, "\"path\":\"C/=a,\\\"b\\\"|c\\n\\u202E<U+003C>U+41>\"");
	assert_has(&out, "\"set\":\"si\",\"path\":\"C/$Unnamed/34\",\"record\":34,");
	assert_null(strstr(text_string(&out), "\"set\":\"fn\",\"path\":\"C/$Unnamed/34\""));
	assert_has(&out, "\"created\":null,\"modified\":null,\"changed\":null,\"accessed\":null,"
			 "\"links\":1,\"lsn\":0,"
			 "\"object_id\":\"6f206e61-6a62-6365-7427-732069642e2e\"}\n");
}

static void test_csv(void **state)
{
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	write_all("csv", (struct bytes){0}, "", &out);
	assert_has(&out, "file,si,,\"Users/long name.txt\",,,31,4,,,false,false,false,"
			 "2018-03-26T23:16:11.2345678Z,");
	assert_has(&out, ",5,,1,HIDDEN|ARCHIVE,0,0,0,0,,,,\"zone:3\",,,,,,\r\n");
	assert_has(&out,
	    "file,fn,,\"Users/long name.txt\",win32,\"LONGNA~1.TXT\",31,4,30,2,false,false,false,"
	    "2018-03-26T23:16:11.2345678Z,");
	assert_has(&out, "file,fn,,\"=a,\"\"b\"\"|c<U+000A><U+202E><U+003C>U+41>\",posix,");
}

static void test_bodyfile(void **state)
{
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	write_all("bodyfile", (struct bytes){0}, "", &out);
	assert_has(&out, "0|/Users/long name.txt|31-128-0|r/rr-xr-xr-x|0|0|5|"
			 "1522109771|1522106172|1522106173|1522106171\n");
	assert_has(&out, "0|/Users/long name.txt:zone|31-128-0|r/rr-xr-xr-x|0|0|3|");
	assert_has(&out, "0|/Users/long name.txt ($FILE_NAME)|31-48-0|r/rr-xr-xr-x|0|0|92|");
	assert_has(&out, "0|/$OrphanFiles/gone.exe (deleted)|32|-/rr-xr-xr-x|");
	assert_has(&out, "0|/$OrphanFiles/gone.exe ($FILE_NAME) (deleted)|32-48-0|");
	assert_has(&out, "0|/=a,\"b\"<U+007C>c<U+000A><U+202E><U+003C>U+41>|33|");
	assert_has(&out, "0|/$OrphanFiles/OrphanFile-34|34|");
}

/* Numbers the attributes of a record as NTFS does, in the order in which they were made. */
static void number_attributes(uint8_t *record)
{
	uint16_t id = 0;

	for (uint8_t *at = record + le16(record + 20); le32(at) != UINT32_MAX; at += le32(at + 4))
		put_le16(at + 14, id++);
}

/* As fls: record-type-id, of a name as of a stream. */
static void test_bodyfile_ids(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	struct fixture_image image;

	(void)state;
	fixture_timeline_image(&image);
	number_attributes(image.at + (size_t)31 * RECORD);
	fixture_timeline_write(
	    "bodyfile", fixture_timeline_bytes(&image), (struct bytes){0}, "", &out);
	assert_has(&out, "0|/Users/long name.txt ($FILE_NAME)|31-48-1|");
	assert_has(&out, "0|/Users/long name.txt|31-128-3|");
}

static void test_timesketch(void **state)
{
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	write_all("timesketch", (struct bytes){0}, "", &out);
	assert_has(&out, "{\"datetime\":\"2018-03-26T23:16:11.2345678Z\","
			 "\"data_type\":\"fs:ntfs:mft\",\"timestamp_desc\":\"$SI ...B\","
			 "\"message\":\"Users/long name.txt\",\"path\":\"Users/long name.txt\","
			 "\"record\":31,\"sequence\":4,\"deleted\":false,\"size\":5}\n");
	assert_has(&out, "\"timestamp_desc\":\"$FN MACB\",\"message\":\"Users/long name.txt\"");
	assert_has(&out, "\"timestamp_desc\":\"$SI M...\",\"message\":\"Users/long name.txt\"");
	assert_has(
	    &out, "\"timestamp_desc\":\"$SI .A..\",\"message\":\"$Orphan/gone.exe (deleted)\"");
}

/* A version 2 record of "x.txt" below `parent`, and one of version 4 of the same file. */
static size_t make_journal(uint8_t journal[160], uint64_t parent)
{
	memset(journal, 0, 160);
	put_le32(journal, 72);
	put_le16(journal + 4, 2);
	put_le64(journal + 8, 35 | 1ull << 48);
	put_le64(journal + 16, parent);
	put_le64(journal + 24, 4096);           /* usn */
	put_le64(journal + 32, FIXTURE_STAMP);  /* time */
	put_le32(journal + 40, 0x80000100 | 8); /* reason, one bit of it without a name */
	put_le32(journal + 52, 0x20);
	put_le16(journal + 56, 10);
	put_le16(journal + 58, 60);
	memcpy(journal + 60, "x\0.\0t\0x\0t\0", 10);
	put_le32(journal + 72, 80);
	put_le16(journal + 76, 4);
	put_le64(journal + 80, 35 | 1ull << 48);
	put_le64(journal + 96, parent);
	put_le64(journal + 112, 4168);
	put_le32(journal + 120, 1);
	put_le16(journal + 132, 1);  /* extents */
	put_le16(journal + 134, 16); /* bytes of one */
	put_le64(journal + 144, 77); /* length of the first */
	return 152;
}

static void test_changes(void **state)
{
	uint8_t journal[160];
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(text_free) struct text lost = {0};
	CLEANUP(text_free) struct text body = {0};
	CLEANUP(text_free) struct text alone = {0};
	struct bytes usn = {journal, make_journal(journal, 30 | 2ull << 48)};

	(void)state;
	assert_int_equal(write_all("jsonl", usn, "C/", &out).changes, 2);
	assert_has(&out,
	    "{\"kind\":\"usn\",\"time\":\"2018-03-26T23:16:11.2345678Z\","
	    "\"path\":\"C/Users/x.txt\",\"record\":35,\"sequence\":1,\"parent\":30,"
	    "\"parent_sequence\":2,\"orphan\":false,\"attributes\":[\"ARCHIVE\"],"
	    "\"security_id\":0,\"usn\":4096,"
	    "\"reasons\":[\"0x00000008\",\"FILE_CREATE\",\"CLOSE\"],\"source_info\":[],"
	    "\"version\":2}\n");
	assert_has(
	    &out, "{\"kind\":\"usn\",\"time\":null,\"path\":\"C/Users/x.txt\",\"record\":35,");
	assert_has(&out, "\"extents\":[{\"offset\":0,\"length\":77}],\"remaining_extents\":0}");
	write_all("bodyfile", usn, "C/", &body);
	assert_has(&body, "0|/C/Users/x.txt (USN: 0x00000008 FILE_CREATE CLOSE)|35-1|0|0|0|0|"
			  "1522106171|1522106171|1522106171|1522106171\n");
	fixture_timeline_write("jsonl", (struct bytes){0}, usn, "", &alone);
	assert_has(&alone, "\"path\":\"x.txt\",\"record\":35,\"sequence\":1,\"parent\":30,"
			   "\"parent_sequence\":2,\"attributes\":");
	usn.len = make_journal(journal, 30 | 1ull << 48); /* an earlier life of that record */
	write_all("jsonl", usn, "C/", &lost);
	assert_has(&lost, "\"path\":\"C/$Orphan/x.txt\"");
}

static void test_probe(void **state)
{
	uint8_t journal[4096 + 160] = {0};
	uint8_t rubbish[4096];
	struct err err = {0};

	(void)state;
	make_journal(journal + 4096, ROOT);
	CLEANUP(source_close)
	struct source *a = source_of_bytes((struct bytes){journal, sizeof(journal)});

	assert_int_equal(timeline_probe(a, &err), TIMELINE_JOURNAL);
	memset(rubbish, 'F', sizeof(rubbish));
	CLEANUP(source_close)
	struct source *b = source_of_bytes((struct bytes){rubbish, sizeof(rubbish)});

	assert_int_equal(timeline_probe(b, &err), TIMELINE_UNKNOWN);
	CLEANUP(source_close) struct source *none = source_of_bytes((struct bytes){0});

	assert_int_equal(timeline_probe(none, &err), TIMELINE_UNKNOWN);
	/* A log whose first restart page is gone. */
	memset(journal, 0, sizeof(journal));
	memcpy(journal + 4096, "RSTR", 4);
	assert_int_equal(timeline_probe(a, &err), TIMELINE_UNKNOWN);
	CLEANUP(free_memory) uint8_t *log = calloc(3, 4096);

	assert_non_null(log);
	memcpy(log + 4096, "RSTR", 4);
	memcpy(log + (size_t)2 * 4096, "RCRD", 4);
	CLEANUP(source_close)
	struct source *logs = source_of_bytes((struct bytes){log, (size_t)3 * 4096});

	assert_int_equal(timeline_probe(logs, &err), TIMELINE_LOGFILE);
	assert_int_equal(err.kind, ERR_NONE);
}

/* Its first records are spoiled; bytes of a volume in front of it are another thing. */
static void test_damaged_start_of_an_mft(void **state)
{
	static uint8_t behind[4 * RECORD + sizeof(struct fixture_image)];
	CLEANUP(text_free) struct text out = {0};
	struct fixture_image image;
	struct err err = {0};

	(void)state;
	fixture_timeline_image(&image);
	memcpy(behind + 4 * RECORD, image.at, sizeof(image.at));
	memset(image.at, 0, RECORD);
	memset(image.at + RECORD, 0x5a, RECORD);
	struct timeline_totals totals = fixture_timeline_write(
	    "jsonl", (struct bytes){image.at, sizeof(image.at)}, (struct bytes){0}, "", &out);

	assert_int_equal(totals.damaged, 1);
	assert_has(&out, "\"path\":\"Users/long name.txt\"");
	CLEANUP(source_close)
	struct source *shifted = source_of_bytes((struct bytes){behind, sizeof(behind)});

	assert_int_equal(timeline_probe(shifted, &err), TIMELINE_UNKNOWN);
}

/* Records cut out of an MFT say themselves which they are. */
static void test_a_piece_keeps_its_numbers(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	struct fixture_image image;

	(void)state;
	fixture_timeline_image(&image);
	struct bytes piece = {image.at + 30 * RECORD, 3 * RECORD};

	assert_int_equal(
	    fixture_timeline_write("jsonl", piece, (struct bytes){0}, "", &out).records, 3);
	assert_has(&out, "\"path\":\"Users/long name.txt\",\"name_type\":\"win32\","
			 "\"short_name\":\"LONGNA~1.TXT\",\"record\":31,");
	assert_has(&out, "\"path\":\"$Orphan/gone.exe\",\"name_type\":\"win32\",\"record\":32,");
}

static void test_damaged_records_become_lines(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	struct fixture_image image;

	(void)state;
	fixture_timeline_image(&image);
	memcpy(image.at + 31 * RECORD, "XXXX", 4);
	struct timeline_totals totals = fixture_timeline_write(
	    "jsonl", fixture_timeline_bytes(&image), (struct bytes){0}, "", &out);

	assert_int_equal(totals.damaged, 1);
	assert_int_equal(totals.records, 7);
	assert_has(
	    &out, "{\"kind\":\"damage\",\"path\":\"$MFT\",\"offset\":31744,\"length\":1024,");
}

static bool refuse_write(struct sink *self, struct bytes data, struct err *err)
{
	(void)self;
	(void)data;
	return fail(err, ERR_FULL, "no space");
}

static bool finish_nothing(struct sink *self, struct err *err)
{
	(void)self;
	(void)err;
	return true;
}

static bool stop_at_once(void *context, uint64_t done, uint64_t total)
{
	(void)done;
	(void)total;
	*(int *)context += 1;
	return true;
}

static bool check_fails(void *context, struct err *err)
{
	(void)context;
	return fail(err, ERR_DAMAGED, "wrong hash");
}

static void test_failures_end_it(void **state)
{
	struct fixture_image image;
	struct sink full = {.write = refuse_write, .finish = finish_nothing};
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&out);
	CLEANUP(timeline_free) struct timeline *to_full = NULL;
	CLEANUP(timeline_free) struct timeline *stopped = NULL;
	CLEANUP(timeline_free) struct timeline *checked = NULL;
	struct timeline_totals totals;
	struct err err = {0};
	int asked = 0;

	(void)state;
	fixture_timeline_image(&image);
	CLEANUP(source_close) struct source *mft = source_of_bytes(fixture_timeline_bytes(&image));
	struct timeline_files files = {.mft = mft};

	assert_true(timeline_new(&full, "jsonl", &to_full, &err));
	assert_true(timeline_add_files(to_full, &files, &err)); /* all of it fits the buffer */
	assert_false(timeline_finish(to_full, &totals, &err));
	assert_int_equal(err.kind, ERR_FULL);
	assert_true(timeline_new(sink, "jsonl", &stopped, &err));
	timeline_watch(stopped, stop_at_once, &asked);
	assert_false(timeline_add_files(stopped, &files, &err));
	assert_int_equal(err.kind, ERR_STOPPED);
	assert_int_equal(asked, 1);
	files.check = check_fails;
	assert_true(timeline_new(sink, "jsonl", &checked, &err));
	assert_false(timeline_add_files(checked, &files, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_true(timeline_finish(checked, &totals, &err));
	assert_int_equal(out.len, 0);
	assert_false(timeline_new(sink, "xml", &checked, &err));
	assert_int_equal(err.kind, ERR_USAGE);
}

/* A record of the change journal about the root itself. */
static void change_root(struct fixture_log *log)
{
	uint8_t usn[64] = {64, 0, 0, 0, 2};

	put_le64(usn + 8, FIXTURE_ROOT);
	put_le64(usn + 16, FIXTURE_ROOT);
	put_le64(usn + 32, FIXTURE_STAMP);
	put_le32(usn + 40, 0x80000); /* reason: OBJECT_ID_CHANGE */
	put_le16(usn + 56, 2);       /* name length */
	put_le16(usn + 58, 60);      /* name offset */
	usn[60] = '.';
	fixture_log_change(log, 0x18, 0,
	    &(struct fixture_change){
		.redo = LOGFILE_UPDATE_NONRESIDENT,
		.target = STORY_JOURNAL,
		.redo_data = {usn, sizeof(usn)},
	    });
}

/* A $LogFile alone, and with an $MFT. */
static void test_log(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	struct fixture_log log = {0};
	struct fixture_story story;
	struct fixture_image image;
	CLEANUP(text_free) struct text wanted = {0};

	(void)state;
	fixture_timeline_image(&image);
	fixture_story_tell(&log, &story);
	change_root(&log);
	fixture_log_end(&log);
	CLEANUP(source_close) struct source *mft = source_of_bytes(fixture_timeline_bytes(&image));
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){log.at, FIXTURE_LOG_SIZE});
	struct err err = {0};

	assert_int_equal(timeline_probe(source, &err), TIMELINE_LOGFILE);
	assert_int_equal(
	    write_log(&(struct timeline_files){.mft = mft, .log = source}, &out).operations, 20);
	text_addf(&wanted,
	    "{\"kind\":\"logfile\",\"set\":\"fn\",\"path\":\"Users/"
	    "other.txt\",\"name_type\":\"win32+dos\","
	    "\"record\":40,\"sequence\":3,\"parent\":30,\"parent_sequence\":2,\"orphan\":"
	    "false," SAME_SET
	    ",\"size\":0,\"allocated\":0,\"attributes\":[],\"lsn\":%llu,\"operation\":\"renamed\","
	    "\"old_path\":\"Users/new.txt\",\"old_parent\":30,\"old_parent_sequence\":2,",
	    (unsigned long long)story.renamed);
	assert_has(&out, text_string(&wanted));
	assert_has(&out,
	    "\"operation\":\"clusters_allocated\",\"clusters\":[{\"offset\":100,\"length\":8}]");
	assert_has(&out, "\"reasons\":[\"RENAME_NEW_NAME\"]");
	assert_has(&out, "\"path\":\".\",\"record\":5,\"sequence\":5,");
	assert_has(&out, "\"operation\":\"file_deleted\",\"transaction\"");
	/* The sequence number of the file that was never is not known. */
	assert_has(&out, "\"path\":\"$Unnamed/41\",\"record\":41,\"orphan\"");
	text_clear(&out);
	write_log(&(struct timeline_files){.log = source}, &out);
	assert_has(&out, "\"path\":\"other.txt\"");
	fixture_log_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_jsonl),
	    cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_bodyfile),
	    cmocka_unit_test(test_bodyfile_ids),
	    cmocka_unit_test(test_timesketch),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_damaged_start_of_an_mft),
	    cmocka_unit_test(test_a_piece_keeps_its_numbers),
	    cmocka_unit_test(test_damaged_records_become_lines),
	    cmocka_unit_test(test_failures_end_it),
	    cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
