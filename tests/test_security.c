/* SIDs, ACEs and descriptors as SDDL: every kind, damaged ones, conditions. */
#include "tests/unit.h"

#include "formats/security/security.h"
#include "tests/fixture_bytes.h"

static const uint8_t system_sid[] = {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0};
static const uint8_t users_sid[] = {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2, 0, 0};

static void add_raw(struct text *out, const void *at, size_t len)
{
	text_add(out, (struct bytes){at, len});
}

/* An ACE with its header; what follows the header is body. */
static void add_ace(struct text *out, unsigned type, unsigned flags, const struct text *body)
{
	add_u8(out, type);
	add_u8(out, flags);
	add_u16(out, (unsigned)(4 + body->len));
	text_add(out, text_bytes(body));
}

static void add_acl(struct text *out, unsigned count, const struct text *aces)
{
	add_u8(out, 4);
	add_u8(out, 0);
	add_u16(out, (unsigned)(8 + aces->len));
	add_u16(out, count);
	add_u16(out, 0);
	text_add(out, text_bytes(aces));
}

/* A descriptor: owner SYSTEM, group Users, the ACLs that are not NULL (count ACEs each). */
static void make(struct text *out, unsigned control, unsigned count, const struct text *dacl,
    const struct text *sacl)
{
	text_clear(out);
	add_u8(out, 1);
	add_u8(out, 0);
	add_u16(out, control | 0x8000);
	add_u32(out, 20);
	add_u32(out, 32);
	add_u32(out, sacl ? 48 : 0);
	add_u32(out, dacl ? (uint32_t)(48 + (sacl ? 8 + sacl->len : 0)) : 0);
	add_raw(out, system_sid, sizeof(system_sid));
	add_raw(out, users_sid, sizeof(users_sid));
	if (sacl)
		add_acl(out, count, sacl);
	if (dacl)
		add_acl(out, count, dacl);
}

static void check(const struct text *raw, const char *sddl, bool is_damaged)
{
	struct security_descriptor d;
	struct err err = {0};
	struct err damage = {0};
	CLEANUP(text_free) struct text out = {0};

	assert_true(security_parse(text_bytes(raw), &d, &err));
	security_add_sddl(&out, &d, &damage);
	assert_string_equal(text_string(&out), sddl);
	assert_int_equal(damage.kind, is_damaged ? ERR_DAMAGED : ERR_NONE);
}

/* One ACE alone in a DACL. */
static void check_ace(
    unsigned type, unsigned flags, const struct text *body, const char *sddl, bool is_damaged)
{
	CLEANUP(text_free) struct text raw = {0};
	CLEANUP(text_free) struct text aces = {0};
	CLEANUP(text_free) struct text want = {0};

	add_ace(&aces, type, flags, body);
	make(&raw, SECURITY_DACL_PRESENT, 1, &aces, NULL);
	text_addf(&want, "O:SYG:BUD:%s", sddl);
	check(&raw, text_string(&want), is_damaged);
}

static void basic(struct text *body, uint32_t mask)
{
	text_clear(body);
	add_u32(body, mask);
	add_raw(body, users_sid, sizeof(users_sid));
}

static void test_sids(void **state)
{
	static const uint8_t many[68] = {1, 15, 0, 0, 0, 0, 0, 5, 255, 255, 255, 255};
	static const uint8_t large[] = {1, 1, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 7, 0, 0, 0};
	CLEANUP(text_free) struct text out = {0};
	struct bytes sid = {0};

	(void)state;
	assert_true(security_sid((struct bytes){many, sizeof(many)}, &sid, NULL));
	security_add_sid(&out, sid);
	assert_string_equal(text_string(&out), "S-1-5-4294967295-0-0-0-0-0-0-0-0-0-0-0-0-0-0");
	text_clear(&out);
	assert_true(security_sid((struct bytes){large, sizeof(large)}, &sid, NULL));
	security_add_sid(&out, sid);
	assert_string_equal(text_string(&out), "S-1-0x123456789ABC-7");
	for (size_t len = 0; len < sizeof(large); len++)
		assert_false(security_sid((struct bytes){large, len}, &sid, NULL));
	assert_false(security_sid(bytes_of("\2\1xxxxxxxxxx"), &sid, NULL));
	assert_false(
	    security_sid(bytes_of("\1\20xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
		&sid, NULL));
}

static void test_basic_kinds_flags_and_rights(void **state)
{
	CLEANUP(text_free) struct text body = {0};

	(void)state;
	basic(&body, 0x1f01ff);
	check_ace(0, 0, &body, "(A;;FA;;;BU)", false);
	basic(&body, 0x1200a9);
	check_ace(1, 0x13, &body, "(D;OICIID;0x1200a9;;;BU)", false);
	basic(&body, 0xe0010000);
	check_ace(0, 0x0f, &body, "(A;OICINPIO;SDGXGWGR;;;BU)", false);
	basic(&body, 4);
	check_ace(2, 0xc0, &body, "(AU;SAFA;LC;;;BU)", false);
	basic(&body, 0);
	check_ace(0, 0, &body, "(A;;;;;BU)", false);
	basic(&body, 3);
	check_ace(0x11, 0, &body, "(ML;;NWNR;;;BU)", false);
	check_ace(0x14, 0, &body, "(TL;;CCDC;;;BU)", false);
	check_ace(0x13, 0x20, &body, "(SP;CR;CCDC;;;BU)", false);
}

static void test_object_kinds(void **state)
{
	static const uint8_t guid[] = {
	    0x78, 0x56, 0x34, 0x12, 0xbc, 0x9a, 0xf0, 0xde, 1, 2, 3, 4, 5, 6, 7, 8};
	CLEANUP(text_free) struct text body = {0};

	(void)state;
	add_u32(&body, 0x100);
	add_u32(&body, 3);
	add_raw(&body, guid, 16);
	add_raw(&body, guid, 16);
	add_raw(&body, users_sid, sizeof(users_sid));
	check_ace(5, 0, &body,
	    "(OA;;CR;12345678-9abc-def0-0102-030405060708;12345678-9abc-def0-0102-030405060708;BU)",
	    false);
	fixture_at(&body, 4)[0] = 2;
	memmove(fixture_at(&body, 8), fixture_at(&body, 24), body.len - 24);
	body.len -= 16;
	check_ace(6, 0, &body, "(OD;;CR;;12345678-9abc-def0-0102-030405060708;BU)", false);
	body.len = 30; /* inside the SID */
	check_ace(6, 0, &body,
	    "(0x06;;#000100000200000078563412bc9af0de0102030405060708010200000000)", true);
	body.len = 20; /* inside the GUID */
	check_ace(6, 0, &body, "(0x06;;#000100000200000078563412bc9af0de01020304)", true);
}

static void test_unknown_kinds_are_hex(void **state)
{
	CLEANUP(text_free) struct text body = {0};

	(void)state;
	add_u32(&body, 0x01020304);
	check_ace(4, 3, &body, "(0x04;OICI;#04030201)", false);
	check_ace(0xff, 0, &body, "(0xff;;#04030201)", false);
	text_clear(&body);
	check_ace(0x10, 0, &body, "(0x10;;#)", false);
	check_ace(0, 0, &body, "(0x00;;#)", true);
}

static void add_string_token(struct text *out, unsigned code, const char *string)
{
	CLEANUP(text_free) struct text utf16 = {0};

	text_to_utf16(bytes_of(string), &utf16);
	add_u8(out, code);
	add_u32(out, (uint32_t)utf16.len);
	text_add(out, text_bytes(&utf16));
}

static void add_number_token(struct text *out, int64_t value, unsigned sign, unsigned base)
{
	add_u8(out, 4);
	add_u64(out, (uint64_t)value);
	add_u8(out, sign);
	add_u8(out, base);
}

static void begin_condition(struct text *body)
{
	basic(body, 0x1200a0);
	text_adds(body, "artx");
}

static void test_conditions(void **state)
{
	CLEANUP(text_free) struct text body = {0};

	(void)state;
	begin_condition(&body);
	add_string_token(&body, 0xf8, "WIN://SYSAPPID");
	add_string_token(&body, 0x10, "a\"b%c");
	add_u8(&body, 0x86);
	check_ace(9, 0, &body, "(XA;;FX;;;BU;(WIN://SYSAPPID Contains \"a%0022b%c\"))", false);

	begin_condition(&body);
	add_string_token(&body, 0xf9, "Age x");
	add_number_token(&body, -18, 2, 2);
	add_u8(&body, 0x85);
	add_string_token(&body, 0xfb, "d");
	add_number_token(&body, 255, 3, 3);
	add_u8(&body, 0x81);
	add_u8(&body, 0xa0);
	add_string_token(&body, 0xfa, "r");
	add_u8(&body, 0x87);
	add_u8(&body, 0xa2);
	add_u8(&body, 0xa1);
	add_zeros(&body, 3);
	check_ace(10, 0, &body,
	    "(XD;;FX;;;BU;(((@User.Age%0020x >= -18) && (@Device.d != 0xff)) || (!(Exists "
	    "@Resource.r))))",
	    false);

	begin_condition(&body);
	add_u8(&body, 0x50);
	add_u32(&body, 5 + 16 + 5 + 2);
	add_u8(&body, 0x51);
	add_u32(&body, 16);
	add_raw(&body, users_sid, sizeof(users_sid));
	add_u8(&body, 0x18);
	add_u32(&body, 2);
	add_u16(&body, 0xbeef);
	add_u8(&body, 0x89);
	check_ace(0x0d, 0x40, &body, "(XU;SA;FX;;;BU;(Member_of {SID(BU), #efbe}))", false);
}

static void test_conditions_that_cannot_be_read_are_hex(void **state)
{
	CLEANUP(text_free) struct text body = {0};

	(void)state;
	begin_condition(&body);
	add_u8(&body, 0x80); /* no operands */
	check_ace(9, 0, &body, "(XA;;FX;;;BU;#6172747880)", true);
	begin_condition(&body);
	add_u8(&body, 0x10);
	add_u32(&body, 1000); /* longer than the ACE */
	check_ace(9, 0, &body, "(XA;;FX;;;BU;#6172747810e8030000)", true);
	begin_condition(&body); /* nothing at all */
	check_ace(9, 0, &body, "(XA;;FX;;;BU;#61727478)", true);
	begin_condition(&body);
	add_u8(&body, 0x77); /* no such token */
	check_ace(9, 0, &body, "(XA;;FX;;;BU;#6172747877)", true);
}

/* A tower of operators, lists in lists, and more tokens than one condition may have: refused, not followed. */
static void test_deep_conditions_end(void **state)
{
	CLEANUP(text_free) struct text body = {0};
	CLEANUP(text_free) struct text raw = {0};
	CLEANUP(text_free) struct text aces = {0};
	struct security_descriptor d;

	(void)state;
	for (unsigned round = 0; round < 4; round++) {
		unsigned count = round == 3 ? 200 : 5000; /* 200: few tokens, all in each other */

		struct err damage = {0};
		CLEANUP(text_free) struct text out = {0};

		begin_condition(&body);
		if (round != 1)
			add_string_token(&body, 0xf8, "a");
		for (unsigned i = 0; i < count; i++) {
			add_u8(&body, round % 3 == 0 ? 0xa2 : round == 1 ? 0x50 : 0xf8);
			if (round % 3 != 0)
				add_u32(&body, round == 1 ? (4999 - i) * 5 : 0);
		}
		text_clear(&aces);
		add_ace(&aces, 9, 0, &body);
		make(&raw, SECURITY_DACL_PRESENT, 1, &aces, NULL);
		assert_true(security_parse(text_bytes(&raw), &d, NULL));
		security_add_sddl(&out, &d, &damage);
		assert_int_equal(damage.kind, ERR_DAMAGED);
		assert_true(out.len < 4 * raw.len);
	}
}

static void test_claims(void **state)
{
	CLEANUP(text_free) struct text body = {0};

	(void)state;
	basic(&body, 0);
	add_u32(&body, 24); /* name */
	add_u16(&body, 3);
	add_u16(&body, 0);
	add_u32(&body, 1);
	add_u32(&body, 2);
	add_u32(&body, 28);
	add_u32(&body, 34);
	add_utf16(&body, "P");
	add_u16(&body, 0);
	add_utf16(&body, "ab");
	add_u16(&body, 0);
	add_utf16(&body, "c");
	add_u16(&body, 0);
	check_ace(0x12, 0, &body, "(RA;;;;;BU;(\"P\",TS,0x1,\"ab\",\"c\"))", false);
	fixture_at(&body, 20 + 16)[0] = 200; /* the first value lies outside */
	check_ace(0x12, 0, &body,
	    "(RA;;;;;BU;#18000000030000000100000002000000c80000002200000050000000610062000000630000"
	    "00)",
	    true);
}

static void test_flags_and_null_acls(void **state)
{
	CLEANUP(text_free) struct text raw = {0};
	CLEANUP(text_free) struct text none = {0};

	(void)state;
	make(&raw, 0, 0, NULL, NULL);
	check(&raw, "O:SYG:BU", false);
	make(&raw, SECURITY_DACL_PRESENT | SECURITY_DACL_PROTECTED | SECURITY_DACL_AUTO, 0, &none,
	    NULL);
	check(&raw, "O:SYG:BUD:PAI", false);
	make(&raw, SECURITY_DACL_PRESENT | SECURITY_SACL_PRESENT | SECURITY_SACL_AUTO_REQ, 0, NULL,
	    NULL);
	check(&raw, "O:SYG:BUD:NO_ACCESS_CONTROLS:ARNO_ACCESS_CONTROL", false);
}

static void test_damaged_parts_are_left_out(void **state)
{
	CLEANUP(text_free) struct text raw = {0};
	CLEANUP(text_free) struct text aces = {0};
	CLEANUP(text_free) struct text body = {0};
	struct security_descriptor d;

	(void)state;
	basic(&body, 0x1f01ff);
	add_ace(&aces, 0, 0, &body);
	make(&raw, SECURITY_DACL_PRESENT, 1, &aces, NULL);
	put_le32(fixture_at(&raw, 4), 0xfffffff0); /* the owner */
	check(&raw, "G:BUD:(A;;FA;;;BU)", true);
	make(&raw, SECURITY_DACL_PRESENT, 3, &aces, NULL); /* more ACEs than there are */
	check(&raw, "O:SYG:BUD:(A;;FA;;;BU)", true);
	make(&raw, SECURITY_DACL_PRESENT, 1, &aces, NULL);
	put_le16(fixture_at(&raw, 50), 2000); /* a size beyond the end */
	check(&raw, "O:SYG:BU", true);
	make(&raw, SECURITY_DACL_PRESENT, 1, &aces, NULL);
	put_le16(fixture_at(&raw, 58), 3); /* an ACE smaller than its header */
	check(&raw, "O:SYG:BUD:", true);
	for (size_t len = 0; len < 20; len++)
		assert_false(security_parse((struct bytes){(uint8_t *)raw.at, len}, &d, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sids),
	    cmocka_unit_test(test_basic_kinds_flags_and_rights),
	    cmocka_unit_test(test_object_kinds),
	    cmocka_unit_test(test_unknown_kinds_are_hex),
	    cmocka_unit_test(test_conditions),
	    cmocka_unit_test(test_conditions_that_cannot_be_read_are_hex),
	    cmocka_unit_test(test_deep_conditions_end),
	    cmocka_unit_test(test_claims),
	    cmocka_unit_test(test_flags_and_null_acls),
	    cmocka_unit_test(test_damaged_parts_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
