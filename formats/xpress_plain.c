/* Xpress without Huffman codes: MS-XCA 2.4. See xpress_plain.h. */
#include "formats/xpress_plain.h"

#include "formats/huffman.h"

struct plain {
	const uint8_t *at, *end;
	const uint8_t *half; /* a byte whose high half is the next length; NULL: none */
};

/* Puts the next `size` bytes as a number into *value. */
static bool take(struct plain *p, unsigned size, uint32_t *value)
{
	if ((size_t)(p->end - p->at) < size)
		return false;
	*value = size == 4 ? le32(p->at) : size == 2 ? le16(p->at) : *p->at;
	p->at += size;
	return true;
}

/* The length of a match that does not fit its three bits: 4 bits, then a byte, then two or four bytes. */
static bool take_length(struct plain *p, uint32_t *length)
{
	uint32_t more;

	if (p->half) {
		more = *p->half >> 4;
		p->half = NULL;
	} else {
		p->half = p->at;
		if (!take(p, 1, &more))
			return false;
		more &= 15;
	}
	*length = more + 7;
	if (more < 15)
		return true;
	if (!take(p, 1, &more))
		return false;
	*length = more + 15 + 7;
	if (more < 255)
		return true;
	return take(p, 2, length) && (*length != 0 || take(p, 4, length)) && *length >= 15 + 7;
}

static bool decode_match(struct plain *p, uint8_t *out, size_t *at, size_t len, struct err *err)
{
	uint32_t token;
	uint32_t length;

	if (!take(p, 2, &token))
		return fail(err, ERR_DAMAGED, "Xpress: ends at byte %zu of %zu", *at, len);
	length = token & 7;
	if (length == 7 && !take_length(p, &length))
		return fail(err, ERR_DAMAGED, "Xpress: bad length of a match at byte %zu", *at);
	size_t distance = (token >> 3) + 1;
	size_t whole = (size_t)length + 3;

	if (distance > *at)
		return fail(err, ERR_DAMAGED, "Xpress: reference %zu bytes back at byte %zu",
		    distance, *at);
	if (length > len - *at || whole > len - *at)
		return fail(err, ERR_DAMAGED, "Xpress: more than %zu bytes", len);
	copy_earlier(out + *at, distance, whole, len - *at);
	*at += whole;
	return true;
}

bool xpress_plain_decompress(
    struct bytes in, uint8_t *out, size_t len, size_t *got, struct err *err)
{
	struct plain p = {.at = in.at, .end = in.at + in.len};
	uint32_t flags = 0;
	unsigned left = 0; /* flags not yet used */
	size_t at = 0;

	for (*got = 0; at < len; *got = at) {
		uint32_t byte;

		if (left == 0) {
			if (!take(&p, 4, &flags))
				return fail(
				    err, ERR_DAMAGED, "Xpress: ends at byte %zu of %zu", at, len);
			left = 32;
		}
		if (flags >> --left & 1) {
			if (!decode_match(&p, out, &at, len, err))
				return false;
		} else {
			if (!take(&p, 1, &byte))
				return fail(
				    err, ERR_DAMAGED, "Xpress: ends at byte %zu of %zu", at, len);
			out[at++] = (uint8_t)byte;
		}
	}
	return true;
}
