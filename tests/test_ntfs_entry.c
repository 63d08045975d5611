/* Files out of MFT records: attributes, names, extensions, and every kind of damage between them. */
#include "tests/unit.h"

#include "formats/ntfs/limits.h"
#include "formats/ntfs/ntfs.h"
#include "tests/fixture_bare_mft.h"
#include "tests/fixture_ntfs.h"

#include <stdlib.h>
#include <string.h>

static const struct bytes unnamed = {0};

static void test_file(void **state)
{
	struct mft m;
	struct fixture_record r;

	(void)state;
	begin(&m);
	fixture_record_begin(&r, 1024, 3, 7, 1);
	fixture_record_standard(&r, 100);
	fixture_record_name(&r, 5, 5, NTFS_NAME_DOS, "LONGNA~1.TXT");
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "long name.txt");
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "hello", 5);
	fixture_record_resident(&r, NTFS_DATA, "Zone.Identifier", 3, "z", 1);
	put(&m, &r);
	open_mft(&m);
	load(&m, 3);
	assert_int_equal(m.entry.record, 3);
	assert_int_equal(m.entry.sequence, 7);
	assert_true(m.entry.in_use && !m.entry.is_directory && m.entry.has_standard);
	assert_int_equal(m.entry.damage.kind, ERR_NONE);
	assert_int_equal(m.entry.times.created, 100);
	assert_int_equal(m.entry.times.modified, 101);
	assert_int_equal(m.entry.times.changed, 102);
	assert_int_equal(m.entry.times.accessed, 103);
	assert_int_equal(m.entry.attributes, 0x20);
	assert_int_equal(m.entry.owner_id, 7);
	assert_int_equal(m.entry.security_id, 0x105);
	assert_int_equal(m.entry.usn, 0xabcdef0);
	assert_int_equal(m.entry.name_count, 2);
	assert_ptr_equal(ntfs_entry_name(&m.entry), &m.entry.names[1]);
	assert_int_equal(m.entry.names[0].times.accessed, 1003);
	assert_int_equal(m.entry.names[0].size, 5000);
	assert_int_equal(m.entry.names[0].allocated, 8192);
	assert_int_equal(m.entry.names[0].parent.record, 5);
	assert_int_equal(m.entry.stream_count, 2);
	/* Names of streams are compared without case. */
	CLEANUP(text_free) struct text zone = {0};

	text_to_utf16(bytes_of("zone.IDENTIFIER"), &zone);
	const struct ntfs_stream *stream =
	    ntfs_entry_stream(&m.entry, NTFS_DATA, text_bytes(&zone));

	assert_non_null(stream);
	assert_int_equal(stream->id, 3);
	assert_memory_equal(stream->content.at, "z", 1);
	assert_int_equal(ntfs_entry_stream(&m.entry, NTFS_DATA, unnamed)->size, 5);
	assert_null(ntfs_entry_stream(&m.entry, NTFS_EA, unnamed));
	end(&m);
}

static void test_not_there(void **state)
{
	struct mft m;
	struct err err = {0};

	(void)state;
	begin(&m);
	memcpy(m.at + 2048, "RUBBISH", 7);
	open_mft(&m);
	load(&m, 0);
	assert_false(ntfs_entry_load(m.mft, 1, &m.entry, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_int_equal(m.entry.stream_count, 0); /* empty, not the one before */
	assert_false(ntfs_entry_load(m.mft, 2, &m.entry, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_false(ntfs_entry_load(m.mft, 16, &m.entry, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_false(ntfs_entry_load(m.mft, UINT64_MAX, &m.entry, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	end(&m);
}

/* One field of an attribute wrong: damage is said, the attributes behind it are still read. */
static void test_attribute_fields(void **state)
{
	static const struct {
		size_t at; /* in the $FILE_NAME attribute of the record below */
		uint32_t value;
		bool rest; /* what comes after is read */
	} cases[] = {
	    {4, 0, false},          /* length: none */
	    {4, 16, false},         /* shorter than a header */
	    {4, 97, false},         /* not aligned */
	    {4, 0x10000, false},    /* over the record */
	    {4, UINT32_MAX, false}, /* over everything */
	    {16, 0x1000, true},     /* content longer than the attribute */
	    {16, 65, true},         /* content too short for $FILE_NAME */
	    {20, 0x200, true},      /* content outside the attribute */
	    {8, 0x00fff000, true},  /* name of 240 characters outside the attribute */
	    {24 + 64, 0xff, true},  /* a $FILE_NAME with more characters than it has room for */
	    {8, 1, true},           /* not resident, with a header that is none */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mft m;
		struct fixture_record r;

		begin(&m);
		fixture_record_begin(&r, 1024, 1, 1, 1);
		fixture_record_standard(&r, 100);
		size_t at = fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "abc");

		fixture_record_resident(&r, NTFS_DATA, NULL, 2, "hello", 5);
		put_le32(r.at + at + cases[i].at, cases[i].value);
		put(&m, &r);
		open_mft(&m);
		load(&m, 1);
		assert_int_equal(m.entry.damage.kind, ERR_DAMAGED);
		assert_true(m.entry.has_standard);
		assert_int_equal(m.entry.name_count, 0);
		assert_int_equal(m.entry.stream_count, cases[i].rest ? 1 : 0);
		end(&m);
	}
}

static void test_short_standard(void **state)
{
	static const struct {
		size_t len;
		bool is_there;
		uint32_t security;
	} cases[] = {
	    {72, true, 0x105}, {48, true, 0}, {71, true, 0}, {35, false, 0}, {0, false, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mft m;
		struct fixture_record r;

		begin(&m);
		fixture_record_begin(&r, 1024, 1, 1, 1);
		size_t at = fixture_record_standard(&r, 100);

		put_le32(r.at + at + 16, (uint32_t)cases[i].len);
		put(&m, &r);
		open_mft(&m);
		load(&m, 1);
		assert_int_equal(m.entry.has_standard, cases[i].is_there);
		assert_int_equal(m.entry.security_id, cases[i].security);
		assert_int_equal(m.entry.damage.kind, cases[i].is_there ? ERR_NONE : ERR_DAMAGED);
		end(&m);
	}
}

struct list_case {
	uint16_t base_sequence, listed_sequence; /* as the list and the extension tell them */
	uint16_t sequence;                       /* of the extension */
	uint16_t own_sequence;                   /* of the base */
	unsigned flags;
	bool joined;
};

/* Record 1 with an attribute list; record 2 holds its second name and stream. */
static void make_listed(struct mft *m, const struct list_case *c)
{
	struct fixture_record r;
	uint8_t list[96];
	size_t len = 0;

	begin(m);
	len += fixture_list_entry(list + len, NTFS_STANDARD_INFORMATION, 0, 1, 1);
	len += fixture_list_entry(list + len, NTFS_FILE_NAME, 0, 2, c->listed_sequence);
	len += fixture_list_entry(list + len, NTFS_DATA, 0, 2, c->listed_sequence);
	fixture_record_begin(&r, 1024, 1, c->own_sequence, c->flags);
	fixture_record_standard(&r, 100);
	fixture_record_resident(&r, NTFS_ATTRIBUTE_LIST, NULL, 1, list, len);
	put(m, &r);
	fixture_record_begin(&r, 1024, 2, c->sequence, c->flags);
	fixture_record_set_base(&r, 1, c->base_sequence);
	fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "far");
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "there", 5);
	put(m, &r);
	open_mft(m);
}

static void test_sequences(void **state)
{
	static const struct list_case cases[] = {
	    {.base_sequence = 4,
		.listed_sequence = 9,
		.sequence = 9,
		.own_sequence = 4,
		.flags = 1,
		.joined = true},
	    {.base_sequence = 5,
		.listed_sequence = 9,
		.sequence = 9,
		.own_sequence = 4,
		.flags = 1},
	    {.base_sequence = 4,
		.listed_sequence = 8,
		.sequence = 9,
		.own_sequence = 4,
		.flags = 1},
	    /* A deleted file: both were counted up. */
	    {.base_sequence = 4,
		.listed_sequence = 9,
		.sequence = 10,
		.own_sequence = 5,
		.joined = true},
	    {.base_sequence = 4,
		.listed_sequence = 9,
		.sequence = 9,
		.own_sequence = 4,
		.joined = true},
	    {.base_sequence = 0xffff,
		.listed_sequence = 0xffff,
		.sequence = 1,
		.own_sequence = 1,
		.joined = true},
	    {.base_sequence = 4, .listed_sequence = 9, .sequence = 11, .own_sequence = 5},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mft m;

		make_listed(&m, &cases[i]);
		load(&m, 1);
		assert_int_equal(m.entry.name_count, cases[i].joined);
		assert_int_equal(m.entry.stream_count, cases[i].joined);
		assert_int_equal(m.entry.damage.kind, cases[i].joined ? ERR_NONE : ERR_DAMAGED);
		load(&m, 2); /* alone it says whose it is */
		assert_int_equal(m.entry.base.record, 1);
		assert_int_equal(m.entry.damage.kind, ERR_NONE);
		end(&m);
	}
}

static void test_list_damage(void **state)
{
	static const struct {
		size_t at; /* in the second entry of the list */
		uint16_t value;
	} cases[] = {
	    {4, 0},      /* entry of no bytes: would loop */
	    {4, 25},     /* shorter than an entry */
	    {4, 0x7fff}, /* longer than the list */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mft m;
		struct fixture_record r;
		uint8_t list[96] = {0};

		begin(&m);
		fixture_list_entry(list, NTFS_DATA, 0, 2, 1);
		fixture_list_entry(list + 32, NTFS_DATA, 0, 3, 1);
		fixture_list_entry(list + 64, NTFS_DATA, 0, 3, 1);
		put_le16(list + 32 + cases[i].at, cases[i].value);
		fixture_record_begin(&r, 1024, 1, 1, 1);
		fixture_record_resident(&r, NTFS_ATTRIBUTE_LIST, NULL, 1, list, sizeof(list));
		put(&m, &r);
		fixture_record_begin(&r, 1024, 2, 1, 1);
		fixture_record_set_base(&r, 1, 1);
		fixture_record_resident(&r, NTFS_DATA, NULL, 2, "there", 5);
		put(&m, &r);
		open_mft(&m);
		load(&m, 1);
		assert_int_equal(m.entry.damage.kind, ERR_DAMAGED);
		assert_int_equal(m.entry.stream_count, 1); /* what was listed before the damage */
		end(&m);
	}
}

/* A list that names its own record, itself again and a record beyond the end. */
static void test_list_cycle(void **state)
{
	struct mft m;
	struct fixture_record r;
	uint8_t list[128];

	(void)state;
	begin(&m);
	fixture_list_entry(list, NTFS_DATA, 0, 1, 1);
	fixture_list_entry(list + 32, NTFS_DATA, 0, 2, 1);
	fixture_list_entry(list + 64, NTFS_DATA, 0, 2, 1);
	fixture_list_entry(list + 96, NTFS_DATA, 0, 0xffffffffffff, 1);
	fixture_record_begin(&r, 1024, 1, 1, 1);
	fixture_record_resident(&r, NTFS_ATTRIBUTE_LIST, NULL, 1, list, sizeof(list));
	put(&m, &r);
	fixture_record_begin(&r, 1024, 2, 1, 1);
	fixture_record_set_base(&r, 1, 1);
	fixture_record_resident(
	    &r, NTFS_ATTRIBUTE_LIST, NULL, 1, list, sizeof(list)); /* not followed */
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "once", 4);
	put(&m, &r);
	open_mft(&m);
	load(&m, 1);
	assert_int_equal(m.entry.stream_count, 1);
	assert_int_equal(m.entry.damage.kind, ERR_DAMAGED);
	end(&m);
}

/* In a bare $MFT a non-resident list cannot be read: the records that name the file as their base are taken. */
static void test_list_elsewhere(void **state)
{
	static const struct ntfs_run run = {.lcn = 100, .length = 1};
	struct fixture_extent extent = {
	    .size = 64, .allocated = 4096, .initialized = 64, .runs = &run, .run_count = 1};
	static const struct {
		uint64_t record, base;
		uint16_t base_sequence;
		unsigned flags;
		const char *stream;
	} extensions[] = {{2, 1, 4, 1, "b"}, {3, 1, 3, 1, "its predecessor's"},
	    {4, 1, 4, 0, "given back"}, {5, 7, 4, 1, "another's"}, {6, 1, 4, 1, "a"}};
	struct mft m;
	struct fixture_record r;

	(void)state;
	begin(&m);
	fixture_record_begin(&r, 1024, 1, 4, 1);
	fixture_record_extent(&r, NTFS_ATTRIBUTE_LIST, NULL, 1, &extent);
	fixture_record_resident(&r, NTFS_DATA, NULL, 2, "s", 1);
	put(&m, &r);
	for (size_t i = 0; i < ARRAY_LEN(extensions); i++) {
		fixture_record_begin(&r, 1024, extensions[i].record, 1, extensions[i].flags);
		fixture_record_set_base(&r, extensions[i].base, extensions[i].base_sequence);
		fixture_record_resident(&r, NTFS_DATA, extensions[i].stream, 1, "x", 1);
		put(&m, &r);
	}
	open_mft(&m);
	load(&m, 1);
	assert_int_equal(m.entry.damage.kind, ERR_NONE);
	assert_int_equal(m.entry.stream_count, 3);
	assert_int_equal(m.entry.streams[0].utf16.len, 0);
	assert_int_equal(m.entry.streams[1].utf16.at[0], 'a');
	assert_int_equal(m.entry.streams[2].utf16.at[0], 'b');
	end(&m);
}

/* Extents of one stream, in records out of order, with a gap, or twice. */
static void test_extents(void **state)
{
	static const struct {
		uint64_t first[3];
		size_t runs;
		bool incomplete;
	} cases[] = {
	    {{0, 2, 4}, 3, false}, {{4, 0, 2}, 3, false}, /* in any order */
	    {{0, 4, 6}, 3, true},                         /* a gap */
	    {{0, 2, 2}, 2, true},                         /* one twice */
	    {{0, 1, 4}, 2, true},                         /* overlapping */
	    {{2, 4, 6}, 3, true},                         /* the first is lost */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mft m;
		struct fixture_record r;

		begin(&m);
		fixture_record_begin(&r, 1024, 1, 1, 1);
		for (size_t n = 0; n < 3; n++) {
			struct ntfs_run run = {.lcn = 50 + 10 * cases[i].first[n], .length = 2};
			struct fixture_extent extent = {.first_vcn = cases[i].first[n],
			    .last_vcn = cases[i].first[n] + 1,
			    .size = 6 * 512,
			    .allocated = 6 * 512,
			    .initialized = 6 * 512,
			    .runs = &run,
			    .run_count = 1};

			fixture_record_extent(&r, NTFS_DATA, NULL, (unsigned)n, &extent);
		}
		put(&m, &r);
		open_mft(&m);
		load(&m, 1);
		assert_int_equal(m.entry.stream_count, 1);
		const struct ntfs_stream *stream = &m.entry.streams[0];

		assert_int_equal(stream->run_count, cases[i].runs);
		assert_int_equal(stream->incomplete, cases[i].incomplete);
		assert_int_equal(m.entry.damage.kind, cases[i].incomplete ? ERR_DAMAGED : ERR_NONE);
		for (size_t n = 1; n < stream->run_count; n++)
			assert_true(stream->runs[n].vcn >=
				    stream->runs[n - 1].vcn + stream->runs[n - 1].length);
		end(&m);
	}
}

/* The header tells of fewer clusters than the runs are of: these count when they are those of the allocated size. */
static void test_more_runs_than_told(void **state)
{
	static const uint64_t cases[][3] = {/* last cluster told, allocated, read */
	    {5, 6, 6}, {3, 6, 6}, {0, 6, 6}, {3, 4, 4}, {3, 7, 4}, {3, 9, 4}};
	const struct ntfs_run runs[] = {{.lcn = 50, .length = 2}, {.lcn = 70, .length = 4}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mft m;
		struct fixture_record r;
		struct fixture_extent extent = {.last_vcn = cases[i][0],
		    .size = 4 * 512,
		    .allocated = cases[i][1] * 512,
		    .runs = runs,
		    .run_count = 2};

		begin(&m);
		fixture_record_begin(&r, 1024, 1, 1, 1);
		fixture_record_extent(&r, NTFS_DATA, NULL, 0, &extent);
		put(&m, &r);
		open_mft(&m);
		load(&m, 1);
		assert_int_equal(m.entry.streams[0].runs[1].length, cases[i][2] - 2);
		assert_int_equal(m.entry.streams[0].incomplete, i >= 3);
		assert_int_equal(m.entry.damage.kind, i ? ERR_DAMAGED : ERR_NONE);
		end(&m);
	}
}

/* Fields of a non-resident header. */
static void test_extent_fields(void **state)
{
	static const struct {
		size_t at;
		uint64_t value;
	} cases[] = {
	    {16, UINT64_MAX / 2}, /* first cluster */
	    {24, UINT64_MAX / 2}, /* last cluster */
	    {32, 0},              /* runs in the header */
	    {32, 0xffff},         /* runs outside */
	    {48, UINT64_MAX},     /* size */
	    {56, UINT64_MAX},     /* written */
	};
	static const struct ntfs_run run = {.lcn = 100, .length = 1};
	struct fixture_extent extent = {
	    .size = 64, .allocated = 512, .initialized = 64, .runs = &run, .run_count = 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mft m;
		struct fixture_record r;

		begin(&m);
		fixture_record_begin(&r, 1024, 1, 1, 1);
		size_t at = fixture_record_extent(&r, NTFS_DATA, NULL, 3, &extent);

		if (cases[i].at == 32)
			put_le16(r.at + at + 32, (uint16_t)cases[i].value);
		else
			put_le64(r.at + at + cases[i].at, cases[i].value);
		put(&m, &r);
		open_mft(&m);
		load(&m, 1);
		assert_int_equal(m.entry.damage.kind, ERR_DAMAGED);
		end(&m);
	}
}

static void test_not_an_mft(void **state)
{
	uint8_t bytes[4096] = {0};
	struct source *source = source_of_bytes((struct bytes){.at = bytes, .len = sizeof(bytes)});
	struct ntfs_mft *mft = NULL;
	struct err err = {0};

	(void)state;
	assert_false(ntfs_mft_open(source, &mft, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	memcpy(bytes + 1024, "FILE", 4); /* the first record is lost: the second tells the size */
	put_le32(bytes + 1024 + 28, 1024);
	assert_true(ntfs_mft_open(source, &mft, &err));
	assert_int_equal(ntfs_mft_count(mft), 4);
	ntfs_mft_close(mft);
	put_le32(bytes + 1024 + 28, 1000); /* no size of a record */
	assert_false(ntfs_mft_open(source, &mft, &err));
	source_close(source);
}

/* A window that cannot be read whole costs only the records that are bad. */
struct holey {
	struct source source;
	const uint8_t *at;
	uint64_t bad; /* offset of a sector that fails */
};

static bool holey_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	const struct holey *h = (struct holey *)self;

	if (len > self->size - offset)
		len = (size_t)(self->size - offset);
	bool fails = offset <= h->bad + 511 && offset + len > h->bad;

	*got = fails ? (h->bad > offset ? (size_t)(h->bad - offset) : 0) : len;
	memcpy(to, h->at + offset, *got);
	return !fails || fail(err, ERR_IO, "bad sector");
}

static void test_bad_sector(void **state)
{
	static uint8_t at[8 * 1024];
	struct holey h = {{.size = sizeof(at), .read = holey_read}, at, 3 * 1024 + 512};
	struct ntfs_mft *mft = NULL;
	struct ntfs_entry entry = {0};
	struct err err = {0};

	(void)state;
	for (uint64_t i = 0; i < 8; i++) {
		struct fixture_record r;

		fixture_record_begin(&r, 1024, i, 1, 1);
		fixture_record_end(&r);
		memcpy(at + i * 1024, r.at, 1024);
	}
	assert_true(ntfs_mft_open(&h.source, &mft, &err));
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(ntfs_entry_load(mft, i, &entry, &err), i != 3);
	assert_int_equal(err.kind, ERR_IO);
	for (uint64_t i = 8; i > 0; i--)
		assert_int_equal(ntfs_entry_load(mft, i - 1, &entry, &err), i - 1 != 3);
	ntfs_entry_free(&entry);
	ntfs_mft_close(mft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_not_there),
	    cmocka_unit_test(test_attribute_fields),
	    cmocka_unit_test(test_short_standard),
	    cmocka_unit_test(test_sequences),
	    cmocka_unit_test(test_list_damage),
	    cmocka_unit_test(test_list_cycle),
	    cmocka_unit_test(test_list_elsewhere),
	    cmocka_unit_test(test_extents),
	    cmocka_unit_test(test_more_runs_than_told),
	    cmocka_unit_test(test_extent_fields),
	    cmocka_unit_test(test_not_an_mft),
	    cmocka_unit_test(test_bad_sector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
