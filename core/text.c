/* Growable UTF-8 text. See text.h. */
#include "core/text.h"

#include "core/array.h"
#include "core/wipe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define NAME_SHOWN 120

static bool text_grow(struct text *text, size_t more)
{
	size_t ceiling = text->ceiling ? text->ceiling : TEXT_CEILING;

	if (text->failed)
		return false;
	if (more > ceiling || text->len > ceiling - more) {
		text->failed = true;
		text->is_over = true;
		return false;
	}
	text->failed =
	    !array_grow(&text->at, &text->room, text->len + more + 1, 1, ceiling + 1, NULL);
	return !text->failed;
}

/* What has room is below the ceiling. */
static inline bool text_reserve(struct text *text, size_t more)
{
	return (!text->failed && text->room - text->len > more) || text_grow(text, more);
}

void text_add(struct text *text, struct bytes bytes)
{
	if (!text_reserve(text, bytes.len))
		return;
	if (bytes.len)
		memcpy(text->at + text->len, bytes.at, bytes.len);
	text->len += bytes.len;
	text->at[text->len] = 0;
}

void text_adds(struct text *text, const char *string)
{
	text_add(text, bytes_of(string));
}

void text_addc(struct text *text, char c)
{
	if (!text_reserve(text, 1))
		return;
	text->at[text->len++] = c;
	text->at[text->len] = 0;
}

void text_addf(struct text *text, const char *format, ...)
{
	va_list args;
	va_list again;

	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);

	va_end(args);
	if (len < 0)
		text->failed = true;
	else if (text_reserve(text, (size_t)len)) {
		vsnprintf(text->at + text->len, (size_t)len + 1, format, again);
		text->len += (size_t)len;
	}
	va_end(again);
}

void text_add_code(struct text *text, uint32_t code)
{
	uint8_t utf8[4];
	size_t len;

	if (code < 0x80) {
		utf8[0] = (uint8_t)code;
		len = 1;
	} else if (code < 0x800) {
		utf8[0] = (uint8_t)(0xc0 | code >> 6);
		utf8[1] = (uint8_t)(0x80 | (code & 0x3f));
		len = 2;
	} else if (code < 0x10000) {
		utf8[0] = (uint8_t)(0xe0 | code >> 12);
		utf8[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		utf8[2] = (uint8_t)(0x80 | (code & 0x3f));
		len = 3;
	} else {
		utf8[0] = (uint8_t)(0xf0 | (code >> 18 & 7));
		utf8[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
		utf8[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		utf8[3] = (uint8_t)(0x80 | (code & 0x3f));
		len = 4;
	}
	text_add(text, (struct bytes){.at = utf8, .len = len});
}

static bool is_plain_unit(const uint8_t *unit, char end)
{
	return unit[1] == 0 && unit[0] != 0 && unit[0] < 0x80 && unit[0] != (uint8_t)end;
}

#ifdef __SSE2__
static __m128i load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Whether all units that were packed are plain. Packing leaves 0x80 or more of what is 0x80 to 0x7fff, and 0 of what
 * is more: as signed bytes neither is above 0. */
static bool are_plain(__m128i packed, char end)
{
	__m128i above = _mm_cmpgt_epi8(packed, _mm_setzero_si128());
	__m128i stop = _mm_cmpeq_epi8(packed, _mm_set1_epi8(end));

	return _mm_movemask_epi8(_mm_andnot_si128(stop, above)) == 0xffff;
}

/* Eight units at a time, the last eight over those before when fewer are left. Returns how many bytes of UTF-16
 * they were; there is room. */
static size_t add_eights(char *to, struct bytes utf16, char end)
{
	size_t done = 0;

	while (utf16.len >= 16 && done < utf16.len) {
		size_t at = utf16.len - done < 16 ? utf16.len - 16 : done;
		__m128i units = load(utf16.at + at);
		__m128i packed = _mm_packus_epi16(units, units);

		if (!are_plain(packed, end))
			break;
		_mm_storel_epi64((__m128i *)(void *)(to + at / 2), packed);
		done = at + 16;
	}
	return done;
}

/* Likewise sixteen, and eight where there are not so many. */
static size_t add_blocks(char *to, struct bytes utf16, char end)
{
	size_t done = 0;

	if (utf16.len < 32)
		return add_eights(to, utf16, end);
	while (done < utf16.len) {
		size_t at = utf16.len - done < 32 ? utf16.len - 32 : done;
		__m128i packed = _mm_packus_epi16(load(utf16.at + at), load(utf16.at + at + 16));

		if (!are_plain(packed, end))
			break;
		_mm_storeu_si128((__m128i *)(void *)(to + at / 2), packed);
		done = at + 32;
	}
	return done;
}
#else
static size_t add_blocks(char *to, struct bytes utf16, char end)
{
	(void)to;
	(void)utf16;
	(void)end;
	return 0;
}
#endif

size_t text_add_ascii(struct text *text, struct bytes utf16, char end)
{
	utf16.len &= ~(size_t)1;
	if (!utf16.len || !text_reserve(text, utf16.len / 2))
		return 0;
	size_t done = add_blocks(text->at + text->len, utf16, end);
	char *to = text->at + text->len + done / 2;

	for (; done < utf16.len && is_plain_unit(utf16.at + done, end); done += 2)
		*to++ = (char)utf16.at[done];
	*to = 0;
	text->len = (size_t)(to - text->at);
	return done;
}

void text_add_utf16(struct text *text, struct bytes utf16)
{
	for (size_t i = text_add_ascii(text, utf16, 0); i + 2 <= utf16.len; i += 2) {
		uint32_t code = le16(utf16.at + i);

		if (code >= 0xd800 && code < 0xdc00 && i + 4 <= utf16.len) {
			uint32_t low = le16(utf16.at + i + 2);

			if (low >= 0xdc00 && low < 0xe000) {
				code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			}
		}
		text_add_code(text, code);
	}
}

void text_add_hex(struct text *text, struct bytes bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		text_addc(text, digits[bytes.at[i] >> 4]);
		text_addc(text, digits[bytes.at[i] & 15]);
	}
}

void text_add_size(struct text *text, uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1000 && unit + 1 < ARRAY_LEN(units)) {
		value /= 1000;
		unit++;
	}
	text_addf(text, unit && value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

void text_add_guid(struct text *text, const uint8_t *guid)
{
	text_addf(text, "%08x-%04x-%04x-", le32(guid), le16(guid + 4), le16(guid + 6));
	text_add_hex(text, (struct bytes){guid + 8, 2});
	text_addc(text, '-');
	text_add_hex(text, (struct bytes){guid + 10, 6});
}

void text_add_printable(struct text *text, struct bytes utf8)
{
	size_t pos = 0;

	while (pos < utf8.len) {
		size_t start = pos;
		uint32_t code = text_decode(utf8, &pos);

		if (code == TEXT_INVALID)
			text_addf(text, "<%02X>", utf8.at[start]);
		else if (text_is_control(code) || (code >= 0xd800 && code < 0xe000))
			text_addf(text, "<U+%04X>", code);
		else
			text_add(text, (struct bytes){.at = utf8.at + start, .len = pos - start});
	}
}

void text_free(struct text *text)
{
	free(text->at);
	*text = (struct text){.ceiling = text->ceiling};
}

void text_wipe(struct text *text)
{
	wipe(text->at, text->room);
	text_free(text);
}

const char *text_string(const struct text *text)
{
	return text->at ? text->at : "";
}

bool text_fail(const struct text *text, struct err *err)
{
	if (text->is_over)
		return fail(err, ERR_LIMIT, "text grew over %zu bytes",
		    text->ceiling ? text->ceiling : TEXT_CEILING);
	return fail(err, ERR_MEMORY, "no memory for text");
}

/* Length of the sequence a lead byte announces, 0 for a byte that cannot lead. */
static size_t lead_len(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	if (lead >= 0xf0 && lead < 0xf5)
		return 4;
	return 0;
}

uint32_t text_decode(struct bytes utf8, size_t *pos)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t *p = utf8.at + *pos;
	size_t len = lead_len(p[0]);
	uint32_t code = len == 1 ? p[0] : len ? p[0] & (0x7fu >> len) : 0;

	if (len == 0 || len > utf8.len - *pos) {
		*pos += 1;
		return TEXT_INVALID;
	}
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*pos += 1;
			return TEXT_INVALID;
		}
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff) {
		*pos += 1;
		return TEXT_INVALID;
	}
	*pos += len;
	return code;
}

void text_to_utf16(struct bytes utf8, struct text *out)
{
	size_t pos = 0;

	while (pos < utf8.len) {
		uint32_t code = text_decode(utf8, &pos);
		uint8_t units[4];
		size_t len = 2;

		if (code == TEXT_INVALID)
			code = 0xfffd;
		if (code >= 0x10000) {
			put_le16(units, (uint16_t)(0xd800 + ((code - 0x10000) >> 10)));
			put_le16(units + 2, (uint16_t)(0xdc00 + ((code - 0x10000) & 0x3ff)));
			len = 4;
		} else {
			put_le16(units, (uint16_t)code);
		}
		text_add(out, (struct bytes){.at = units, .len = len});
	}
}

bool text_is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f ||
	       code == 0x061c || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

bool text_same_name(struct bytes a, struct bytes b)
{
	size_t i = 0;
	size_t j = 0;

	while (i < a.len && j < b.len) {
		size_t was_i = i;
		size_t was_j = j;
		uint32_t x = text_decode(a, &i);
		uint32_t y = text_decode(b, &j);

		if (x == TEXT_INVALID && y == TEXT_INVALID && a.at[was_i] != b.at[was_j])
			return false;
		if (x != y &&
		    (x == TEXT_INVALID || y == TEXT_INVALID || text_fold(x) != text_fold(y)))
			return false;
	}
	return i == a.len && j == b.len;
}

int text_cut(struct bytes utf8, int most)
{
	int len = most;

	if (utf8.len <= (size_t)most)
		return (int)utf8.len;
	/* No character has more than three bytes behind its first one. */
	while (len > 0 && most - len < 4 && (utf8.at[len] & 0xc0) == 0x80)
		len--;
	return (utf8.at[len] & 0xc0) == 0x80 ? most : len;
}

bool text_fail_in(struct err *err, struct bytes name)
{
	return fail_in(err, "'%.*s'", text_cut(name, NAME_SHOWN), (const char *)name.at);
}

bool text_list_add(struct text_list *list, struct bytes string, struct err *err)
{
	if (!array_grow(&list->at, &list->room, list->count + 1, sizeof(*list->at), 1u << 20, err))
		return false;
	char *copy = malloc(string.len + 1);

	if (!copy)
		return fail(err, ERR_MEMORY, "no memory for a string of %zu bytes", string.len);
	if (string.len)
		memcpy(copy, string.at, string.len);
	copy[string.len] = 0;
	list->at[list->count++] = copy;
	return true;
}

void text_list_wipe(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		wipe(list->at[i], strlen(list->at[i]));
	text_list_free(list);
}

void text_list_free(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->at[i]);
	free(list->at);
	*list = (struct text_list){0};
}
