/* Collector "deleted-files" on shadow copies: which members it makes of what no newer state has, on an image, on a running system, and
 * when a read fails. */
#include "tests/unit.h"

#include "collectors/deleted.h"
#include "core/array.h"
#include "core/time.h"
#include "tests/fake_source.h"
#include "tests/fixture_ntfs.h"
#include "tests/fixture_vss.h"

#include <stdlib.h>

#define BITMAP_RECORD 6u
#define CLUSTER       4096u /* the MFT then lies behind the header of shadow copies */
#define CLUSTERS      300u
#define RECORDS       24u
#define HELD          (100 + 4 * 11u) /* the cluster of record 11 */
#define BLOCK         ((size_t)FIXTURE_VSS_BLOCK)
#define BLOCKS        76u /* that the volume has */
#define AREA          90u /* blocks behind them for a shadow copy */
#define SIZE          ((BLOCKS + AREA) * BLOCK)

static uint8_t *image;
static struct fixture_vss stores;
static uint64_t late_block; /* that record 20 lies in, and none that has changed */

static void put(struct fixture_volume *v, const struct fixture_record *r)
{
	struct fixture_record ready = *r;

	fixture_record_end(&ready);
	fixture_volume_put(v, &ready);
}

static void put_bitmap(struct fixture_volume *v, bool is_now)
{
	uint8_t bits[CLUSTERS / 8 + 1] = {0};
	struct fixture_record r;

	if (is_now)
		bits[HELD / 8] = (uint8_t)(1u << HELD % 8);
	fixture_record_begin(&r, 1024, BITMAP_RECORD, BITMAP_RECORD, 1);
	fixture_record_resident(&r, NTFS_DATA, NULL, 1, bits, sizeof(bits));
	put(v, &r);
}

/* A file of `clusters` clusters from 100 + 4 * record on, filled with `with`; 0: resident. */
static void put_file(struct fixture_volume *v, unsigned record, bool in_use, const char *name,
    uint64_t clusters, uint8_t with)
{
	struct ntfs_run run = {.lcn = 100 + 4 * record, .length = clusters};
	struct fixture_extent extent = {.last_vcn = clusters - 1,
	    .size = clusters * CLUSTER,
	    .allocated = clusters * CLUSTER,
	    .initialized = clusters * CLUSTER,
	    .runs = &run,
	    .run_count = 1};
	struct fixture_record r;

	fixture_record_begin(&r, 1024, record, 2, in_use);
	fixture_record_standard(&r, 150000 * 24ull * 3600 * TIME_TICKS_PER_SECOND);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, name);
	if (clusters) {
		fixture_record_extent(&r, NTFS_DATA, NULL, 3, &extent);
		memset(fixture_volume_cluster(v, run.lcn), with, (size_t)clusters * CLUSTER);
	} else {
		fixture_record_resident(&r, NTFS_DATA, NULL, 3, name, 5);
	}
	put(v, &r);
}

/* Records 8 and 12 are others' now, the clusters of 10 were; that of 11 is another's, who wrote nothing there; 9 and 20 are as they
 * were. */
static uint8_t *make_state(bool is_now, size_t room)
{
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	uint8_t *at = calloc(room, BLOCK);

	assert_non_null(at);
	assert_true(fixture_volume_new(&v, 512, CLUSTER, 1024, CLUSTERS, RECORDS));
	put_bitmap(&v, is_now);
	put_file(&v, 8, is_now, is_now ? "mine" : "old.exe", is_now ? 0 : 2, 'o');
	put_file(&v, 9, false, "same.exe", 1, 's');
	put_file(&v, 10, false, "data.exe", 1, is_now ? 'n' : 'd');
	put_file(&v, 11, false, "held.exe", 1, 'h');
	put_file(&v, 20, false, "late.xyz", 0, 0);
	put_file(&v, 21, true, "stay.txt", 0, 0);
	put_file(&v, 12, is_now, is_now ? "other" : "small.xyz", 0, 0);
	assert_true(v.size <= BLOCKS * BLOCK);
	memcpy(at, v.at, v.size);
	late_block = (v.g.mft_cluster * CLUSTER + 20 * 1024) / BLOCK;
	return at;
}

static int make_image(void **state)
{
	CLEANUP(free_memory) uint8_t *now = make_state(true, BLOCKS);

	(void)state;
	image = make_state(false, BLOCKS + AREA);
	fixture_vss_begin(&stores, image, SIZE, NULL, 0, BLOCKS * BLOCK);
	fixture_vss_snapshot(&stores, 1000, 0x40, 0, 0);
	memcpy(now + 0x1e00, image + 0x1e00, 512);
	for (size_t block = 0; block < BLOCKS; block++)
		if (memcmp(image + block * BLOCK, now + block * BLOCK, BLOCK) != 0)
			fixture_vss_write(&stores, block, now + block * BLOCK);
	return 0;
}

static int free_image(void **state)
{
	(void)state;
	fixture_vss_free(&stores);
	free(image);
	return 0;
}

static void keep_name(void *context, struct bytes name, uint64_t size)
{
	struct text *names = context;

	(void)size;
	text_add(names, name);
	text_addc(names, '\n');
}

/* The running system writes zeros over the records from 16 on. */
static void overwrite(void *context)
{
	static const uint8_t zeros[FIXTURE_VSS_BLOCK];

	(void)context;
	fixture_vss_write(&stores, late_block, zeros);
}

static struct text_list take; /* patterns of files in use */

/* What a dry run names. The read number fail_at of the device fails once, 0: none does; at overwrite_at
 * the system overwrites records. Returns how many there were. */
static uint64_t names_of(enum deleted_policy policy, bool is_live, uint64_t fail_at,
    uint64_t overwrite_at, struct text *out, bool *has_gaps)
{
	static const struct vss_choice all = {.all = true};
	CLEANUP(volume_set_free) struct volume_set volumes = {0};
	CLEANUP(collection_free) struct collection *collection = NULL;
	struct fake_source *raw = fake_source_new((struct bytes){image, SIZE});
	struct collection_plan plan = {.volumes = &volumes,
	    .profile = "none",
	    .take = &take,
	    .no_live = true,
	    .asks_deleted = true,
	    .deleted = policy,
	    .free_bytes = UINT64_MAX,
	    .would_take = keep_name,
	    .context = out};
	struct err err = {0};

	assert_non_null(raw);
	assert_true(volume_set_add(&volumes, 'C', NULL, "fake.img", is_live, &raw->source, &err));
	assert_true(volume_set_add_shadows(&volumes, &all, &err));
	assert_int_equal(volume_set_usable(&volumes), 2);
	assert_true(collection_new(&plan, &collection, &err));
	raw->fail_at = fail_at ? raw->reads + fail_at : 0;
	raw->call_at = overwrite_at ? raw->reads + overwrite_at : 0;
	raw->call = overwrite;
	uint64_t before = raw->reads;

	assert_true(collection_run(collection, &err));
	*has_gaps = collection_has_gaps(collection);
	text_addc(out, '\n'); /* so that it is never NULL */
	return raw->reads - before;
}

#define THEN "deleted/$vss$/C/1/"
#define ALL                                                                                       \
	"deleted/C/20-2/late.xyz\ndeleted/C/files.jsonl\ndeleted/C/9-2/same.exe\ndeleted/C/10-2/" \
	"data.exe\n" THEN "12-2/small.xyz\n" THEN "files.jsonl\n" THEN "8-2/old.exe\n" THEN       \
	"10-2/data.exe\n" THEN "11-2/held.exe\n\n"

static void test_members(void **state)
{
	(void)state;
	for (int is_live = 0; is_live < 2; is_live++) {
		CLEANUP(text_free) struct text taken = {0}, listed = {0};
		bool has_gaps = true;

		(void)names_of(DELETED_ALL, is_live, 0, 0, &taken, &has_gaps);
		assert_string_equal(text_string(&taken), ALL);
		assert_false(has_gaps);
		(void)names_of(DELETED_LIST, is_live, 0, 0, &listed, &has_gaps);
		assert_string_equal(
		    text_string(&listed), "deleted/C/files.jsonl\n" THEN "files.jsonl\n\n");
		assert_false(has_gaps);
	}
}

/* One read of the device fails: nothing is lost for it without a word. */
static void test_failed_reads(void **state)
{
	(void)state;
	for (int is_live = 0; is_live < 2; is_live++) {
		CLEANUP(text_free) struct text all = {0};
		bool has_gaps;
		uint64_t reads = names_of(DELETED_ALL, is_live, 0, 0, &all, &has_gaps);

		assert_true(reads > 3);
		for (uint64_t n = 1; n <= reads; n++) {
			CLEANUP(text_free) struct text names = {0};

			(void)names_of(DELETED_ALL, is_live, n, 0, &names, &has_gaps);
			if (!has_gaps)
				assert_string_equal(text_string(&names), text_string(&all));
		}
	}
}

/* A block of records is overwritten at any moment: what was in it is found, on the volume or as it was. */
static void test_overwritten(void **state)
{
	CLEANUP(text_free) struct text all = {0};
	bool has_gaps;
	uint64_t reads = names_of(DELETED_ALL, true, 0, 0, &all, &has_gaps);

	for (uint64_t n = 1; n <= reads; n++) {
		CLEANUP(text_free) struct text names = {0};

		free_image(state);
		make_image(state);
		(void)names_of(DELETED_ALL, true, 0, n, &names, &has_gaps);
		assert_non_null(strstr(text_string(&names), "20-2/late.xyz"));
		assert_non_null(strstr(text_string(&names), THEN "12-2/small.xyz"));
		assert_non_null(strstr(text_string(&names), THEN "8-2/old.exe"));
		assert_false(has_gaps);
	}
}

/* The same of a file in use: it is found on the volume, or as it was. */
static void test_overwritten_in_use(void **state)
{
	CLEANUP(text_free) struct text all = {0};
	bool has_gaps;

	assert_true(text_list_add(&take, bytes_of("stay.*"), NULL));
	uint64_t reads = names_of(DELETED_NONE, true, 0, 0, &all, &has_gaps);

	for (uint64_t n = 1; n <= reads; n++) {
		CLEANUP(text_free) struct text names = {0};

		free_image(state);
		make_image(state);
		(void)names_of(DELETED_NONE, true, 0, n, &names, &has_gaps);
		assert_non_null(strstr(text_string(&names), "/stay.txt"));
	}
	text_list_free(&take);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_failed_reads),
	    cmocka_unit_test(test_overwritten),
	    cmocka_unit_test(test_overwritten_in_use),
	};

	return cmocka_run_group_tests_name("deleted-shadow", tests, make_image, free_image);
}
