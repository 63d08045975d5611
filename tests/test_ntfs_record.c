/* Fix-ups and headers of MFT records. */
#include "tests/unit.h"

#include "formats/ntfs/record.h"
#include "tests/fixture_ntfs.h"

static void make(struct fixture_record *r, size_t size)
{
	fixture_record_begin(r, size, 42, 9, 3);
	fixture_record_set_base(r, 0x123456789abcull, 0x4321);
	memset(r->at + 508, 'x', 4); /* where the fix-up of the first stride goes */
	fixture_record_end(r);
}

static bool parse(
    struct fixture_record *r, struct ntfs_record *out, struct err *damage, struct err *err)
{
	return ntfs_record_parse(r->at, r->size, out, damage, err);
}

static void test_whole(void **state)
{
	static const size_t sizes[] = {1024, 2048, 4096};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct fixture_record r;
		struct ntfs_record record;
		struct err damage = {0};
		struct err err = {0};

		make(&r, sizes[i]);
		assert_int_equal(le16(r.at + 510), FIXTURE_USN);
		assert_true(parse(&r, &record, &damage, &err));
		assert_int_equal(damage.kind, ERR_NONE);
		assert_memory_equal(r.at + 508, "xxxx", 4);
		assert_true(record.lsn == 0x1122334455667788ull);
		assert_int_equal(record.sequence, 9);
		assert_int_equal(record.links, 1);
		assert_int_equal(record.flags, 3);
		assert_int_equal(record.used, r.used);
		assert_true(record.base.record == 0x123456789abcull);
		assert_int_equal(record.base.sequence, 0x4321);
	}
}

static void test_torn(void **state)
{
	struct fixture_record r;
	struct ntfs_record record;
	struct err damage = {0};
	struct err err = {0};

	(void)state;
	make(&r, 1024);
	r.at[1023] ^= 1; /* the second stride was written another time */
	assert_true(parse(&r, &record, &damage, &err));
	assert_int_equal(damage.kind, ERR_DAMAGED);
	assert_non_null(strstr(damage.text, "torn"));
	assert_memory_equal(r.at + 508, "xxxx", 4);
}

static void test_signatures(void **state)
{
	static const struct {
		const char *signature;
		enum err_kind kind;
	} cases[] = {{"\0\0\0\0", ERR_DAMAGED}, {"BAAD", ERR_DAMAGED}, {"RCRD", ERR_DAMAGED}};
	uint8_t zeros[1024] = {0};
	struct ntfs_record record;
	struct err damage = {0};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture_record r;

		make(&r, 1024);
		memcpy(r.at, cases[i].signature, 4);
		assert_false(parse(&r, &record, &damage, &err));
		assert_int_equal(err.kind, cases[i].kind);
	}
	assert_false(ntfs_record_parse(zeros, sizeof(zeros), &record, &damage, &err));
	assert_int_equal(err.kind, ERR_MISSING);
}

/* One field of the header wrong: either refused, or kept with damage. */
static void test_fields(void **state)
{
	static const struct {
		size_t at;
		uint16_t value;
		bool loads;
	} cases[] = {
	    {4, 0, false},      /* update sequence in the signature */
	    {4, 49, false},     /* at an odd offset */
	    {4, 506, false},    /* over its own fix-up */
	    {4, 0xffff, false}, /* outside */
	    {6, 0, false},      /* no update sequence */
	    {6, 2, false},      /* for half of the record */
	    {6, 4, false},      /* for more than the record */
	    {20, 0, false},     /* attributes in the header */
	    {20, 0x400, false}, /* attributes outside */
	    {20, 61, false},    /* not aligned */
	    {24, 0, true},      /* nothing in use */
	    {24, 0x401, true},  /* more in use than there is */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fixture_record r;
		struct ntfs_record record;
		struct err damage = {0};
		struct err err = {0};

		make(&r, 1024);
		put_le16(r.at + cases[i].at, cases[i].value);
		assert_int_equal(parse(&r, &record, &damage, &err), cases[i].loads);
		assert_int_equal(cases[i].loads ? damage.kind : err.kind, ERR_DAMAGED);
	}
}

static void test_smallest(void **state)
{
	struct fixture_record r;
	struct ntfs_record record;
	struct err damage = {0};

	(void)state;
	/* 256 bytes have no whole stride: an update sequence of one and nothing to undo. */
	fixture_record_begin(&r, 256, 0, 1, 1);
	fixture_record_end(&r);
	assert_true(parse(&r, &record, &damage, NULL));
	assert_int_equal(damage.kind, ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_torn),
	    cmocka_unit_test(test_signatures),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_smallest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
