/* Strict DER. See der.h; X.690 8.1.3 and 10.1. */
#include "bundle/der.h"

/* Reads a length at *pos and moves past it: the shortest form only, at most four bytes of it. */
static bool take_length(struct bytes in, size_t *pos, size_t *len)
{
	if (*pos >= in.len)
		return false;
	uint8_t first = in.at[(*pos)++];

	if (first < 0x80) {
		*len = first;
		return true;
	}
	size_t count = first & 0x7f;
	uint32_t value = 0;

	if (count == 0 || count > 4 || in.len - *pos < count || in.at[*pos] == 0)
		return false;
	for (size_t i = 0; i < count; i++)
		value = value << 8 | in.at[(*pos)++];
	if (value < 0x80)
		return false;
	*len = value;
	return true;
}

bool der_take(struct bytes *in, enum der_tag tag, struct bytes *content, struct bytes *whole)
{
	size_t pos = 1, len;

	if (in->len < 2 || in->at[0] != tag || !take_length(*in, &pos, &len) || len > in->len - pos)
		return false;
	if (content)
		*content = (struct bytes){in->at + pos, len};
	if (whole)
		*whole = (struct bytes){in->at, pos + len};
	in->at += pos + len;
	in->len -= pos + len;
	return true;
}

bool der_expect(struct bytes *in, const uint8_t *bytes, size_t len)
{
	if (in->len < len || memcmp(in->at, bytes, len) != 0)
		return false;
	in->at += len;
	in->len -= len;
	return true;
}
