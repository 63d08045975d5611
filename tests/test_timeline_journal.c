/* analysis/timeline: the change journal of a volume that somebody forged. */
#include "tests/unit.h"

#include "analysis/timeline.h"
#include "core/sink.h"
#include "core/text.h"
#include "tests/fixture_ntfs.h"

#include <string.h>

#define CLUSTER  4096u
#define CLUSTERS 1024u
#define EXTEND   11u /* records */
#define JOURNAL  20u
#define PIECES   40u
#define FIRST    100u /* cluster */

/* A directory with one name in it. */
static void put_directory(
    struct fixture_volume *v, uint64_t record, uint64_t child, uint16_t sequence, const char *name)
{
	uint8_t root[512], entries[512];
	struct fixture_record r;
	size_t pos = 0;

	fixture_index_entry(entries, &pos, child, sequence, name, UINT64_MAX);
	fixture_index_entry(entries, &pos, 0, 0, NULL, UINT64_MAX);
	size_t len = fixture_index_root(root, CLUSTER, entries, pos, false);

	fixture_record_begin(&r, 1024, record, (uint16_t)record, 3);
	fixture_record_standard(&r, 1);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32_DOS, record == EXTEND ? "$Extend" : ".");
	fixture_record_resident(&r, NTFS_INDEX_ROOT, "$I30", 3, root, len);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

/* $J whose runs are the same 900 clusters over and over. */
static void put_journal(struct fixture_volume *v, unsigned unit)
{
	static struct ntfs_run runs[PIECES];
	uint64_t clusters = (uint64_t)PIECES * 900;
	struct fixture_record r;

	for (size_t i = 0; i < PIECES; i++)
		runs[i] = (struct ntfs_run){.lcn = FIRST, .length = 900};
	for (uint64_t c = FIRST; c < FIRST + 900; c++)
		memset(fixture_volume_cluster(v, c), 1, CLUSTER);
	struct fixture_extent extent = {.last_vcn = clusters - 1,
	    .size = clusters * CLUSTER,
	    .allocated = clusters * CLUSTER,
	    .initialized = clusters * CLUSTER,
	    .runs = runs,
	    .flags = unit ? NTFS_STREAM_COMPRESSED : 0,
	    .unit = unit,
	    .run_count = PIECES};

	fixture_record_begin(&r, 1024, JOURNAL, 1, 1);
	fixture_record_standard(&r, 1);
	fixture_record_name(&r, EXTEND, EXTEND, NTFS_NAME_WIN32_DOS, "$UsnJrnl");
	fixture_record_extent(&r, NTFS_DATA, "$J", 3, &extent);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

static void check_damage(unsigned unit, const char *path, const char *damage)
{
	CLEANUP(fixture_volume_free) struct fixture_volume v;
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(source_close) struct source *raw = NULL;
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&out);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct timeline_totals totals;
	struct err err = {0};

	assert_true(fixture_volume_new(&v, 512, CLUSTER, 1024, CLUSTERS, 24));
	put_directory(&v, 5, EXTEND, EXTEND, "$Extend");
	put_directory(&v, EXTEND, JOURNAL, 1, "$UsnJrnl");
	put_journal(&v, unit);
	raw = source_of_bytes((struct bytes){v.at, v.size});
	assert_true(timeline_new(sink, "jsonl", &timeline, &err));
	assert_true(timeline_add_volume(timeline, raw, &err));
	assert_true(timeline_finish(timeline, &totals, &err));
	assert_non_null(strstr(text_string(&out), path));
	assert_non_null(strstr(text_string(&out), damage));
}

/* It is told, and no more is read of it than the volume has. */
static void test_runs_over_each_other(void **state)
{
	(void)state;
	check_damage(0, "\"path\":\"$Extend/$UsnJrnl:$J\"",
	    "\"damage\":\"more bytes than the volume has: not read any further\"");
}

/* One that cannot be opened is no end of the timeline: $LogFile comes behind it. */
static void test_cannot_be_opened(void **state)
{
	(void)state;
	check_damage(15, "\"path\":\"$Extend/$UsnJrnl:$J\"",
	    "\"damage\":\"compression unit of 2^15 clusters\"");
	check_damage(15, "\"path\":\"$LogFile\"", "\"kind\":\"damage\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_runs_over_each_other), cmocka_unit_test(test_cannot_be_opened)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
