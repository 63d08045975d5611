/* Entries poured out on all threads: the same bytes as read one by one, each told of once and in order, and a failure
 * that stays with its entry. */
#include "unit.h"

#include "fixture_bundle.h"
#include "fixture_conveyor.h"

#include "bundle/pour.h"
#include "core/array.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB   ((size_t)1 << 20)
#define SMALL 300 /* entries in the middle */

static const size_t sizes[] = {0, 1, 511, 70000, 2 * MIB, 9 * MIB + 13, 0, 5 * MIB, 3};
#define COUNT (ARRAY_LEN(sizes) + SMALL)

struct run {
	struct bundle_reader *reader;
	size_t next;                  /* index that done must bring */
	const size_t *order;          /* of rows */
	struct poured *poured[COUNT]; /* by row, when done */
	size_t refused;               /* row whose write fails, COUNT: none */
	/* by row: a piece of the message that done must bring; NULL: good */
	const char *failed[COUNT];
};

struct poured {
	struct pour_entry entry;
	struct run *run;
	size_t row;
	uint8_t *bytes;
	unsigned begun, ended;
};

static bool on_begin(struct pour_entry *entry, unsigned lane, struct err *err)
{
	struct poured *poured = (struct poured *)entry;

	assert_true(lane < POUR_LANES);
	assert_int_equal(poured->begun++, 0);
	poured->bytes = malloc((size_t)entry->place.stored + 1);
	return poured->bytes || fail(err, ERR_MEMORY, "no memory");
}

static bool on_write(struct pour_entry *entry, uint64_t at, struct bytes piece, struct err *err)
{
	struct poured *poured = (struct poured *)entry;

	assert_int_equal(poured->begun, 1);
	if (poured->row == poured->run->refused && at + piece.len == entry->place.stored)
		return fail(err, ERR_FULL, "no room for it");
	assert_true(at + piece.len <= entry->place.stored);
	memcpy(poured->bytes + at, piece.at, piece.len);
	return true;
}

static bool on_end(struct pour_entry *entry, struct err *err)
{
	(void)err;
	assert_int_equal(((struct poured *)entry)->ended++, 0);
	return true;
}

/* Against the bytes as read one by one. */
static void compare(const struct poured *poured)
{
	CLEANUP(source_close) struct source *member = NULL;
	size_t len = (size_t)poured->entry.place.stored;
	uint8_t *want = malloc(len + 1);

	assert_non_null(want);
	assert_true(bundle_member_open(poured->run->reader, poured->row, &member, NULL));
	assert_true(source_read_exact(member, 0, want, len, NULL));
	assert_memory_equal(want, poured->bytes, len);
	free(want);
}

static void on_done(void *context, struct pour_entry *entry, const struct err *why)
{
	struct poured *poured = (struct poured *)entry;
	struct run *run = context;
	const char *failed = run->failed[poured->row];

	assert_int_equal(run->order[run->next++], poured->row);
	if (why ? !failed || !strstr(why->text, failed) : failed != NULL)
		print_error("row %zu: %s\n", poured->row, why ? why->text : "good");
	assert_int_equal(why != NULL, failed != NULL);
	if (failed)
		assert_non_null(strstr(why->text, failed));
	assert_int_equal(poured->ended, why ? 0 : 1);
	run->poured[poured->row] = poured;
}

static struct fake_store *make_bundle(void)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	char name[32], number[SHA256_HEX_ROOM];

	assert_non_null(fake);
	struct bundle_plan plan = fixture_plan(fake);

	plan.limits = (struct bundle_limits){.rotate_bytes = 4 * MIB, .volume_bytes = 5 * MIB};
	assert_true(bundle_create(&fake->store, &plan, &writer, NULL));
	for (size_t i = 0; i < COUNT; i++) {
		size_t size = i < 3 ? sizes[i] : i < 3 + SMALL ? 1000 + i : sizes[i - SMALL];

		snprintf(name, sizeof(name), "fs/C/%zu", i);
		assert_true(fixture_entry(writer, BUNDLE_FILES, name, size, NULL));
	}
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, NULL));
	return fake;
}

static struct bundle_reader *open_bundle(struct fake_store *fake)
{
	struct bundle_trust trust = fixture_trust();
	struct bundle_reader *reader = NULL;

	trust.conveyor = fixture_conveyor;
	assert_true(bundle_open(&fake->store, &trust, &reader, NULL));
	assert_int_equal(bundle_row_count(reader), COUNT);
	return reader;
}

/* Pours the rows in that order; `settles`: waits after every so many-th. */
static void pour_all(struct run *run, size_t settles, void (*spoil)(struct poured *poured))
{
	const struct pour_plan plan = {run->reader, run, on_begin, on_write, on_end, on_done};
	CLEANUP(pour_free) struct pour *pour = NULL;

	assert_true(pour_new(&plan, &pour, NULL));
	for (size_t i = 0; i < COUNT; i++) {
		struct poured *poured = calloc(1, sizeof(*poured));
		struct bundle_row_view view;

		assert_non_null(poured);
		assert_true(bundle_row_at(run->reader, run->order[i], &view, NULL));
		poured->run = run;
		poured->row = run->order[i];
		poured->entry.place = view.place;
		if (spoil)
			spoil(poured);
		pour_put(pour, &poured->entry);
		if (settles && i % settles == 0) {
			pour_settle(pour);
			assert_int_equal(run->next, i + 1);
		}
	}
	pour_free(TAKE(pour));
	assert_int_equal(run->next, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		if (!run->failed[i])
			compare(run->poured[i]);
		free(run->poured[i]->bytes);
		free(run->poured[i]);
	}
}

static void put_in_order(size_t order[COUNT])
{
	for (size_t i = 0; i < COUNT; i++)
		order[i] = i;
}

static void pours_what_is_read(void **state)
{
	struct fake_store *fake = make_bundle();
	struct bundle_reader *reader = open_bundle(fake);
	size_t order[COUNT];

	(void)state;
	put_in_order(order);
	for (size_t settles = 0; settles < 3; settles++)
		pour_all(&(struct run){.reader = reader, .order = order, .refused = COUNT}, settles,
		    NULL);
	/* Backwards, and here and there. */
	for (size_t i = 0; i < COUNT; i++)
		order[i] = COUNT - 1 - i;
	pour_all(&(struct run){.reader = reader, .order = order, .refused = COUNT}, 0, NULL);
	for (size_t i = 0; i < COUNT; i++)
		order[i] = i * 100 % COUNT;
	pour_all(&(struct run){.reader = reader, .order = order, .refused = COUNT}, 0, NULL);
	bundle_close(reader);
	store_free(&fake->store);
}

static void spoil_some(struct poured *poured)
{
	struct run *run = poured->run;

	if (poured->row == 100 || poured->row == COUNT - 4) { /* one of them over several frames */
		poured->entry.place.sha256[3] ^= 1;
		run->failed[poured->row] = "another hash";
	}
	if (poured->row == 101) {
		poured->entry.place.data_offset += (uint64_t)1 << 40;
		run->failed[poured->row] = "behind the end";
	}
}

static void failures_stay_with_their_entry(void **state)
{
	struct fake_store *fake = make_bundle();
	struct bundle_reader *reader = open_bundle(fake);
	size_t order[COUNT];

	(void)state;
	put_in_order(order);
	for (size_t refused = 0; refused < COUNT; refused += refused < COUNT - 8 ? 60 : 1) {
		struct run run = {.reader = reader, .order = order, .refused = refused};
		struct bundle_row_view view;

		assert_true(bundle_row_at(reader, refused, &view, NULL));
		run.failed[refused] = view.size ? "no room for it" : NULL;
		pour_all(&run, 0, spoil_some);
	}
	bundle_close(reader);
	store_free(&fake->store);
}

/* A chunk of the volume that holds most of the large entry. */
static void damage_costs_what_lies_there(void **state)
{
	struct fake_store *fake = make_bundle();
	struct bundle_reader *reader = open_bundle(fake);
	struct bytes volume = fake_store_bytes(fake, "files.002.tar.zst.age");
	struct run run = {.reader = reader, .refused = COUNT};
	size_t order[COUNT];

	(void)state;
	assert_true(volume.len > MIB);
	((uint8_t *)(uintptr_t)volume.at)[MIB] ^= 0x40;
	put_in_order(order);
	run.order = order;
	run.failed[COUNT - 4] = "'files.002.tar.zst.age'";
	pour_all(&run, 0, NULL);
	bundle_close(reader);
	store_free(&fake->store);
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pours_what_is_read),
	    cmocka_unit_test(failures_stay_with_their_entry),
	    cmocka_unit_test(damage_costs_what_lies_there),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}

int main(void)
{
	return fixture_conveyor_rounds(3, run_all);
}
