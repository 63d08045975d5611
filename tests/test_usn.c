/* formats/ntfs/usn: records of three versions, the page rule, and the way over damage. */
#include "tests/unit.h"

#include "core/array.h"
#include "core/text.h"
#include "formats/ntfs/usn.h"
#include "formats/ntfs/volume.h"

#include <stdlib.h>
#include <string.h>

#define ROOM (3 * USN_PAGE)

struct journal {
	uint8_t at[ROOM];
	size_t len;
};

/* Appends a version 2 record of the file with that name (ASCII) as Windows lays it out. */
static void add_v2(struct journal *j, const char *name, uint64_t usn)
{
	uint8_t *p = j->at + j->len;
	size_t name_len = 2 * strlen(name);
	uint32_t len = (uint32_t)((60 + name_len + 7) & ~(size_t)7);

	memset(p, 0, len);
	put_le32(p, len);
	put_le16(p + 4, 2);
	put_le64(p + 8, 1000 | 7ull << 48);      /* file reference */
	put_le64(p + 16, 5 | 5ull << 48);        /* parent reference */
	put_le64(p + 24, usn);                   /* usn */
	put_le64(p + 32, 131665797712345678ull); /* time */
	put_le32(p + 40, 0x80000100);            /* reason: FILE_CREATE | CLOSE */
	put_le32(p + 44, 2);                     /* source info */
	put_le32(p + 48, 77);                    /* security id */
	put_le32(p + 52, 0x20);                  /* attributes */
	put_le16(p + 56, (uint16_t)name_len);    /* name length */
	put_le16(p + 58, 60);                    /* name offset */
	for (size_t i = 0; i < name_len / 2; i++)
		p[60 + 2 * i] = (uint8_t)name[i];
	j->len += len;
}

struct listener {
	struct usn_listener base;
	size_t count;
	uint64_t offset, len; /* of the last damage */
	struct err why;
};

static void on_damage(
    struct usn_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	struct listener *listener = (struct listener *)self;

	assert_int_not_equal(why->kind, ERR_NONE);
	listener->count++;
	listener->offset = offset;
	listener->len = len;
	listener->why = *why;
}

/* Walks over the journal; returns the number of records, *last is the last one's usn. */
static size_t walk(const struct journal *j, struct listener *listener, uint64_t *last)
{
	CLEANUP(source_close)
	struct source *source = source_of_bytes((struct bytes){j->at, j->len});
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	struct usn_record record;
	struct err err = {0};
	size_t count = 0;

	listener->base.damage = on_damage;
	assert_true(usn_scan_open(source, 0, UINT64_MAX, &listener->base, &scan, &err));
	while (usn_scan_next(scan, &record)) {
		count++;
		*last = record.usn;
	}
	return count;
}

static void test_version_2(void **state)
{
	struct journal j = {0};
	struct usn_record r;
	struct err err = {0};
	CLEANUP(text_free) struct text name = {0};

	(void)state;
	add_v2(&j, "notes.txt", 4096);
	assert_true(usn_parse((struct bytes){j.at, j.len}, &r, &err));
	text_add_utf16(&name, r.utf16);
	assert_string_equal(text_string(&name), "notes.txt");
	assert_int_equal(r.major, 2);
	assert_int_equal(r.file.record, 1000);
	assert_int_equal(r.file.sequence, 7);
	assert_int_equal(r.parent.record, 5);
	assert_int_equal(r.usn, 4096);
	assert_true(r.has_time && r.time == 131665797712345678ull);
	assert_int_equal(r.reason, 0x80000100);
	assert_int_equal(r.source_info, 2);
	assert_int_equal(r.security_id, 77);
	assert_int_equal(r.attributes, 0x20);
}

static void test_version_3_and_4(void **state)
{
	uint8_t v3[80] = {80, 0, 0, 0, 3};
	uint8_t v4[80] = {80, 0, 0, 0, 4};
	struct usn_record r;
	struct err err = {0};

	(void)state;
	put_le64(v3 + 8, 42 | 1ull << 48); /* file */
	put_le64(v3 + 16, 9);              /* its upper half */
	put_le64(v3 + 24, 5 | 5ull << 48); /* parent */
	put_le64(v3 + 40, 8192);           /* usn */
	put_le64(v3 + 48, 1);              /* time */
	put_le32(v3 + 56, 0x200);          /* reason */
	put_le16(v3 + 72, 2);              /* name length */
	put_le16(v3 + 74, 76);             /* name offset */
	v3[76] = 'x';
	assert_true(usn_parse((struct bytes){v3, sizeof(v3)}, &r, &err));
	assert_int_equal(r.file.record, 42);
	assert_int_equal(r.file_high, 9);
	assert_int_equal(r.usn, 8192);
	assert_int_equal(r.utf16.len, 2);

	put_le64(v4 + 8, 42 | 1ull << 48);
	put_le64(v4 + 40, 8272); /* usn */
	put_le32(v4 + 48, 1);    /* reason */
	put_le32(v4 + 56, 3);    /* remaining extents */
	put_le16(v4 + 60, 1);    /* extents here */
	put_le16(v4 + 62, 16);   /* bytes of one */
	put_le64(v4 + 72, 512);  /* length of the first */
	assert_true(usn_parse((struct bytes){v4, sizeof(v4)}, &r, &err));
	assert_false(r.has_time);
	assert_int_equal(r.extent_count, 1);
	assert_int_equal(r.remaining_extents, 3);
	assert_int_equal(le64(r.extents.at + 8), 512);
}

/* One byte of a good record changed to break one rule. */
static void test_records_that_are_none(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = {
	    {0, 81},    /* length: no multiple of 8 */
	    {0, 56},    /* length: less than a record */
	    {0, 88},    /* length: more than there is */
	    {1, 0x20},  /* length: more than a page */
	    {4, 1},     /* version 1 */
	    {4, 5},     /* version 5 */
	    {24, 1},    /* usn: no multiple of 8 */
	    {31, 0x80}, /* usn: negative */
	    {24, 0xf8}, /* usn 0x0ff8: across a page */
	    {56, 0},    /* name length: none */
	    {56, 17},   /* name length: odd */
	    {56, 40},   /* name length: longer than the record */
	    {57, 2},    /* name length: over 255 units */
	    {58, 62},   /* name offset */
	};
	struct usn_record r;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct journal j = {0};

		add_v2(&j, "name.txt", 0x0f00);
		j.at[changes[i].at] = changes[i].value;
		assert_false(usn_parse((struct bytes){j.at, j.len}, &r, &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
	}
	for (size_t len = 0; len < 80; len++) {
		struct journal j = {0};

		add_v2(&j, "name.txt", 0);
		assert_false(usn_parse((struct bytes){j.at, len < j.len ? len : 0}, &r, &err));
	}
}

/* Up to `end` records that each take 80 bytes; USN is 0x100000 and the offset. */
static void fill(struct journal *j, size_t end)
{
	while (j->len + 80 <= end)
		add_v2(j, "filling", 0x100000 + j->len);
}

/* What Windows freed, what fills a page that the next record did not fit into, and what is behind the last one. */
static void test_zeros_are_walked_over(void **state)
{
	struct journal j = {.len = USN_PAGE};
	struct listener listener = {0};
	uint64_t last = 0;

	(void)state;
	fill(&j, 2 * USN_PAGE); /* 16 bytes stay free */
	size_t count = USN_PAGE / 80;

	j.len = 2 * USN_PAGE;
	add_v2(&j, "last", 0x100000 + j.len);
	j.len += 512 + 5; /* a copy may end anywhere */
	assert_int_equal(walk(&j, &listener, &last), count + 1);
	assert_int_equal(last, 0x100000 + 2 * USN_PAGE);
	assert_int_equal(listener.count, 0);
}

static void test_lost_zeros_are_told(void **state)
{
	static const struct {
		size_t from, to; /* zeros are written there: multiples of 80, or a page's border */
		size_t offset, end;
	} lost[] = {
	    {USN_PAGE, 2 * USN_PAGE, USN_PAGE - 16, 2 * USN_PAGE}, /* a page; its padding with it */
	    {USN_PAGE + 800, USN_PAGE + 1600, USN_PAGE + 800, USN_PAGE + 1600}, /* a few records */
	    {USN_PAGE + 4000, USN_PAGE + 4080, USN_PAGE + 4000,
		2 * USN_PAGE}, /* the last of a page */
	    {0, 80, 0, 80},    /* Windows frees no part of a page */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lost); i++) {
		struct journal j = {0};
		struct listener listener = {0};
		uint64_t last = 0;

		for (size_t page = 1; page <= 3; page++) {
			fill(&j, page * USN_PAGE);
			j.len = page * USN_PAGE;
		}
		memset(j.at + lost[i].from, 0, lost[i].to - lost[i].from);
		assert_int_equal(walk(&j, &listener, &last),
		    3 * (USN_PAGE / 80) - (lost[i].to - lost[i].from) / 80);
		assert_int_equal(listener.count, 1);
		assert_int_equal(listener.offset, lost[i].offset);
		assert_int_equal(listener.offset + listener.len, lost[i].end);
	}
}

/* Zeros beside other bytes that are no record: one loss, from record to record. */
static void test_zeros_within_damage(void **state)
{
	struct journal j = {0};
	struct listener listener = {0};
	uint64_t last = 0;

	(void)state;
	for (size_t page = 1; page <= 3; page++) {
		fill(&j, page * USN_PAGE);
		j.len = page * USN_PAGE;
	}
	memset(j.at + 2000, 0, 2 * USN_PAGE - 2000 - 16);
	memset(j.at + 3000, 0xaa, 100);
	memset(j.at + 5000, 0xaa, 100);
	assert_int_equal(walk(&j, &listener, &last), 2000 / 80 + USN_PAGE / 80);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset, 2000);
	assert_int_equal(listener.offset + listener.len, 2 * USN_PAGE);
	/* Spoiled before what was freed: no reason to call that lost. */
	memset(j.at, 0, 2 * USN_PAGE);
	memset(j.at, 0xaa, 8);
	listener.count = 0;
	assert_int_equal(walk(&j, &listener, &last), USN_PAGE / 80);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset, 0);
	assert_int_equal(listener.len, 8);
}

static void test_damage_is_told_and_passed(void **state)
{
	struct journal j = {0};
	struct listener listener = {0};
	uint64_t last = 0;

	(void)state;
	add_v2(&j, "first", 0);
	size_t bad = j.len;

	add_v2(&j, "second", 80);
	size_t good = j.len;

	add_v2(&j, "third", 160);
	j.at[bad + 4] = 9; /* version */
	assert_int_equal(walk(&j, &listener, &last), 2);
	assert_int_equal(last, 160);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset, bad);
	assert_int_equal(listener.len, good - bad);
}

static void test_a_cut_record_is_damage(void **state)
{
	struct journal j = {0};
	struct listener listener = {0};
	uint64_t last = 0;

	(void)state;
	add_v2(&j, "first", 0);
	size_t whole = j.len;

	add_v2(&j, "second", 80);
	j.len -= 3;
	assert_int_equal(walk(&j, &listener, &last), 1);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset, whole);
}

/* A source that cannot read one page. */
struct bad_source {
	struct source source;
	const struct journal *journal;
	uint64_t bad; /* offset of the page */
};

static bool bad_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct bad_source *bad = (struct bad_source *)self;
	uint64_t end = offset + len < self->size ? offset + len : self->size;

	*got = 0;
	if (offset >= bad->bad && offset < bad->bad + USN_PAGE)
		return fail(err, ERR_IO, "bad sector");
	if (offset < bad->bad && end > bad->bad)
		end = bad->bad;
	if (offset < end) {
		memcpy(to, bad->journal->at + offset, (size_t)(end - offset));
		*got = (size_t)(end - offset);
	}
	return *got == len || offset >= bad->bad || fail(err, ERR_IO, "bad sector");
}

static void test_bad_pages_are_jumped_over(void **state)
{
	struct journal j = {0};
	struct bad_source bad = {
	    .source = {.size = ROOM, .read = bad_read}, .journal = &j, .bad = USN_PAGE};
	struct listener listener = {.base = {.damage = on_damage}};
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	struct usn_record record;
	struct err err = {0};
	size_t count = 0;

	(void)state;
	add_v2(&j, "before", 0);
	j.len = USN_PAGE;
	add_v2(&j, "lost", USN_PAGE);
	j.len = 2 * USN_PAGE;
	add_v2(&j, "after", 2 * USN_PAGE);
	assert_true(usn_scan_open(&bad.source, 0, UINT64_MAX, &listener.base, &scan, &err));
	while (usn_scan_next(scan, &record))
		count++;
	assert_int_equal(count, 2);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset, USN_PAGE);
	assert_int_equal(listener.len, USN_PAGE);
}

#define HOLE (1ull << 44)

/* A journal behind a hole of 16 TiB, and a hole of 1 MiB behind that: as a sparse file keeps them. */
struct holey_source {
	struct source source;
	const struct journal *journal;
};

static bool holey_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	const struct journal *journal = ((struct holey_source *)self)->journal;
	uint64_t left = HOLE + journal->len - offset;

	(void)err;
	assert_in_range(offset, HOLE, HOLE + journal->len - 1);
	*got = left < len ? (size_t)left : len;
	memcpy(to, journal->at + (offset - HOLE), *got);
	return true;
}

static uint64_t holey_data_at(struct source *self, uint64_t offset)
{
	const struct journal *journal = ((struct holey_source *)self)->journal;

	return offset < HOLE ? HOLE : offset < HOLE + journal->len ? offset : self->size;
}

static bool refuse(void *context, uint64_t offset)
{
	*(uint64_t *)context = offset;
	return false;
}

static void test_holes_are_not_read(void **state)
{
	struct journal j = {0};
	struct holey_source holey = {.journal = &j,
	    .source = {.size = HOLE + (1u << 20), .read = holey_read, .data_at = holey_data_at}};
	struct listener listener = {.base = {.damage = on_damage}};
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL, *first = NULL, *stopped = NULL;
	struct usn_record record;
	uint64_t asked = 1;
	struct err err = {0};

	(void)state;
	add_v2(&j, "one", HOLE);
	add_v2(&j, "two", HOLE + j.len);
	j.at[j.len++] = 1; /* and a byte that is none */
	assert_true(usn_scan_open(&holey.source, 0, UINT64_MAX, &listener.base, &scan, &err));
	assert_true(usn_scan_next(scan, &record));
	assert_int_equal(usn_scan_offset(scan), HOLE);
	assert_true(usn_scan_next(scan, &record));
	assert_false(usn_scan_next(scan, &record));
	assert_false(usn_scan_next(scan, &record));
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset + listener.len, HOLE + j.len);
	assert_true(usn_scan_open(&holey.source, 0, UINT64_MAX, NULL, &first, &err));
	assert_true(usn_scan_first(first, 100000, &record));
	assert_true(usn_scan_open(&holey.source, 0, UINT64_MAX, NULL, &stopped, &err));
	usn_scan_watch(stopped, refuse, &asked);
	assert_false(usn_scan_next(stopped, &record));
	assert_int_equal(asked, 0);
}

static uint64_t middle_data_at(struct source *self, uint64_t offset)
{
	(void)self;
	return offset < USN_PAGE || offset >= HOLE ? offset : HOLE;
}

static bool middle_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	const struct journal *journal = ((struct holey_source *)self)->journal;
	uint64_t at = offset < HOLE ? offset : offset - HOLE + USN_PAGE;
	uint64_t end = offset < HOLE ? USN_PAGE : journal->len;

	(void)err;
	*got = at < end ? (end - at < len ? (size_t)(end - at) : len) : 0;
	memcpy(to, journal->at + at, *got);
	return true;
}

/* A hole where records were: a run of $J that was made one. */
static void test_a_hole_between_records_is_told(void **state)
{
	struct journal j = {0};
	struct holey_source holey = {
	    .journal = &j, .source = {.read = middle_read, .data_at = middle_data_at}};
	struct listener listener = {.base = {.damage = on_damage}};
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	struct usn_record record;
	struct err err = {0};
	size_t count = 0;

	(void)state;
	add_v2(&j, "before", 0);
	size_t end = j.len;

	j.len = USN_PAGE;
	add_v2(&j, "after", HOLE);
	holey.source.size = HOLE + j.len - USN_PAGE;
	assert_true(usn_scan_open(&holey.source, 0, UINT64_MAX, &listener.base, &scan, &err));
	while (usn_scan_next(scan, &record))
		count++;
	assert_int_equal(count, 2);
	assert_int_equal(listener.count, 1);
	assert_int_equal(listener.offset, end);
	assert_int_equal(listener.offset + listener.len, HOLE);
}

struct dead_source {
	struct source source;
	size_t reads;
};

static bool dead_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	(void)offset, (void)to, (void)len;
	((struct dead_source *)self)->reads++;
	*got = 0;
	return fail(err, ERR_DAMAGED, "no run");
}

/* A size that somebody forged, of which nothing can be read. */
static void test_an_endless_unreadable_journal_ends(void **state)
{
	struct dead_source dead = {.source = {.size = 1ull << 62, .read = dead_read}};
	struct listener listener = {.base = {.damage = on_damage}};
	CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
	struct usn_record record;
	struct err err = {0};

	(void)state;
	assert_true(usn_scan_open(&dead.source, 0, UINT64_MAX, &listener.base, &scan, &err));
	assert_false(usn_scan_next(scan, &record));
	assert_in_range(dead.reads, 1, 2000);
	assert_int_equal(listener.count, 1);
	assert_true(listener.offset == 0 && listener.len == 1ull << 62);
}

/* Bytes that are no records, without an end: runs that lie over each other. */
static bool endless_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	(void)offset, (void)err;
	((struct dead_source *)self)->reads++;
	memset(to, 1, len);
	*got = len;
	return true;
}

static void test_a_journal_larger_than_its_volume_ends(void **state)
{
	static const uint64_t sizes[] = {0, 5000, 3u << 20};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct dead_source all = {.source = {.size = 64u << 20, .read = endless_read}};
		struct source raw = {.size = sizes[i]};
		struct ntfs_volume volume = {.raw = &raw};
		struct listener listener = {.base = {.damage = on_damage}};
		CLEANUP(usn_scan_close) struct usn_scan *scan = NULL;
		struct usn_record record;
		struct err err = {0};

		assert_true(usn_scan_open(&all.source, 0, UINT64_MAX, &listener.base, &scan, &err));
		usn_scan_limit(scan, &volume);
		assert_false(usn_scan_next(scan, &record));
		assert_in_range(all.reads, 0, 4);
		assert_int_equal(listener.why.kind, ERR_LIMIT);
		assert_int_equal(listener.offset + listener.len, all.source.size);
	}
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(usn_reason_word(8), "FILE_CREATE");
	assert_string_equal(usn_reason_word(31), "CLOSE");
	assert_null(usn_reason_word(3));
	assert_null(usn_reason_word(32));
	assert_string_equal(usn_source_word(1), "AUXILIARY_DATA");
	assert_null(usn_source_word(4));
	assert_string_equal(ntfs_attribute_word(10), "REPARSE_POINT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_version_2),
	    cmocka_unit_test(test_version_3_and_4),
	    cmocka_unit_test(test_records_that_are_none),
	    cmocka_unit_test(test_zeros_are_walked_over),
	    cmocka_unit_test(test_lost_zeros_are_told),
	    cmocka_unit_test(test_zeros_within_damage),
	    cmocka_unit_test(test_damage_is_told_and_passed),
	    cmocka_unit_test(test_a_cut_record_is_damage),
	    cmocka_unit_test(test_bad_pages_are_jumped_over),
	    cmocka_unit_test(test_holes_are_not_read),
	    cmocka_unit_test(test_a_hole_between_records_is_told),
	    cmocka_unit_test(test_an_endless_unreadable_journal_ends),
	    cmocka_unit_test(test_a_journal_larger_than_its_volume_ends),
	    cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
