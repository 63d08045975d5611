/* The zip writer, read back by libarchive. */
#include "unit.h"

#include "bundle/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

static void add(struct zip *zip, const char *name, const char *content, uint64_t modified)
{
	const struct zip_member member = {
	    .name = bytes_of(name),
	    .size = strlen(content),
	    .crc = zip_crc(0, bytes_of(content)),
	    .modified = modified,
	    .accessed = modified,
	    .created = modified,
	};

	assert_true(zip_begin(zip, &member, NULL));
	assert_true(zip_write(zip, bytes_of(content), NULL));
}

static struct archive *open_zip(const struct text *out)
{
	struct archive *archive = archive_read_new();

	archive_read_support_format_zip_seekable(archive);
	assert_int_equal(archive_read_open_memory(archive, out->at, out->len), ARCHIVE_OK);
	return archive;
}

static void is_read_by_libarchive(void **state)
{
	static const char *const names[] = {"fs/C/$MFT", "fs/C/a:b", "live/x.jsonl"};
	CLEANUP(text_free) struct text out = {0};
	struct sink *sink = sink_to_text(&out);
	struct zip *zip = zip_new(sink, ZIP_DIRECTORY);
	struct archive_entry *entry;

	(void)state;
	add(zip, names[0], "table", 131666263041234567);
	add(zip, names[1], "", 0);
	add(zip, names[2], "{}\n", UINT64_MAX);
	assert_true(zip_finish(zip, NULL));
	zip_free(zip);
	struct archive *archive = open_zip(&out);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char read[16] = "";

		assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
		assert_string_equal(archive_entry_pathname(entry), names[i]);
		assert_int_equal(archive_entry_filetype(entry), AE_IFREG);
		assert_true(archive_read_data(archive, read, sizeof(read)) >= 0);
		assert_string_equal(read, i == 0 ? "table" : i == 1 ? "" : "{}\n");
		if (i == 0)
			assert_int_equal(archive_entry_mtime(entry), 1522152704);
	}
	assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_EOF);
	archive_read_free(archive);
	sink_free(sink);
}

static void needs_zip64_for_many(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	struct sink *sink = sink_to_text(&out);
	struct zip *zip = zip_new(sink, ZIP_DIRECTORY);
	struct archive_entry *entry;
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; i < 70000; i++)
		add(zip, "x", "", 0);
	assert_true(zip_finish(zip, NULL));
	zip_free(zip);
	struct archive *archive = open_zip(&out);

	while (archive_read_next_header(archive, &entry) == ARCHIVE_OK)
		count++;
	assert_int_equal(count, 70000);
	archive_read_free(archive);
	sink_free(sink);
}

/* A sink that only counts: members of more than 4 GiB without their bytes. */
struct counter {
	struct sink sink;
	struct text kept; /* all but the zeros */
	uint64_t at;
};

static bool count(struct sink *self, struct bytes data, struct err *err)
{
	struct counter *counter = (struct counter *)self;

	(void)err;
	counter->at += data.len;
	if (data.len < 1000)
		text_add(&counter->kept, data);
	return true;
}

static void needs_zip64_for_large(void **state)
{
	static const uint8_t zeros[1 << 20];
	struct counter counter = {.sink = {.write = count}};
	struct zip *zip = zip_new(&counter.sink, ZIP_DIRECTORY);
	const uint64_t size = (4ull << 30) + 1;
	const struct zip_member large = {.name = bytes_of("large"), .size = size};

	(void)state;
	assert_true(zip_begin(zip, &large, NULL));
	for (uint64_t done = 0; done < size - 1; done += sizeof(zeros))
		assert_true(zip_write(zip, (struct bytes){zeros, sizeof(zeros)}, NULL));
	assert_true(zip_write(zip, (struct bytes){zeros, 1}, NULL));
	add(zip, "behind", "x", 0);
	assert_true(zip_finish(zip, NULL));
	zip_free(zip);

	/* The directory's entry of `behind` gives its offset in the zip64 field. */
	const uint8_t *at = (const uint8_t *)counter.kept.at;
	const uint8_t *found = NULL;

	for (size_t i = 0; i + 46 < counter.kept.len; i++)
		if (le32(at + i) == 0x02014b50 && le16(at + i + 28) == 6)
			found = at + i;
	assert_non_null(found);
	if (!found)
		return;
	assert_int_equal(le32(found + 42), 0xffffffff);
	const uint8_t *extra = found + 46 + 6;

	assert_int_equal(le16(extra), 1);
	assert_int_equal(le64(extra + 4), 1);
	assert_true(le64(extra + 20) > size);
	text_free(&counter.kept);
}

static void refuses_long_names(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(text_free) struct text name = {0};
	struct sink *sink = sink_to_text(&out);
	struct zip *zip = zip_new(sink, ZIP_DIRECTORY);

	(void)state;
	for (int i = 0; i < 65536; i++)
		text_addc(&name, 'x');
	struct zip_member member = {.name = text_bytes(&name)};
	struct err err = {0};

	assert_false(zip_begin(zip, &member, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(out.len, 0);
	zip_free(zip);
	sink_free(sink);
}

/* A member for which the directory has no room is left out whole: those before it and smaller ones after it are there. */
static void leaves_out_what_has_no_room(void **state)
{
	static const char *const names[] = {"fs/C/first", "fs/C/last"};
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(text_free) struct text name = {0};
	struct sink *sink = sink_to_text(&out);
	struct zip *zip = zip_new(sink, 300);
	struct archive_entry *entry;
	struct err err = {0};

	(void)state;
	add(zip, names[0], "first", 0);
	for (unsigned i = 0; i < 250; i++)
		text_addc(&name, 'x');
	assert_false(zip_begin(zip, &(struct zip_member){.name = text_bytes(&name)}, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	add(zip, names[1], "last", 0);
	assert_true(zip_finish(zip, NULL));
	zip_free(zip);
	struct archive *archive = open_zip(&out);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
		assert_string_equal(archive_entry_pathname(entry), names[i]);
	}
	assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_EOF);
	archive_read_free(archive);
	sink_free(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(is_read_by_libarchive),
	    cmocka_unit_test(leaves_out_what_has_no_room),
	    cmocka_unit_test(needs_zip64_for_many),
	    cmocka_unit_test(needs_zip64_for_large),
	    cmocka_unit_test(refuses_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
