/* The timeline of a FAT and an exFAT volume. */
#include "tests/unit.h"

#include "analysis/timeline.h"
#include "tests/fake_source.h"
#include "tests/fixture_fat.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

static void write(struct fixture_fat *f, const char *format, struct text *out)
{
	CLEANUP(source_close)
	struct source *raw = source_of_bytes((struct bytes){f->at, f->size});
	CLEANUP(sink_free) struct sink *sink = sink_to_text(out);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct timeline_totals totals;
	struct err err = {0};

	text_clear(out);
	assert_int_equal(timeline_probe(raw, &err), TIMELINE_FAT);
	assert_true(timeline_new(sink, format, &timeline, &err));
	assert_true(timeline_prefix(timeline, "E/", &err));
	assert_true(timeline_add_fat(timeline, raw, &err));
	assert_true(timeline_finish(timeline, &totals, &err));
	assert_int_equal(totals.damaged, 0);
}

static void has(const struct text *text, const char *what)
{
	if (!strstr(text_string(text), what))
		assert_string_equal(text_string(text), what);
}

/* The clock of a PC that nobody knows is never called UTC. */
static void test_fat(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_16, 512, 5000));
	fixture_fat_short(fixture_fat_slot(&f, 0, 0), "HELLO   TXT", 0x21, 10, 700);
	fixture_fat_chain(&f, 10, 2);
	fixture_fat_short(fixture_fat_slot(&f, 0, 1), "\xe5ONE    TXT", 0x20, 20, 10);
	write(&f, "jsonl", &out);
	has(&out,
	    "{\"kind\":\"file\",\"set\":\"fat\",\"path\":\"E/HELLO.TXT\",\"record\":3,\"parent\":2,"
	    "\"deleted\":false,\"orphan\":false,\"directory\":false,\"created\":\"2021-03-04T12:00:"
	    "01.5000000\","
	    "\"modified\":\"2021-03-05T13:30:14.0000000\",\"changed\":null,"
	    "\"accessed\":\"2021-03-06\",\"local\":true,\"size\":700,"
	    "\"attributes\":[\"READONLY\",\"ARCHIVE\"],\"cluster\":10}\n");
	has(&out, "\"path\":\"E/_ONE.TXT\"");
	has(&out, "\"left\":\"full\",\"left_clusters\":1,\"layout\":\"assumed contiguous\"");
	assert_null(strchr(text_string(&out), 'Z'));
	write(&f, "csv", &out);
	has(&out, "2021-03-04T12:00:01.5000000,2021-03-05T13:30:14.0000000,,2021-03-06,700,");
	write(&f, "bodyfile", &out);
	has(&out, "0|/E/HELLO.TXT|3|r/rr-xr-xr-x|0|0|700|1614988800|1614951014|0|1614859201\n");
	has(&out, "0|/E/_ONE.TXT (deleted)|4|r/rrwxrwxrwx|0|0|10|");
	write(&f, "timesketch", &out);
	has(&out, "{\"datetime\":\"2021-03-06T00:00:00.0000000\",\"data_type\":\"kanshiki:fat\","
		  "\"timestamp_desc\":\"$FAT .A.. local time, zone unknown\"");
	assert_null(strchr(text_string(&out), 'Z'));
}

static void test_exfat(void **state)
{
	CLEANUP(fixture_fat_free) struct fixture_fat f = {0};
	CLEANUP(text_free) struct text out = {0};

	(void)state;
	assert_true(fixture_fat_new(&f, FAT_EX, 512, 200));
	fixture_fat_set_of(fixture_fat_slot(&f, 0, 2), "file", 0x20, 1, 0, 0);
	write(&f, "jsonl", &out);
	/* Nine hours ahead, five behind, not told. */
	has(&out, "\"created\":\"2021-03-04T03:00:01.5000000Z\",\"modified\":\"2021-03-04T17:00:00."
		  "0000000Z\",\"changed\":null,\"accessed\":\"2021-03-04T12:00:00.0000000\","
		  "\"local\":true");
	has(&out, "\"utc_minus_minutes\":300");
	write(&f, "timesketch", &out);
	has(&out, "\"timestamp_desc\":\"$EXFAT .A.. local time, zone unknown\"");
	has(&out, "{\"datetime\":\"2021-03-04T03:00:01.5000000Z\"");
}

/* A start that cannot be read hides no volume that has a backup of its boot sector. */
static void test_probe_of_an_unreadable_start(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume ntfs = {0};
	CLEANUP(fixture_fat_free) struct fixture_fat fat = {0};
	struct err err = {0};

	(void)state;
	assert_true(fixture_volume_sample(&ntfs));
	assert_true(fixture_fat_new(&fat, FAT_EX, 512, 300));
	struct fake_source *a = fake_source_new((struct bytes){ntfs.at, ntfs.size});
	struct fake_source *b = fake_source_new((struct bytes){fat.at, fat.size});

	assert_non_null(a);
	assert_non_null(b);
	a->bad_len = b->bad_len = 512;
	assert_int_equal(timeline_probe(&a->source, &err), TIMELINE_VOLUME);
	assert_int_equal(timeline_probe(&b->source, &err), TIMELINE_FAT);
	assert_int_equal(err.kind, ERR_NONE);
	b->bad_len = fat.size;
	assert_int_equal(timeline_probe(&b->source, &err), TIMELINE_UNKNOWN);
	assert_int_equal(err.kind, ERR_IO);
	source_close(&a->source);
	source_close(&b->source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fat),
	    cmocka_unit_test(test_exfat),
	    cmocka_unit_test(test_probe_of_an_unreadable_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
