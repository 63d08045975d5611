/* A borrowed view of bytes, and a reader that cannot leave it. Little-endian throughout. */
#ifndef KANSHIKI_CORE_BYTES_H
#define KANSHIKI_CORE_BYTES_H

#include "core/compiler.h"

#include <string.h>

struct bytes {
	const uint8_t *at; /* valid only as long as its owner says */
	size_t len;
};

/* The bytes of a C string without its NUL. */
static inline struct bytes bytes_of(const char *string)
{
	return (struct bytes){.at = (const uint8_t *)string, .len = strlen(string)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool bytes_are_zero(struct bytes bytes)
{
	return bytes.len == 0 ||
	       (bytes.at[0] == 0 && memcmp(bytes.at, bytes.at + 1, bytes.len - 1) == 0);
}

#define BYTES_PAGE ((size_t)4096)

/* The first page in memory that has BYTES_PAGE bytes more than are wanted. To the start of a page the system copies what
 * is read of files faster than elsewhere. */
static inline uint8_t *bytes_page(uint8_t *memory)
{
	return memory + (BYTES_PAGE - (uintptr_t)memory % BYTES_PAGE) % BYTES_PAGE;
}

/* Sets *out to len bytes from offset. False, *out untouched, unless all lie inside. */
bool bytes_slice(struct bytes from, uint64_t offset, uint64_t len, struct bytes *out) MUST_CHECK;

/* Loads of little-endian numbers at any alignment; the caller knows that the bytes are there. */
static inline uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}
static inline uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}
static inline uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}
static inline void put_le16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}
static inline void put_le32(uint8_t *p, uint32_t v)
{
	put_le16(p, (uint16_t)v);
	put_le16(p + 2, (uint16_t)(v >> 16));
}
static inline void put_le64(uint8_t *p, uint64_t v)
{
	put_le32(p, (uint32_t)v);
	put_le32(p + 4, (uint32_t)(v >> 32));
}

/* Reads little-endian fields in order. The first read past the end sets `overrun` and
 * yields zero, as does every read after it: read a whole structure, then check once. */
struct reader {
	struct bytes data;
	size_t pos;
	bool overrun;
};

uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
/* A view of the next len bytes; empty (at = NULL) on overrun. */
struct bytes read_bytes(struct reader *r, size_t len);
void reader_skip(struct reader *r, size_t len);

#endif
