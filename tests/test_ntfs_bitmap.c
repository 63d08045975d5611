/* $Bitmap: counts and runs of clusters, damaged parts, forged sizes, huge volumes. */
#include "tests/unit.h"

#include "formats/ntfs/bitmap.h"
#include "tests/fake_source.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

#define CLUSTERS   40000u /* of 512 bytes; their bits are 5,000 bytes: ten clusters */
#define BITS_AT    200u   /* where they lie */
#define BITS_BYTES (CLUSTERS / 8)

struct sample {
	struct fixture_volume v;
	struct fake_source *raw;
	struct ntfs_volume *volume;
	struct ntfs_bitmap *bitmap;
};

static void put_bitmap(struct fixture_volume *v, const struct fixture_extent *extent)
{
	struct fixture_record r;

	fixture_record_begin(&r, v->g.record_size, 6, 6, 1);
	fixture_record_standard(&r, 100);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32_DOS, "$Bitmap");
	fixture_record_extent(&r, NTFS_DATA, NULL, 2, extent);
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

static uint8_t *bits(struct sample *s)
{
	return fixture_volume_cluster(&s->v, BITS_AT);
}

/* A volume whose $Bitmap is all zeros. */
static void begin(struct sample *s)
{
	static const struct ntfs_run run = {.lcn = BITS_AT, .length = 10};
	struct fixture_extent extent = {.last_vcn = 9,
	    .size = BITS_BYTES,
	    .allocated = 5120,
	    .initialized = BITS_BYTES,
	    .runs = &run,
	    .run_count = 1};

	*s = (struct sample){0};
	assert_true(fixture_volume_new(&s->v, 512, 512, 1024, CLUSTERS, 32));
	put_bitmap(&s->v, &extent);
}

static void open(struct sample *s)
{
	s->raw = fake_source_new((struct bytes){s->v.at, s->v.size});
	assert_non_null(s->raw);
	assert_true(ntfs_volume_open(&s->raw->source, &s->volume, NULL));
	assert_true(ntfs_bitmap_open(s->volume, &s->bitmap, NULL));
}

static void end(struct sample *s)
{
	ntfs_bitmap_close(s->bitmap);
	ntfs_volume_close(s->volume);
	source_close(&s->raw->source);
	fixture_volume_free(&s->v);
}

static void check(struct ntfs_bitmap *bitmap, uint64_t first, uint64_t count, uint64_t free_count,
    uint64_t used, uint64_t unknown)
{
	struct ntfs_cluster_counts c = ntfs_bitmap_count(bitmap, first, count);

	assert_int_equal(c.free, free_count);
	assert_int_equal(c.used, used);
	assert_int_equal(c.unknown, unknown);
}

static bool bit(const uint8_t *at, uint64_t number)
{
	return at[number / 8] >> (number % 8) & 1;
}

static void test_counts_against_bit_by_bit(void **state)
{
	struct sample s;
	uint32_t random = 1;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < BITS_BYTES; i++) {
		random = random * 1664525u + 1013904223u;
		/* Long equal stretches as well as noise. */
		bits(&s)[i] = i % 700 < 300 ? (uint8_t)(random >> 24) : i % 1400 < 700 ? 0 : 0xff;
	}
	open(&s);
	for (uint64_t first = 0; first < CLUSTERS; first += 577) {
		uint64_t count = (first * 7919) % 3000;
		uint64_t used = 0;

		if (count > CLUSTERS - first)
			count = CLUSTERS - first;
		for (uint64_t i = first; i < first + count; i++)
			used += bit(bits(&s), i);
		check(s.bitmap, first, count, count - used, used, 0);
	}
	assert_int_equal(ntfs_bitmap_damage(s.bitmap)->kind, ERR_NONE);
	end(&s);
}

static void test_runs_cover_everything_in_order(void **state)
{
	struct sample s;
	uint64_t at = 0;
	enum ntfs_cluster_state last = NTFS_CLUSTER_UNKNOWN;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < BITS_BYTES; i++)
		bits(&s)[i] = i % 600 < 400 ? 0xff : i % 5 == 0 ? 0x18 : 0;
	open(&s);
	while (at < CLUSTERS) {
		enum ntfs_cluster_state now;
		uint64_t len = ntfs_bitmap_run(s.bitmap, at, CLUSTERS - at, &now);

		assert_true(len > 0 && len <= CLUSTERS - at);
		assert_int_not_equal(now, last);
		for (uint64_t i = at; i < at + len; i++)
			assert_int_equal(bit(bits(&s), i), now == NTFS_CLUSTER_USED);
		at += len;
		last = now;
	}
	assert_int_equal(at, CLUSTERS);
	end(&s);
}

static void test_outside_and_without_bitmap_is_unknown(void **state)
{
	struct sample s;
	enum ntfs_cluster_state now;

	(void)state;
	begin(&s);
	bits(&s)[BITS_BYTES - 1] = 0xf0;
	open(&s);
	check(s.bitmap, CLUSTERS - 8, 20, 4, 4, 12);
	check(s.bitmap, CLUSTERS, 5, 0, 0, 5);
	check(s.bitmap, UINT64_MAX - 1, UINT64_MAX, 0, 0, UINT64_MAX);
	check(s.bitmap, 0, UINT64_MAX, CLUSTERS - 4, 4, UINT64_MAX - CLUSTERS);
	check(NULL, 7, 9, 0, 0, 9);
	check(s.bitmap, 3, 0, 0, 0, 0);
	assert_int_equal(ntfs_bitmap_run(s.bitmap, CLUSTERS - 4, 100, &now), 4);
	assert_int_equal(now, NTFS_CLUSTER_USED);
	assert_int_equal(ntfs_bitmap_run(s.bitmap, CLUSTERS, 100, &now), 100);
	assert_int_equal(now, NTFS_CLUSTER_UNKNOWN);
	assert_int_equal(ntfs_bitmap_run(NULL, 1, 100, &now), 100);
	assert_int_equal(now, NTFS_CLUSTER_UNKNOWN);
	end(&s);
}

static void test_bad_sector_is_unknown_and_the_rest_is_known(void **state)
{
	struct sample s;
	enum ntfs_cluster_state now;

	(void)state;
	begin(&s);
	memset(bits(&s), 0xff, BITS_BYTES);
	open(&s);
	s.raw->bad_from = (BITS_AT + 3) * 512;
	s.raw->bad_len = 512;
	check(s.bitmap, 0, CLUSTERS, 0, CLUSTERS - 4096, 4096);
	check(s.bitmap, 3 * 4096 - 10, 20, 0, 10, 10);
	check(s.bitmap, 4 * 4096 - 10, 20, 0, 10, 10);
	assert_int_equal(ntfs_bitmap_run(s.bitmap, 0, CLUSTERS, &now), 3 * 4096);
	assert_int_equal(now, NTFS_CLUSTER_USED);
	assert_int_equal(ntfs_bitmap_run(s.bitmap, 3 * 4096 + 5, CLUSTERS, &now), 4091);
	assert_int_equal(now, NTFS_CLUSTER_UNKNOWN);
	assert_int_not_equal(ntfs_bitmap_damage(s.bitmap)->kind, ERR_NONE);
	end(&s);
}

/* Holes and bytes that were never written read as zeros elsewhere; here that would say "free". */
static void test_holes_and_short_bitmaps_are_unknown(void **state)
{
	static const struct ntfs_run runs[] = {{.lcn = BITS_AT, .length = 2},
	    {.lcn = NTFS_HOLE, .length = 2}, {.lcn = BITS_AT + 4, .length = 6}};
	struct fixture_extent extent = {.last_vcn = 9,
	    .size = BITS_BYTES,
	    .allocated = 5120,
	    .initialized = 4096,
	    .runs = runs,
	    .run_count = 3};
	struct sample s;

	(void)state;
	begin(&s);
	put_bitmap(&s.v, &extent);
	open(&s);
	check(s.bitmap, 0, CLUSTERS, 6 * 4096, 0, CLUSTERS - 6 * 4096);
	check(s.bitmap, 2 * 4096, 2 * 4096, 0, 0, 2 * 4096);
	check(s.bitmap, 8 * 4096, 100, 0, 0, 100);
	assert_int_equal(ntfs_bitmap_damage(s.bitmap)->kind, ERR_DAMAGED);
	end(&s);
}

static void test_what_is_no_bitmap_is_refused(void **state)
{
	struct sample s;
	struct err err = {0};
	struct fixture_record r;

	(void)state;
	begin(&s);
	fixture_record_begin(&r, s.v.g.record_size, 6, 6, 1);
	fixture_record_standard(&r, 100);
	fixture_record_end(&r);
	fixture_volume_put(&s.v, &r);
	s.raw = fake_source_new((struct bytes){s.v.at, s.v.size});
	assert_true(ntfs_volume_open(&s.raw->source, &s.volume, &err));
	assert_false(ntfs_bitmap_open(s.volume, &s.bitmap, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_null(s.bitmap);
	end(&s);
}

/* A volume of 2^48 sectors: its first clusters are the fixture's, $Bitmap is made up. */
struct huge {
	struct source source;
	struct fixture_volume *v;
	uint64_t reads;
};

#define HUGE_BITS_AT (UINT64_C(1) << 40)

static bool huge_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct huge *huge = (struct huge *)self;

	(void)err;
	huge->reads++;
	*got = len;
	memset(to, 0x0f, len);
	if (offset < huge->v->size && len <= huge->v->size - offset)
		memcpy(to, huge->v->at + offset, len);
	return true;
}

static void huge_close(struct source *self)
{
	(void)self;
}

static void test_volume_of_2_to_the_48_sectors(void **state)
{
	static const struct ntfs_run run = {.lcn = HUGE_BITS_AT, .length = UINT64_C(1) << 36};
	struct fixture_extent extent = {.last_vcn = run.length - 1,
	    .size = UINT64_C(1) << 45,
	    .allocated = UINT64_C(1) << 45,
	    .initialized = UINT64_C(1) << 45,
	    .runs = &run,
	    .run_count = 1};
	struct sample s;
	struct huge huge = {
	    .source = {.size = UINT64_C(1) << 57, .read = huge_read, .close = huge_close},
	    .v = &s.v};

	(void)state;
	begin(&s);
	s.v.g.sectors = UINT64_C(1) << 48;
	fixture_volume_boot(&s.v);
	put_bitmap(&s.v, &extent);
	assert_true(ntfs_volume_open(&huge.source, &s.volume, NULL));
	assert_true(ntfs_bitmap_open(s.volume, &s.bitmap, NULL));
	uint64_t last = (UINT64_C(1) << 48) - 100;

	check(s.bitmap, last, 200, 52, 48, 100);
	check(s.bitmap, (UINT64_C(1) << 47) + 1, 6, 3, 3, 0);
	/* Rising questions read each window once; a large range asked for again is not read again. */
	huge.reads = 0;
	for (uint64_t i = 0; i < 1000000; i++)
		check(s.bitmap, 16 * i, 16, 8, 8, 0);
	assert_in_range(huge.reads, 1, 16000000 / (8 * 16384) + 1);
	check(s.bitmap, 0, 1 << 26, 1 << 25, 1 << 25, 0);
	huge.reads = 0;
	for (size_t i = 0; i < 1000; i++)
		check(s.bitmap, 0, 1 << 26, 1 << 25, 1 << 25, 0);
	assert_int_equal(huge.reads, 0);
	ntfs_bitmap_close(s.bitmap);
	ntfs_volume_close(s.volume);
	fixture_volume_free(&s.v);
}

/* Runs that lead to the same cluster again and again make no more bits than the volume has room for. */
static void test_forged_size_is_cut(void **state)
{
	struct ntfs_run runs[8];
	struct fixture_extent extent = {.last_vcn = (UINT64_C(8) << 30) - 1,
	    .size = UINT64_C(8) << 39,
	    .allocated = UINT64_C(8) << 39,
	    .initialized = UINT64_C(8) << 39,
	    .runs = runs,
	    .run_count = ARRAY_LEN(runs)};
	struct sample s;

	(void)state;
	begin(&s);
	for (size_t i = 0; i < ARRAY_LEN(runs); i++)
		runs[i] = (struct ntfs_run){.lcn = 0, .length = UINT64_C(1) << 30};
	s.v.g.sectors = UINT64_C(1) << 50;
	fixture_volume_boot(&s.v);
	put_bitmap(&s.v, &extent);
	open(&s);
	struct ntfs_cluster_counts c = ntfs_bitmap_count(s.bitmap, 0, UINT64_C(1) << 50);

	assert_int_equal(c.free + c.used + c.unknown, UINT64_C(1) << 50);
	assert_true(c.free + c.used <= 8 * s.v.size);
	assert_int_equal(ntfs_bitmap_damage(s.bitmap)->kind, ERR_DAMAGED);
	end(&s);
}

/* A volume in use: what its file system has in memory counts, not what it has written so far. */
static void test_live_map(void **state)
{
	static const struct ntfs_run run = {.lcn = BITS_AT, .length = 10};
	const struct fixture_extent padded = {.last_vcn = 9,
	    .size = BITS_BYTES + 8,
	    .allocated = 5120,
	    .initialized = BITS_BYTES + 8,
	    .runs = &run,
	    .run_count = 1};
	uint8_t live[BITS_BYTES] = {0};
	struct fake_source *told;
	struct sample s;

	(void)state;
	begin(&s);
	put_bitmap(&s.v, &padded);
	bits(&s)[1] = 0x0f; /* on the disk clusters 8 to 11 are in use */
	live[2] = 0xf0;     /* by now they are free, and 20 to 23 are in use */
	told = fake_source_new((struct bytes){live, (CLUSTERS + 7) / 8});
	assert_non_null(told);
	open(&s);
	check(s.bitmap, 8, 4, 0, 4, 0);
	ntfs_bitmap_close(s.bitmap);
	ntfs_volume_set_live_bitmap(s.volume, &told->source);
	assert_true(ntfs_bitmap_open(s.volume, &s.bitmap, NULL));
	check(s.bitmap, 8, 4, 4, 0, 0);
	check(s.bitmap, 20, 4, 0, 4, 0);
	ntfs_bitmap_close(s.bitmap);
	/* Not told any more: the disk has to do. */
	told->bad_len = sizeof(live);
	assert_true(ntfs_bitmap_open(s.volume, &s.bitmap, NULL));
	check(s.bitmap, 8, 4, 0, 4, 0);
	check(s.bitmap, 20, 4, 4, 0, 0);
	ntfs_bitmap_close(s.bitmap);
	/* The map of another volume. */
	told->bad_len = 0;
	told->source.size--;
	ntfs_volume_set_live_bitmap(s.volume, &told->source);
	assert_true(ntfs_bitmap_open(s.volume, &s.bitmap, NULL));
	check(s.bitmap, 8, 4, 0, 4, 0);
	end(&s);
	source_close(&told->source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts_against_bit_by_bit),
	    cmocka_unit_test(test_runs_cover_everything_in_order),
	    cmocka_unit_test(test_outside_and_without_bitmap_is_unknown),
	    cmocka_unit_test(test_bad_sector_is_unknown_and_the_rest_is_known),
	    cmocka_unit_test(test_holes_and_short_bitmaps_are_unknown),
	    cmocka_unit_test(test_what_is_no_bitmap_is_refused),
	    cmocka_unit_test(test_volume_of_2_to_the_48_sectors),
	    cmocka_unit_test(test_forged_size_is_cut),
	    cmocka_unit_test(test_live_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
