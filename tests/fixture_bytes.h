/* Little-endian fields appended to a growable buffer, and set later, for the fixture writers. */
#ifndef KANSHIKI_TESTS_FIXTURE_BYTES_H
#define KANSHIKI_TESTS_FIXTURE_BYTES_H

#include "core/text.h"

static inline void add_u8(struct text *out, unsigned value)
{
	text_addc(out, (char)(value & 0xff));
}

static inline void add_u16(struct text *out, unsigned value)
{
	add_u8(out, value);
	add_u8(out, value >> 8);
}

static inline void add_u32(struct text *out, uint32_t value)
{
	add_u16(out, value & 0xffff);
	add_u16(out, value >> 16);
}

static inline void add_u64(struct text *out, uint64_t value)
{
	add_u32(out, (uint32_t)value);
	add_u32(out, (uint32_t)(value >> 32));
}

static inline void add_zeros(struct text *out, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_u8(out, 0);
}

/* Zeros up to a length that must not have been passed. */
static inline void add_until(struct text *out, size_t len)
{
	if (out->len < len)
		add_zeros(out, len - out->len);
}

/* A UTF-8 string as UTF-16LE, without NUL. */
static inline void add_utf16(struct text *out, const char *string)
{
	text_to_utf16(bytes_of(string), out);
}

static inline uint8_t *fixture_at(struct text *out, size_t offset)
{
	return (uint8_t *)out->at + offset;
}

#endif
