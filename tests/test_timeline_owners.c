/* analysis/timeline: who owns a file, out of $Secure or of the record itself. */
#include "tests/unit.h"

#include "core/sink.h"
#include "tests/fixture_secure.h"
#include "tests/fixture_timeline.h"

#include <string.h>

#define ID 256u

static void put_file(struct fixture_image *image, uint32_t record, uint32_t id, uint8_t own_rid)
{
	struct fixture_record r = fixture_mft_begin(image->at, record, 1, 1);
	uint8_t standard[72] = {0};
	uint8_t own[FIXTURE_DESCRIPTOR];

	put_le32(standard + 52, id);
	fixture_descriptor(own, own_rid);
	fixture_mft_add(&r, 0x10, "", standard, sizeof(standard));
	fixture_mft_add_name(&r, FIXTURE_ROOT, 1, "file");
	fixture_mft_add(&r, 0x50, "", own, sizeof(own));
}

static void expect_owner(const struct text *out, unsigned record, unsigned rid)
{
	char start[80], owner[40];
	const char *line, *end;

	snprintf(start, sizeof(start), "\"set\":\"si\",\"path\":\"file\",\"record\":%u,", record);
	snprintf(owner, sizeof(owner), "\"owner_sid\":\"S-1-5-%u\"", rid);
	line = strstr(text_string(out), start);
	assert_non_null(line);
	end = strchr(line, '\n');
	line = strstr(line, owner);
	assert_true(line && line < end);
}

/* $Secure speaks for a file that has a number in it; its own descriptor, which may be left from before, does not, and is not
 * taken for another's. */
static void test_own_descriptors(void **state)
{
	uint8_t sds[FIXTURE_SDS];
	struct fixture_image image;
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(sink_free) struct sink *sink = sink_to_text(&out);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct timeline_totals totals;
	struct err err = {0};

	(void)state;
	fixture_timeline_image(&image);
	put_file(&image, 36, ID, 19);
	put_file(&image, 37, 0, 19);
	put_file(&image, 38, ID, 20);
	fixture_sds(sds, ID, 18);
	CLEANUP(source_close) struct source *mft = source_of_bytes(fixture_timeline_bytes(&image));
	CLEANUP(source_close)
	struct source *secure = source_of_bytes((struct bytes){sds, sizeof(sds)});
	struct timeline_files files = {.mft = mft, .secure = secure};

	assert_true(timeline_new(sink, "jsonl", &timeline, &err));
	assert_true(timeline_add_files(timeline, &files, &err));
	assert_true(timeline_finish(timeline, &totals, &err));
	expect_owner(&out, 36, 18);
	expect_owner(&out, 37, 19);
	expect_owner(&out, 38, 18);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_own_descriptors)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
