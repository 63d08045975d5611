/* Resource attributes: CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1 as text. See parts.h. */
#include "formats/security/parts.h"

#define VALUES_MAX 1024u

enum claim_type {
	CLAIM_INT64 = 1,
	CLAIM_UINT64 = 2,
	CLAIM_STRING = 3,
	CLAIM_SID = 5,
	CLAIM_BOOLEAN = 6,
	CLAIM_OCTETS = 16,
};

static const char *type_letters(unsigned type)
{
	switch (type) {
	case CLAIM_INT64:
		return "TI";
	case CLAIM_UINT64:
		return "TU";
	case CLAIM_STRING:
		return "TS";
	case CLAIM_SID:
		return "TD";
	case CLAIM_BOOLEAN:
		return "TB";
	case CLAIM_OCTETS:
		return "TX";
	default:
		return NULL;
	}
}

/* The UTF-16 string at offset up to its NUL. */
static bool string_at(struct bytes from, uint32_t offset, struct bytes *out)
{
	size_t len = 0;

	if (offset > from.len)
		return false;
	while (len + 2 <= from.len - offset && le16(from.at + offset + len) != 0)
		len += 2;
	if (len + 2 > from.len - offset)
		return false;
	*out = (struct bytes){from.at + offset, len};
	return true;
}

/* What a length of four bytes at offset counts. */
static bool counted_at(struct bytes from, uint32_t offset, struct bytes *out)
{
	struct bytes len;

	return bytes_slice(from, offset, 4, &len) &&
	       bytes_slice(from, (uint64_t)offset + 4, le32(len.at), out);
}

static bool add_value(struct text *out, struct bytes claim, unsigned type, uint32_t offset)
{
	struct bytes value;

	switch (type) {
	case CLAIM_STRING:
		if (!string_at(claim, offset, &value))
			return false;
		security_add_quoted(out, value);
		return true;
	case CLAIM_SID:
		if (!counted_at(claim, offset, &value) || !security_sid(value, &value, NULL))
			return false;
		security_add_short_sid(out, value);
		return true;
	case CLAIM_OCTETS:
		if (!counted_at(claim, offset, &value))
			return false;
		text_add_hex(out, value);
		return true;
	default:
		if (!bytes_slice(claim, offset, 8, &value))
			return false;
		text_addf(
		    out, type == CLAIM_INT64 ? "%lld" : "%llu", (unsigned long long)le64(value.at));
		return true;
	}
}

bool security_add_claim(struct text *out, struct bytes claim)
{
	struct reader r = {.data = claim};
	uint32_t name_at = read_u32(&r);
	unsigned type = read_u16(&r);
	CLEANUP(text_free) struct text made = {0};
	struct bytes name;

	reader_skip(&r, 2);
	uint32_t flags = read_u32(&r);
	uint32_t count = read_u32(&r);
	/* Values may share their bytes: no more text than an honest claim of an ACE could hold. */
	made.ceiling = (size_t)256 << 10;
	if (r.overrun || count > VALUES_MAX || !type_letters(type) ||
	    !string_at(claim, name_at, &name))
		return false;
	text_addc(&made, '(');
	security_add_quoted(&made, name);
	text_addf(&made, ",%s,0x%x", type_letters(type), flags);
	for (uint32_t i = 0; i < count; i++) {
		text_addc(&made, ',');
		if (!add_value(&made, claim, type, read_u32(&r)) || r.overrun || made.failed)
			return false;
	}
	text_addc(&made, ')');
	if (made.failed)
		return false;
	text_add(out, text_bytes(&made));
	return true;
}
