/* Who has a right to a free cluster, and what is left of a deleted file. */
#include "tests/unit.h"

#include "formats/ntfs/deleted.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/volume.h"
#include "tests/fixture_claims.h"
#include "tests/fixture_story.h"

#include <stdlib.h>

static void test_alone(void **state)
{
	struct claims_disk d;

	(void)state;
	claims_begin(&d);
	claims_put(&d, &(struct claims_file){.record = 7,
			   .runs = {{0, 100, 3}, {0, 110, 1}},
			   .run_count = 2,
			   .size = 4 * CLUSTER - 5});
	claims_put(
	    &d, &(struct claims_file){
		    .record = 8, .runs = {{0, 120, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	claims_put(
	    &d, &(struct claims_file){
		    .record = 9, .runs = {{0, 130, 2}}, .run_count = 1, .size = 2 * CLUSTER});
	claims_use(&d, 121, 2);
	claims_use(&d, 130, 2);
	claims_ready(&d);
	claims_expect(&d, 7, NTFS_DELETED_FULL, 4, 0, 0, 0);
	claims_expect(&d, 8, NTFS_DELETED_PARTIAL, 2, 2, 0, 0);
	claims_expect(&d, 9, NTFS_DELETED_OVERWRITTEN, 0, 2, 0, 0);
	claims_end(&d);
}

/* Each of the three clocks, alone and against another. */
static void test_order(void **state)
{
	static const struct {
		uint64_t lsn[2], usn[2], time[2];
		int later; /* 0 the first, 1 the second, -1 nobody knows */
	} cases[] = {
	    {{5, 9}, {0, 0}, {0, 0}, 1},
	    {{9, 5}, {0, 0}, {0, 0}, 0},
	    {{0, 0}, {70, 60}, {0, 0}, 0},
	    {{0, 0}, {0, 0}, {100, 200}, 1},
	    {{0, 0}, {0, 0}, {100, 101}, -1}, /* their times overlap */
	    {{0, 0}, {0, 0}, {0, 0}, -1},
	    {{0, 5}, {60, 0}, {0, 0}, -1}, /* nothing that both have */
	    {{5, 9}, {70, 60}, {0, 0}, -1},
	    {{5, 9}, {0, 0}, {200, 100}, -1},
	    {{5, 9}, {6, 7}, {100, 200}, 1},
	    {{5, 5}, {6, 6}, {100, 100}, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct claims_disk d;

		claims_begin(&d);
		for (unsigned f = 0; f < 2; f++)
			claims_put(&d, &(struct claims_file){.record = 7 + f,
					   .lsn = cases[i].lsn[f],
					   .usn = cases[i].usn[f],
					   .base_time = cases[i].time[f],
					   .runs = {{0, 100 + 2 * f, 4}},
					   .run_count = 1,
					   .size = 4 * CLUSTER});
		claims_ready(&d);
		for (int f = 0; f < 2; f++) {
			if (cases[i].later < 0)
				claims_expect(
				    &d, 7 + (unsigned)f, NTFS_DELETED_PARTIAL, 2, 0, 0, 2);
			else if (cases[i].later == f)
				claims_expect(&d, 7 + (unsigned)f, NTFS_DELETED_FULL, 4, 0, 0, 0);
			else
				claims_expect(
				    &d, 7 + (unsigned)f, NTFS_DELETED_PARTIAL, 2, 0, 2, 0);
		}
		claims_end(&d);
	}
}

/* Three files one inside the other; one in use that $Bitmap does not know of. */
static void test_several(void **state)
{
	struct claims_disk d;

	(void)state;
	claims_begin(&d);
	claims_put(&d, &(struct claims_file){.record = 7,
			   .lsn = 1,
			   .runs = {{0, 100, 20}},
			   .run_count = 1,
			   .size = 20 * CLUSTER});
	claims_put(&d,
	    &(struct claims_file){
		.record = 8, .lsn = 3, .runs = {{0, 105, 5}}, .run_count = 1, .size = 5 * CLUSTER});
	claims_put(&d,
	    &(struct claims_file){
		.record = 9, .lsn = 2, .runs = {{0, 107, 6}}, .run_count = 1, .size = 6 * CLUSTER});
	claims_put(&d, &(struct claims_file){.record = 10,
			   .lsn = 9,
			   .flags = 1,
			   .runs = {{0, 118, 4}},
			   .run_count = 1,
			   .size = 4 * CLUSTER});
	claims_ready(&d);
	claims_expect(&d, 8, NTFS_DELETED_FULL, 5, 0, 0, 0);
	claims_expect(&d, 9, NTFS_DELETED_PARTIAL, 3, 0, 3, 0);
	claims_expect(&d, 7, NTFS_DELETED_PARTIAL, 10, 2, 8, 0);
	claims_end(&d);
}

struct model {
	struct claims_file files[RECORDS];
	unsigned seed;
};

static unsigned next_number(struct model *m, unsigned below)
{
	m->seed = m->seed * 1664525u + 1013904223u;
	return (m->seed >> 8) % below;
}

static void make_files(struct model *m, struct claims_disk *d)
{
	memset(m->files, 0, sizeof(m->files));
	for (unsigned i = 7; i < RECORDS; i++) {
		struct claims_file *f = &m->files[i];

		f->record = i;
		f->lsn = 1 + next_number(m, 40);
		f->run_count = 1 + next_number(m, 3);
		for (size_t r = 0; r < f->run_count; r++) {
			f->runs[r].lcn = 100 + next_number(m, 120);
			f->runs[r].length = 1 + next_number(m, 12);
			f->size += f->runs[r].length * CLUSTER;
		}
		claims_put(d, f);
	}
}

static bool has(const struct claims_file *f, uint64_t lcn)
{
	for (size_t r = 0; r < f->run_count; r++)
		if (lcn >= f->runs[r].lcn && lcn - f->runs[r].lcn < f->runs[r].length)
			return true;
	return false;
}

/* What the claims should say of one cluster of file i. */
static enum ntfs_fate model_fate(const struct model *m, unsigned i, uint64_t lcn)
{
	uint64_t best = 0;
	unsigned same = 0;

	for (unsigned o = 7; o < RECORDS; o++) {
		if (!has(&m->files[o], lcn) || m->files[o].lsn < best)
			continue;
		same = m->files[o].lsn > best ? 1 : same + 1;
		best = m->files[o].lsn;
	}
	if (same > 1)
		return NTFS_FATE_UNKNOWN;
	return m->files[i].lsn == best ? NTFS_FATE_OWN : NTFS_FATE_LATER;
}

static void compare(const struct model *m, struct claims_disk *d, unsigned i)
{
	const struct claims_file *f = &m->files[i];
	uint64_t counts[4] = {0};

	for (size_t r = 0; r < f->run_count; r++)
		for (uint64_t c = 0; c < f->runs[r].length; c++)
			counts[model_fate(m, i, f->runs[r].lcn + c)]++;
	struct claims_found found;

	claims_judge(d, i, &found);
	assert_int_equal(found.deleted.own, counts[NTFS_FATE_OWN]);
	assert_int_equal(found.deleted.later, counts[NTFS_FATE_LATER]);
	assert_int_equal(found.deleted.unknown, counts[NTFS_FATE_UNKNOWN]);
	claims_forget(&found);
}

/* Claims are compared as a slow model does it: many files over few clusters. */
static void test_model(void **state)
{
	struct model m = {.seed = 20261121};

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		struct claims_disk d;

		claims_begin(&d);
		make_files(&m, &d);
		claims_ready(&d);
		for (unsigned i = 7; i < RECORDS; i++)
			compare(&m, &d, i);
		claims_end(&d);
	}
}

/* What was in use at the walk stays another's, though its owner is gone when the question comes. */
static void test_live(void **state)
{
	struct ntfs_claims *claims = NULL;
	struct ntfs_entry entry = {0};
	enum ntfs_fate fate;
	struct claims_disk d;

	(void)state;
	claims_begin(&d);
	claims_put(
	    &d, &(struct claims_file){
		    .record = 7, .runs = {{0, 100, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	claims_use(&d, 101, 2);
	claims_ready(&d);
	assert_true(ntfs_claims_new(d.volume, d.bitmap, &claims, NULL));
	ntfs_claims_set_live(claims);
	assert_true(ntfs_entry_load(ntfs_volume_mft(d.volume), 7, &entry, NULL));
	ntfs_claims_see(claims, &entry);
	assert_false(ntfs_claims_settle(claims));
	memset(d.bits, 0, sizeof(d.bits));
	claims_put_bitmap(&d);
	ntfs_mft_forget(ntfs_volume_mft(d.volume));
	ntfs_bitmap_close(d.bitmap);
	assert_true(ntfs_bitmap_open(d.volume, &d.bitmap, NULL));
	assert_int_equal(ntfs_claims_run(claims, d.bitmap, &entry, 100, 4, &fate), 1);
	assert_int_equal(fate, NTFS_FATE_OWN);
	assert_int_equal(ntfs_claims_run(claims, d.bitmap, &entry, 101, 3, &fate), 2);
	assert_int_equal(fate, NTFS_FATE_USED);
	assert_int_equal(ntfs_claims_run(claims, d.bitmap, &entry, 103, 1, &fate), 1);
	assert_int_equal(fate, NTFS_FATE_OWN);
	ntfs_entry_free(&entry);
	ntfs_claims_free(claims);
	claims_end(&d);
}

/* The log tells that a file got clusters 100 to 107 after one was deleted, whose record is gone since. */
/* Deleted files at other times than the one of which the log tells: it had STORY_CLUSTER and the next seven. */
static void put_around_story(
    struct claims_disk *d, const struct fixture_story *story, uint64_t last)
{
	const struct claims_file files[] = {
	    {.record = 7, .lsn = story->extended - 1, .runs = {{0, 98, 5}}, .run_count = 1},
	    /* The log tells of no other owner since, but of one who gave a cluster back. */
	    {.record = 8,
		.lsn = story->extended + 1,
		.runs = {{0, 104, 1}, {0, 110, 1}},
		.run_count = 2},
	    {.record = 9, .runs = {{0, 106, 1}, {0, 108, 1}}, .run_count = 2},
	    /* The number of a log that was there before this one; one a little newer than what this one tells. */
	    {.record = 10,
		.lsn = story->extended << 8,
		.runs = {{0, 107, 1}, {0, 109, 1}},
		.run_count = 2},
	    {.record = 11, .lsn = last + 8, .runs = {{0, 105, 1}, {0, 111, 1}}, .run_count = 2},
	    {.record = 12, .lsn = last, .runs = {{0, 103, 1}}, .run_count = 1},
	};

	assert_int_equal(STORY_CLUSTER, 100);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct claims_file file = files[i];

		file.size = (file.runs[0].length + file.runs[1].length) * CLUSTER;
		claims_put(d, &file);
	}
}

static void test_log(void **state)
{
	CLEANUP(logfile_clusters_free) struct logfile_clusters *clusters = NULL;
	struct fixture_log log = {0};
	struct fixture_story story;
	struct source *source;
	struct claims_found found;
	struct claims_disk d;

	(void)state;
	fixture_story_tell(&log, &story);
	fixture_log_end(&log);
	source = source_of_bytes((struct bytes){log.at, FIXTURE_LOG_SIZE});
	assert_true(logfile_clusters_load_from(source, 4096, &clusters, NULL));
	claims_begin(&d);
	put_around_story(&d, &story, log.last);
	claims_ready(&d);
	claims_expect(&d, 7, NTFS_DELETED_FULL, 5, 0, 0, 0);
	ntfs_claims_set_log(d.claims, clusters);
	claims_expect(&d, 7, NTFS_DELETED_PARTIAL, 2, 0, 3, 0);
	claims_expect(&d, 8, NTFS_DELETED_PARTIAL, 1, 0, 0, 1);
	claims_expect(&d, 9, NTFS_DELETED_PARTIAL, 1, 0, 0, 1);
	claims_expect(&d, 10, NTFS_DELETED_PARTIAL, 1, 0, 0, 1);
	claims_expect(&d, 11, NTFS_DELETED_FULL, 2, 0, 0, 0);
	claims_expect(&d, 12, NTFS_DELETED_FULL, 1, 0, 0, 0);
	for (unsigned record = 8; record <= 10; record++) {
		claims_judge(&d, record, &found);
		assert_int_equal(ntfs_claims_log_covers(d.claims, &found.entry), record == 8);
		claims_forget(&found);
	}
	claims_end(&d);
	source_close(source);
	fixture_log_free(&log);
}

/* The numbers of two logs say nothing of which of two files came later. */
static void test_two_logs(void **state)
{
	CLEANUP(logfile_clusters_free) struct logfile_clusters *clusters = NULL;
	struct fixture_log log = {0};
	struct fixture_story story;
	struct source *source;

	(void)state;
	fixture_story_tell(&log, &story);
	fixture_log_end(&log);
	source = source_of_bytes((struct bytes){log.at, FIXTURE_LOG_SIZE});
	assert_true(logfile_clusters_load_from(source, 4096, &clusters, NULL));
	for (unsigned is_known = 0; is_known < 2; is_known++) {
		struct claims_disk d;

		claims_begin(&d);
		for (unsigned i = 0; i < 2; i++)
			claims_put(&d, &(struct claims_file){.record = 10 + i,
					   .lsn = i ? log.last : story.extended << 8,
					   .base_time = 1000,
					   .runs = {{0, 140, 1}},
					   .run_count = 1,
					   .size = CLUSTER});
		claims_ready_with(&d, is_known ? clusters : NULL);
		if (is_known) {
			claims_expect(&d, 10, NTFS_DELETED_PARTIAL, 0, 0, 0, 1);
			claims_expect(&d, 11, NTFS_DELETED_PARTIAL, 0, 0, 0, 1);
		} else {
			claims_expect(&d, 10, NTFS_DELETED_FULL, 1, 0, 0, 0);
		}
		claims_end(&d);
	}
	source_close(source);
	fixture_log_free(&log);
}

#define BASE 15u /* record */

/* A later deleted file has an attribute list in cluster 100, and its data, if so, in 130. */
static void put_far_list(struct claims_disk *d, bool has_run)
{
	struct ntfs_run at_list = {.lcn = 100, .length = 1};
	struct ntfs_run at_data = {.lcn = 130, .length = 1};
	uint8_t *list = fixture_volume_cluster(&d->v, 100);
	struct fixture_record r;

	memset(list, 0, CLUSTER);
	size_t len = fixture_list_entry(list, NTFS_STANDARD_INFORMATION, 0, BASE, 1);

	len += fixture_list_entry(list + len, NTFS_DATA, 0, BASE, 1);
	struct fixture_extent of_list = {.size = len,
	    .allocated = CLUSTER,
	    .initialized = len,
	    .runs = &at_list,
	    .run_count = 1};
	struct fixture_extent of_data = {.size = CLUSTER,
	    .allocated = CLUSTER,
	    .initialized = CLUSTER,
	    .runs = &at_data,
	    .run_count = 1};

	fixture_record_begin(&r, 1024, BASE, 2, 0);
	put_le64(r.at + 8, 100);
	fixture_record_standard(&r, 1000);
	fixture_record_extent(&r, NTFS_ATTRIBUTE_LIST, NULL, 1, &of_list);
	if (has_run)
		fixture_record_extent(&r, NTFS_DATA, NULL, 3, &of_data);
	else
		fixture_record_resident(&r, NTFS_DATA, NULL, 3, "x", 1);
	fixture_record_end(&r);
	fixture_volume_put(&d->v, &r);
}

/* An attribute list overwrites what it lies on, also that of a file without a stream in clusters. */
static void test_far_list(void **state)
{
	(void)state;
	for (unsigned has_run = 0; has_run < 2; has_run++) {
		struct claims_disk d;

		claims_begin(&d);
		claims_put(&d, &(struct claims_file){.record = 10,
				   .lsn = 40,
				   .runs = {{0, 100, 1}},
				   .run_count = 1,
				   .size = CLUSTER});
		put_far_list(&d, has_run);
		claims_ready(&d);
		claims_expect(&d, 10, NTFS_DELETED_OVERWRITTEN, 0, 0, 1, 0);
		claims_end(&d);
	}
}

/* Of what lies behind the end of an image that was cut nobody knows whose it is. */
static void test_cut_off(void **state)
{
	struct claims_disk d;

	(void)state;
	claims_begin(&d);
	for (unsigned i = 0; i < 2; i++)
		claims_put(&d, &(struct claims_file){.record = 10 + i,
				   .lsn = 40 + i,
				   .runs = {{0, 189, 3}},
				   .run_count = 1,
				   .size = 3 * CLUSTER});
	size_t whole = d.v.size;

	d.v.size = 190 * CLUSTER + CLUSTER / 2;
	claims_ready(&d);
	d.v.size = whole;
	claims_expect(&d, 10, NTFS_DELETED_PARTIAL, 0, 0, 1, 2);
	claims_expect(&d, 11, NTFS_DELETED_PARTIAL, 1, 0, 0, 2);
	claims_end(&d);
}

/* An extension record as it was before the base was deleted: two clusters from `lcn` on. */
static void put_extension(
    struct claims_disk *d, unsigned record, uint64_t lsn, uint64_t vcn, uint64_t lcn)
{
	struct ntfs_run run = {.lcn = lcn, .length = 2};
	struct fixture_extent extent = {
	    .first_vcn = vcn, .last_vcn = vcn + 1, .runs = &run, .run_count = 1};
	struct fixture_record r;

	fixture_record_begin(&r, 1024, record, 2, 0);
	fixture_record_set_base(&r, BASE, 1);
	put_le64(r.at + 8, lsn);
	fixture_record_extent(&r, NTFS_DATA, NULL, 1, &extent);
	fixture_record_end(&r);
	fixture_volume_put(&d->v, &r);
}

/* The base: two clusters of its own, and a list that names records 9 and 16 for two more each. */
static void put_base(struct claims_disk *d)
{
	struct ntfs_run run = {.lcn = 120, .length = 2};
	struct fixture_extent extent = {.last_vcn = 1,
	    .size = 6 * CLUSTER,
	    .allocated = 6 * CLUSTER,
	    .initialized = 6 * CLUSTER,
	    .runs = &run,
	    .run_count = 1};
	uint8_t list[96] = {0};
	struct fixture_record r;
	size_t len = fixture_list_entry(list, NTFS_DATA, 0, BASE, 1);

	len += fixture_list_entry(list + len, NTFS_DATA, 2, 9, 1);
	len += fixture_list_entry(list + len, NTFS_DATA, 4, 16, 1);
	fixture_record_begin(&r, 1024, BASE, 2, 0);
	put_le64(r.at + 8, 300);
	fixture_record_resident(&r, NTFS_ATTRIBUTE_LIST, NULL, 1, list, len);
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, &extent);
	fixture_record_end(&r);
	fixture_volume_put(&d->v, &r);
}

/* A file gave an extension record back with its clusters, another got these and was deleted, then the first was: the
 * record is not the first one's any more when it is asked who came last. */
static void test_extension_given_back(void **state)
{
	struct claims_disk d;

	(void)state;
	claims_begin(&d);
	put_base(&d);
	put_extension(&d, 8, 50, 2, 100);
	put_extension(&d, 9, 310, 2, 122);
	put_extension(&d, 16, 310, 4, 124);
	for (unsigned i = 0; i < 2; i++)
		claims_put(&d, &(struct claims_file){.record = 10 + i,
				   .lsn = i ? 100 : 40,
				   .runs = {{0, 100 + i, 1}},
				   .run_count = 1,
				   .size = CLUSTER});
	claims_ready(&d);
	claims_expect(&d, BASE, NTFS_DELETED_FULL, 6, 0, 0, 0);
	claims_expect(&d, 10, NTFS_DELETED_OVERWRITTEN, 0, 0, 1, 0);
	claims_expect(&d, 11, NTFS_DELETED_FULL, 1, 0, 0, 0);
	assert_true(ntfs_claims_tells(d.claims, 9));
	assert_true(ntfs_claims_tells(d.claims, 16));
	assert_false(ntfs_claims_tells(d.claims, 8));
	assert_false(ntfs_claims_tells(d.claims, BASE));
	assert_false(ntfs_claims_tells(d.claims, RECORDS));
	claims_end(&d);
}

/* More claims than find room at once: three files that each had every one of 400,000 clusters, in pieces of one. */
#define MANY 400000u

static void claim_all(struct ntfs_claims *claims, struct ntfs_entry *entry, struct ntfs_run *runs)
{
	struct ntfs_stream stream = {.type = NTFS_DATA, .runs = runs, .run_count = MANY};
	struct ntfs_stream *own = entry->streams;
	size_t own_count = entry->stream_count;

	entry->streams = &stream;
	entry->stream_count = 1;
	ntfs_claims_see(claims, entry);
	entry->streams = own;
	entry->stream_count = own_count;
}

/* A $Bitmap for all of them, in clusters; none is in use. */
static void put_large_bitmap(struct claims_disk *d)
{
	struct ntfs_run run = {.lcn = 120, .length = 100};
	struct fixture_extent extent = {.last_vcn = 99,
	    .size = MANY / 8,
	    .allocated = 100 * CLUSTER,
	    .initialized = MANY / 8,
	    .runs = &run,
	    .run_count = 1};
	struct fixture_record r;

	memset(fixture_volume_cluster(&d->v, 120), 0, (size_t)100 * CLUSTER);
	fixture_record_begin(&r, 1024, BITMAP, BITMAP, 1);
	fixture_record_extent(&r, NTFS_DATA, NULL, 1, &extent);
	fixture_record_end(&r);
	fixture_volume_put(&d->v, &r);
}

static void test_walks(void **state)
{
	static const uint64_t lsn[] = {1, 9, 5};
	static const enum ntfs_fate fates[] = {NTFS_FATE_LATER, NTFS_FATE_OWN, NTFS_FATE_LATER};
	struct ntfs_run *runs = calloc(MANY, sizeof(*runs));
	struct ntfs_entry entries[3] = {0};
	struct ntfs_claims *claims = NULL;
	unsigned walks = 0;
	bool again = true;
	struct claims_disk d;

	(void)state;
	assert_non_null(runs);
	for (unsigned i = 0; i < MANY; i++) /* in an order that is not theirs */
		runs[i] = (struct ntfs_run){i, (i * 7919ull) % MANY, 1};
	claims_begin(&d);
	for (unsigned i = 0; i < 3; i++)
		claims_put(&d, &(struct claims_file){.record = 7 + i,
				   .lsn = lsn[i],
				   .runs = {{0, 100, 1}},
				   .run_count = 1,
				   .size = CLUSTER});
	claims_ready(&d);
	put_large_bitmap(&d);
	ntfs_mft_forget(ntfs_volume_mft(d.volume));
	ntfs_bitmap_close(d.bitmap);
	d.raw->size = (uint64_t)MANY * CLUSTER;
	d.volume->geometry.clusters = MANY;
	assert_true(ntfs_bitmap_open(d.volume, &d.bitmap, NULL));
	assert_true(ntfs_claims_new(d.volume, d.bitmap, &claims, NULL));
	for (unsigned i = 0; i < 3; i++)
		assert_true(ntfs_entry_load(ntfs_volume_mft(d.volume), 7 + i, &entries[i], NULL));
	for (; again && walks < NTFS_LIMIT_CLAIM_WALKS; walks++) {
		for (unsigned i = 0; i < 3; i++)
			claim_all(claims, &entries[i], runs);
		again = ntfs_claims_settle(claims);
	}
	assert_true(walks > 1);
	assert_false(again);
	for (unsigned i = 0; i < 3; i++) {
		enum ntfs_fate fate = NTFS_FATE_UNKNOWN;

		for (uint64_t at = 0; at < MANY;) {
			at += ntfs_claims_run(claims, d.bitmap, &entries[i], at, MANY - at, &fate);
			assert_int_equal(fate, fates[i]);
		}
		ntfs_entry_free(&entries[i]);
	}
	ntfs_claims_free(claims);
	free(runs);
	claims_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alone),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_model),
	    cmocka_unit_test(test_live),
	    cmocka_unit_test(test_log),
	    cmocka_unit_test(test_two_logs),
	    cmocka_unit_test(test_far_list),
	    cmocka_unit_test(test_cut_off),
	    cmocka_unit_test(test_extension_given_back),
	    cmocka_unit_test(test_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
