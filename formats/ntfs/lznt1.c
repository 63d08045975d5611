/* LZNT1: chunks of 4 KiB, each stored or with back references into itself. See lznt1.h. */
#include "formats/ntfs/lznt1.h"

#define CHUNK      4096u
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

bool lznt1_decompress(struct bytes in, uint8_t *out, size_t room, size_t *got, struct err *err)
{
	size_t pos = 0;
	size_t start = 0; /* of the chunk in out */

	*got = 0;
	while (start < room && in.len - pos >= 2) {
		unsigned header = le16(in.at + pos);
		size_t len = (header & SIZE_MASK) + 1;

		if (header == 0)
			break;
		if ((header & SIGNATURE) != SIGNED)
			return fail(
			    err, ERR_DAMAGED, "LZNT1: 0x%04x is not the header of a chunk", header);
		pos += 2;
		memset(out + *got, 0, start - *got);
		struct chunk c = {.in = in.at + pos, .out = out + start};
		bool cut = len > in.len - pos;
		bool ok = true;

		c.in_len = cut ? in.len - pos : len;
		c.room = room - start < CHUNK ? room - start : CHUNK;
		if (header & COMPRESSED)
			ok = decompress_chunk(&c, err);
		else
			store_chunk(&c);
		*got = start + c.len;
		if (!ok)
			return false;
		if (cut && c.len < c.room)
			return fail(err, ERR_DAMAGED,
			    "LZNT1: chunk of %zu bytes where %zu are left", len, c.in_len);
		pos += c.in_len;
		start += CHUNK;
	}
	return true;
}
