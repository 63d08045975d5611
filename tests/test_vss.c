/* Shadow copies: every byte of every snapshot of volumes made as Windows makes them. */
#include "tests/unit.h"

#include "tests/fixture_vss_world.h"

#include <stdlib.h>
#include <string.h>

static void test_two_stores(void **state)
{
	struct world w;
	uint8_t data[FIXTURE_VSS_BLOCK];
	char id[VSS_GUID_ROOM];

	(void)state;
	begin(&w, false);
	snapshot(&w, 0x40);
	write_block(&w, 3);
	write_block(&w, 3); /* twice: the first old content counts */
	write_block(&w, 5);
	fixture_vss_move(&w.f, 7, 41);
	write_block(&w, 7);
	fixture_vss_move(&w.f, 8, 42);
	write_block(&w, 42); /* what was moved there is kept for block 8 */
	snapshot(&w, 0x40);
	write_block(&w, 3);
	write_block(&w, 6);
	fill(&w, data, sizeof(data));
	fixture_vss_overlay(&w.f, 0, 3, 0x80000001, data);
	fixture_vss_overlay(&w.f, 1, 9, 0x00ff0000, data);
	fixture_vss_overlay(&w.f, 1, 9, 0x0000ff00, data);
	fixture_vss_overlay(&w.f, 1, 6, 0x1, data);
	assert_true(open_world(&w));
	check_all(&w);
	const struct vss_info *info = vss_info(w.vss, 1);

	vss_guid_text(info->id, id);
	assert_string_equal(id, "c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1");
	assert_int_equal(info->created, 1001);
	assert_int_equal(info->sequence, 2);
	assert_true(info->has_details);
	assert_int_equal(info->copy_id[0], 0xa1);
	assert_int_equal(info->set_id[0], 0xb1);
	assert_int_equal(info->context, 0xd);
	assert_int_equal(info->attributes, 0x2000d);
	assert_int_equal(info->operating_machine.len, 4);
	assert_memory_equal(info->operating_machine.at, "P\0C\0", 4);
	assert_memory_equal(info->service_machine.at, "S\0", 2);
	assert_null(vss_info(w.vss, 2));
	end(&w);
}

/* A block that is moved, moved on, and moved back; then overwritten at each place. */
static void test_moves(void **state)
{
	struct world w;

	(void)state;
	begin(&w, false);
	snapshot(&w, 0x40);
	fixture_vss_move(&w.f, 1, 40);
	fixture_vss_move(&w.f, 40, 41);
	write_block(&w, 40);
	write_block(&w, 1);
	fixture_vss_move(&w.f, 2, 43);
	fixture_vss_move(&w.f, 43, 2); /* back: as if nothing had been */
	write_block(&w, 43);
	fixture_vss_move(&w.f, 3, 44);
	fixture_vss_move(&w.f, 44, 3);
	write_block(&w, 3); /* kept where it was */
	fixture_vss_move(&w.f, 4, 45);
	fixture_vss_snapshot(&w.f, 2000, 0x40, 46, AREA);
	write_block(&w, 45); /* kept by the newer one, for both */
	write_block(&w, 41);
	assert_true(open_world(&w));
	check_all(&w);
	end(&w);
}

/* A descriptor that is not used, items out of order, a block that is not at its own place. */
static void test_odd_order(void **state)
{
	struct world w;
	uint8_t item[128];
	struct source *source = NULL;

	(void)state;
	begin(&w, false);
	snapshot(&w, 0x40);
	write_block(&w, 3);
	fixture_vss_describe(&w.f, 0, 4 * BLOCK, 0, 5 * BLOCK, 4, 0);
	fixture_vss_describe(&w.f, 0, 5 * BLOCK, 0, 6 * BLOCK, 0x103, 0);
	snapshot(&w, 0x40);
	write_block(&w, 6);
	/* The items of the newer one first. */
	memcpy(item, w.at + w.f.catalog + 128, 128);
	memcpy(w.at + w.f.catalog + 128, w.at + w.f.catalog + 128 + 256, 128);
	memcpy(w.at + w.f.catalog + 128 + 256, item, 128);
	assert_true(open_world(&w));
	assert_int_equal(vss_info(w.vss, 0)->created, 1000);
	check_snapshot(&w, 0, VSS_KEPT_ONLY);
	check_snapshot(&w, 1, VSS_KEPT_ONLY);
	assert_int_equal(vss_info(w.vss, 0)->damage.kind, ERR_DAMAGED); /* the senseless flags */
	vss_close(w.vss);
	/* A copy of the list elsewhere is not it. */
	uint64_t list = w.f.stores[0].list;

	put_le64(w.at + list + 32, list + BLOCK);
	assert_true(vss_open(w.raw, NULL, &w.vss, &w.err));
	assert_false(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	assert_true(vss_snapshot_open(w.vss, 1, VSS_KEPT_ONLY, &source, &w.err));
	source_close(source);
	end(&w);
}

/* What was free in the older snapshot is used in the newer one, and moved there: Windows gives the newer content, and it is
 * not that of the older one. */
static void test_moved_later(void **state)
{
	struct world w;
	struct source *source = NULL;
	uint8_t data[512];

	(void)state;
	begin(&w, false);
	snapshot(&w, 0x440);
	write_block(&w, 44);
	fixture_vss_snapshot(&w.f, 2000, 0x440, 46, AREA);
	fixture_vss_move(&w.f, 44, 46);
	write_block(&w, 44);
	assert_true(open_world(&w));
	assert_true(vss_snapshot_open(w.vss, 0, VSS_AS_WINDOWS, &source, &w.err));
	assert_true(source_read_exact(source, 44 * BLOCK, data, 512, &w.err));
	assert_memory_equal(data, w.f.stores[1].golden + 44 * BLOCK, 512);
	assert_int_equal(vss_unkept(w.vss, 0, 44 * BLOCK, BLOCK), BLOCK);
	assert_int_equal(vss_unkept(w.vss, 1, 44 * BLOCK, BLOCK), 0);
	source_close(source);
	end(&w);
}

/* A move takes what is kept first; what is kept of the block after that is its own. And what was moved is read from there,
 * though newer snapshots call the place free. */
static void test_moved_once(void **state)
{
	struct world w;
	struct source *source = NULL;
	uint8_t data[512];

	(void)state;
	begin(&w, false);
	snapshot(&w, 0x440);
	fixture_vss_describe(&w.f, 0, 8 * BLOCK, 12 * BLOCK, 0, 1, 0);
	fixture_vss_describe(&w.f, 0, 12 * BLOCK, 0, 20 * BLOCK, 0, 0);
	fixture_vss_describe(&w.f, 0, 12 * BLOCK, 0, 21 * BLOCK, 0, 0);
	fixture_vss_move(&w.f, 1, 45);
	write_block(&w, 1);
	snapshot(&w, 0x440);
	snapshot(&w, 0x440);
	assert_true(open_world(&w));
	assert_true(vss_snapshot_open(w.vss, 0, VSS_AS_WINDOWS, &source, &w.err));
	assert_true(source_read_exact(source, 8 * BLOCK, data, 512, &w.err));
	assert_memory_equal(data, w.at + 20 * BLOCK, 512);
	assert_true(source_read_exact(source, 12 * BLOCK, data, 512, &w.err));
	assert_memory_equal(data, w.at + 21 * BLOCK, 512);
	assert_true(source_read_exact(source, 1 * BLOCK, data, 512, &w.err));
	assert_memory_equal(data, w.f.stores[0].golden + 1 * BLOCK, 512);
	assert_int_equal(vss_unkept(w.vss, 0, 1 * BLOCK, BLOCK), BLOCK); /* it may be overwritten */
	source_close(source);
	end(&w);
}

/* Many writes and snapshots in any order; lists of many blocks. */
static void test_any_order(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20; round++) {
		struct world w;

		begin(&w, round % 2);
		w.random = 100 + round;
		w.f.list_room = 1 + round % 5;
		for (unsigned i = 0; i < 90; i++) {
			if (i % 30 == 0)
				snapshot(&w, 0x40);
			write_block(&w, next_random(&w) % DATA);
		}
		assert_true(open_world(&w));
		check_all(&w);
		end(&w);
	}
}

static void test_unused(void **state)
{
	struct world w;
	uint8_t data[1024];
	size_t got = 0;

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		struct source *windows = NULL, *kept = NULL;

		begin(&w, false);
		snapshot(&w, round ? 0x440 : 0x40);
		write_block(&w, UNUSED_AT); /* not kept */
		assert_true(open_world(&w));
		assert_true(vss_snapshot_open(w.vss, 0, VSS_AS_WINDOWS, &windows, &w.err));
		assert_true(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &kept, &w.err));
		assert_true(source_read_exact(windows, UNUSED_AT * BLOCK, data, 1024, &w.err));
		if (round)
			assert_int_equal(data[0] | data[1] | data[1023], 0);
		else
			assert_memory_equal(data, w.at + UNUSED_AT * BLOCK, 1024);
		/* The good bytes before it are given. */
		assert_false(kept->read(kept, UNUSED_AT * BLOCK - 100, data, 1024, &got, &w.err));
		assert_int_equal(w.err.kind, ERR_MISSING);
		assert_int_equal(got, 100);
		assert_memory_equal(data, w.at + UNUSED_AT * BLOCK - 100, 100);
		source_close(windows);
		source_close(kept);
		end(&w);
	}
}

/* From every sector on: as far as it says, and not a byte farther, the volume is kept as vss_unkept counts. */
static void test_kept_runs(void **state)
{
	const uint64_t size = BLOCKS * BLOCK;
	struct source *source = NULL;
	struct world w;

	(void)state;
	begin(&w, false);
	snapshot(&w, 0x40);
	fixture_vss_move(&w.f, 1, 45);
	write_block(&w, UNUSED_AT + 1);
	fixture_vss_snapshot(&w.f, 2000, 0x40, 46, 47);
	write_block(&w, UNUSED_AT + 2);
	write_block(&w, 7);
	assert_true(open_world(&w));
	assert_true(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	assert_true(vss_knows_unkept(w.vss, 0));
	assert_false(vss_knows_unkept(w.vss, 2));
	for (uint64_t at = 0; at < size; at += 512) {
		bool is_kept, others = true;
		uint64_t run = vss_kept_run(w.vss, 0, at, size - at, &is_kept);

		assert_in_range(run, 1, size - at);
		assert_int_equal(vss_unkept(w.vss, 0, at, run), is_kept ? 0 : run);
		if (at + run < size)
			assert_int_equal(vss_kept_run(w.vss, 0, at + run, 1, &others), 1);
		assert_true(at + run == size || others != is_kept);
		assert_int_equal(vss_kept_run(w.vss, 0, at, 7, &others), 7);
		assert_int_equal(others, is_kept);
	}
	source_close(source);
	end(&w);
}

/* Freed between two snapshots: the older one still needs it, so the newer keeps it as well. */
static void test_freed_between(void **state)
{
	struct world w;
	struct source *source = NULL;
	uint8_t data[512];

	(void)state;
	begin(&w, false);
	fixture_vss_snapshot(&w.f, 1, 0x40, 0, 0);
	fixture_vss_snapshot(&w.f, 2, 0x40, 10, 13);
	write_block(&w, 10);
	fixture_vss_snapshot(&w.f, 3, 0x440, 10, 13); /* free in both: not kept */
	write_block(&w, 11);
	assert_true(open_world(&w));
	for (unsigned n = 0; n < 2; n++) {
		assert_true(vss_snapshot_open(w.vss, n, VSS_KEPT_ONLY, &source, &w.err));
		assert_true(source_read_exact(source, 10 * BLOCK, data, 512, &w.err));
		assert_memory_equal(data, w.f.stores[n].golden + 10 * BLOCK, 512);
		/* The newest did not keep it, nobody knows what it was. */
		assert_false(source_read_exact(source, 11 * BLOCK, data, 512, &w.err));
		assert_int_equal(vss_unkept(w.vss, n, 10 * BLOCK, 3 * BLOCK - 1), 2 * BLOCK - 1);
		source_close(source);
		w.err = (struct err){0};
	}
	assert_true(vss_snapshot_open(w.vss, 2, VSS_AS_WINDOWS, &source, &w.err));
	assert_true(source_read_exact(source, 12 * BLOCK, data, 512, &w.err));
	assert_int_equal(data[0] | data[100] | data[511], 0);
	source_close(source);
	end(&w);
}

static void test_same(void **state)
{
	struct world w;
	struct source *source = NULL;

	(void)state;
	begin(&w, false);
	snapshot(&w, 0x40);
	write_block(&w, 3);
	snapshot(&w, 0x40);
	write_block(&w, 5);
	fixture_vss_overlay(&w.f, 0, 9, 1, w.at);
	assert_true(open_world(&w));
	assert_true(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	assert_true(vss_is_same(w.vss, 0, VSS_PRESENT, 0, 3 * BLOCK));
	assert_false(vss_is_same(w.vss, 0, VSS_PRESENT, 0, 3 * BLOCK + 1));
	assert_true(vss_is_same(w.vss, 1, VSS_PRESENT, 0, 5 * BLOCK));
	assert_false(vss_is_same(w.vss, 1, VSS_PRESENT, 5 * BLOCK + 100, 1));
	assert_true(vss_is_same(w.vss, 0, 1, 5 * BLOCK, BLOCK)); /* both keep it in the newer */
	assert_false(vss_is_same(w.vss, 0, 1, 3 * BLOCK, BLOCK));
	assert_false(vss_is_same(w.vss, 0, 1, 9 * BLOCK, 1));
	assert_true(vss_is_same(w.vss, 1, VSS_PRESENT, 9 * BLOCK, 1));
	assert_false(vss_is_same(w.vss, 1, VSS_PRESENT, UNUSED_AT * BLOCK, 1));
	assert_true(vss_is_same(w.vss, 1, VSS_PRESENT, UNUSED_AT * BLOCK, 0));
	assert_false(vss_is_same(w.vss, 1, VSS_PRESENT, 1, UINT64_MAX));
	source_close(source);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_stores),
	    cmocka_unit_test(test_moves),
	    cmocka_unit_test(test_odd_order),
	    cmocka_unit_test(test_moved_later),
	    cmocka_unit_test(test_moved_once),
	    cmocka_unit_test(test_any_order),
	    cmocka_unit_test(test_unused),
	    cmocka_unit_test(test_kept_runs),
	    cmocka_unit_test(test_freed_between),
	    cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
