/* Rows of a bundle that is read only where it is needed: what fails is said, not taken for something that is not there. */
#include "unit.h"

#include "fake_flaky.h"
#include "fixture_bundle.h"

#include "bundle/reader_parts.h"
#include "bundle/tar.h"
#include "core/array.h"

#include <stdlib.h>
#include <string.h>

#define ROWS    8
#define ROW_LEN ((size_t)3 << 20) /* so that the rows fill more frames than a reader keeps */

static void finish(struct bundle_writer *writer)
{
	char number[SHA256_HEX_ROOM];

	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, NULL));
	bundle_writer_free(writer);
}

static void put_long_row(struct bundle_writer *writer, unsigned number)
{
	CLEANUP(text_free) struct text row = {.ceiling = 2 * ROW_LEN};
	char *filling = malloc(ROW_LEN);

	assert_non_null(filling);
	memset(filling, 'x', ROW_LEN - 1);
	filling[ROW_LEN - 1] = 0;
	text_addf(&row, "{\"path\":\"fs/C/%u\",\"status\":\"not_taken\",\"x\":\"", number);
	text_adds(&row, filling);
	text_adds(&row, "\"}");
	free(filling);
	assert_true(bundle_row(writer, text_bytes(&row), NULL));
}

/* Each read that a look-up does, failed once: never "there is none", and found again afterwards. */
static void says_what_it_cannot_read(void **state)
{
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_trust trust = fixture_trust();
	struct bundle_writer *writer = NULL;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_flaky flaky;
	unsigned failed = 0;

	(void)state;
	assert_true(bundle_create(&fake->store, &plan, &writer, NULL));
	for (unsigned i = 0; i < ROWS; i++)
		put_long_row(writer, i);
	finish(writer);
	fake_flaky_over(&flaky, &fake->store);
	assert_true(bundle_open(&flaky.store, &trust, &reader, NULL));
	for (unsigned i = 0; i < ROWS; i++) {
		char path[] = "fs/C/0";
		struct err err = {0};
		size_t index;

		path[5] = (char)('0' + i);
		flaky.fail_at = flaky.reads + 1;
		if (!bundle_row_find(reader, bytes_of(path), &index, &err)) {
			assert_int_equal(err.kind, ERR_IO);
			failed++;
		}
		flaky.fail_at = 0;
		assert_true(bundle_row_find(reader, bytes_of(path), &index, NULL));
		assert_int_equal(index, i);
	}
	assert_true(failed >= ROWS / 2);
	struct err err = {0};
	size_t index;

	assert_false(bundle_row_find(reader, bytes_of("fs/C/nobody"), &index, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	bundle_close(TAKE(reader));
	store_free(&fake->store);
}

#define MANY     240u
#define MANY_LEN ((size_t)40 << 10)

/* Rows that do not compress to nothing: they fill several frames of several chunks. */
static struct fake_store *make_many(void)
{
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_writer *writer = NULL;
	uint32_t seed = 3;

	assert_true(bundle_create(&fake->store, &plan, &writer, NULL));
	for (unsigned i = 0; i < MANY; i++) {
		CLEANUP(text_free) struct text row = {0};

		text_addf(&row, "{\"path\":\"fs/C/%u\",\"status\":\"not_taken\",\"x\":\"", i);
		for (size_t n = 0; n < MANY_LEN; n++) {
			seed = seed * 1664525 + 1013904223;
			text_addc(&row, (char)('A' + (seed >> 24) % 26));
		}
		text_adds(&row, "\"}");
		assert_true(bundle_row(writer, text_bytes(&row), NULL));
	}
	finish(writer);
	return fake;
}

static void count_problem(void *context, const struct err *why)
{
	assert_true(why->kind != ERR_NONE);
	assert_true(*(const size_t *)context < 1000); /* or it is said for ever */
	++*(size_t *)context;
}

/* Rows that can be read under --unverified. */
static size_t count_unverified(struct fake_store *fake, size_t *problems)
{
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	const struct bundle_watch watch = {.context = problems, .problem = count_problem};
	struct bundle_trust trust = fixture_trust();

	trust.unverified = true;
	*problems = 0;
	assert_true(bundle_open_seal(&fake->store, &trust, &watch, &reader, NULL));
	assert_true(bundle_open_content(reader, NULL));
	return bundle_row_count(reader);
}

/* A damaged place costs the rows of its frame, wherever it is: also where the file of rows begins. */
static void damage_costs_its_frame(void **state)
{
	struct fake_store *fake = make_many();
	struct bytes file = fake_store_bytes(fake, "meta.001.tar.zst.age");
	size_t problems, sound = count_unverified(fake, &problems);
	const size_t frame = ((size_t)4 << 20) / MANY_LEN + 3;

	(void)state;
	assert_int_equal(sound, MANY);
	assert_int_equal(problems, 0);
	for (size_t eighth = 1; eighth < 8; eighth++) {
		uint8_t *bit = (uint8_t *)(uintptr_t)file.at + file.len / 8 * eighth;

		*bit ^= 1;
		size_t left = count_unverified(fake, &problems);

		assert_true(left < MANY && left + frame >= MANY);
		assert_true(problems > 1); /* the file's hash, and what could not be read */
		*bit ^= 1;
	}
	store_free(&fake->store);
}

/* Under --unverified a line that is longer than any row costs itself: the one behind it is a row. */
static void a_long_line_costs_itself(void **state)
{
	static const char row[] = "\n{\"path\":\"fs/C/a\",\"status\":\"not_taken\"}\n";
	struct fake_store *fake = make_many();
	CLEANUP(text_free) struct text tar = {.ceiling = 2 * ROW_BYTES};
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	CLEANUP(free_memory) char *line = malloc(ROW_BYTES + ((size_t)1 << 20));
	const size_t len = ROW_BYTES + ((size_t)1 << 20);
	size_t problems = 0;
	const struct bundle_watch watch = {.context = &problems, .problem = count_problem};
	struct bundle_trust trust = fixture_trust();

	(void)state;
	assert_non_null(line);
	memset(line, 'x', len);
	assert_true(tar_header(&(struct bundle_member){.name = "meta/entries.001.jsonl",
				   .size = len + sizeof(row) - 1},
	    &tar, NULL));
	text_add(&tar, (struct bytes){(const uint8_t *)line, len});
	text_adds(&tar, row);
	while (tar.len % TAR_BLOCK)
		text_addc(&tar, 0);
	assert_false(tar.failed);
	CLEANUP(source_close) struct source *meta = source_of_bytes(text_bytes(&tar));

	trust.unverified = true;
	assert_true(bundle_open_seal(&fake->store, &trust, &watch, &reader, NULL));
	assert_true(reader_load_meta(reader, meta, NULL));
	assert_int_equal(bundle_row_count(reader), 1);
	assert_int_equal(problems, 1);
	store_free(&fake->store);
}

/* Beyond the limit a reader ends, and does not begin anew where it was: under --unverified, too. */
static void too_many_rows_end_it(void **state)
{
	struct fake_store *fake = make_many();
	size_t problems = 0;

	(void)state;
	for (size_t most = MANY - 1; most <= MANY; most++) {
		CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
		const struct bundle_watch watch = {.context = &problems, .problem = count_problem};
		struct bundle_trust trust = fixture_trust();
		struct err err = {0};

		trust.unverified = true;
		assert_true(bundle_open_seal(&fake->store, &trust, &watch, &reader, NULL));
		reader->rows_most = most;
		assert_int_equal(bundle_open_content(reader, &err), most == MANY);
		assert_int_equal(err.kind, most == MANY ? ERR_NONE : ERR_LIMIT);
		assert_int_equal(problems, 0);
	}
	store_free(&fake->store);
}

/* A volume of meta that is gone costs its own rows. */
static void a_lost_volume_costs_its_rows(void **state)
{
	struct fake_store *fake = fake_store_new();
	struct bundle_plan plan = fixture_plan(fake);
	struct bundle_writer *writer = NULL;
	size_t problems;

	(void)state;
	plan.limits = (struct bundle_limits){.rotate_bytes = 60u << 10, .volume_bytes = 90u << 10};
	assert_true(bundle_create(&fake->store, &plan, &writer, NULL));
	for (unsigned i = 0; i < ROWS; i++) {
		char name[] = "fs/C/0";

		name[5] = (char)('0' + i);
		assert_true(fixture_entry(writer, BUNDLE_FILES, name, 70u << 10, NULL));
	}
	finish(writer);
	assert_int_equal(count_unverified(fake, &problems), ROWS);
	assert_non_null(fake_store_bytes(fake, "meta.005.tar.zst.age").at);
	assert_true(fake->store.remove(&fake->store, "meta.003.tar.zst.age", NULL));
	size_t left = count_unverified(fake, &problems);

	assert_true(left < ROWS && left >= ROWS - 2);
	assert_true(problems > 0);
	store_free(&fake->store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(says_what_it_cannot_read),
	    cmocka_unit_test(damage_costs_its_frame),
	    cmocka_unit_test(a_long_line_costs_itself),
	    cmocka_unit_test(too_many_rows_end_it),
	    cmocka_unit_test(a_lost_volume_costs_its_rows),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
