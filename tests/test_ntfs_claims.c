/* Who has a right to a free cluster, and what is left of a deleted file. */
#include "tests/unit.h"

#include "formats/ntfs/deleted.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/volume.h"
#include "tests/fixture_ntfs.h"
#include "tests/fixture_story.h"

#include <stdlib.h>

#define CLUSTER  512u
#define CLUSTERS 256u
#define RECORDS  24u
#define BITMAP   6u /* record */

/* A volume whose files a test puts in place one by one. */
struct disk {
	struct fixture_volume v;
	struct source *raw;
	struct ntfs_volume *volume;
	struct ntfs_bitmap *bitmap;
	struct ntfs_claims *claims;
	uint8_t bits[CLUSTERS / 8];
};

struct file {
	unsigned record, flags; /* flags: 1 in use */
	uint64_t lsn, usn, base_time;
	struct ntfs_run runs[4];
	size_t run_count;
	uint64_t size, initialized;
	unsigned stream_flags, unit;
};

static void begin(struct disk *d)
{
	memset(d, 0, sizeof(*d));
	assert_true(fixture_volume_new(&d->v, 512, CLUSTER, 1024, CLUSTERS, RECORDS));
	for (size_t c = 100; c < CLUSTERS; c++)
		memset(fixture_volume_cluster(&d->v, c), (int)c, CLUSTER);
}

static void use(struct disk *d, unsigned first, unsigned count)
{
	for (unsigned c = first; c < first + count; c++)
		d->bits[c / 8] |= (uint8_t)(1u << c % 8);
}

static void put(struct disk *d, const struct file *f)
{
	struct fixture_record r;
	uint64_t clusters = 0;

	for (size_t i = 0; i < f->run_count; i++)
		clusters += f->runs[i].length;
	fixture_record_begin(&r, 1024, f->record, 2, f->flags);
	put_le64(r.at + 8, f->lsn);
	size_t at = fixture_record_standard(&r, f->base_time);
	put_le64(r.at + at + le16(r.at + at + 20) + 64, f->usn);
	at = fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "file");
	for (size_t i = 0; i < 4; i++)
		put_le64(r.at + at + le16(r.at + at + 20) + 8 + 8 * i, f->base_time);
	struct fixture_extent extent = {.flags = f->stream_flags,
	    .unit = f->unit,
	    .last_vcn = clusters - 1,
	    .size = f->size,
	    .allocated = clusters * CLUSTER,
	    .initialized = f->initialized ? f->initialized : f->size,
	    .runs = f->runs,
	    .run_count = f->run_count};
	fixture_record_extent(&r, NTFS_DATA, NULL, 3, &extent);
	fixture_record_end(&r);
	fixture_volume_put(&d->v, &r);
}

static void walk(struct disk *d)
{
	struct ntfs_entry entry = {0};

	for (uint64_t i = 0; i < RECORDS; i++)
		if (ntfs_entry_load(ntfs_volume_mft(d->volume), i, &entry, NULL))
			ntfs_claims_see(d->claims, &entry);
	ntfs_entry_free(&entry);
}

/* It is resident. */
static void put_bitmap(struct disk *d)
{
	struct fixture_record r;

	fixture_record_begin(&r, 1024, BITMAP, BITMAP, 1);
	fixture_record_resident(&r, NTFS_DATA, NULL, 1, d->bits, sizeof(d->bits));
	fixture_record_end(&r);
	fixture_volume_put(&d->v, &r);
}

static void ready(struct disk *d)
{
	put_bitmap(d);
	d->raw = source_of_bytes((struct bytes){d->v.at, d->v.size});
	assert_non_null(d->raw);
	assert_true(ntfs_volume_open(d->raw, &d->volume, NULL));
	assert_true(ntfs_bitmap_open(d->volume, &d->bitmap, NULL));
	assert_true(ntfs_claims_new(d->volume, d->bitmap, &d->claims, NULL));
	walk(d);
	assert_false(ntfs_claims_settle(d->claims));
}

static void end(struct disk *d)
{
	ntfs_claims_free(d->claims);
	ntfs_bitmap_close(d->bitmap);
	ntfs_volume_close(d->volume);
	source_close(d->raw);
	fixture_volume_free(&d->v);
}

struct found {
	struct ntfs_entry entry;
	struct ntfs_deleted deleted;
	struct ntfs_deleted_stream of;
};

static void judge(struct disk *d, unsigned record, struct found *found)
{
	struct err err = {0};

	memset(found, 0, sizeof(*found));
	assert_true(ntfs_entry_load(ntfs_volume_mft(d->volume), record, &found->entry, NULL));
	found->of = (struct ntfs_deleted_stream){d->volume, d->claims, &found->entry,
	    ntfs_entry_stream(&found->entry, NTFS_DATA, (struct bytes){0})};
	assert_non_null(found->of.stream);
	assert_true(ntfs_deleted_judge(&found->of, d->bitmap, &found->deleted, &err));
}

static void forget(struct found *found)
{
	ntfs_deleted_free(&found->deleted);
	ntfs_entry_free(&found->entry);
}

static void expect(struct disk *d, unsigned record, enum ntfs_deleted_result result, uint64_t own,
    uint64_t used, uint64_t later, uint64_t unknown)
{
	struct found found;

	judge(d, record, &found);
	assert_string_equal(ntfs_deleted_word(found.deleted.result), ntfs_deleted_word(result));
	assert_int_equal(found.deleted.own, own);
	assert_int_equal(found.deleted.used, used);
	assert_int_equal(found.deleted.later, later);
	assert_int_equal(found.deleted.unknown, unknown);
	forget(&found);
}

static void test_alone(void **state)
{
	struct disk d;

	(void)state;
	begin(&d);
	put(&d, &(struct file){.record = 7,
		    .runs = {{0, 100, 3}, {0, 110, 1}},
		    .run_count = 2,
		    .size = 4 * CLUSTER - 5});
	put(&d, &(struct file){
		    .record = 8, .runs = {{0, 120, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	put(&d, &(struct file){
		    .record = 9, .runs = {{0, 130, 2}}, .run_count = 1, .size = 2 * CLUSTER});
	use(&d, 121, 2);
	use(&d, 130, 2);
	ready(&d);
	expect(&d, 7, NTFS_DELETED_FULL, 4, 0, 0, 0);
	expect(&d, 8, NTFS_DELETED_PARTIAL, 2, 2, 0, 0);
	expect(&d, 9, NTFS_DELETED_OVERWRITTEN, 0, 2, 0, 0);
	end(&d);
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
		struct disk d;

		begin(&d);
		for (unsigned f = 0; f < 2; f++)
			put(&d, &(struct file){.record = 7 + f,
				    .lsn = cases[i].lsn[f],
				    .usn = cases[i].usn[f],
				    .base_time = cases[i].time[f],
				    .runs = {{0, 100 + 2 * f, 4}},
				    .run_count = 1,
				    .size = 4 * CLUSTER});
		ready(&d);
		for (int f = 0; f < 2; f++) {
			if (cases[i].later < 0)
				expect(&d, 7 + (unsigned)f, NTFS_DELETED_PARTIAL, 2, 0, 0, 2);
			else if (cases[i].later == f)
				expect(&d, 7 + (unsigned)f, NTFS_DELETED_FULL, 4, 0, 0, 0);
			else
				expect(&d, 7 + (unsigned)f, NTFS_DELETED_PARTIAL, 2, 0, 2, 0);
		}
		end(&d);
	}
}

/* Three files one inside the other; one in use that $Bitmap does not know of. */
static void test_several(void **state)
{
	struct disk d;

	(void)state;
	begin(&d);
	put(&d, &(struct file){.record = 7,
		    .lsn = 1,
		    .runs = {{0, 100, 20}},
		    .run_count = 1,
		    .size = 20 * CLUSTER});
	put(&d,
	    &(struct file){
		.record = 8, .lsn = 3, .runs = {{0, 105, 5}}, .run_count = 1, .size = 5 * CLUSTER});
	put(&d,
	    &(struct file){
		.record = 9, .lsn = 2, .runs = {{0, 107, 6}}, .run_count = 1, .size = 6 * CLUSTER});
	put(&d, &(struct file){.record = 10,
		    .lsn = 9,
		    .flags = 1,
		    .runs = {{0, 118, 4}},
		    .run_count = 1,
		    .size = 4 * CLUSTER});
	ready(&d);
	expect(&d, 8, NTFS_DELETED_FULL, 5, 0, 0, 0);
	expect(&d, 9, NTFS_DELETED_PARTIAL, 3, 0, 3, 0);
	expect(&d, 7, NTFS_DELETED_PARTIAL, 10, 2, 8, 0);
	end(&d);
}

/* What is lost is zeros, and what is not is as it lies; only what was written counts. */
static void test_content(void **state)
{
	struct disk d;
	struct found found;
	struct source *source = NULL;
	uint8_t to[5 * CLUSTER];

	(void)state;
	begin(&d);
	put(&d, &(struct file){.record = 7,
		    .runs = {{0, 100, 2}, {0, NTFS_HOLE, 1}, {0, 110, 3}},
		    .run_count = 3,
		    .size = 5 * CLUSTER,
		    .initialized = 4 * CLUSTER + 10,
		    .stream_flags = NTFS_STREAM_SPARSE});
	use(&d, 101, 1);
	use(&d, 112, 1); /* behind what was written */
	ready(&d);
	judge(&d, 7, &found);
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
	forget(&found);
	end(&d);
}

/* A compression unit is lost as a whole. */
static void test_compressed(void **state)
{
	struct disk d;
	struct found found;

	(void)state;
	begin(&d);
	put(&d, &(struct file){.record = 7,
		    .runs = {{0, 100, 5}, {0, NTFS_HOLE, 11}, {0, 120, 16}},
		    .run_count = 3,
		    .size = 32 * CLUSTER,
		    .stream_flags = NTFS_STREAM_COMPRESSED,
		    .unit = 4});
	use(&d, 103, 1);
	ready(&d);
	judge(&d, 7, &found);
	assert_int_equal(found.deleted.result, NTFS_DELETED_PARTIAL);
	assert_int_equal(found.deleted.clusters, 21);
	assert_int_equal(found.deleted.used, 1);
	assert_int_equal(found.deleted.lost.count, 1);
	assert_int_equal(found.deleted.lost.at[0].offset, 0);
	assert_int_equal(found.deleted.lost.at[0].len, 16 * CLUSTER);
	forget(&found);
	end(&d);
}

/* On a running system a cluster gets another owner between judgement and reading. */
static void test_changes(void **state)
{
	struct disk d;
	struct found found;
	struct source *source = NULL;
	uint8_t to[4 * CLUSTER];

	(void)state;
	begin(&d);
	put(&d, &(struct file){
		    .record = 7, .runs = {{0, 100, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	ready(&d);
	judge(&d, 7, &found);
	assert_int_equal(found.deleted.result, NTFS_DELETED_FULL);
	assert_true(ntfs_deleted_open(&found.of, &found.deleted, true, &source, NULL));
	assert_true(source_read_exact(source, 0, to, CLUSTER, NULL));
	assert_int_equal(found.deleted.result, NTFS_DELETED_FULL);
	/* $Bitmap changes on disk. */
	use(&d, 101, 2);
	put_bitmap(&d);
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
	forget(&found);
	end(&d);
}

static void test_blank(void **state)
{
	struct disk d;
	struct found found;
	struct ntfs_blank_counts counts;

	(void)state;
	begin(&d);
	put(&d, &(struct file){
		    .record = 7, .runs = {{0, 100, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	memset(fixture_volume_cluster(&d.v, 100), 0, CLUSTER);
	memset(fixture_volume_cluster(&d.v, 102), 0xff, CLUSTER);
	memset(fixture_volume_cluster(&d.v, 103), 0, CLUSTER - 1);
	ready(&d);
	judge(&d, 7, &found);
	assert_true(ntfs_deleted_blank(&found.of, d.bitmap, false, NULL, NULL, &counts, NULL));
	assert_int_equal(counts.clusters, 4);
	assert_int_equal(counts.blank, 2);
	assert_true(ntfs_deleted_blank(&found.of, d.bitmap, true, NULL, NULL, &counts, NULL));
	assert_int_equal(counts.clusters, 1);
	assert_int_equal(counts.blank, 1);
	forget(&found);
	end(&d);
}

/* Without $Bitmap nothing is known to be free. */
static void test_no_bitmap(void **state)
{
	struct disk d;
	struct found found;

	(void)state;
	begin(&d);
	put(&d, &(struct file){
		    .record = 7, .runs = {{0, 100, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	ready(&d);
	judge(&d, 7, &found);
	assert_true(ntfs_deleted_judge(&found.of, NULL, &found.deleted, NULL));
	assert_int_equal(found.deleted.result, NTFS_DELETED_PARTIAL);
	assert_int_equal(found.deleted.unknown, 4);
	assert_int_equal(found.deleted.doubtful.count, 1);
	forget(&found);
	end(&d);
}

struct model {
	struct file files[RECORDS];
	unsigned seed;
};

static unsigned next_number(struct model *m, unsigned below)
{
	m->seed = m->seed * 1664525u + 1013904223u;
	return (m->seed >> 8) % below;
}

static void make_files(struct model *m, struct disk *d)
{
	memset(m->files, 0, sizeof(m->files));
	for (unsigned i = 7; i < RECORDS; i++) {
		struct file *f = &m->files[i];

		f->record = i;
		f->lsn = 1 + next_number(m, 40);
		f->run_count = 1 + next_number(m, 3);
		for (size_t r = 0; r < f->run_count; r++) {
			f->runs[r].lcn = 100 + next_number(m, 120);
			f->runs[r].length = 1 + next_number(m, 12);
			f->size += f->runs[r].length * CLUSTER;
		}
		put(d, f);
	}
}

static bool has(const struct file *f, uint64_t lcn)
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

static void compare(const struct model *m, struct disk *d, unsigned i)
{
	const struct file *f = &m->files[i];
	uint64_t counts[4] = {0};

	for (size_t r = 0; r < f->run_count; r++)
		for (uint64_t c = 0; c < f->runs[r].length; c++)
			counts[model_fate(m, i, f->runs[r].lcn + c)]++;
	struct found found;

	judge(d, i, &found);
	assert_int_equal(found.deleted.own, counts[NTFS_FATE_OWN]);
	assert_int_equal(found.deleted.later, counts[NTFS_FATE_LATER]);
	assert_int_equal(found.deleted.unknown, counts[NTFS_FATE_UNKNOWN]);
	forget(&found);
}

/* Claims are compared as a slow model does it: many files over few clusters. */
static void test_model(void **state)
{
	struct model m = {.seed = 20261121};

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		struct disk d;

		begin(&d);
		make_files(&m, &d);
		ready(&d);
		for (unsigned i = 7; i < RECORDS; i++)
			compare(&m, &d, i);
		end(&d);
	}
}

/* The log tells that a file got clusters 100 to 107 after one was deleted, whose record is gone since. */
static void test_log(void **state)
{
	CLEANUP(logfile_clusters_free) struct logfile_clusters *clusters = NULL;
	struct fixture_log log = {0};
	struct fixture_story story;
	struct source *source;
	struct found found;
	struct disk d;

	(void)state;
	fixture_story_tell(&log, &story);
	fixture_log_end(&log);
	source = source_of_bytes((struct bytes){log.at, FIXTURE_LOG_SIZE});
	assert_true(logfile_clusters_load_from(source, 4096, &clusters, NULL));
	assert_int_equal(STORY_CLUSTER, 100);
	begin(&d);
	put(&d, &(struct file){.record = 7,
		    .lsn = story.extended - 1,
		    .runs = {{0, 98, 6}},
		    .run_count = 1,
		    .size = 6 * CLUSTER});
	put(&d, &(struct file){.record = 8,
		    .lsn = story.extended + 1,
		    .runs = {{0, 104, 2}},
		    .run_count = 1,
		    .size = 2 * CLUSTER});
	put(&d, &(struct file){
		    .record = 9, .runs = {{0, 106, 4}}, .run_count = 1, .size = 4 * CLUSTER});
	ready(&d);
	expect(&d, 7, NTFS_DELETED_FULL, 6, 0, 0, 0);
	ntfs_claims_set_log(d.claims, clusters);
	expect(&d, 7, NTFS_DELETED_PARTIAL, 2, 0, 4, 0);
	expect(&d, 8, NTFS_DELETED_FULL, 2, 0, 0, 0);
	expect(&d, 9, NTFS_DELETED_PARTIAL, 2, 0, 0, 2);
	judge(&d, 8, &found);
	assert_true(ntfs_claims_log_covers(d.claims, &found.entry));
	forget(&found);
	judge(&d, 9, &found);
	assert_false(ntfs_claims_log_covers(d.claims, &found.entry));
	forget(&found);
	end(&d);
	source_close(source);
	fixture_log_free(&log);
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
static void put_large_bitmap(struct disk *d)
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
	struct disk d;

	(void)state;
	assert_non_null(runs);
	for (unsigned i = 0; i < MANY; i++) /* in an order that is not theirs */
		runs[i] = (struct ntfs_run){i, (i * 7919ull) % MANY, 1};
	begin(&d);
	for (unsigned i = 0; i < 3; i++)
		put(&d, &(struct file){.record = 7 + i,
			    .lsn = lsn[i],
			    .runs = {{0, 100, 1}},
			    .run_count = 1,
			    .size = CLUSTER});
	ready(&d);
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
	assert_true(ntfs_claims_known_to(claims) == UINT64_MAX);
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
	end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alone),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_several),
	    cmocka_unit_test(test_content),
	    cmocka_unit_test(test_compressed),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_blank),
	    cmocka_unit_test(test_no_bitmap),
	    cmocka_unit_test(test_model),
	    cmocka_unit_test(test_log),
	    cmocka_unit_test(test_walks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
