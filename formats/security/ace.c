/* Access control entries as SDDL. See parts.h. */
#include "formats/security/parts.h"

#define ACE_HEADER 4u
#define GUID_LEN   16u

enum ace_form {
	FORM_UNKNOWN,
	FORM_BASIC,  /* mask, SID */
	FORM_OBJECT, /* mask, flags, up to two GUIDs, SID */
};

enum ace_rest { REST_NONE, REST_CONDITION, REST_CLAIM }; /* what follows the SID */

/* MS-DTYP 2.4.4.1, 2.5.1.1; the number is the index. */
static const struct ace_kind {
	const char *letters;
	enum ace_form form;
	enum ace_rest rest;
} kinds[] = {
    [0x00] = {"A", FORM_BASIC, REST_NONE},
    [0x01] = {"D", FORM_BASIC, REST_NONE},
    [0x02] = {"AU", FORM_BASIC, REST_NONE},
    [0x03] = {"AL", FORM_BASIC, REST_NONE},
    [0x05] = {"OA", FORM_OBJECT, REST_NONE},
    [0x06] = {"OD", FORM_OBJECT, REST_NONE},
    [0x07] = {"OU", FORM_OBJECT, REST_NONE},
    [0x08] = {"OL", FORM_OBJECT, REST_NONE},
    [0x09] = {"XA", FORM_BASIC, REST_CONDITION},
    [0x0a] = {"XD", FORM_BASIC, REST_CONDITION},
    [0x0b] = {"ZA", FORM_OBJECT, REST_CONDITION},
    [0x0d] = {"XU", FORM_BASIC, REST_CONDITION},
    [0x11] = {"ML", FORM_BASIC, REST_NONE},
    [0x12] = {"RA", FORM_BASIC, REST_CLAIM},
    [0x13] = {"SP", FORM_BASIC, REST_NONE},
    [0x14] = {"TL", FORM_BASIC, REST_NONE},
    [0x15] = {"FL", FORM_BASIC, REST_CONDITION},
};
#define KIND_LABEL 0x11u /* mandatory label: its mask has a meaning of its own */

struct letters {
	uint32_t bit;
	const char *letters;
};

static const struct letters flag_letters[] = {{0x01, "OI"}, {0x02, "CI"}, {0x04, "NP"},
    {0x08, "IO"}, {0x10, "ID"}, {0x20, "CR"}, {0x40, "SA"}, {0x80, "FA"}};

static const struct letters label_letters[] = {{1, "NW"}, {2, "NR"}, {4, "NX"}};

static const struct letters whole_rights[] = {
    {0x1f01ff, "FA"}, {0x120089, "FR"}, {0x120116, "FW"}, {0x1200a0, "FX"}};

static const struct letters right_letters[] = {{0x1, "CC"}, {0x2, "DC"}, {0x4, "LC"}, {0x8, "SW"},
    {0x10, "RP"}, {0x20, "WP"}, {0x40, "DT"}, {0x80, "LO"}, {0x100, "CR"}, {0x10000, "SD"},
    {0x20000, "RC"}, {0x40000, "WD"}, {0x80000, "WO"}, {0x10000000, "GA"}, {0x20000000, "GX"},
    {0x40000000, "GW"}, {0x80000000, "GR"}};

/* Adds the letters of all bits; false, nothing added, when a bit has none. */
static bool add_letters(
    struct text *out, uint32_t bits, const struct letters *letters, size_t count)
{
	uint32_t known = 0;

	for (size_t i = 0; i < count; i++)
		known |= letters[i].bit;
	if (bits & ~known)
		return false;
	for (size_t i = 0; i < count; i++)
		if (bits & letters[i].bit)
			text_adds(out, letters[i].letters);
	return true;
}

static void add_rights(struct text *out, uint8_t type, uint32_t mask)
{
	for (size_t i = 0; i < ARRAY_LEN(whole_rights); i++)
		if (mask == whole_rights[i].bit) {
			text_adds(out, whole_rights[i].letters);
			return;
		}
	bool done = type == KIND_LABEL
			? add_letters(out, mask, label_letters, ARRAY_LEN(label_letters))
			: add_letters(out, mask, right_letters, ARRAY_LEN(right_letters));

	if (!done)
		text_addf(out, "0x%x", mask);
}

static void add_guid(struct text *out, struct bytes guid)
{
	const uint8_t *p = guid.at;

	if (guid.len != GUID_LEN)
		return;
	text_addf(out, "%08x-%04x-%04x-", le32(p), le16(p + 4), le16(p + 6));
	text_add_hex(out, (struct bytes){p + 8, 2});
	text_addc(out, '-');
	text_add_hex(out, (struct bytes){p + 10, 6});
}

struct ace {
	uint32_t mask;
	struct bytes object, inherited; /* GUIDs, empty: none */
	struct bytes sid;
	struct bytes rest;
};

static bool parse(struct bytes raw, enum ace_form form, struct ace *out, struct err *err)
{
	struct reader r = {.data = raw, .pos = ACE_HEADER};
	struct ace ace = {.mask = read_u32(&r)};
	uint32_t flags = form == FORM_OBJECT ? read_u32(&r) : 0;

	if (flags & 1)
		ace.object = read_bytes(&r, GUID_LEN);
	if (flags & 2)
		ace.inherited = read_bytes(&r, GUID_LEN);
	if (form == FORM_UNKNOWN || r.overrun)
		return fail(
		    err, ERR_DAMAGED, "ACE of kind 0x%02x in %zu bytes", raw.at[0], raw.len);
	struct bytes left = {raw.at + r.pos, raw.len - r.pos};

	if (!security_sid(left, &ace.sid, err))
		return fail_in(err, "ACE of kind 0x%02x", raw.at[0]);
	ace.rest = (struct bytes){left.at + ace.sid.len, left.len - ace.sid.len};
	*out = ace;
	return true;
}

/* The condition or claim behind the SID. */
static void add_rest(struct text *out, enum ace_rest kind, struct bytes rest, struct err *damage)
{
	if (kind == REST_NONE || rest.len == 0)
		return;
	text_addc(out, ';');
	if (kind == REST_CONDITION ? security_add_condition(out, rest)
				   : security_add_claim(out, rest))
		return;
	text_addc(out, '#');
	text_add_hex(out, rest);
	if (damage->kind == ERR_NONE)
		fail(damage, ERR_DAMAGED, "a condition or claim of %zu bytes cannot be read",
		    rest.len);
}

void security_add_ace(struct text *out, struct bytes raw, struct err *damage)
{
	uint8_t type = raw.at[0];
	struct ace_kind kind = type < ARRAY_LEN(kinds) ? kinds[type] : (struct ace_kind){0};
	struct ace ace = {0};
	struct err why = {0};

	if (!parse(raw, kind.form, &ace, &why)) {
		text_addf(out, "(0x%02x;", type);
		DISCARD(add_letters(out, raw.at[1], flag_letters, ARRAY_LEN(flag_letters)));
		text_adds(out, ";#");
		text_add_hex(out, (struct bytes){raw.at + ACE_HEADER, raw.len - ACE_HEADER});
		text_addc(out, ')');
		if (damage->kind == ERR_NONE && kind.form != FORM_UNKNOWN)
			*damage = why;
		return;
	}
	text_addf(out, "(%s;", kind.letters);
	DISCARD(add_letters(out, raw.at[1], flag_letters, ARRAY_LEN(flag_letters)));
	text_addc(out, ';');
	add_rights(out, type, ace.mask);
	text_addc(out, ';');
	add_guid(out, ace.object);
	text_addc(out, ';');
	add_guid(out, ace.inherited);
	text_addc(out, ';');
	security_add_short_sid(out, ace.sid);
	add_rest(out, kind.rest, ace.rest, damage);
	text_addc(out, ')');
}
