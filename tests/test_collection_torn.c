/* MFT records of which one stride was not written with the others: what it touches is never called whole. */
#include "tests/unit.h"

#include "core/array.h"
#include "tests/fake_source.h"
#include "tests/fake_store.h"
#include "tests/fixture_bundle.h"
#include "tests/fixture_collect.h"
#include "tests/fixture_ntfs.h"

#include <string.h>

#define STRIDE  512u
#define RECORD  4096u
#define STREAMS 4u

static const struct ntfs_run far_run = {.lcn = 70, .length = 1};
static const struct fixture_extent far_extent = {
    .size = 900, .allocated = 4096, .initialized = 900, .runs = &far_run, .run_count = 1};

struct torn {
	struct fixture_volume v;
	struct fixture_record r;
	size_t at[STREAMS + 3]; /* where its attributes begin, and the end mark */
	struct outcome all;
};

static const char *const names[STREAMS] = {NULL, "a", "b", "c"};
static const char *const paths[STREAMS] = {"fs/C/x", "fs/C/x:a", "fs/C/x:b", "fs/C/x:c"};

/* Unnamed: in the first stride. a: over three. b: clusters. c: over the last but one. */
static void torn_new(struct torn *t)
{
	uint8_t content[1200];

	*t = (struct torn){0};
	memset(content, 'A', sizeof(content));
	assert_true(fixture_volume_new(&t->v, 512, 4096, RECORD, 96, 20));
	fixture_record_begin(&t->r, RECORD, 12, 1, 1);
	t->at[0] = fixture_record_standard(&t->r, 700);
	t->at[1] = fixture_record_name(&t->r, 5, 5, NTFS_NAME_POSIX, "x");
	t->at[2] = fixture_record_resident(&t->r, NTFS_DATA, names[0], 2, content, 64);
	t->at[3] = fixture_record_resident(&t->r, NTFS_DATA, names[1], 3, content, 1200);
	t->at[4] = fixture_record_extent(&t->r, NTFS_DATA, names[2], 4, &far_extent);
	t->at[5] = fixture_record_resident(&t->r, NTFS_DATA, names[3], 5, content, 1000);
	t->at[6] = t->r.used;
	fixture_record_end(&t->r);
}

static void torn_free_at(struct torn *t)
{
	outcome_free_at(&t->all);
	fixture_volume_free(&t->v);
}

static void torn_take(struct torn *t)
{
	fixture_volume_put(&t->v, &t->r);
	fixture_collect_all(fake_source_new((struct bytes){t->v.at, t->v.size}), &t->all);
}

static bool touches(size_t stride, size_t from, size_t end)
{
	return from < (stride + 1) * STRIDE && end > stride * STRIDE;
}

/* Each stride in turn: exactly the streams that have a byte in it are partial; where an attribute begins in it, others may be
 * missing, and that is told beside. Behind what is in use nothing is lost. */
static void each_stride_costs_what_it_holds(void **state)
{
	size_t costs = 0, harmless = 0;

	(void)state;
	for (size_t stride = 0; stride < RECORD / STRIDE; stride++) {
		CLEANUP(torn_free) struct torn t;
		size_t partial = 0, lost = 0;

		torn_new(&t);
		t.r.at[(stride + 1) * STRIDE - 1] ^= 0x40;
		torn_take(&t);
		for (size_t i = 0; i < ARRAY_LEN(t.at); i++)
			lost |= touches(stride, t.at[i], t.at[i] + 8);
		for (size_t i = 0; i < STREAMS; i++) {
			const struct member *one = outcome_find(&t.all, paths[i]);
			bool is_hit = touches(stride, t.at[i + 2], t.at[i + 3]);

			if (!one || one->is_whole == is_hit)
				print_error("stride %zu: %s\n", stride, paths[i]);
			assert_true(one && one->is_whole == !is_hit && one->has_reason == is_hit);
			partial += is_hit;
		}
		assert_int_equal(t.all.counts.partial, partial);
		assert_int_equal(t.all.not_taken, lost);
		assert_true(t.all.has_gaps == (partial + lost > 0));
		costs += partial;
		harmless += !t.all.has_gaps;
	}
	assert_true(costs > STREAMS && harmless > 0);
}

/* A stride of an older state of the same file: content of two states is not called whole. */
static void content_of_two_states_is_not_whole(void **state)
{
	CLEANUP(torn_free) struct torn t;
	struct fixture_record older;
	size_t ends = 0;

	(void)state;
	torn_new(&t);
	older = t.r;
	memset(older.at + STRIDE, 'B', STRIDE);
	put_le16(older.at + 2 * STRIDE - 2, FIXTURE_USN - 1);
	memcpy(t.r.at + STRIDE, older.at + STRIDE, STRIDE);
	torn_take(&t);
	const struct member *one = outcome_find(&t.all, paths[1]);

	assert_true(one && one->content.len == 1200 && !one->is_whole && one->has_reason);
	for (size_t i = 0; i < 1200; i++)
		ends += one->content.at[i] == 'B';
	assert_int_equal(ends, STRIDE - 2);
	assert_true(t.all.has_gaps);
	one = outcome_find(&t.all, paths[0]);
	assert_true(one && one->is_whole);
}

/* An extent in a torn extension record: the stream that it is of. */
static void torn_extent_is_told(void **state)
{
	static const struct ntfs_run run = {.lcn = 80, .length = 1};
	const struct fixture_extent rest = {
	    .first_vcn = 1, .last_vcn = 1, .runs = &run, .run_count = 1};
	struct fixture_extent first = far_extent;
	uint8_t list[64];

	(void)state;
	for (unsigned stride = 0; stride < 2; stride++) {
		CLEANUP(torn_free) struct torn t = {0};

		assert_true(fixture_volume_new(&t.v, 512, 4096, RECORD, 96, 20));
		first.size = first.initialized = 5000;
		first.allocated = 8192;
		fixture_list_entry(list, NTFS_DATA, 0, 12, 1);
		fixture_list_entry(list + 32, NTFS_DATA, 1, 13, 1);
		fixture_record_begin(&t.r, RECORD, 13, 1, 1);
		fixture_record_set_base(&t.r, 12, 1);
		fixture_record_extent(&t.r, NTFS_DATA, NULL, 2, &rest);
		fixture_record_end(&t.r);
		t.r.at[(stride + 1) * STRIDE - 1] ^= 0x40;
		fixture_volume_put(&t.v, &t.r);
		fixture_record_begin(&t.r, RECORD, 12, 1, 1);
		fixture_record_standard(&t.r, 700);
		fixture_record_resident(&t.r, NTFS_ATTRIBUTE_LIST, NULL, 3, list, sizeof(list));
		fixture_record_name(&t.r, 5, 5, NTFS_NAME_POSIX, "x");
		fixture_record_extent(&t.r, NTFS_DATA, NULL, 2, &first);
		fixture_record_end(&t.r);
		torn_take(&t);
		const struct member *one = outcome_find(&t.all, paths[0]);

		assert_true(one && one->content.len == 5000);
		assert_true(one && one->is_whole == (stride == 1));
		assert_true(t.all.has_gaps == (stride == 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_stride_costs_what_it_holds),
	    cmocka_unit_test(content_of_two_states_is_not_whole),
	    cmocka_unit_test(torn_extent_is_told),
	};

	return cmocka_run_group_tests_name(
	    "collection_torn", tests, fixture_keys_make, fixture_keys_free);
}
