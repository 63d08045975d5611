/* What went wrong, in Japanese: the English lines of fail() are recognised by their formats. See tr.h. */
#include "core/tr.h"

#include <string.h>

#define PIECES_MAX 4
#define DEPTH_MAX  6    /* reasons inside reasons */
#define TEXT_MAX   1024 /* bytes; a row of a bundle may claim more, and time grows with the square */

struct row {
	const char *english; /* a format; %s, %c and whole numbers */
	const char *japanese;
};

#define JA(english, japanese) {english, japanese},
static const struct row rows[] = {
#include "core/ja/errors.def"
#include "core/ja/errors_bundle.def"
#include "core/ja/errors_cli.def"
#include "core/ja/errors_formats.def"
#include "core/ja/errors_reasons.def"
#include "core/ja/errors_system.def"
#include "core/ja/errors_where.def"
};

static size_t conversion_len(const char *at)
{
	return strcspn(at, "sdcux") + 1;
}

static bool is_of(struct bytes piece, const char *digits)
{
	for (size_t i = 0; i < piece.len; i++)
		if (!piece.at[i] || !strchr(digits, piece.at[i]))
			return false;
	return piece.len != 0;
}

/* A number is one, so that "%d wrong" does not swallow what a caller put in front. */
static bool fits(const char *conversion, size_t len, struct bytes piece)
{
	switch (conversion[len - 1]) {
	case 's':
		return true;
	case 'c':
		return piece.len == 1;
	case 'x':
		return is_of(piece, "0123456789abcdef");
	default:
		return is_of(piece, "0123456789");
	}
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

static void add_error(const char *english, unsigned depth, struct text *out);

/* What stands for %s may be a reason itself, as in "3 bytes could not be read: REASON". */
static void add_piece(char conversion, struct bytes piece, unsigned depth, struct text *out)
{
	CLEANUP(text_free) struct text inner = {0};

	if (conversion != 's' || depth >= DEPTH_MAX) {
		text_add(out, piece);
		return;
	}
	text_add(&inner, piece);
	add_error(text_string(&inner), depth + 1, out);
}

static void fill(
    const char *format, const struct bytes pieces[PIECES_MAX], unsigned depth, struct text *out)
{
	for (size_t used = 0; *format;) {
		size_t plain = strcspn(format, "%");

		text_add(out, (struct bytes){(const uint8_t *)format, plain});
		format += plain;
		if (!*format)
			return;
		add_piece(format[conversion_len(format) - 1], pieces[used++], depth, out);
		format += conversion_len(format);
	}
}

static bool add_translated(const char *english, unsigned depth, struct text *out)
{
	struct bytes pieces[PIECES_MAX] = {{0}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (matches(rows[i].english, english, pieces)) {
			fill(rows[i].japanese, pieces, depth, out);
			return true;
		}
	/* One that is shown elsewhere, too, and not as a failure. */
	const char *said = tr(english);

	if (said == english)
		return false;
	text_adds(out, said);
	return true;
}

/* fail_in puts "where: " in front. */
static void add_error(const char *english, unsigned depth, struct text *out)
{
	const char *at = strlen(english) <= TEXT_MAX ? english : NULL;

	while (at) {
		CLEANUP(text_free) struct text translated = {0};

		if (add_translated(at, depth, &translated)) {
			text_add(
			    out, (struct bytes){(const uint8_t *)english, (size_t)(at - english)});
			text_add(out, text_bytes(&translated));
			return;
		}
		at = strstr(at, ": ");
		at = at ? at + 2 : NULL;
	}
	text_adds(out, english);
}

void tr_error(const char *english, struct text *out)
{
	if (tr_language() == LANGUAGE_JA)
		add_error(english, 0, out);
	else
		text_adds(out, english);
}
