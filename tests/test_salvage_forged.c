/* What whoever knows the recipients adds to a bundle, and what a PC's owner puts into a file: it is not called proven, and does not
 * push out what is. */
#include "tests/unit.h"

#include "bundle/frames.h"
#include "bundle/manifest.h"
#include "bundle/salvage_space.h"
#include "core/array.h"
#include "tests/fixture_forged.h"

#include <stdio.h>
#include <time.h>

#define KIB ((size_t)1024)
#define FAR ((uint64_t)1 << 30)

static struct fixture_salvaged salvaged;

/* "fs/C/a" to "fs/C/d", 30 KiB each or so. */
static struct fake_store *make_bundle(void)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_plan plan = fixture_plan(fake);
	char number[SHA256_HEX_ROOM];
	char name[] = "fs/C/?";

	plan.limits = (struct bundle_limits){.rotate_bytes = 50 * KIB};
	assert_true(bundle_create(&fake->store, &plan, &writer, NULL));
	for (unsigned i = 0; i < 4; i++) {
		name[5] = (char)('a' + i);
		assert_true(fixture_entry(writer, BUNDLE_FILES, name, 30 * KIB + i, NULL));
	}
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, NULL));
	return fake;
}

static size_t count_sealed(void)
{
	size_t sealed = 0;

	for (size_t i = 0; i < salvaged.count; i++)
		sealed += salvaged.at[i].entry.is_row_sealed;
	return sealed;
}

static const struct bytes planted = {(const uint8_t *)"never on that PC", 16};

/* A file of rows that tells of it, and of another entry. */
static void put_rows(struct fake_store *fake, uint32_t index, uint64_t at, const char *also)
{
	CLEANUP(text_free) struct text rows = {0};
	CLEANUP(text_free) struct text tar = {0};
	CLEANUP(text_free) struct text plain = {0};

	fixture_forged_row(&rows, "fs/C/planted", FAR, planted);
	if (also)
		fixture_forged_row(&rows, also, FAR, planted);
	fixture_forged_entry(&tar, "meta/entries.900.jsonl", FIXTURE_NOW, text_bytes(&rows));
	fixture_forged_header(fake, &plain, BUNDLE_META, index, at);
	fixture_forged_frame(&plain, text_bytes(&tar));
	fixture_forged_put(fake, BUNDLE_META, index, &plain);
}

static void put_planted(struct fake_store *fake, uint32_t index)
{
	CLEANUP(text_free) struct text tar = {0};
	CLEANUP(text_free) struct text plain = {0};

	fixture_forged_entry(&tar, "fs/C/planted", FIXTURE_NOW, planted);
	fixture_forged_header(fake, &plain, BUNDLE_FILES, index, FAR);
	fixture_forged_frame(&plain, text_bytes(&tar));
	fixture_forged_put(fake, BUNDLE_FILES, index, &plain);
}

/* A row of a volume that the seal does not list proves nothing; those that it vouches for still do, and come first. */
static void test_unlisted(void **state)
{
	struct fake_store *fake = make_bundle();
	CLEANUP(store_free) struct store *store = &fake->store;
	CLEANUP(bundle_close) struct bundle_reader *sealed = NULL;
	struct bundle_trust trust = fixture_trust();
	const struct salvage_entry *entry;

	(void)state;
	assert_true(bundle_open(store, &trust, &sealed, NULL));
	fixture_salvage(fake, sealed, &salvaged);
	assert_int_equal(count_sealed(), 4);
	assert_int_equal(salvaged.totals.unproven + salvaged.totals.volumes_unlisted, 0);
	put_planted(fake, 900);
	put_rows(fake, 900, FAR, "fs/C/a");
	fixture_salvage(fake, sealed, &salvaged);
	assert_int_equal(count_sealed(), 4);
	assert_int_equal(salvaged.totals.volumes_unlisted, 2);
	assert_int_equal(salvaged.totals.unproven, 2);
	assert_non_null(strstr(salvaged.said, "files.900.tar.zst.age: the seal does not list it"));
	entry = fixture_salvaged_find(&salvaged, "fs/C/planted");
	assert_true(entry && entry->state == SALVAGE_WHOLE && entry->has_row);
	assert_false(entry->is_row_sealed);
	for (size_t i = 0, seen = 0; i < salvaged.count; i++)
		if (strcmp(salvaged.at[i].path, "fs/C/a") == 0)
			assert_int_equal(salvaged.at[i].entry.is_row_sealed, seen++ == 0);
	/* Without a seal nothing is proven. */
	fixture_salvage(fake, NULL, &salvaged);
	assert_int_equal(count_sealed(), 0);
}

/* All bytes of an entry that no row tells of are gone: it is lost, and none of the whole ones is the fewer for it. */
static void test_lost_without_row(void **state)
{
	struct fake_store *fake = make_bundle();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	CLEANUP(text_free) struct text tar = {0};
	CLEANUP(text_free) struct text plain = {0};
	const struct salvage_totals *totals = &salvaged.totals;

	(void)state;
	fixture_forged_entry(&tar, "fs/C/planted", FIXTURE_NOW, planted);
	fixture_forged_header(fake, &plain, BUNDLE_FILES, 900, FAR);
	fixture_forged_frame(&plain, (struct bytes){(const uint8_t *)tar.at, 512});
	size_t at = plain.len;

	fixture_forged_frame(&plain, (struct bytes){(const uint8_t *)tar.at + 512, tar.len - 512});
	memset(plain.at + at + 4, 0xff, plain.len - at - 4);
	fixture_forged_put(fake, BUNDLE_FILES, 900, &plain);
	fixture_salvage(fake, NULL, &salvaged);
	assert_int_equal(fixture_salvaged_find(&salvaged, "fs/C/planted")->state, SALVAGE_LOST);
	assert_int_equal(totals->lost, 1);
	assert_int_equal(totals->partial_without_row, 0);
	assert_int_equal(totals->whole - totals->without_row, 4);
	assert_int_equal(totals->lost_without_row, 1);
}

/* A line that is too long for a row costs itself, and is told of once. */
static void test_long_line(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	CLEANUP(text_free) struct text rows = {.ceiling = 64u << 20};
	CLEANUP(text_free) struct text tar = {.ceiling = 64u << 20};
	CLEANUP(text_free) struct text plain = {.ceiling = 64u << 20};
	const struct salvage_entry *entry;

	(void)state;
	for (size_t i = 0; i < (35u << 20); i++)
		text_addc(&rows, 'x');
	text_addc(&rows, '\n');
	fixture_forged_row(&rows, "fs/C/planted", FAR, planted);
	fixture_forged_entry(&tar, "meta/entries.001.jsonl", FIXTURE_NOW, text_bytes(&rows));
	fixture_forged_header(fake, &plain, BUNDLE_META, 1, 0);
	for (size_t at = 0, most = 4u << 20; at < tar.len; at += most)
		fixture_forged_frame(&plain, (struct bytes){(const uint8_t *)tar.at + at,
						 tar.len - at < most ? tar.len - at : most});
	fixture_forged_put(fake, BUNDLE_META, 1, &plain);
	put_planted(fake, 1);
	fixture_salvage(fake, NULL, &salvaged);
	entry = fixture_salvaged_find(&salvaged, "fs/C/planted");
	assert_true(entry && entry->has_row && entry->state == SALVAGE_WHOLE);
	assert_int_equal(salvaged.refused, 1);
	assert_int_equal(salvaged.totals.rows_bad, 1);
}

/* A volume with more frames than one may have costs what is behind the last of them, and no other volume. */
static void test_many_frames(void **state)
{
	struct fake_store *fake = make_bundle();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	CLEANUP(text_free) struct text plain = {.ceiling = 64u << 20};
	CLEANUP(text_free) struct text frame = {0};
	CLEANUP(text_free) struct text tar = {0};

	(void)state;
	fixture_forged_entry(&tar, "live/first", FIXTURE_NOW, planted);
	fixture_forged_header(fake, &plain, BUNDLE_LIVE, 1, 0);
	fixture_forged_frame(&plain, text_bytes(&tar));
	fixture_forged_frame(&frame, (struct bytes){planted.at, 1});
	for (size_t i = 0; i <= FRAMES_COUNT_MAX; i++)
		text_add(&plain, text_bytes(&frame));
	fixture_forged_put(fake, BUNDLE_LIVE, 1, &plain);
	clock_t before = clock();

	fixture_salvage(fake, NULL, &salvaged);
	/* A header is looked for at blocks, not at each byte that begins a frame: that took minutes. */
	assert_true(clock() - before < 60 * CLOCKS_PER_SEC);
	assert_int_equal(fixture_salvaged_find(&salvaged, "live/first")->state, SALVAGE_WHOLE);
	assert_true(fixture_salvaged_find(&salvaged, "fs/C/a")->has_row);
	assert_non_null(strstr(salvaged.said, "live.001.tar.zst.age: more than"));
	assert_int_equal(salvaged.totals.volumes_bad, 1);
}

/* Frames of zeros at that place of the tar: as files.900, or as a .part with a lower number than what is listed there. */
static void put_zeros(struct fake_store *fake, uint64_t tar_offset, bool is_part)
{
	CLEANUP(text_free) struct text plain = {.ceiling = 8u << 20};
	static const uint8_t zeros[1u << 20];
	struct store *store = &fake->store;

	(void)!store->remove(store, "files.001.tar.zst.age.part", NULL);
	(void)!store->remove(store, "files.900.tar.zst.age", NULL);
	fixture_forged_header(fake, &plain, BUNDLE_FILES, is_part ? 1 : 900, tar_offset);
	for (unsigned i = 0; i < 4; i++)
		fixture_forged_frame(&plain, (struct bytes){zeros, sizeof(zeros)});
	fixture_forged_put(fake, BUNDLE_FILES, is_part ? 1 : 900, &plain);
	if (is_part)
		assert_true(store->rename(
		    store, "files.001.tar.zst.age", "files.001.tar.zst.age.part", NULL));
}

static void assert_second_volume_whole(void)
{
	assert_int_equal(fixture_salvaged_find(&salvaged, "fs/C/c")->state, SALVAGE_WHOLE);
	assert_int_equal(fixture_salvaged_find(&salvaged, "fs/C/d")->state, SALVAGE_WHOLE);
}

/* A volume that is made to overlap others takes nothing from them: the listed ones go first, without a MANIFEST those before it. */
static void test_overlap(void **state)
{
	struct fake_store *fake = make_bundle();
	CLEANUP(store_free) struct store *store = &fake->store;
	CLEANUP(bundle_close) struct bundle_reader *sealed = NULL;
	struct bundle_trust trust = fixture_trust();
	struct bundle_row_view row;
	size_t index;

	(void)state;
	assert_true(bundle_open(store, &trust, &sealed, NULL));
	assert_true(bundle_row_find(sealed, bytes_of("fs/C/c"), &index, NULL));
	assert_true(bundle_row_at(sealed, index, &row, NULL));
	assert_int_equal(row.place.volume, 2);
	uint64_t at = row.place.tar_offset;

	assert_true(store->remove(store, "files.001.tar.zst.age", NULL));
	for (unsigned i = 0; i < 4; i++) {
		put_zeros(fake, i % 2 ? at - 512 : at + 2048, i < 2);
		fixture_salvage(fake, sealed, &salvaged);
		assert_second_volume_whole();
		fixture_salvage(fake, NULL, &salvaged);
		assert_second_volume_whole();
	}
	assert_true(store->remove(store, MANIFEST_NAME, NULL));
	fixture_salvage(fake, NULL, &salvaged);
	assert_second_volume_whole();
	assert_true(salvaged.totals.lost > 0);
}

#define OVERLAPPING 12
#define FRAMES      6
#define BYTES       256

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Whose each byte is: every frame of the volumes in their order, listed ones first, that finds all of its bytes free. */
static void claim(const struct salvage_volumes *volumes, int owner[BYTES])
{
	for (size_t i = 0; i < BYTES; i++)
		owner[i] = -1;
	for (size_t n = 0; n < 2 * volumes->count; n++) {
		const struct salvage_volume *volume = &volumes->at[n % volumes->count];
		bool is_turn = volume->is_listed == (n < volumes->count);

		for (size_t f = 0; is_turn && f < volume->count; f++) {
			size_t from = (size_t)(volume->runs[0].base + volume->frames[f].plain_at);
			bool is_free = true;

			for (size_t at = from; at < from + volume->frames[f].plain; at++)
				is_free = is_free && owner[at] < 0;
			for (size_t at = from; is_free && at < from + volume->frames[f].plain; at++)
				owner[at] = (int)volume->number;
		}
	}
}

/* Frames anywhere: each byte is that volume's which the rule says. */
static void test_any_overlap(void **state)
{
	struct salvage_volume volumes[OVERLAPPING];
	struct salvage_run runs[OVERLAPPING];
	struct seek_entry frames[OVERLAPPING][FRAMES];
	struct salvage_volumes all = {.at = volumes, .count = OVERLAPPING};
	unsigned seed = 7;
	int owner[BYTES];

	(void)state;
	for (unsigned round = 0; round < 500; round++) {
		struct source *space = NULL;

		for (unsigned v = 0; v < OVERLAPPING; v++) {
			runs[v] = (struct salvage_run){.count = FRAMES,
			    .base = next_random(&seed) % (BYTES - 8 * FRAMES),
			    .is_placed = true};
			volumes[v] = (struct salvage_volume){.number = v,
			    .is_listed = next_random(&seed) % 2,
			    .frames = frames[v],
			    .count = FRAMES,
			    .runs = &runs[v],
			    .run_count = 1};
			for (unsigned f = 0; f < FRAMES; f++) {
				frames[v][f] = (struct seek_entry){
				    .plain_at = runs[v].size, .plain = next_random(&seed) % 9};
				runs[v].size += frames[v][f].plain;
			}
		}
		assert_true(salvage_space_placed(&all, &space, NULL));
		claim(&all, owner);
		for (size_t at = 0; at < BYTES; at++) {
			const struct salvage_volume *volume = salvage_space_volume(space, at);

			assert_int_equal(volume ? (int)volume->number : -1, owner[at]);
		}
		source_close(space);
	}
}

#define SIZE (100 * KIB)

/* Content that is no header, and another for each name. */
static struct bytes content_of(const char *name, size_t size)
{
	static uint8_t content[4 * SIZE];

	assert_true(size <= sizeof(content));
	for (size_t i = 0; i < size; i++)
		content[i] = (uint8_t)(i * 7 + (i >> 9) + (uint8_t)name[strlen(name) - 1]);
	return (struct bytes){content, size};
}

/* Rows of "fs/C/1" and "fs/C/6", which lie at FAR and behind it. */
static void put_rows_of(struct fake_store *fake, uint64_t behind)
{
	CLEANUP(text_free) struct text rows = {0};
	CLEANUP(text_free) struct text tar = {0};
	CLEANUP(text_free) struct text plain = {0};

	fixture_forged_row(&rows, "fs/C/1", FAR, content_of("fs/C/1", SIZE));
	fixture_forged_row(&rows, "fs/C/6", FAR + 512 + SIZE + behind, content_of("fs/C/6", SIZE));
	fixture_forged_entry(&tar, "meta/entries.001.jsonl", FIXTURE_NOW, text_bytes(&rows));
	fixture_forged_header(fake, &plain, BUNDLE_META, 1, 0);
	fixture_forged_frame(&plain, text_bytes(&tar));
	fixture_forged_put(fake, BUNDLE_META, 1, &plain);
}

static void put_both_rows(struct fake_store *fake)
{
	put_rows_of(fake, FAR - 512 - SIZE);
}

/* A header alone; such files have this time. */
static uint64_t claimed_time = FIXTURE_NOW - 10000000;

static void add_claim(struct text *tar, const char *name, size_t size)
{
	CLEANUP(text_free) struct text whole = {.ceiling = 8u << 20};

	fixture_forged_entry(&whole, name, claimed_time, content_of(name, size));
	text_add(tar, (struct bytes){(const uint8_t *)whole.at, 512});
}

/* A run of frames that begins in the middle of a file with such headers; "fs/C/1" follows, and the beginning of "fs/C/6". */
static void put_evil(
    struct fake_store *fake, const char *claimed, size_t size, unsigned claims, size_t left)
{
	CLEANUP(text_free) struct text tar = {.ceiling = 8u << 20};
	CLEANUP(text_free) struct text plain = {.ceiling = 8u << 20};
	size_t begin;

	for (unsigned i = 0; i < claims; i++) {
		add_claim(&tar, claimed, size);
		for (unsigned n = 0; n < 1024; n++)
			text_addc(&tar, 'e');
	}
	fixture_forged_entry(&tar, "fs/C/1", FIXTURE_NOW, content_of("fs/C/1", SIZE));
	begin = tar.len;
	fixture_forged_entry(&tar, "fs/C/6", FIXTURE_NOW, content_of("fs/C/6", SIZE));
	tar.len = begin + left;
	fixture_forged_frame(&plain, text_bytes(&tar));
	fixture_forged_put(fake, BUNDLE_FILES, 1, &plain);
}

static void assert_first_whole(void)
{
	const struct salvage_entry *entry = fixture_salvaged_find(&salvaged, "fs/C/1");

	assert_true(entry && entry->has_row && entry->state == SALVAGE_WHOLE);
	assert_true(fixture_salvaged_is(&salvaged, "fs/C/1", content_of("fs/C/1", SIZE)));
}

/* Headers in evidence that claim another entry, or one that is none, cost neither it nor what follows them. */
static void test_claims(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	const struct salvage_entry *entry;

	(void)state;
	put_both_rows(fake);
	put_evil(fake, "fs/C/6", SIZE, 4, 512 + 60 * KIB);
	fixture_salvage(fake, NULL, &salvaged);
	assert_first_whole();
	entry = fixture_salvaged_find(&salvaged, "fs/C/6");
	assert_true(entry && entry->state == SALVAGE_PARTIAL && !entry->is_other);
	assert_int_equal(entry->bad_bytes, SIZE - 60 * KIB);
	assert_true(fixture_salvaged_is(&salvaged, "fs/C/6", content_of("fs/C/6", 60 * KIB)));
	/* Nothing is left of it, but what has all of its bytes is not it. */
	put_evil(fake, "fs/C/6", SIZE, 1, 0);
	fixture_salvage(fake, NULL, &salvaged);
	assert_first_whole();
	assert_int_equal(fixture_salvaged_find(&salvaged, "fs/C/6")->state, SALVAGE_LOST);
	/* No row tells of what is claimed. */
	put_evil(fake, "fs/C/none", 3 * SIZE, 1, 512 + SIZE);
	fixture_salvage(fake, NULL, &salvaged);
	assert_first_whole();
	assert_int_equal(fixture_salvaged_find(&salvaged, "fs/C/6")->state, SALVAGE_WHOLE);
	assert_non_null(fixture_salvaged_find(&salvaged, "fs/C/none"));
}

/* The same where the claimed entry lies whole in another volume, and in one whose header says where. */
static void test_claims_of_others(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;

	(void)state;
	put_both_rows(fake);
	for (int has_place = 0; has_place < 2; has_place++) {
		CLEANUP(text_free) struct text tar = {0};
		CLEANUP(text_free) struct text plain = {0};

		put_evil(fake, "fs/C/6", SIZE, 4, 0);
		if (has_place)
			fixture_forged_header(fake, &plain, BUNDLE_FILES, 2, 2 * FAR);
		fixture_forged_entry(&tar, "fs/C/6", FIXTURE_NOW, content_of("fs/C/6", SIZE));
		fixture_forged_frame(&plain, text_bytes(&tar));
		fixture_forged_put(fake, BUNDLE_FILES, 2, &plain);
		fixture_salvage(fake, NULL, &salvaged);
		assert_first_whole();
		assert_int_equal(fixture_salvaged_find(&salvaged, "fs/C/6")->state, SALVAGE_WHOLE);
		assert_null(strstr(salvaged.said, "claim"));
	}
}

/* Behind a copy of an entry that is whole, and behind a hole, a header is no surer. */
static void test_claims_in_place(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	CLEANUP(text_free) struct text tar = {.ceiling = 8u << 20};
	CLEANUP(text_free) struct text plain = {.ceiling = 8u << 20};
	const struct salvage_entry *entry;

	(void)state;
	put_both_rows(fake);
	fixture_forged_entry(&tar, "fs/C/6", 0, content_of("fs/C/6", SIZE));
	add_claim(&tar, "etc/none", SIZE);
	fixture_forged_entry(&tar, "fs/C/1", FIXTURE_NOW, content_of("fs/C/1", SIZE));
	fixture_forged_frame(&plain, text_bytes(&tar));
	fixture_forged_put(fake, BUNDLE_FILES, 1, &plain);
	fixture_salvage(fake, NULL, &salvaged);
	assert_first_whole();
	text_clear(&tar);
	text_clear(&plain);
	fixture_forged_header(fake, &plain, BUNDLE_FILES, 1, FAR - 512);
	add_claim(&tar, "fs/C/none", 3 * SIZE);
	fixture_forged_entry(&tar, "fs/C/1", FIXTURE_NOW, content_of("fs/C/1", SIZE));
	fixture_forged_entry(&tar, "fs/C/2", FIXTURE_NOW, content_of("fs/C/2", SIZE));
	fixture_forged_frame(&plain, text_bytes(&tar));
	fixture_forged_put(fake, BUNDLE_FILES, 1, &plain);
	fixture_salvage(fake, NULL, &salvaged);
	assert_first_whole();
	entry = fixture_salvaged_find(&salvaged, "fs/C/2");
	assert_true(entry && entry->state == SALVAGE_WHOLE && !entry->has_row);
}

/* Claims with all that the header says, more than are tried: the place of what is whole tells where it lies, in what is left of it. */
static void test_claims_alike(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	const struct salvage_entry *entry;

	(void)state;
	claimed_time = FIXTURE_NOW;
	put_rows_of(fake, 0);
	for (size_t left = 60; left <= 100; left += 40) {
		put_evil(fake, "fs/C/6", SIZE, 200, 512 + left * KIB);
		fixture_salvage(fake, NULL, &salvaged);
		assert_first_whole();
		entry = fixture_salvaged_find(&salvaged, "fs/C/6");
		assert_int_equal(entry->bad_bytes, SIZE - left * KIB);
		assert_int_equal(entry->state, left < 100 ? SALVAGE_PARTIAL : SALVAGE_WHOLE);
		assert_true(
		    fixture_salvaged_is(&salvaged, "fs/C/6", content_of("fs/C/6", left * KIB)));
	}
	claimed_time = FIXTURE_NOW - 10000000;
}

/* Thousands of them are not all measured; that is said, and what has the times of the row is tried all the same. */
static void test_many_claims(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;

	(void)state;
	put_both_rows(fake);
	put_evil(fake, "fs/C/6", SIZE, 1500, 512 + SIZE);
	fixture_salvage(fake, NULL, &salvaged);
	assert_first_whole();
	assert_int_equal(fixture_salvaged_find(&salvaged, "fs/C/6")->state, SALVAGE_WHOLE);
	assert_non_null(strstr(salvaged.said, "headers in it claim to be one entry"));
	assert_true(salvaged.totals.volumes_bad > 0);
}

#define HOLES 16384u
#define RUNS  2000000u

/* Two bytes for each of them, of which the second does not open; the map of the row has RUNS runs before each of the last two. */
static void put_holes(struct fake_store *fake)
{
	CLEANUP(text_free) struct text row = {.ceiling = 64u << 20};
	CLEANUP(text_free) struct text tar = {.ceiling = 64u << 20};
	CLEANUP(text_free) struct text plain = {.ceiling = 64u << 20};
	CLEANUP(text_free) struct text sizes = {.ceiling = 64u << 20};
	CLEANUP(text_free) struct text frame = {0};

	text_addf(&row,
	    "{\"path\":\"fs/C/holes\",\"status\":\"taken\",\"size\":%u,\"stored_size\":%u,"
	    "\"place\":{\"set\":\"files\",\"volume\":1,\"tar\":0,\"data\":512},\"sha256\":"
	    "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
	    "\"stored\":\"runs\",\"sparse_map\":[",
	    4 * HOLES, 2 * HOLES);
	for (unsigned i = 0; i < RUNS; i++)
		text_adds(&row, "[0,0],");
	text_addf(&row, "[0,%u],[%u,%u]]}\n", HOLES, 3 * HOLES, HOLES);
	fixture_forged_entry(&tar, "meta/entries.001.jsonl", FIXTURE_NOW, text_bytes(&row));
	fixture_forged_header(fake, &plain, BUNDLE_META, 1, 0);
	for (size_t at = 0, most = 4u << 20; at < tar.len; at += most)
		fixture_forged_frame(&plain, (struct bytes){(const uint8_t *)tar.at + at,
						 tar.len - at < most ? tar.len - at : most});
	fixture_forged_put(fake, BUNDLE_META, 1, &plain);
	text_clear(&plain);
	fixture_forged_header(fake, &plain, BUNDLE_FILES, 1, 512);
	fixture_forged_frame(&frame, (struct bytes){planted.at, 1});
	for (unsigned i = 0; i < 2 * HOLES; i++) {
		text_add(&plain, text_bytes(&frame));
		plain.at[plain.len - frame.len] ^= (char)(i % 2);
		fixture_forged_number(&sizes, (uint32_t)frame.len);
		fixture_forged_number(&sizes, 1);
	}
	fixture_forged_table(&plain, &sizes);
	fixture_forged_put(fake, BUNDLE_FILES, 1, &plain);
}

/* Millions of runs, empty ones among them, are not gone through for each piece that comes: that took minutes. */
static void test_many_runs(void **state)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(store_free) struct store *store UNUSED = &fake->store;
	CLEANUP(text_free) struct text content = {0};
	const struct salvage_entry *entry;
	clock_t before;

	(void)state;
	put_holes(fake);
	before = clock();
	fixture_salvage(fake, NULL, &salvaged);
	assert_true(clock() - before < 20 * CLOCKS_PER_SEC);
	entry = fixture_salvaged_find(&salvaged, "fs/C/holes");
	assert_true(entry && entry->state == SALVAGE_PARTIAL);
	assert_int_equal(entry->bad_bytes, HOLES);
	for (unsigned i = 0; i < 4 * HOLES - 1; i++)
		text_addc(&content, i % 2 || (i >= HOLES && i < 3 * HOLES) ? 0 : 'n');
	assert_true(fixture_salvaged_is(&salvaged, "fs/C/holes", text_bytes(&content)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unlisted),
	    cmocka_unit_test(test_lost_without_row),
	    cmocka_unit_test(test_long_line),
	    cmocka_unit_test(test_many_frames),
	    cmocka_unit_test(test_overlap),
	    cmocka_unit_test(test_any_overlap),
	    cmocka_unit_test(test_claims),
	    cmocka_unit_test(test_claims_of_others),
	    cmocka_unit_test(test_claims_in_place),
	    cmocka_unit_test(test_claims_alike),
	    cmocka_unit_test(test_many_claims),
	    cmocka_unit_test(test_many_runs),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
