/* The tar reader takes what the writer writes, says where it lies, and refuses everything else. */
#include "unit.h"

#include "bundle/tar.h"
#include "bundle/tar_read.h"

#include <stdlib.h>
#include <string.h>

static void add_entry(struct text *tar, const char *name, const char *content)
{
	const struct bundle_member member = {
	    .name = name,
	    .size = strlen(content),
	    .modified = 131000000000000000u,
	};
	static const char zeros[TAR_BLOCK];

	assert_true(tar_header(&member, tar, NULL));
	text_adds(tar, content);
	text_add(tar, (struct bytes){(const uint8_t *)zeros, tar_padding(member.size)});
}

static void fix_sum(char *block)
{
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)block[i];
	for (int i = 5; i >= 0; i--, sum >>= 3)
		block[148 + i] = (char)('0' + (sum & 7));
	block[154] = 0;
}

/* Reads one entry; false as tar_next. */
static bool next(
    const struct text *tar, uint64_t *pos, struct tar_entry *entry, bool *end, struct err *err)
{
	CLEANUP(source_close) struct source *source = source_of_bytes(text_bytes(tar));

	return tar_next(source, pos, entry, end, err);
}

static void reads_what_the_writer_writes(void **state)
{
	CLEANUP(text_free) struct text tar = {0};
	struct tar_entry entry = {0};
	uint64_t pos = 0;
	bool end;
	char longest[400];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	memcpy(longest, "fs/C/", 5);
	add_entry(&tar, "fs/C/a", "hello");
	add_entry(&tar, "fs/C/日本語:stream", "");
	add_entry(&tar, longest, "x");
	for (int i = 0; i < 2 * TAR_BLOCK; i++)
		text_addc(&tar, 0);

	assert_true(next(&tar, &pos, &entry, &end, NULL) && !end);
	assert_string_equal(text_string(&entry.path), "fs/C/a");
	assert_int_equal(entry.size, 5);
	assert_memory_equal(tar.at + entry.data_at, "hello", 5);
	uint64_t second = pos;

	assert_true(next(&tar, &pos, &entry, &end, NULL) && !end);
	assert_string_equal(text_string(&entry.path), "fs/C/日本語:stream");
	assert_int_equal(entry.header_at, second);
	assert_int_equal(entry.size, 0);
	assert_true(next(&tar, &pos, &entry, &end, NULL) && !end);
	assert_string_equal(text_string(&entry.path), longest);
	assert_int_equal(tar.at[entry.data_at], 'x');
	assert_true(next(&tar, &pos, &entry, &end, NULL) && end);
	text_free(&entry.path);
}

static void needs_no_end(void **state)
{
	CLEANUP(text_free) struct text tar = {0};
	struct tar_entry entry = {0};
	uint64_t pos = 0;
	bool end;

	(void)state;
	add_entry(&tar, "live/a.jsonl", "{}");
	assert_true(next(&tar, &pos, &entry, &end, NULL) && !end);
	assert_true(next(&tar, &pos, &entry, &end, NULL) && end);
	text_free(&entry.path);
}

static void says_where_it_is_cut(void **state)
{
	CLEANUP(text_free) struct text tar = {0};
	struct tar_entry entry = {0};
	struct err err = {0};
	uint64_t pos = 0;
	bool end;

	(void)state;
	add_entry(&tar, "fs/C/a", "hello");
	tar.len -= TAR_BLOCK;
	assert_false(next(&tar, &pos, &entry, &end, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_int_equal(pos, tar.len);
	assert_string_equal(text_string(&entry.path), "fs/C/a");
	text_free(&entry.path);
}

/* A name that breaks the rules costs its own entry: what comes next is known, the name is said and given to nobody. */
static void passes_over_a_bad_name(void **state)
{
	CLEANUP(text_free) struct text tar = {0};
	struct tar_entry entry = {0};
	struct err err = {0};
	uint64_t pos = 0;
	bool end;

	(void)state;
	add_entry(&tar, "fs/C/a", "hello");
	add_entry(&tar, "../../\x1b[31m", "evil");
	add_entry(&tar, "fs/C/b", "world");
	assert_true(next(&tar, &pos, &entry, &end, NULL) && !end);
	assert_false(next(&tar, &pos, &entry, &end, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_non_null(strstr(err.text, "'../../<U+001B>[31m'"));
	assert_int_equal(entry.path.len, 0);
	assert_memory_equal(tar.at + entry.data_at, "evil", 4);
	assert_true(next(&tar, &pos, &entry, &end, NULL) && !end);
	assert_string_equal(text_string(&entry.path), "fs/C/b");
	text_free(&entry.path);
}

struct counting {
	struct source source, *bytes;
	uint64_t read;
};

static bool count_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct counting *counting = (struct counting *)self;
	bool ok = counting->bytes->read(counting->bytes, offset, to, len, got, err);

	counting->read += *got;
	return ok;
}

/* Blocks of which each second says to be a pax header of a mebibyte, and is text of the one before: looked at one after the other they
 * are read a few times, not a thousand. */
static void does_not_read_all_at_each_block(void **state)
{
	CLEANUP(text_free) struct text tar = {0};
	CLEANUP(text_free) struct text one = {0};
	struct tar_entry entry = {0};
	const size_t blocks = 4096;

	(void)state;
	add_entry(&one, "fs/C/a", "");
	memcpy(one.at + 124, "00004000000", 11); /* 2^20 */
	one.at[156] = 'x';
	fix_sum(one.at);
	for (size_t i = 0; i < blocks / 2; i++) {
		text_add(&tar, (struct bytes){(const uint8_t *)one.at, TAR_BLOCK});
		text_adds(&tar, "1048576 path=");
		while (tar.len % TAR_BLOCK)
			text_addc(&tar, 'a');
	}
	struct counting counting = {.bytes = source_of_bytes(text_bytes(&tar))};

	counting.source = (struct source){.size = tar.len, .read = count_read};
	for (uint64_t at = 0; at < tar.len; at += TAR_BLOCK) {
		uint64_t pos = at;
		bool end;

		assert_false(tar_next(&counting.source, &pos, &entry, &end, NULL));
		assert_int_equal(pos, at);
	}
	assert_true(counting.read <= 16 * (uint64_t)tar.len);
	source_close(counting.bytes);
	text_free(&entry.path);
}

static bool is_refused(const struct text *tar)
{
	struct tar_entry entry = {0};
	uint64_t pos = 0;
	bool end, good = next(tar, &pos, &entry, &end, NULL);

	text_free(&entry.path);
	return !good;
}

static void refuses_other_types(void **state)
{
	(void)state;
	for (int type = 0; type < 256; type++) {
		CLEANUP(text_free) struct text tar = {0};

		add_entry(&tar, "fs/C/a", "hello");
		/* the ustar header is the last block before the data */
		char *block = tar.at + tar.len - 2 * TAR_BLOCK;

		block[156] = (char)type;
		fix_sum(block);
		assert_int_equal(is_refused(&tar), type != '0');
	}
}

static void refuses_bad_names(void **state)
{
	static const char *const names[] = {"/etc/passwd", "../x", "fs/../../x", "fs//x", "fs/.",
	    "", "fs/C/a\\b", "fs/C/\x1b[2J",
	    "fs/C/\xe2\x80\xae"
	    "gpj.exe",
	    "fs/C/\x7f"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(text_free) struct text tar = {0};

		add_entry(&tar, "fs/C/a", "hello");
		char *block = tar.at + tar.len - 2 * TAR_BLOCK;

		/* without its pax header, if it has one */
		memset(block, 0, 100);
		memcpy(block, names[i], strlen(names[i]));
		fix_sum(block);
		text_clear(&tar);
		tar.len = TAR_BLOCK * 2;
		memmove(tar.at, block, TAR_BLOCK * 2);
		if (!is_refused(&tar))
			print_error("name %u is accepted\n", (unsigned)i);
		assert_true(is_refused(&tar));
	}
}

/* A tar of one pax header with these records before an ustar header. */
static void make_pax(struct text *tar, const char *records)
{
	char block[TAR_BLOCK] = "PaxHeader/x";
	CLEANUP(text_free) struct text rest = {0};
	size_t len = strlen(records);

	add_entry(&rest, "fs/C/a", "hello");
	memcpy(block, rest.at + rest.len - 2 * TAR_BLOCK, TAR_BLOCK);
	block[156] = 'x';
	for (int i = 10; i >= 0; i--, len >>= 3)
		block[124 + i] = (char)('0' + (len & 7));
	fix_sum(block);
	text_add(tar, (struct bytes){(uint8_t *)block, sizeof(block)});
	text_adds(tar, records);
	while (tar->len % TAR_BLOCK)
		text_addc(tar, 0);
	text_add(tar, (struct bytes){(uint8_t *)rest.at + rest.len - 2 * TAR_BLOCK, 2 * TAR_BLOCK});
}

static void reads_pax_strictly(void **state)
{
	static const struct {
		const char *records;
		bool good;
	} cases[] = {
	    {"", true},
	    {"17 path=fs/C/new\n", true},
	    {"17 path=fs/C/new\n10 size=5\n", true},
	    {"20 mtime=1500000.25\n", true},
	    {"18 path=fs/C/new\n", false},
	    {"16 path=fs/C/new\n", false},
	    {"17 path=fs/C/new", false},
	    {"17 path=fs/C/new\n17 path=fs/C/two\n", false},
	    {"19 path=fs/../../x\n", false},
	    {"17 linkpath=/etc\n", false},
	    {"21 GNU.sparse.map=0,1\n", false},
	    {"11 size=-5\n", false},
	    {"29 size=99999999999999999999\n", false},
	    {"28 size=9999999999999999999\n", false},
	    {"99999999999999999999 a=b\n", false},
	    {"x path=a\n", false},
	    {"5 =a\n", false},
	    {"4 a\n", false},
	    {"8 path=\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(text_free) struct text tar = {0};

		make_pax(&tar, cases[i].records);
		if (is_refused(&tar) == cases[i].good)
			print_error("case %u: %s", (unsigned)i, cases[i].records);
		assert_int_equal(is_refused(&tar), !cases[i].good);
	}
}

static void refuses_damage(void **state)
{
	CLEANUP(text_free) struct text tar = {0};

	(void)state;
	add_entry(&tar, "fs/C/a", "hello");
	char *block = tar.at + tar.len - 2 * TAR_BLOCK;
	size_t header = (size_t)(block - tar.at);

	for (size_t i = header; i < header + TAR_BLOCK; i++) {
		tar.at[i] = (char)(tar.at[i] ^ 4);
		assert_true(is_refused(&tar));
		tar.at[i] = (char)(tar.at[i] ^ 4);
	}
	/* something after the end */
	CLEANUP(text_free) struct text late = {0};

	for (int i = 0; i < 2 * TAR_BLOCK; i++)
		text_addc(&late, 0);
	add_entry(&late, "fs/C/late", "hello");
	assert_true(is_refused(&late));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_what_the_writer_writes),
	    cmocka_unit_test(needs_no_end),
	    cmocka_unit_test(says_where_it_is_cut),
	    cmocka_unit_test(passes_over_a_bad_name),
	    cmocka_unit_test(does_not_read_all_at_each_block),
	    cmocka_unit_test(refuses_other_types),
	    cmocka_unit_test(refuses_bad_names),
	    cmocka_unit_test(reads_pax_strictly),
	    cmocka_unit_test(refuses_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
