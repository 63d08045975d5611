/* See fixture_timeline.h. */
#include "tests/fixture_timeline.h"

#include "core/sink.h"
#include "tests/unit.h"

#include <string.h>

#define ROOT FIXTURE_ROOT

void fixture_timeline_image(struct fixture_image *image)
{
	struct fixture_record r;

	memset(image, 0, sizeof(*image));
	r = fixture_mft_begin(image->at, 0, 1, 1);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, ROOT, 3, "$MFT");
	r = fixture_mft_begin(image->at, 5, 5, 3);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, ROOT, 3, ".");
	r = fixture_mft_begin(image->at, 30, 2, 3);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, ROOT, 1, "Users");
	r = fixture_mft_begin(image->at, 31, 4, 1);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, 30 | 2ull << 48, 1, "long name.txt");
	fixture_mft_add_name(&r, 30 | 2ull << 48, 2, "LONGNA~1.TXT");
	fixture_mft_add(&r, 0x80, "", "hello", 5);
	fixture_mft_add(&r, 0x80, "zone", "abc", 3);
	r = fixture_mft_begin(image->at, 32, 9, 0);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, 30 | 1ull << 48, 1, "gone.exe");
	r = fixture_mft_begin(image->at, 33, 1, 1);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, ROOT, 0, "=a,\"b\"|c\n\xe2\x80\xae<U+41>");
	r = fixture_mft_begin(image->at, 34, 1, 1);
	fixture_mft_add_standard(&r);
	r = fixture_mft_begin(image->at, 35, 1, 1);
	fixture_mft_add(&r, 0x40, "", "an object's id..", 16);
}

struct timeline_totals fixture_timeline_write(const char *format, struct bytes mft,
    struct bytes journal, const char *prefix, struct text *out)
{
	CLEANUP(source_close) struct source *table = mft.len ? source_of_bytes(mft) : NULL;
	CLEANUP(source_close) struct source *usn = journal.len ? source_of_bytes(journal) : NULL;
	CLEANUP(sink_free) struct sink *sink = sink_to_text(out);
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct timeline_files files = {.mft = table, .journal = usn};
	struct timeline_totals totals;
	struct err err = {0};

	assert_true(!table || timeline_probe(table, &err) == TIMELINE_MFT);
	assert_true(timeline_new(sink, format, &timeline, &err));
	assert_true(timeline_prefix(timeline, prefix, &err));
	assert_true(timeline_add_files(timeline, &files, &err));
	assert_true(timeline_finish(timeline, &totals, &err));
	return totals;
}

struct bytes fixture_timeline_bytes(const struct fixture_image *image)
{
	return (struct bytes){image->at, sizeof(image->at)};
}

void assert_has(const struct text *text, const char *line)
{
	if (!strstr(text_string(text), line)) {
		print_error("not there: %s\nin:\n%s\n", line, text_string(text));
		assert_true(false);
	}
}
