/* LZNT1: chunks of 4 KiB, each stored or with back references into itself. See lznt1.h. */
#include "formats/ntfs/lznt1.h"

#define CHUNK      LZNT1_CHUNK
#define COMPRESSED 0x8000u
#define SIGNATURE  0x7000u
#define SIGNED     0x3000u
#define SIZE_MASK  0x0fffu

struct chunk {
	const uint8_t *in;
	size_t in_len;
	size_t in_at;
	uint8_t *out;
	size_t room; /* at most CHUNK */
	size_t len;
};

/* The farther into the chunk, the more bits of the token are distance and the fewer length. */
static unsigned distance_bits(size_t len)
{
	unsigned bits = 4;

	while (bits < 12 && len > (size_t)1 << bits)
		bits++;
	return bits;
}

static bool copy_back(struct chunk *c, unsigned token, struct err *err)
{
	unsigned bits = distance_bits(c->len);
	size_t distance = (token >> (16 - bits)) + 1;
	size_t len = (token & (0xffffu >> bits)) + 3;

	if (distance > c->len)
		return fail(err, ERR_DAMAGED, "LZNT1: reference %zu bytes back at byte %zu",
		    distance, c->len);
	if (len > CHUNK - c->len)
		return fail(err, ERR_DAMAGED, "LZNT1: chunk of more than %u bytes", CHUNK);
	/* Source and target may overlap: that is how runs are written. */
	for (; len > 0 && c->len < c->room; len--, c->len++)
		c->out[c->len] = c->out[c->len - distance];
	return true;
}

static bool decompress_chunk(struct chunk *c, struct err *err)
{
	while (c->in_at < c->in_len && c->len < c->room) {
		unsigned flags = c->in[c->in_at++];

		for (unsigned i = 0; i < 8 && c->in_at < c->in_len && c->len < c->room; i++) {
			if (!(flags >> i & 1)) {
				c->out[c->len++] = c->in[c->in_at++];
				continue;
			}
			if (c->in_len - c->in_at < 2)
				return fail(err, ERR_DAMAGED, "LZNT1: chunk ends in a reference");
			unsigned token = le16(c->in + c->in_at);

			c->in_at += 2;
			if (!copy_back(c, token, err))
				return false;
		}
	}
	return true;
}

static void store_chunk(struct chunk *c)
{
	c->len = c->in_len < c->room ? c->in_len : c->room;
	memcpy(c->out, c->in, c->len);
}

bool lznt1_has_chunk(struct bytes in, size_t pos)
{
	return in.len - pos >= 2 && le16(in.at + pos) != 0;
}

static bool is_signed(unsigned header)
{
	return (header & SIGNATURE) == SIGNED;
}

bool lznt1_begins(const uint8_t *at)
{
	unsigned header = le16(at);

	return is_signed(header) && (header & COMPRESSED || header == (SIGNED | (CHUNK - 1)));
}

bool lznt1_chunk(
    struct bytes in, size_t *pos, uint8_t *out, size_t room, size_t *got, struct err *err)
{
	unsigned header = le16(in.at + *pos);
	size_t len = (header & SIZE_MASK) + 1;
	size_t left = in.len - *pos - 2;
	bool cut = len > left;
	bool ok = true;
	struct chunk c = {.in = in.at + *pos + 2, .in_len = cut ? left : len, .out = out};

	c.room = room < CHUNK ? room : CHUNK;
	*got = 0;
	if (!is_signed(header)) {
		*pos = in.len;
		return fail(err, ERR_DAMAGED, "LZNT1: 0x%04x is not the header of a chunk", header);
	}
	*pos += 2 + c.in_len;
	if (header & COMPRESSED)
		ok = decompress_chunk(&c, err);
	else
		store_chunk(&c);
	*got = c.len;
	if (ok && cut && c.len < c.room)
		return fail(err, ERR_DAMAGED, "LZNT1: chunk of %zu bytes where %zu are left", len,
		    c.in_len);
	return ok;
}

bool lznt1_is_row(struct bytes in, size_t pos, size_t left)
{
	while (left > 0 && lznt1_has_chunk(in, pos)) {
		unsigned header = le16(in.at + pos);
		size_t len = (header & SIZE_MASK) + 1;

		if (!is_signed(header) || len > in.len - pos - 2)
			return false;
		pos += 2 + len;
		left -= left < CHUNK ? left : CHUNK;
	}
	return left == 0;
}

bool lznt1_decompress(struct bytes in, uint8_t *out, size_t room, size_t *got, struct err *err)
{
	size_t pos = 0;
	size_t start = 0; /* of the chunk in out */

	*got = 0;
	while (start < room && lznt1_has_chunk(in, pos)) {
		size_t len = 0;
		bool ok;

		memset(out + *got, 0, start - *got);
		ok = lznt1_chunk(in, &pos, out + start, room - start, &len, err);
		*got = start + len;
		if (!ok)
			return false;
		start += CHUNK;
	}
	return true;
}
