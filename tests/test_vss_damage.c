/* Shadow copies that are damaged, incomplete, stored on another volume, or change while they are read. */
#include "tests/unit.h"

#include "formats/vss/map.h"
#include "tests/fake_source.h"
#include "tests/fixture_vss_world.h"

#include <stdlib.h>
#include <string.h>

/* Windows goes on keeping blocks: in the last block of the list, and in a new one. */
static void test_refresh(void **state)
{
	struct world w;
	struct source *older = NULL;
	uint8_t data[512];
	bool changed = true;

	(void)state;
	begin(&w, false);
	w.f.list_room = 2;
	snapshot(&w, 0x40);
	write_block(&w, 1);
	snapshot(&w, 0x40);
	write_block(&w, 2);
	assert_true(open_world(&w));
	assert_true(vss_refresh(w.vss, &changed, &w.err)); /* nothing is open */
	assert_false(changed);
	assert_true(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &older, &w.err));
	assert_true(vss_refresh(w.vss, &changed, &w.err));
	assert_false(changed);
	for (uint64_t block = 3; block < 9; block++) {
		uint64_t before = vss_places(w.vss, 0, 0, DATA * BLOCK);
		uint64_t elsewhere = vss_places(w.vss, 0, 0, block * BLOCK);

		write_block(&w, block);
		assert_int_equal(vss_places(w.vss, 0, 0, DATA * BLOCK), before);
		assert_true(vss_refresh(w.vss, &changed, &w.err));
		assert_true(changed);
		assert_int_not_equal(vss_places(w.vss, 0, 0, DATA * BLOCK), before);
		assert_int_equal(vss_places(w.vss, 0, 0, block * BLOCK), elsewhere);
		assert_true(source_read_exact(older, block * BLOCK, data, 512, &w.err));
		assert_memory_equal(data, w.f.stores[0].golden + block * BLOCK, 512);
		assert_true(vss_refresh(w.vss, &changed, &w.err));
		assert_false(changed);
	}
	put_le64(w.at + w.f.stores[1].list, 0); /* taken away meanwhile */
	assert_false(vss_refresh(w.vss, &changed, &w.err));
	assert_false(vss_refresh(w.vss, &changed, &w.err));
	snapshot(&w, 0x40); /* blocks are kept in another store from now on */
	assert_false(vss_refresh(w.vss, &changed, &w.err));
	source_close(older);
	end(&w);
}

/* A list of three blocks has grown, and block `bad` of it cannot be read for a moment: that is said, and what
 * was kept before is still read as it was. Afterwards all is right again. */
static void check_moment(unsigned bad)
{
	struct world w;
	struct source *source = NULL, *late = NULL;
	uint8_t data[512];
	bool changed;

	begin(&w, false);
	w.f.list_room = 2;
	snapshot(&w, 0x40);
	uint64_t list = w.f.stores[0].list;

	for (uint64_t block = 1; block < 6; block++)
		write_block(&w, block);
	struct fake_source *fake = fake_source_new((struct bytes){w.at, BLOCKS * BLOCK});

	assert_non_null(fake);
	assert_true(vss_open(&fake->source, NULL, &w.vss, &w.err));
	assert_true(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	write_block(&w, 6);
	for (unsigned i = 0; i < bad; i++)
		list = le64(w.at + list + 40);
	fake->bad_from = list;
	fake->bad_len = 512;
	for (unsigned i = 0; i < 2; i++) {
		w.err = (struct err){0};
		assert_false(vss_refresh(w.vss, &changed, &w.err));
		assert_int_equal(w.err.kind, ERR_IO);
		assert_true(source_read_exact(source, 5 * BLOCK, data, 512, &w.err));
		assert_memory_equal(data, w.f.stores[0].golden + 5 * BLOCK, 512);
		assert_false(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &late, &w.err));
	}
	fake->bad_len = 0;
	assert_true(vss_refresh(w.vss, &changed, &w.err));
	assert_true(changed);
	for (uint64_t block = 1; block < 7; block++) {
		assert_true(source_read_exact(source, block * BLOCK, data, 512, &w.err));
		assert_memory_equal(data, w.f.stores[0].golden + block * BLOCK, 512);
	}
	assert_int_equal(vss_info(w.vss, 0)->damage.kind, ERR_NONE);
	assert_true(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &late, &w.err));
	source_close(late);
	source_close(source);
	vss_close(w.vss);
	w.vss = NULL;
	source_close(&fake->source);
	end(&w);
}

/* A list that comes out shorter, though every block of it can be read, or of which more is lost than was at first. */
static void check_shorter(bool is_cut)
{
	struct world w;
	struct source *source = NULL;
	uint8_t data[512];
	bool changed;

	begin(&w, false);
	w.f.list_room = 1;
	snapshot(&w, 0x40);
	uint64_t first = w.f.stores[0].list;

	for (uint64_t block = 1; block < 6; block++)
		write_block(&w, block);
	uint64_t second = le64(w.at + first + 40), last = w.f.stores[0].list;

	put_le64(w.at + last + 40, is_cut ? 5 * BLOCK : 0);
	assert_true(open_world(&w));
	assert_true(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	put_le64(w.at + last + 40, is_cut ? 6 * BLOCK : 0);
	put_le64(w.at + last + 24, 1);
	put_le64(w.at + first + 40, is_cut ? 6 * BLOCK : 0);
	assert_false(vss_refresh(w.vss, &changed, &w.err));
	assert_true(source_read_exact(source, 5 * BLOCK, data, 512, &w.err));
	assert_memory_equal(data, w.f.stores[0].golden + 5 * BLOCK, 512);
	put_le64(w.at + first + 40, second);
	assert_true(vss_refresh(w.vss, &changed, &w.err));
	assert_true(changed);
	assert_int_equal(vss_info(w.vss, 0)->damage.kind, is_cut ? ERR_DAMAGED : ERR_NONE);
	assert_true(source_read_exact(source, 5 * BLOCK, data, 512, &w.err));
	assert_memory_equal(data, w.f.stores[0].golden + 5 * BLOCK, 512);
	source_close(source);
	end(&w);
}

static void test_refresh_fails(void **state)
{
	(void)state;
	check_shorter(false);
	check_shorter(true);
	for (unsigned bad = 0; bad < 3; bad++)
		check_moment(bad);
}

/* The store on another volume: read with it, named without it or with a wrong one. */
static void test_elsewhere(void **state)
{
	struct world w;
	struct source *source = NULL;
	struct vss *alone = NULL;

	(void)state;
	begin(&w, true);
	snapshot(&w, 0x40);
	write_block(&w, 3);
	assert_true(open_world(&w));
	check_all(&w);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(vss_open(w.raw, i ? w.raw : NULL, &alone, &w.err));
		if (i == 0) {
			assert_non_null(strstr(vss_info(alone, 0)->why.text, "{22222222-2222-"));
			assert_int_equal(vss_info(alone, 0)->why.kind, ERR_MISSING);
		}
		assert_false(vss_snapshot_open(alone, 0, VSS_KEPT_ONLY, &source, &w.err));
		vss_close(alone);
		alone = NULL;
	}
	put_le64(w.storage + 0x1e00 + 64, 5); /* not the volume that is meant */
	assert_true(vss_open(w.raw, w.other, &alone, &w.err));
	assert_non_null(strstr(vss_info(alone, 0)->why.text, "on another volume"));
	vss_close(alone);
	end(&w);
}

static void test_none(void **state)
{
	struct world w;

	(void)state;
	begin(&w, false);
	assert_false(open_world(&w)); /* an empty catalogue */
	assert_int_equal(w.err.kind, ERR_MISSING);
	put_le64(w.at + 0x1e00 + 48, 0); /* none */
	assert_false(vss_open(w.raw, NULL, &w.vss, &w.err));
	assert_int_equal(w.err.kind, ERR_MISSING);
	memset(w.at + 0x1e00, 0, 16);
	assert_false(vss_open(w.raw, NULL, &w.vss, &w.err));
	assert_int_equal(w.err.kind, ERR_MISSING);
	end(&w);
}

/* What is damaged is said, and the rest is read. */
static void test_damage(void **state)
{
	struct world w;
	struct source *source = NULL;
	uint8_t data[512];
	unsigned kept = 0;

	(void)state;
	begin(&w, false);
	w.f.list_room = 2;
	snapshot(&w, 0x40);
	uint64_t list = w.f.stores[0].list, header = w.f.stores[0].header;

	for (uint64_t block = 0; block < 9; block++)
		write_block(&w, block);
	uint64_t second = le64(w.at + list + 40);

	put_le64(w.at + w.f.stores[0].list + 40, second); /* a loop */
	put_le64(w.at + header, 0);
	w.at[list + 128 + 1] = 1; /* an entry that begins inside a block */
	assert_true(open_world(&w));
	assert_false(vss_info(w.vss, 0)->has_details);
	assert_int_equal(vss_info(w.vss, 0)->damage.kind, ERR_DAMAGED);
	assert_true(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	for (uint64_t block = 0; block < 9; block++)
		kept += source_read_exact(source, block * BLOCK, data, sizeof(data), NULL) &&
			memcmp(data, w.f.stores[0].golden + block * BLOCK, sizeof(data)) == 0;
	assert_int_equal(kept, 8);
	source_close(source);
	vss_close(w.vss);
	put_le64(w.at + list, 0); /* no list at all */
	assert_true(vss_open(w.raw, NULL, &w.vss, &w.err));
	assert_false(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	assert_int_equal(w.err.kind, ERR_DAMAGED);
	assert_false(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	end(&w);
}

/* A snapshot without its store takes the older ones with it: they build on it. */
static void test_lost_store(void **state)
{
	struct world w;
	struct source *source = NULL;

	(void)state;
	begin(&w, false);
	for (unsigned i = 0; i < 4; i++) {
		snapshot(&w, 0x40);
		write_block(&w, i);
	}
	uint8_t *item = w.at + w.f.storage_catalog + 256 + 256;

	item[0] = 1; /* that of the second is gone */
	assert_true(open_world(&w));
	assert_int_equal(vss_count(w.vss), 4);
	assert_int_equal(vss_info(w.vss, 0)->why.kind, ERR_DAMAGED);
	assert_int_equal(vss_info(w.vss, 1)->why.kind, ERR_DAMAGED);
	assert_int_equal(vss_info(w.vss, 2)->why.kind, ERR_NONE);
	check_snapshot(&w, 2, VSS_KEPT_ONLY);
	check_snapshot(&w, 3, VSS_KEPT_ONLY);
	assert_false(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	vss_close(w.vss);
	item[0] = 3;
	w.at[w.f.catalog + 128 + 256] = 1; /* now the snapshot itself */
	assert_true(vss_open(w.raw, NULL, &w.vss, &w.err));
	assert_int_equal(vss_count(w.vss), 3);
	assert_non_null(strstr(vss_info(w.vss, 0)->why.text, "not in the catalogue"));
	uint8_t *third = w.f.stores[2].golden; /* the newest is the third now */

	w.f.stores[2].golden = w.f.stores[3].golden;
	w.f.stores[3].golden = third;
	check_snapshot(&w, 2, VSS_KEPT_ONLY);
	end(&w);
}

/* The catalogue's chain comes back to itself; a volume that was larger; the volume's end. */
static void test_limits(void **state)
{
	struct world w;
	struct source *source = NULL;
	uint8_t data[16];
	size_t got = 1;

	(void)state;
	begin(&w, false);
	snapshot(&w, 0x40);
	put_le64(w.at + w.f.catalog + 40, w.f.catalog);
	put_le64(w.at + w.f.catalog + 128 + 8, UINT64_MAX);
	assert_true(open_world(&w));
	assert_int_equal(vss_damage(w.vss)->kind, ERR_DAMAGED);
	assert_int_equal(vss_count(w.vss), 1);
	assert_int_equal(vss_info(w.vss, 0)->damage.kind, ERR_DAMAGED);
	assert_true(vss_snapshot_open(w.vss, 0, VSS_AS_WINDOWS, &source, &w.err));
	assert_int_equal(source->size, BLOCKS * BLOCK);
	assert_true(source->read(source, source->size - 4, data, 16, &got, &w.err));
	assert_int_equal(got, 4);
	assert_true(source->read(source, UINT64_MAX - 4, data, 16, &got, &w.err));
	assert_int_equal(got, 0);
	source_close(source);
	end(&w);
}

/* Blocks of a snapshot that are not what they were; each must say why. All of it, when it cannot be opened. */
static size_t count_lost(struct world *w, unsigned n)
{
	struct source *source = NULL;
	size_t lost = 0;

	w->err = (struct err){0};
	if (!vss_snapshot_open(w->vss, n, VSS_KEPT_ONLY, &source, &w->err)) {
		assert_int_not_equal(w->err.kind, ERR_NONE);
		return DATA;
	}
	for (size_t i = 0; i < DATA; i++) {
		static uint8_t data[FIXTURE_VSS_BLOCK];

		if (source_read_exact(source, i * BLOCK, data, BLOCK, &w->err))
			assert_memory_equal(data, w->f.stores[n].golden + i * BLOCK, BLOCK);
		else
			lost++;
	}
	assert_true(lost == 0 || w->err.kind != ERR_NONE);
	source_close(source);
	return lost;
}

/* The nth read fails once, for every n: nothing wrong is read, and all but what lies there is still read. (Since a read is tried
 * again, that is all of it.) */
static void test_reads_that_fail(void **state)
{
	struct world w;
	uint64_t reads = 1;

	(void)state;
	begin(&w, false);
	w.f.list_room = 3;
	for (unsigned i = 0; i < 3; i++) {
		snapshot(&w, 0x40);
		for (uint64_t block = i; block < 10; block++)
			write_block(&w, block);
	}
	for (uint64_t n = 1; n <= reads; n++) {
		struct fake_source *fake = fake_source_new((struct bytes){w.at, BLOCKS * BLOCK});
		size_t lost = 0;

		assert_non_null(fake);
		fake->fail_at = n;
		assert_true(vss_open(&fake->source, NULL, &w.vss, &w.err));
		assert_int_equal(vss_count(w.vss), 3);
		for (unsigned i = 0; i < 3; i++)
			lost += count_lost(&w, i);
		if (lost > 1)
			print_error("read %llu: %zu blocks lost\n", (unsigned long long)n, lost);
		assert_true(lost <= 1);
		reads = fake->reads;
		vss_close(w.vss);
		w.vss = NULL;
		source_close(&fake->source);
	}
	assert_true(reads > 100);
	end(&w);
}

/* A catalogue of two blocks: new snapshots go to the second. */
static uint64_t add_catalog_block(struct world *w)
{
	uint64_t second = (BLOCKS - 1) * BLOCK;

	memcpy(w->at + second, w->at + w->f.catalog, 128);
	put_le64(w->at + second + 24, BLOCK);
	put_le64(w->at + second + 32, second);
	memset(w->at + second + 128, 0, BLOCK - 128);
	put_le64(w->at + w->f.catalog + 40, second);
	return second;
}

/* A snapshot that is made meanwhile is seen in whichever block of the catalogue it stands; of a damaged one, too. */
static void test_refresh_catalog(void **state)
{
	struct world w;
	struct source *source = NULL;
	bool changed;

	(void)state;
	begin(&w, false);
	snapshot(&w, 0x40);
	write_block(&w, 1);
	uint64_t second = add_catalog_block(&w);
	uint8_t *items = w.at + w.f.catalog + 128 + 256;

	assert_true(open_world(&w));
	assert_true(vss_snapshot_open(w.vss, 0, VSS_KEPT_ONLY, &source, &w.err));
	assert_true(vss_refresh(w.vss, &changed, &w.err));
	put_le64(w.at + second, 0); /* for a moment it cannot be read */
	assert_false(vss_refresh(w.vss, &changed, &w.err));
	assert_int_equal(w.err.kind, ERR_DAMAGED);
	assert_non_null(strstr(w.err.text, "no block of type 2"));
	memcpy(w.at + second, w.at + w.f.catalog, 8);
	w.err = (struct err){0};
	assert_true(vss_refresh(w.vss, &changed, &w.err));
	snapshot(&w, 0x40);
	memcpy(w.at + second + 128, items, 256);
	memset(items, 0, 256);
	write_block(&w, 7);
	assert_false(vss_refresh(w.vss, &changed, &w.err));
	assert_non_null(strstr(w.err.text, "meanwhile"));
	source_close(source);
	vss_close(w.vss);
	put_le64(w.at + second + 40, 5 * BLOCK); /* what was lost from the beginning is no change */
	assert_true(vss_open(w.raw, NULL, &w.vss, &w.err));
	assert_int_equal(vss_damage(w.vss)->kind, ERR_DAMAGED);
	assert_true(vss_refresh(w.vss, &changed, &w.err));
	end(&w);
}

/* Makes the catalogue `count` blocks long, out of the last ones of the volume; the items move to the last of them. */
static void stretch_catalog(struct world *w, unsigned count)
{
	uint64_t last = (BLOCKS - 1) * BLOCK, before = w->f.catalog;
	uint8_t items[FIXTURE_VSS_BLOCK - 128];

	memcpy(items, w->at + before + 128, sizeof(items));
	for (uint64_t at = last - (count - 2) * BLOCK; at <= last; at += BLOCK) {
		memset(w->at + at, 0, BLOCK);
		memcpy(w->at + at, w->at + w->f.catalog, 128);
		put_le64(w->at + at + 32, at);
		put_le64(w->at + at + 40, 0);
		put_le64(w->at + before + 40, at);
		before = at;
	}
	memset(w->at + w->f.catalog + 128, 0, sizeof(items));
	memcpy(w->at + last + 128, items, sizeof(items));
}

/* What stands beyond the limit is not read, which is said. */
static void test_long_catalog(void **state)
{
	(void)state;
	for (unsigned blocks = 256; blocks < 258; blocks++) {
		struct world w;

		begin(&w, false);
		snapshot(&w, 0x40);
		stretch_catalog(&w, blocks);
		assert_int_equal(open_world(&w), blocks == 256);
		if (w.vss)
			assert_int_equal(vss_damage(w.vss)->kind, ERR_NONE);
		else
			assert_int_equal(w.err.kind, ERR_LIMIT);
		end(&w);
	}
}

static bool add_to_map(struct vss_map *map, uint64_t block, bool is_overlay, size_t ceiling)
{
	uint8_t descriptor[VSS_DESCRIPTOR_LEN] = {0};
	struct err err = {0};

	put_le64(descriptor, block * BLOCK);
	put_le64(descriptor + 16, BLOCK);
	put_le32(descriptor + 24, is_overlay ? 2 : 0);
	put_le32(descriptor + 28, is_overlay ? 1 : 0);
	bool ok = vss_map_add(map, (struct bytes){descriptor, sizeof(descriptor)}, ceiling, &err);

	assert_int_equal(err.kind, ok ? ERR_NONE : ERR_LIMIT);
	return ok;
}

/* Entries and overlays together, in whatever order they come. */
static void test_ceiling(void **state)
{
	const size_t ceiling = 1000;
	struct vss_map map = {0};

	(void)state;
	for (size_t i = 0; i < 600; i++)
		assert_true(add_to_map(&map, i, false, ceiling));
	for (size_t i = 0; i < 400; i++)
		assert_true(add_to_map(&map, i, true, ceiling));
	for (size_t i = 0; i < 100; i++) {
		assert_false(add_to_map(&map, i, true, ceiling));
		assert_false(add_to_map(&map, i, false, ceiling));
	}
	assert_int_equal(map.count, 600);
	assert_int_equal(map.overlay_count, 400);
	assert_false(add_to_map(&map, 0, false, 0));
	vss_map_free(&map);
}

/* Of any number of overlays of a block those remain that something is read from. */
static void test_overlays(void **state)
{
	uint8_t descriptor[VSS_DESCRIPTOR_LEN] = {0};
	uint64_t expected[3][32];
	struct vss_map map = {0};
	struct world w = {.random = 3};
	struct err err = {0};

	(void)state;
	memset(expected, 0xff, sizeof(expected));
	put_le32(descriptor + 24, 2);
	for (unsigned i = 1; i < 3000; i++) {
		unsigned block = i % 3;
		uint32_t sectors = next_random(&w) & next_random(&w) & next_random(&w);

		put_le64(descriptor, block * BLOCK);
		put_le64(descriptor + 16, i * BLOCK);
		put_le32(descriptor + 28, block == 1 ? 0 : sectors);
		assert_true(vss_map_add(&map, (struct bytes){descriptor, 32}, 3000, &err));
		for (unsigned s = 0; s < 32; s++)
			if (le32(descriptor + 28) >> s & 1)
				expected[block][s] = i;
	}
	assert_true(vss_map_finish(&map, &err));
	assert_true(map.overlay_count <= 64);
	assert_int_equal(map.overlay_room, map.overlay_count);
	assert_int_equal(
	    map.overlays[vss_map_find_overlay(&map, 1)].key >> 24, 2); /* none of no sector */
	for (size_t i = 0; i < map.overlay_count; i++)
		for (unsigned s = 0; s < 32; s++)
			if (map.overlays[i].sectors >> s & 1) {
				uint64_t *at = &expected[map.overlays[i].key >> 24][s];

				assert_int_equal(map.overlays[i].to, *at);
				*at = UINT64_MAX; /* once */
			}
	for (unsigned s = 0; s < 32; s++)
		assert_true(expected[0][s] == UINT64_MAX && expected[2][s] == UINT64_MAX);
	vss_map_free(&map);
}

/* What was left out in the end takes no room: stores without number may have such lists. */
static void test_room(void **state)
{
	uint8_t descriptor[VSS_DESCRIPTOR_LEN] = {0};
	struct vss_map map = {0};
	struct err err = {0};

	(void)state;
	put_le64(descriptor, BLOCK);
	put_le64(descriptor + 8, BLOCK);
	put_le32(descriptor + 24, 1); /* moved to where it is */
	for (size_t i = 0; i < 1000; i++)
		assert_true(vss_map_add(&map, (struct bytes){descriptor, 32}, SIZE_MAX, &err));
	assert_true(vss_map_finish(&map, &err));
	assert_int_equal(map.count, 0);
	assert_int_equal(map.room, 0);
	vss_map_free(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refresh),
	    cmocka_unit_test(test_refresh_fails),
	    cmocka_unit_test(test_refresh_catalog),
	    cmocka_unit_test(test_elsewhere),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_lost_store),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_long_catalog),
	    cmocka_unit_test(test_ceiling),
	    cmocka_unit_test(test_room),
	    cmocka_unit_test(test_overlays),
	    cmocka_unit_test(test_reads_that_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
