/* analysis/timeline: the extension records of a file, in use and deleted. */
#include "tests/unit.h"

#include "core/array.h"
#include "tests/fixture_timeline.h"

#include <stdlib.h>
#include <string.h>

#define RECORD FIXTURE_RECORD
#define ROOT   FIXTURE_ROOT

/* A file whose list is not in the $MFT has what the records in use say that name it; a record that the file gave
 * back, and one whose file is gone, have lines of their own. */
static void test_extension_records(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	struct fixture_image image;

	(void)state;
	fixture_timeline_image(&image);
	struct fixture_record r = fixture_mft_begin(image.at, 35, 6, 1);

	fixture_mft_add_standard(&r);
	fixture_mft_add_far_list(&r);
	r = fixture_mft_begin(image.at, 36, 1, 1); /* in use */
	fixture_mft_set_base(&r, 35 | 6ull << 48);
	fixture_mft_add_name(&r, ROOT, 1, "far.txt");
	r = fixture_mft_begin(image.at, 37, 2, 0); /* given back */
	fixture_mft_set_base(&r, 35 | 6ull << 48);
	fixture_mft_add_name(&r, ROOT, 1, "former.txt");
	r = fixture_mft_begin(image.at, 38, 1, 1); /* of the file that had record 35 before */
	fixture_mft_set_base(&r, 35 | 5ull << 48);
	fixture_mft_add_name(&r, ROOT, 1, "earlier.txt");
	fixture_timeline_write(
	    "jsonl", fixture_timeline_bytes(&image), (struct bytes){0}, "", &out);
	assert_has(
	    &out, "\"path\":\"far.txt\",\"name_type\":\"win32\",\"record\":35,\"sequence\":6,");
	assert_has(&out, "\"path\":\"former.txt\",\"name_type\":\"win32\",\"record\":37,");
	assert_null(
	    strstr(text_string(&out), "former.txt\",\"name_type\":\"win32\",\"record\":35,"));
	assert_has(&out, "\"path\":\"earlier.txt\",\"name_type\":\"win32\",\"record\":38,");
	assert_has(&out, "\"base\":35,\"base_sequence\":5}");
}

/* A record in use that names a file as its base, but the file does not list it: what is in it has lines, with damage. */
static void test_unlisted_part(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	struct fixture_image image;

	(void)state;
	fixture_timeline_image(&image);
	struct fixture_record r = fixture_mft_begin(image.at, 35, 3, 1);

	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, ROOT, 1, "visible.txt");
	r = fixture_mft_begin(image.at, 36, 1, 1);
	fixture_mft_set_base(&r, 35 | 3ull << 48);
	fixture_mft_add_name(&r, ROOT, 1, "hidden.txt");
	fixture_mft_add(&r, 0x80, "ads", "secret", 6);
	struct timeline_totals totals = fixture_timeline_write(
	    "jsonl", fixture_timeline_bytes(&image), (struct bytes){0}, "", &out);

	assert_has(&out, "\"path\":\"hidden.txt\",\"name_type\":\"win32\",\"record\":36,");
	assert_has(&out, "\"base\":35,\"base_sequence\":3");
	assert_has(&out, "\"damage\":\"in use, but its file does not tell of it\"");
	assert_has(&out, "\"streams\":[{\"name\":\"ads\",\"size\":6}]");
	assert_int_equal(totals.damaged, 1);
	assert_null(
	    strstr(text_string(&out), "hidden.txt\",\"name_type\":\"win32\",\"record\":35,"));
}

/* An item of an attribute list: a name in that record, in its first life. */
static void put_name_item(uint8_t item[32], uint8_t record)
{
	item[0] = 0x30;
	item[4] = 32;
	item[16] = record;
	item[22] = 1;
}

/* The records that a file in use lists have no lines of their own, whether they come before it or after. */
static void test_parts_of_used(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	uint8_t list[64] = {0};
	struct fixture_image image;

	(void)state;
	fixture_timeline_image(&image);
	struct fixture_record r = fixture_mft_begin(image.at, 35, 6, 1);

	fixture_mft_add_standard(&r);
	put_name_item(list, 36);
	put_name_item(list + 32, 34);
	fixture_mft_add(&r, 0x20, "", list, sizeof(list));
	for (uint32_t part = 34; part <= 36; part += 2) {
		r = fixture_mft_begin(image.at, part, 1, 1);
		fixture_mft_set_base(&r, 35 | 6ull << 48);
		fixture_mft_add_name(&r, ROOT, 1, part == 34 ? "first.txt" : "second.txt");
	}
	struct timeline_totals totals = fixture_timeline_write(
	    "jsonl", fixture_timeline_bytes(&image), (struct bytes){0}, "", &out);

	assert_has(&out, "\"path\":\"first.txt\",\"name_type\":\"win32\",\"record\":35,");
	assert_has(&out, "\"path\":\"second.txt\",\"name_type\":\"win32\",\"record\":35,");
	assert_null(strstr(text_string(&out), "\"record\":34,"));
	assert_null(strstr(text_string(&out), "\"record\":36,"));
	assert_int_equal(totals.damaged, 0);
}

/* A deleted file counts its number up, and its extension records know it by the one before: they have no lines of their own, but
 * the one that its list does not lead to has. */
static void test_parts_of_deleted(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	uint8_t list[64] = {0};
	struct fixture_image image;

	(void)state;
	fixture_timeline_image(&image);
	struct fixture_record r = fixture_mft_begin(image.at, 35, 6, 0);

	fixture_mft_add_standard(&r);
	put_name_item(list, 36);
	put_name_item(list + 32, 34); /* comes before the file */
	fixture_mft_add(&r, 0x20, "", list, sizeof(list));
	r = fixture_mft_begin(image.at, 34, 2, 0);
	fixture_mft_set_base(&r, 35 | 5ull << 48);
	fixture_mft_add_name(&r, ROOT, 1, "second.txt");
	r = fixture_mft_begin(image.at, 36, 2, 0);
	fixture_mft_set_base(&r, 35 | 5ull << 48);
	fixture_mft_add_name(&r, ROOT, 1, "deleted.txt");
	r = fixture_mft_begin(image.at, 37, 2, 0);
	fixture_mft_set_base(&r, 35 | 5ull << 48);
	fixture_mft_add_name(&r, ROOT, 1, "former.txt");
	fixture_timeline_write(
	    "jsonl", fixture_timeline_bytes(&image), (struct bytes){0}, "", &out);
	assert_has(
	    &out, "\"path\":\"deleted.txt\",\"name_type\":\"win32\",\"record\":35,\"sequence\":6,");
	assert_null(strstr(text_string(&out), "\"record\":36,"));
	assert_has(&out, "\"path\":\"second.txt\",\"name_type\":\"win32\",\"record\":35,");
	assert_null(strstr(text_string(&out), "\"record\":34,"));
	assert_has(&out, "\"path\":\"former.txt\",\"name_type\":\"win32\",\"record\":37,");
}

#define FORGED 16000u /* extension records of one file: what is not linear in them takes hours */

static void test_a_forged_file_takes_no_hours(void **state)
{
	CLEANUP(free_memory) uint8_t *at = calloc(FORGED + 2, RECORD);
	CLEANUP(text_free) struct text out = {.ceiling = (size_t)1 << 28};

	(void)state;
	assert_non_null(at);
	struct fixture_record r = fixture_mft_begin(at, 0, 1, 1);

	fixture_mft_add_name(&r, ROOT, 3, "$MFT");
	r = fixture_mft_begin(at, 1, 1, 1);
	fixture_mft_add_far_list(&r);
	for (uint32_t i = 2; i < FORGED + 2; i++) {
		r = fixture_mft_begin(at, i, 1, 1);
		fixture_mft_set_base(&r, 1 | 1ull << 48);
		for (uint8_t k = 0; k < 6; k++)
			fixture_mft_add_name(&r, (i * 8 + k) | 1ull << 48, 1 + k % 2, "name");
		fixture_mft_add(&r, 0x80, "stream", "", 0);
	}
	struct bytes mft = {at, (size_t)(FORGED + 2) * RECORD};

	assert_int_equal(fixture_timeline_write("bodyfile", mft, (struct bytes){0}, "", &out).names,
	    6 * FORGED + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_extension_records),
	    cmocka_unit_test(test_unlisted_part),
	    cmocka_unit_test(test_parts_of_used),
	    cmocka_unit_test(test_parts_of_deleted),
	    cmocka_unit_test(test_a_forged_file_takes_no_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
