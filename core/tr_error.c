/* What went wrong, in Japanese: the English lines of fail() are recognised by their formats. See tr.h. */
#include "core/tr.h"

#include <string.h>

#define PIECES_MAX 4

struct row {
	const char *english; /* a format; only %s and whole numbers */
	const char *japanese;
};

#define JA(english, japanese) {english, japanese},
static const struct row rows[] = {
#include "core/ja/errors.def"
};

static size_t conversion_len(const char *at)
{
	return strcspn(at, "sdu") + 1;
}

/* A number is one, so that "%d wrong" does not swallow what a caller put in front. */
static bool fits(const char *conversion, size_t len, struct bytes piece)
{
	size_t digits = 0;

	while (digits < piece.len && piece.at[digits] >= '0' && piece.at[digits] <= '9')
		digits++;
	return conversion[len - 1] == 's' || (piece.len && digits == piece.len);
}

/* Whether the plain words of the format stand there; the last ones at the end of the text. */
static bool goes_on(const char *format, size_t plain, const char *text)
{
	return strncmp(text, format, plain) == 0 && (format[plain] || !text[plain]);
}

/* Whether the whole text is what the format makes; pieces are what stands for its conversions. */
static bool matches(const char *format, const char *text, struct bytes pieces[PIECES_MAX])
{
	size_t count = 0;
	size_t plain = strcspn(format, "%");

	if (strncmp(text, format, plain) != 0)
		return false;
	text += plain;
	format += plain;
	while (*format && count < PIECES_MAX) {
		const char *conversion = format;
		const char *end = text;

		format += conversion_len(conversion);
		plain = strcspn(format, "%");

		while (*end && !goes_on(format, plain, end))
			end++;
		if (!goes_on(format, plain, end))
			return false;
		pieces[count] = (struct bytes){(const uint8_t *)text, (size_t)(end - text)};
		if (!fits(conversion, conversion_len(conversion), pieces[count++]))
			return false;
		text = end + plain;
		format += plain;
	}
	return *format == 0 && *text == 0;
}

static void fill(const char *format, const struct bytes pieces[PIECES_MAX], struct text *out)
{
	for (size_t used = 0; *format;) {
		size_t plain = strcspn(format, "%");

		text_add(out, (struct bytes){(const uint8_t *)format, plain});
		format += plain;
		if (!*format)
			return;
		text_add(out, pieces[used++]);
		format += conversion_len(format);
	}
}

static bool add_translated(const char *english, struct text *out)
{
	struct bytes pieces[PIECES_MAX] = {{0}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (matches(rows[i].english, english, pieces)) {
			fill(rows[i].japanese, pieces, out);
			return true;
		}
	return false;
}

/* fail_in puts "where: " in front. */
void tr_error(const char *english, struct text *out)
{
	const char *at = tr_language() == LANGUAGE_JA ? english : NULL;

	while (at) {
		CLEANUP(text_free) struct text translated = {0};

		if (add_translated(at, &translated)) {
			text_add(
			    out, (struct bytes){(const uint8_t *)english, (size_t)(at - english)});
			text_add(out, text_bytes(&translated));
			return;
		}
		at = strstr(at, ": ");
		at = at ? at + 2 : NULL;
	}
	text_adds(out, tr(english));
}
