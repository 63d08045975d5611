/* Tar headers: ustar alone where it says everything, pax where it does not; read back by libarchive. */
#include "unit.h"

#include "bundle/tar.h"
#include "core/time.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

#define SECOND TIME_TICKS_PER_SECOND

static void check_time(uint64_t ticks, const char *want)
{
	CLEANUP(text_free) struct text out = {0};

	tar_time(ticks, &out);
	assert_string_equal(text_string(&out), want);
}

static void test_times(void **state)
{
	(void)state;
	check_time(TIME_UNIX_EPOCH, "0");
	check_time(TIME_UNIX_EPOCH + 1, "0.0000001");
	check_time(TIME_UNIX_EPOCH + 15 * SECOND / 10, "1.5");
	check_time(TIME_UNIX_EPOCH - 1, "-0.0000001");
	check_time(TIME_UNIX_EPOCH - SECOND / 2, "-0.5");
	check_time(TIME_UNIX_EPOCH - SECOND, "-1");
	check_time(TIME_UNIX_EPOCH - 3 * SECOND / 2, "-1.5");
	check_time(1, "-11644473599.9999999");
	check_time(0, "-11644473600");
	check_time(UINT64_MAX, "1833029933770.9551615");
}

static size_t header_len(const struct bundle_member *member)
{
	CLEANUP(text_free) struct text out = {0};

	assert_true(tar_header(member, &out, NULL));
	assert_int_equal(out.len % TAR_BLOCK, 0);
	return out.len;
}

static void test_pax_only_when_needed(void **state)
{
	char name[102];
	struct bundle_member member = {.name = "fs/C/a b", .size = 5};

	(void)state;
	assert_int_equal(header_len(&member), 512);
	member.modified = TIME_UNIX_EPOCH + 1000 * SECOND;
	assert_int_equal(header_len(&member), 512);
	member.modified++;
	assert_int_equal(header_len(&member), 1536);
	member.modified = TIME_UNIX_EPOCH - SECOND;
	assert_int_equal(header_len(&member), 1536);
	member.modified = 0;
	member.created = TIME_UNIX_EPOCH;
	assert_int_equal(header_len(&member), 1536);
	member.created = 0;
	member.size = 077777777777ull;
	assert_int_equal(header_len(&member), 512);
	member.size++;
	assert_int_equal(header_len(&member), 1536);
	member.size = 0;
	memset(name, 'a', sizeof(name));
	name[100] = 0;
	member.name = name;
	assert_int_equal(header_len(&member), 512);
	name[100] = 'a';
	name[101] = 0;
	assert_int_equal(header_len(&member), 1536);
	member.name = "fs/C/é";
	assert_int_equal(header_len(&member), 1536);
}

/* Reads one header with libarchive. */
static struct archive_entry *read_back(const struct bundle_member *member, struct archive **tar)
{
	static struct text out;
	struct archive_entry *entry = NULL;

	text_free(&out);
	assert_true(tar_header(member, &out, NULL));
	*tar = archive_read_new();
	archive_read_support_format_tar(*tar);
	assert_int_equal(archive_read_open_memory(*tar, out.at, out.len), ARCHIVE_OK);
	assert_int_equal(archive_read_next_header(*tar, &entry), ARCHIVE_OK);
	return entry;
}

static void check_archive_time(time_t seconds, long nanoseconds, uint64_t ticks)
{
	assert_true(time_from_unix(seconds, (uint32_t)nanoseconds) == ticks);
}

static void test_libarchive_reads_it(void **state)
{
	struct bundle_member member = {
	    .name = "fs/C/Users/someone/a very long name that goes on and on until it is longer "
		    "than one "
		    "hundred bytes.txt:stream",
	    .size = 9ull << 30,
	    .modified = TIME_UNIX_EPOCH + 1234567891234567,
	    .accessed = TIME_UNIX_EPOCH + 7,
	    .changed = TIME_UNIX_EPOCH + 15 * SECOND + 3,
	    .created = TIME_UNIX_EPOCH + 2 * SECOND,
	};
	struct archive *tar;
	struct archive_entry *entry = read_back(&member, &tar);

	(void)state;
	assert_string_equal(archive_entry_pathname_utf8(entry), member.name);
	assert_true(archive_entry_size(entry) == (int64_t)member.size);
	assert_int_equal(archive_entry_filetype(entry), AE_IFREG);
	assert_int_equal(archive_entry_perm(entry), 0600);
	check_archive_time(
	    archive_entry_mtime(entry), archive_entry_mtime_nsec(entry), member.modified);
	check_archive_time(
	    archive_entry_atime(entry), archive_entry_atime_nsec(entry), member.accessed);
	check_archive_time(
	    archive_entry_ctime(entry), archive_entry_ctime_nsec(entry), member.changed);
	check_archive_time(
	    archive_entry_birthtime(entry), archive_entry_birthtime_nsec(entry), member.created);
	archive_read_free(tar);
}

/* Records whose length changes its own number of digits. */
static void test_record_lengths(void **state)
{
	char name[1200];

	(void)state;
	for (size_t len = 101; len < sizeof(name) - 1; len++) {
		struct bundle_member member = {.name = name, .size = 1};
		struct archive *tar;

		if (len > 115 && len < 980)
			continue;
		memset(name, 'n', len);
		name[len] = 0;
		assert_int_equal(
		    strlen(archive_entry_pathname_utf8(read_back(&member, &tar))), len);
		archive_read_free(tar);
	}
}

static void test_refused_names(void **state)
{
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(text_free) struct text name = {0};
	struct bundle_member member = {.name = ""};
	struct err err = {0};

	(void)state;
	assert_false(tar_header(&member, &out, &err));
	member.name = "a\nb";
	assert_false(tar_header(&member, &out, &err));
	for (size_t i = 0; i <= TAR_NAME_MAX; i++)
		text_addc(&name, 'a');
	member.name = text_string(&name);
	assert_false(tar_header(&member, &out, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_pax_only_when_needed),
	    cmocka_unit_test(test_libarchive_reads_it),
	    cmocka_unit_test(test_record_lengths),
	    cmocka_unit_test(test_refused_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
