/* Paths by parent references: orphans, deleted directories, cycles, strange names. */
#include "tests/unit.h"

#include "formats/ntfs/limits.h"
#include "formats/ntfs/ntfs.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS 4096u

struct mft {
	uint8_t *at;
	struct source *source;
	struct ntfs_mft *mft;
	struct ntfs_paths *paths;
	struct ntfs_entry entry;
};

static void close_mft(struct mft *m)
{
	ntfs_paths_free(m->paths);
	ntfs_mft_close(m->mft);
	m->paths = NULL;
	m->mft = NULL;
}

/* Changes the $MFT, so that what was remembered of it no longer holds. */
static void put(struct mft *m, uint64_t record, uint16_t sequence, unsigned flags, uint64_t parent,
    uint16_t parent_sequence, const char *name)
{
	struct fixture_record r;

	close_mft(m);
	fixture_record_begin(&r, 1024, record, sequence, flags);
	if (name)
		fixture_record_name(&r, parent, parent_sequence, NTFS_NAME_WIN32, name);
	fixture_record_end(&r);
	memcpy(m->at + record * 1024, r.at, 1024);
}

static void begin(struct mft *m)
{
	*m = (struct mft){.at = calloc(RECORDS, 1024)};
	assert_non_null(m->at);
	put(m, 0, 1, 1, 5, 5, "$MFT");
	put(m, 5, 5, 3, 5, 5, ".");
	m->source = source_of_bytes((struct bytes){.at = m->at, .len = RECORDS * 1024});
}

static void open_mft(struct mft *m)
{
	if (m->mft)
		return;
	assert_true(ntfs_mft_open(m->source, &m->mft, NULL));
	assert_true(ntfs_paths_new(m->mft, &m->paths, NULL));
}

static void end(struct mft *m)
{
	ntfs_entry_free(&m->entry);
	close_mft(m);
	source_close(m->source);
	free(m->at);
}

static void check(struct mft *m, uint64_t record, const char *expected, bool orphan)
{
	CLEANUP(text_free) struct text path = {0};
	bool is_orphan = !orphan;

	open_mft(m);
	assert_true(ntfs_entry_load(m->mft, record, &m->entry, NULL));
	assert_true(ntfs_path(m->paths, ntfs_entry_name(&m->entry), &path, &is_orphan, NULL));
	assert_string_equal(text_string(&path), expected);
	assert_int_equal(is_orphan, orphan);
}

static void test_paths(void **state)
{
	struct mft m;

	(void)state;
	begin(&m);
	put(&m, 30, 2, 3, 5, 5, "Windows");
	put(&m, 31, 3, 3, 30, 2, "System32");
	put(&m, 32, 1, 1, 31, 3, "cmd.exe");
	put(&m, 33, 4, 0, 31, 3, "deleted.exe");
	for (unsigned again = 0; again < 2; again++) { /* the second time out of memory */
		check(&m, 5, "", false);
		check(&m, 0, "$MFT", false);
		check(&m, 32, "Windows/System32/cmd.exe", false);
		check(&m, 33, "Windows/System32/deleted.exe", false);
		check(&m, 30, "Windows", false);
	}
	end(&m);
}

static void test_orphans(void **state)
{
	struct mft m;

	(void)state;
	begin(&m);
	put(&m, 30, 3, 2, 5, 5, "deleted"); /* was sequence 2 while in use */
	put(&m, 31, 1, 0, 30, 2, "a");
	check(&m, 31, "deleted/a", false);
	put(&m, 32, 1, 0, 30, 1, "b"); /* of a directory that was here before that */
	check(&m, 32, "$Orphan/b", true);
	put(&m, 33, 9, 3, 5, 5, "reused"); /* in use again: 8 and 9 are not the same */
	put(&m, 34, 1, 1, 33, 8, "c");
	check(&m, 34, "$Orphan/c", true);
	put(&m, 35, 1, 1, 5, 5, "file"); /* no directory */
	put(&m, 36, 1, 1, 35, 1, "d");
	check(&m, 36, "$Orphan/d", true);
	put(&m, 37, 1, 1, 300, 1, "e"); /* never used */
	check(&m, 37, "$Orphan/e", true);
	put(&m, 38, 1, 1, 1ull << 40, 1, "f"); /* past the end */
	check(&m, 38, "$Orphan/f", true);
	put(&m, 39, 1, 3, 0, 0, NULL); /* a directory without a name */
	put(&m, 40, 1, 1, 39, 1, "g");
	check(&m, 40, "$Orphan/g", true);
	put(&m, 41, 1, 2, 300, 1, "lost"); /* below a lost one the known part is kept */
	put(&m, 42, 1, 1, 41, 0xffff, "h");
	check(&m, 42, "$Orphan/lost/h", true);
	end(&m);
}

static void test_cycles(void **state)
{
	struct mft m;

	(void)state;
	begin(&m);
	put(&m, 30, 1, 3, 30, 1, "self");
	put(&m, 31, 1, 1, 30, 1, "a");
	check(&m, 31, "$Orphan/a", true);
	check(&m, 30, "$Orphan/self", true);
	put(&m, 32, 1, 3, 33, 1, "one");
	put(&m, 33, 1, 3, 34, 1, "two");
	put(&m, 34, 1, 3, 32, 1, "three");
	check(&m, 32, "$Orphan/one", true);
	check(&m, 34, "$Orphan/three", true);
	end(&m);
}

static void test_depth(void **state)
{
	struct mft m;

	(void)state;
	begin(&m);
	for (uint64_t i = 30; i < 30 + NTFS_LIMIT_DEPTH + 2; i++)
		put(&m, i, 1, 3, i == 30 ? 5 : i - 1, i == 30 ? 5 : 1, "d");
	CLEANUP(text_free) struct text path = {0};
	bool is_orphan;

	open_mft(&m);
	assert_true(ntfs_entry_load(m.mft, 30 + NTFS_LIMIT_DEPTH, &m.entry, NULL));
	assert_true(ntfs_path(m.paths, &m.entry.names[0], &path, &is_orphan, NULL));
	assert_false(is_orphan);
	assert_int_equal(path.len, 2 * NTFS_LIMIT_DEPTH + 1);
	check(&m, 30 + NTFS_LIMIT_DEPTH + 1, "$Orphan/d", true);
	end(&m);
}

/* What was asked for before changes nothing: also where a climb may end at a path that is known. */
static void test_any_order(void **state)
{
	CLEANUP(text_free) struct text path = {0};
	bool is_orphan;
	struct mft m;

	(void)state;
	begin(&m);
	for (uint64_t i = 30; i < 30 + NTFS_LIMIT_DEPTH + 2; i++)
		put(&m, i, 1, 3, i == 30 ? 5 : i - 1, i == 30 ? 5 : 1, "d");
	open_mft(&m);
	for (uint64_t i = 0; i < NTFS_LIMIT_DEPTH + 2; i += i < 300 ? 1 : 97) {
		uint64_t record = 30 + (i % 2 ? NTFS_LIMIT_DEPTH + 1 - i : i);
		bool is_lost = record == 30 + NTFS_LIMIT_DEPTH + 1;

		text_clear(&path);
		assert_true(ntfs_entry_load(m.mft, record, &m.entry, NULL));
		assert_true(ntfs_path(m.paths, &m.entry.names[0], &path, &is_orphan, NULL));
		assert_int_equal(is_orphan, is_lost);
		assert_int_equal(path.len, is_lost ? strlen("$Orphan/d") : 2 * (record - 30) + 1);
	}
	end(&m);
}

/* Names of 255 characters: longer than Windows can reach. */
static void test_long(void **state)
{
	struct mft m;
	char name[256];

	(void)state;
	memset(name, 'n', 255);
	name[255] = 0;
	begin(&m);
	for (uint64_t i = 30; i < 200; i++)
		put(&m, i, 1, 3, i == 30 ? 5 : i - 1, i == 30 ? 5 : 1, name);
	put(&m, 200, 1, 1, 199, 1, "x");
	check(&m, 200, "$Orphan/x", true);
	end(&m);
}

/* What NTFS forbids in names, and what it allows. */
static void test_strange_names(void **state)
{
	struct mft m;

	(void)state;
	begin(&m);
	put(&m, 30, 1, 3, 5, 5, "a/b");
	put(&m, 31, 1, 1, 30, 1, "../../etc/passwd");
	check(&m, 31,
	    "a\xef\xbf\xbd"
	    "b/..\xef\xbf\xbd..\xef\xbf\xbd"
	    "etc\xef\xbf\xbdpasswd",
	    false);
	put(&m, 32, 1, 1, 5, 5, "\xed\xa0\x80lone"); /* a lone surrogate, as WTF-8 */
	check(&m, 32, "\xed\xa0\x80lone", false);
	put(&m, 33, 1, 1, 5, 5, "\xe6\x97\xa5\xe6\x9c\xac\xf0\x9f\x98\x80"); /* 日本😀 */
	check(&m, 33, "\xe6\x97\xa5\xe6\x9c\xac\xf0\x9f\x98\x80", false);
	end(&m);
}

/* Damage took the names of a directory, and of a file in it. */
static void test_empty_names(void **state)
{
	struct mft m;

	(void)state;
	begin(&m);
	put(&m, 20, 1, 3, 5, 5, "");
	put(&m, 21, 1, 1, 20, 1, "in.txt");
	put(&m, 22, 1, 1, 20, 1, "");
	put(&m, 34, 1, 1, 5, 5, ""); /* its path is not the root's */
	check(&m, 34, "\xef\xbf\xbd", false);
	check(&m, 21, "\xef\xbf\xbd/in.txt", false);
	check(&m, 22, "\xef\xbf\xbd/\xef\xbf\xbd", false);
	end(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_orphans),
	    cmocka_unit_test(test_cycles),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_any_order),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_strange_names),
	    cmocka_unit_test(test_empty_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
