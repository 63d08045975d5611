/* Rows of a bundle that is read only where it is needed: what fails is said, not taken for something that is not there. */
#include "unit.h"

#include "fake_flaky.h"
#include "fixture_bundle.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(says_what_it_cannot_read),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
