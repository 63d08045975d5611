/* Reparse points of every shape, extended attributes, object ids. */
#include "tests/unit.h"

#include "formats/ntfs/ea.h"
#include "formats/ntfs/object_id.h"
#include "formats/ntfs/reparse.h"

#include <stdlib.h>

static uint8_t data[256];

static struct bytes make(uint32_t tag, const void *content, size_t len)
{
	put_le32(data, tag);
	put_le16(data + 4, (uint16_t)len);
	put_le16(data + 6, 0);
	memcpy(data + 8, content, len);
	return (struct bytes){data, len + 8};
}

static void assert_utf16(struct bytes utf16, const char *expected)
{
	CLEANUP(text_free) struct text text = {0};

	text_add_utf16(&text, utf16);
	assert_string_equal(text_string(&text), expected);
}

static void test_links(void **state)
{
	static const uint8_t junction[] = "\0\0\4\0\6\0\4\0A\0B\0\0\0C\0D\0\0";
	static const uint8_t link[] = "\4\0\2\0\0\0\4\0\1\0\0\0C\0D\0E\0";
	static const uint8_t lx[] = "\2\0\0\0../a";
	struct ntfs_reparse r;
	struct bytes bytes;

	(void)state;
	assert_true(ntfs_reparse_parse(make(0xa0000003, junction, 20), &r, NULL));
	assert_string_equal(r.name, "MOUNT_POINT");
	assert_int_equal(r.shape, NTFS_REPARSE_LINK);
	assert_utf16(r.target, "AB");
	assert_utf16(r.shown, "CD");
	assert_false(r.is_relative);
	bytes = make(0xa000000c, link, 18);
	assert_true(ntfs_reparse_parse(bytes, &r, NULL));
	assert_utf16(r.target, "E");
	assert_utf16(r.shown, "CD");
	assert_true(r.is_relative);
	/* A name that reaches over the end; headers cut. */
	data[8] = 5;
	assert_false(ntfs_reparse_parse(bytes, &r, NULL));
	assert_int_equal(r.shape, NTFS_REPARSE_OPAQUE);
	assert_int_equal(r.data.len, 18);
	for (size_t len = 0; len < 8 + 12; len++)
		assert_false(ntfs_reparse_parse((struct bytes){data, len}, &r, NULL));
	assert_true(ntfs_reparse_parse(make(0xa000001d, lx, 8), &r, NULL));
	assert_true(bytes_equal(r.target_utf8, bytes_of("../a")));
	data[8] = 1;
	assert_false(ntfs_reparse_parse((struct bytes){data, 16}, &r, NULL));
}

static void test_others(void **state)
{
	static const uint8_t app[] = "\3\0\0\0P\0\0\0A\0p\0\0\0X\0\0\0"
				     "0\0\0";
	static const uint8_t nfs[] = "LNK\1\0\0\0\0/\0x\0"; /* 0x014b4e4c */
	struct ntfs_reparse r;

	(void)state;
	assert_true(ntfs_reparse_parse(make(0x8000001b, app, 22), &r, NULL));
	assert_int_equal(r.shape, NTFS_REPARSE_APP);
	assert_utf16(r.package, "P");
	assert_utf16(r.app, "Ap");
	assert_utf16(r.target, "X");
	assert_false(ntfs_reparse_parse(make(0x8000001b, app, 16), &r, NULL));
	assert_true(ntfs_reparse_parse(make(0x80000014, nfs, 12), &r, NULL));
	assert_string_equal(r.nfs_kind, "LNK");
	assert_utf16(r.target, "/x");
	assert_true(ntfs_reparse_parse(make(0x9000f01a, nfs, 4), &r, NULL));
	assert_string_equal(r.name, "CLOUD_F");
	assert_int_equal(r.place, NTFS_PLACE_CLOUD);
	assert_true(ntfs_reparse_parse(make(0x80000013, nfs, 4), &r, NULL));
	assert_int_equal(r.place, NTFS_PLACE_DEDUP);
	/* Of another maker: a GUID, then its data. Unknown: the tag alone. */
	make(0x1234, app, 19);
	put_le16(data + 4, 3);
	assert_true(ntfs_reparse_parse((struct bytes){data, 27}, &r, NULL));
	assert_null(r.name);
	assert_non_null(r.guid);
	assert_int_equal(r.data.len, 3);
	assert_false(ntfs_reparse_parse((struct bytes){data, 23}, &r, NULL));
	assert_true(ntfs_reparse_parse(make(0x80001234, nfs, 4), &r, NULL));
	assert_null(r.name);
	assert_null(r.guid);
}

static void test_wof(void **state)
{
	uint8_t wof[48] = {1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3};
	struct ntfs_reparse r;
	struct err err = {0};

	(void)state;
	assert_true(ntfs_reparse_parse(make(NTFS_REPARSE_WOF, wof, 16), &r, NULL));
	assert_int_equal(r.shape, NTFS_REPARSE_WOF_FILE);
	assert_int_equal(r.algorithm, 3);
	assert_int_equal(r.place, NTFS_PLACE_HERE);
	assert_false(ntfs_reparse_parse(make(NTFS_REPARSE_WOF, wof, 15), &r, NULL));
	wof[4] = 1;
	wof[8] = 2;
	wof[16] = 9;
	wof[24] = 0xaa;
	assert_true(ntfs_reparse_parse(make(NTFS_REPARSE_WOF, wof, 44), &r, NULL));
	assert_int_equal(r.shape, NTFS_REPARSE_WOF_WIM);
	assert_int_equal(r.place, NTFS_PLACE_WIM);
	assert_int_equal(r.data_source, 9);
	assert_int_equal(r.sha1[0], 0xaa);
	assert_false(ntfs_reparse_parse(make(NTFS_REPARSE_WOF, wof, 43), &r, NULL));
	wof[4] = 3;
	assert_false(ntfs_reparse_parse(make(NTFS_REPARSE_WOF, wof, 44), &r, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
}

static void test_ea(void **state)
{
	static const uint8_t two[] = "\x10\0\0\0\x80\3\2\0"
				     "ABC\0xy\0\0"
				     "\0\0\0\0\0\1\1\0"
				     "Q\0z";
	struct bytes bytes = {two, sizeof(two) - 1};
	struct ntfs_ea ea;
	size_t pos = 0;
	bool found;

	(void)state;
	assert_true(ntfs_ea_next(bytes, &pos, &ea, &found, NULL) && found);
	assert_true(bytes_equal(ea.name, bytes_of("ABC")) && bytes_equal(ea.value, bytes_of("xy")));
	assert_int_equal(ea.flags, NTFS_EA_NEEDED);
	assert_true(ntfs_ea_next(bytes, &pos, &ea, &found, NULL) && found);
	assert_true(bytes_equal(ea.name, bytes_of("Q")) && bytes_equal(ea.value, bytes_of("z")));
	assert_true(ntfs_ea_next(bytes, &pos, &ea, &found, NULL) && !found);
	/* Cut anywhere: said, and the end. */
	for (size_t len = 1; len < bytes.len; len++) {
		struct bytes cut = {two, len};
		bool ok = true;

		for (pos = 0, found = true; ok && found;)
			ok = ntfs_ea_next(cut, &pos, &ea, &found, NULL);
		assert_int_equal(pos, len);
		assert_true(!ok || (len >= 14 && len <= 16));
	}
	/* One that begins inside the one before. */
	uint8_t bad[27];

	memcpy(bad, two, sizeof(bad));
	bad[0] = 8;
	pos = 0;
	assert_false(ntfs_ea_next((struct bytes){bad, sizeof(bad)}, &pos, &ea, &found, NULL));
	assert_int_equal(pos, sizeof(bad));
}

static void test_object_id(void **state)
{
	uint8_t guids[64];
	struct ntfs_object_id id;

	(void)state;
	for (unsigned i = 0; i < sizeof(guids); i++)
		guids[i] = (uint8_t)i;
	assert_true(ntfs_object_id_parse((struct bytes){guids, 64}, &id, NULL));
	assert_int_equal(id.domain[0], 48);
	assert_true(ntfs_object_id_parse((struct bytes){guids, 16}, &id, NULL));
	assert_null(id.birth_volume);
	assert_false(ntfs_object_id_parse((struct bytes){guids, 15}, &id, NULL));
	CLEANUP(text_free) struct text text = {0};

	text_add_guid(&text, guids);
	assert_string_equal(text_string(&text), "03020100-0504-0706-0809-0a0b0c0d0e0f");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_wof),
	    cmocka_unit_test(test_ea),
	    cmocka_unit_test(test_object_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
