/* Collector "deleted-files": which deleted files it lists and takes under which policy, and in which order. */
#include "tests/unit.h"

#include "collectors/deleted.h"
#include "core/time.h"
#include "tests/fake_source.h"
#include "tests/fixture_ntfs.h"

#define BITMAP_RECORD 6u
#define CLUSTER       512u
#define CLUSTERS      256u
#define RECORDS       32u

static struct fixture_volume volume;
static uint8_t bits[CLUSTERS / 8];

static void put_bitmap(void)
{
	struct fixture_record r;

	fixture_record_begin(&r, 1024, BITMAP_RECORD, BITMAP_RECORD, 1);
	fixture_record_resident(&r, NTFS_DATA, NULL, 1, bits, sizeof(bits));
	fixture_record_end(&r);
	fixture_volume_put(&volume, &r);
}

/* A deleted file of `clusters` clusters from 100 + 2 * record on; 0: resident. */
static void put_deleted(unsigned record, const char *name, uint64_t time, uint64_t clusters)
{
	struct ntfs_run run = {.lcn = 100 + 2 * record, .length = clusters};
	struct fixture_extent extent = {.last_vcn = clusters - 1,
	    .size = clusters * CLUSTER,
	    .allocated = clusters * CLUSTER,
	    .initialized = clusters * CLUSTER,
	    .runs = &run,
	    .run_count = 1};
	struct fixture_record r;

	fixture_record_begin(&r, 1024, record, 2, 0);
	fixture_record_standard(&r, time);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, name);
	if (clusters)
		fixture_record_extent(&r, NTFS_DATA, NULL, 3, &extent);
	else
		fixture_record_resident(&r, NTFS_DATA, NULL, 3, "small", 5);
	fixture_record_end(&r);
	fixture_volume_put(&volume, &r);
}

static int make_volume(void **state)
{
	const uint64_t day = 24ull * 3600 * TIME_TICKS_PER_SECOND;

	(void)state;
	if (!fixture_volume_new(&volume, 512, CLUSTER, 1024, CLUSTERS, RECORDS))
		return -1;
	put_bitmap();
	put_deleted(8, "old.exe", 150000 * day, 2);
	put_deleted(9, "new.exe", 150001 * day, 2);
	put_deleted(10, "trace.pf", 149000 * day, 1);
	put_deleted(11, "rest.xyz", 151000 * day, 1);
	put_deleted(12, "small.xyz", 151000 * day, 0);
	put_deleted(13, "huge.txt", 151000 * day, 40);
	return 0;
}

static int free_volume(void **state)
{
	(void)state;
	fixture_volume_free(&volume);
	return 0;
}

static void keep_name(void *context, struct bytes name, uint64_t size)
{
	struct text *names = context;

	(void)size;
	text_add(names, name);
	text_addc(names, '\n');
}

/* What a dry run names. The read number fail_at of the device fails once, 0: none does. Returns how many there were, and
 * whether anything was said to be missing. */
static uint64_t names_with(enum deleted_policy policy, uint64_t cap, const char *profile,
    uint64_t fail_at, struct text *out, bool *has_gaps)
{
	CLEANUP(volume_set_free) struct volume_set volumes = {0};
	CLEANUP(collection_free) struct collection *collection = NULL;
	struct fake_source *raw = fake_source_new((struct bytes){volume.at, volume.size});
	struct collection_plan plan = {.volumes = &volumes,
	    .profile = profile,
	    .no_live = true,
	    .asks_deleted = true,
	    .deleted = policy,
	    .deleted_cap = cap,
	    .free_bytes = UINT64_MAX,
	    .would_take = keep_name,
	    .context = out};
	struct err err = {0};

	assert_non_null(raw);
	assert_true(volume_set_add(&volumes, 'C', NULL, "fake.img", false, &raw->source, &err));
	assert_true(collection_new(&plan, &collection, &err));
	raw->fail_at = fail_at ? raw->reads + fail_at : 0;
	uint64_t before = raw->reads;

	assert_true(collection_run(collection, &err));
	*has_gaps = collection_has_gaps(collection);
	text_addc(out, '\n'); /* so that it is never NULL */
	return raw->reads - before;
}

static void names_of(
    enum deleted_policy policy, uint64_t cap, const char *profile, struct text *out)
{
	bool has_gaps = true;

	(void)names_with(policy, cap, profile, 0, out, &has_gaps);
	assert_false(has_gaps);
}

static void expect(enum deleted_policy policy, uint64_t cap, const char *profile, const char *names)
{
	CLEANUP(text_free) struct text found = {0};

	names_of(policy, cap, profile, &found);
	assert_string_equal(text_string(&found), names);
}

#define SMALL "deleted/C/12-2/small.xyz\n"
#define LIST  "deleted/C/files.jsonl\n"

static void test_policies(void **state)
{
	(void)state;
	expect(DELETED_LIST, 0, "none", LIST "\n");
	expect(DELETED_PRIORITY, 0, "deleted-files",
	    SMALL LIST "deleted/C/10-2/trace.pf\ndeleted/C/9-2/new.exe\ndeleted/C/8-2/old.exe\n"
		       "deleted/C/13-2/huge.txt\n\n");
	expect(DELETED_ALL, 0, "none",
	    SMALL LIST "deleted/C/10-2/trace.pf\ndeleted/C/9-2/new.exe\ndeleted/C/8-2/old.exe\n"
		       "deleted/C/13-2/huge.txt\ndeleted/C/11-2/rest.xyz\n\n");
	expect(DELETED_NONE, 0, "deleted-files,registry", "\n");
}

/* A quarter of the cap for one file; what does not fit makes room for what comes after it. */
static void test_caps(void **state)
{
	(void)state;
	expect(DELETED_ALL, 5 * CLUSTER, "none",
	    SMALL LIST "deleted/C/10-2/trace.pf\ndeleted/C/11-2/rest.xyz\n\n");
	expect(DELETED_ALL, 8 * CLUSTER, "none",
	    SMALL LIST "deleted/C/10-2/trace.pf\ndeleted/C/9-2/new.exe\ndeleted/C/8-2/old.exe\n"
		       "deleted/C/11-2/rest.xyz\n\n");
}

/* A named stream of two clusters behind that many. */
static void put_stream(struct fixture_record *r, const char *name, uint64_t before, uint64_t lcn)
{
	struct ntfs_run runs[] = {{.lcn = NTFS_HOLE, .length = before}, {.lcn = lcn, .length = 2}};
	uint64_t size = (before + 2) * CLUSTER;
	struct fixture_extent extent = {.flags = before ? NTFS_STREAM_SPARSE : 0,
	    .last_vcn = before + 1,
	    .size = size,
	    .allocated = size,
	    .initialized = size,
	    .runs = before ? runs : &runs[1],
	    .run_count = before ? 2 : 1};

	fixture_record_extent(r, NTFS_DATA, name, 4, &extent);
}

static void forget(unsigned record)
{
	struct fixture_record r = {.size = 1024, .number = record};

	fixture_volume_put(&volume, &r);
}

/* The change journal that somebody deleted: of little more than holes only its clusters count, and it comes first. */
static void test_deleted_journal(void **state)
{
	const uint64_t day = 24ull * 3600 * TIME_TICKS_PER_SECOND;
	struct fixture_record r;

	(void)state;
	fixture_record_begin(&r, 1024, 17, 2, 0);
	fixture_record_standard(&r, 150000 * day);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "$UsnJrnl");
	put_stream(&r, "$J", 100000, 200);
	fixture_record_end(&r);
	fixture_volume_put(&volume, &r);
	expect(DELETED_PRIORITY, 12 * CLUSTER, "none",
	    SMALL LIST "deleted/C/17-2/$UsnJrnl:$J\ndeleted/C/10-2/trace.pf\n"
		       "deleted/C/9-2/new.exe\ndeleted/C/8-2/old.exe\n\n");
	forget(17);
}

/* An extension record whose base is another file's by now: what lies in it whole is there still. */
static void test_extension_alone(void **state)
{
	struct fixture_record r;

	(void)state;
	fixture_record_begin(&r, 1024, 14, 2, 0);
	fixture_record_set_base(&r, 12, 7);
	fixture_record_resident(&r, NTFS_DATA, "left", 1, "left", 4);
	put_stream(&r, "far", 0, 200);
	fixture_record_end(&r);
	fixture_volume_put(&volume, &r);
	expect(DELETED_ALL, 0, "none",
	    SMALL "deleted/C/14-2/unnamed:left\n" LIST
		  "deleted/C/10-2/trace.pf\ndeleted/C/9-2/new.exe\ndeleted/C/8-2/old.exe\n"
		  "deleted/C/13-2/huge.txt\ndeleted/C/11-2/rest.xyz\n"
		  "deleted/C/14-2/unnamed:far\n\n");
	forget(14);
}

#define MANY_RECORDS 1300u
#define MANY_STREAMS 80u

static void put_many(struct fixture_volume *v)
{
	for (unsigned number = 16; number < 16 + MANY_RECORDS; number++) {
		struct fixture_record r;

		fixture_record_begin(&r, 4096, number, 2, 0);
		for (unsigned i = 0; i < MANY_STREAMS; i++) {
			char name[16];

			snprintf(name, sizeof(name), "s%u", 100 + i);
			fixture_record_resident(&r, NTFS_DATA, name, i + 2, "x", 1);
		}
		fixture_record_end(&r);
		fixture_volume_put(v, &r);
	}
}

/* More members than are taken out of records: those that are left out are counted and have a row. */
static void test_many_in_records(void **state)
{
	CLEANUP(text_free) struct text names = {0};
	CLEANUP(volume_set_free) struct volume_set volumes = {0};
	CLEANUP(collection_free) struct collection *collection = NULL;
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	struct collection_plan plan = {.volumes = &volumes,
	    .profile = "none",
	    .no_live = true,
	    .asks_deleted = true,
	    .deleted = DELETED_ALL,
	    .free_bytes = UINT64_MAX,
	    .would_take = keep_name,
	    .context = &names};
	struct collection_counts counts;

	(void)state;
	assert_true(
	    fixture_volume_new(&v, 512, 512, 4096, 8 * MANY_RECORDS + 1000, MANY_RECORDS + 16));
	put_many(&v);
	struct fake_source *raw = fake_source_new((struct bytes){v.at, v.size});

	assert_true(volume_set_add(&volumes, 'C', NULL, "fake.img", false, &raw->source, NULL));
	assert_true(collection_new(&plan, &collection, NULL));
	assert_true(collection_run(collection, NULL));
	collection_totals(collection, &counts);
	assert_int_equal(counts.skipped, MANY_RECORDS * MANY_STREAMS - 100000);
}

/* One read of the device fails: nothing else is lost for it, and nothing is called free that was not looked at. */
static void test_failed_reads(void **state)
{
	CLEANUP(text_free) struct text all = {0};
	bool has_gaps;
	uint64_t reads = names_with(DELETED_ALL, 0, "none", 0, &all, &has_gaps);

	(void)state;
	assert_true(reads > 3);
	for (uint64_t n = 1; n <= reads; n++) {
		CLEANUP(text_free) struct text names = {0};

		(void)names_with(DELETED_ALL, 0, "none", n, &names, &has_gaps);
		if (!has_gaps)
			assert_string_equal(text_string(&names), text_string(&all));
	}
}

static void test_words(void **state)
{
	enum deleted_policy policy = DELETED_PRIORITY;
	struct err err = {0};

	(void)state;
	assert_true(collection_deleted_policy("all", &policy, &err));
	assert_int_equal(policy, DELETED_ALL);
	assert_true(collection_deleted_policy("none", &policy, &err));
	assert_int_equal(policy, DELETED_NONE);
	assert_false(collection_deleted_policy("some", &policy, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_int_equal(policy, DELETED_NONE);
	assert_true(collection_check_profile("default", &err));
	assert_true(collection_check_profile("default,deleted-files:all", &err));
	assert_true(collection_check_profile("registry,deleted-files:none", &err));
	assert_false(collection_check_profile("deleted-files:some", &err));
	assert_false(collection_check_profile("deleted-files:", &err));
	assert_false(collection_check_profile("registry:all", &err));
	assert_false(collection_check_profile("default:all", &err));
	for (int i = DELETED_GONE; i < DELETED_DECISIONS; i++)
		assert_non_null(deleted_why((enum deleted_decision)i));
}

static void test_priorities(void **state)
{
	static const struct {
		const char *path;
		unsigned priority;
	} cases[] = {
	    {"Windows/Prefetch/A.EXE-12345678.pf", 0},
	    {"$Orphan/Security.evtx", 0},
	    {"Windows/System32/Tasks/Evil", 0},
	    {"Users/a/AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine/"
	     "ConsoleHost_history.txt",
		0},
	    {"$Recycle.Bin/S-1-5-21/$IABCDEF.txt", 1},
	    {"$Orphan/$RABCDEF.exe", 1},
	    {"Users/a/NTUSER.DAT", 2},
	    {"Users/a/x.lnk", 3},
	    {"x.ps1", 4},
	    {"Users/a/AppData/Local/Google/Chrome/User Data/Default/History", 5},
	    {"a.EXE", 6},
	    {"a.zip", 7},
	    {"請求書.docx", 8},
	    {"$Extend/$UsnJrnl", 0},
	    {"a.jpg", 9},
	    {"a.bin", DELETED_CLASS_NONE},
	};
	CLEANUP(matcher_free) struct matcher matcher = {0};

	(void)state;
	assert_true(deleted_priorities(&matcher, NULL));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
		    deleted_priority(&matcher, 'C', bytes_of(cases[i].path)), cases[i].priority);
}

static void test_trim(void **state)
{
	struct trim trim = {0};

	(void)state;
	assert_string_equal(trim_word(&trim), "unknown");
	trim = (struct trim){.sampled = 10, .blank = 8};
	assert_string_equal(trim_word(&trim), "possible");
	trim.blank = 9;
	assert_string_equal(trim_word(&trim), "hopeless");
}

/* What the list says of TRIM: what the drive says only where it was asked. */
static void test_trim_words(void **state)
{
	struct trim trim = {.sampled = 4, .blank = 4, .has_setting = true, .setting = 0};
	CLEANUP(text_free) struct text unasked = {0}, asked = {0};
	struct json json = {.to = &unasked};

	(void)state;
	json_begin(&json);
	trim_write(&json, &trim, "MFT records");
	json_end(&json);
	assert_string_equal(text_string(&unasked),
	    "{\"trim\":{\"recovery\":\"hopeless\",\"sampled\":4,\"zero\":4,"
	    "\"disable_delete_notification\":0,\"device_trims\":null,\"meaning\":\"the drive has "
	    "emptied the clusters of deleted files (TRIM): only what lies in MFT records is "
	    "left\"}}");
	trim = (struct trim){.is_device_known = true, .device_trims = true};
	json = (struct json){.to = &asked};
	json_begin(&json);
	trim_write(&json, &trim, "MFT records");
	json_end(&json);
	assert_string_equal(text_string(&asked),
	    "{\"trim\":{\"recovery\":\"unknown\",\"sampled\":0,\"zero\":0,"
	    "\"disable_delete_notification\":null,\"device_trims\":true}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_policies),
	    cmocka_unit_test(test_caps),
	    cmocka_unit_test(test_deleted_journal),
	    cmocka_unit_test(test_extension_alone),
	    cmocka_unit_test(test_failed_reads),
	    cmocka_unit_test(test_many_in_records),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_priorities),
	    cmocka_unit_test(test_trim),
	    cmocka_unit_test(test_trim_words),
	};

	return cmocka_run_group_tests_name("deleted-files", tests, make_volume, free_volume);
}
