/* Views of bytes and the sticky reader. See bytes.h. */
#include "core/bytes.h"

bool bytes_slice(struct bytes from, uint64_t offset, uint64_t len, struct bytes *out)
{
	if (offset > from.len || len > from.len - offset)
		return false;
	*out = (struct bytes){.at = from.at ? from.at + offset : NULL, .len = (size_t)len};
	return true;
}

struct bytes read_bytes(struct reader *r, size_t len)
{
	struct bytes out = {0};

	if (r->overrun || !bytes_slice(r->data, r->pos, len, &out)) {
		r->overrun = true;
		return (struct bytes){0};
	}
	r->pos += len;
	return out;
}

uint8_t read_u8(struct reader *r)
{
	struct bytes b = read_bytes(r, 1);

	return b.at ? b.at[0] : 0;
}

uint16_t read_u16(struct reader *r)
{
	struct bytes b = read_bytes(r, 2);

	return b.at ? le16(b.at) : 0;
}

uint32_t read_u32(struct reader *r)
{
	struct bytes b = read_bytes(r, 4);

	return b.at ? le32(b.at) : 0;
}

uint64_t read_u64(struct reader *r)
{
	struct bytes b = read_bytes(r, 8);

	return b.at ? le64(b.at) : 0;
}

void reader_skip(struct reader *r, size_t len)
{
	(void)read_bytes(r, len);
}
