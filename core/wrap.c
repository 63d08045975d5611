/* Lines for a screen of 80 columns. See wrap.h. */
#include "core/wrap.h"

#include "core/array.h"

#define OPTION_COLUMN 28 /* options_help */
#define USAGE_COLUMN  9  /* "kanshiki " */
#define TABLE_MAX     40 /* a second column further right is none */
#define TEXT_LEAST    30 /* columns that are left for it */

int wrap_columns(uint32_t code)
{
	bool wide = (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
		    (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
		    (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
		    (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
		    (code >= 0x20000 && code <= 0x3fffd);

	return wide ? 2 : 1;
}

/* JIS X 4051, 3.1 c: what may not begin a line, as far as we use it. */
static bool is_closing(uint32_t code)
{
	static const uint32_t marks[] = {0x3001, 0x3002, 0xff0c, 0xff0e, 0x30fb, 0xff1a, 0xff09,
	    0x300d, 0x300f, 0x3011, 0xff01, 0xff1f, 0x30fc, 0x3005, 0x3063, 0x3083, 0x3085, 0x3087,
	    0x30c3, 0x30e3, 0x30e5, 0x30e7, 0x30a1, 0x30a3, 0x30a5, 0x30a7, 0x30a9, ')', ',', '.',
	    ':', ';'};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (marks[i] == code)
			return true;
	return false;
}

/* Nor may these end one. */
static bool is_opening(uint32_t code)
{
	return code == 0xff08 || code == 0x300c || code == 0x300e || code == 0x3010 || code == '(';
}

static bool starts_with(struct bytes line, const char *what)
{
	size_t len = strlen(what);

	return line.len >= len && memcmp(line.at, what, len) == 0;
}

/* The column where what goes on is to stand. */
static int hanging(struct bytes line)
{
	int first = 0;

	if (starts_with(line, "kanshiki "))
		return USAGE_COLUMN;
	while ((size_t)first < line.len && line.at[first] == ' ')
		first++;
	if (starts_with(line, "      --") || starts_with(line, "  -"))
		return OPTION_COLUMN;
	if (first == 0)
		return 0;
	for (int i = first; i < TABLE_MAX && (size_t)i + 2 < line.len; i++) {
		if (line.at[i] >= 0x80)
			break;
		if (line.at[i] == ' ' && line.at[i + 1] == ' ') {
			while ((size_t)i < line.len && line.at[i] == ' ')
				i++;
			return i < TABLE_MAX ? i : first;
		}
	}
	return first;
}

/* Whether a line may end between the two. */
static bool may_break(uint32_t before, uint32_t after)
{
	if (after == ' ' || is_closing(after) || is_opening(before))
		return false;
	return before == ' ' || wrap_columns(before) == 2 || wrap_columns(after) == 2;
}

/* How many bytes of it fit into that many columns, blanks at the end not counted; all when there is no place to break it.
 * "[--name VALUE]" stays together. */
static size_t fitting(struct bytes text, int room)
{
	uint32_t before = 0;
	size_t best = 0;
	size_t pos = 0;
	int used = 0;
	int depth = 0;

	while (pos < text.len) {
		size_t start = pos;
		uint32_t code = text_decode(text, &pos);

		if (start && depth <= 0 && may_break(before, code))
			best = start;
		depth += (code == '[') - (code == ']');
		used += wrap_columns(code);
		if (code != ' ' && used > room && best)
			return best;
		before = code;
	}
	return text.len;
}

static void add_line(struct bytes line, struct text *out)
{
	int indent = hanging(line);
	int room = WRAP_WIDTH - 1;

	while (line.len) {
		size_t len = fitting(line, room);
		size_t shown = len;

		while (shown && line.at[shown - 1] == ' ')
			shown--;
		text_add(out, (struct bytes){line.at, shown});
		line = (struct bytes){line.at + len, line.len - len};
		if (!line.len)
			return;
		text_addc(out, '\n');
		for (int i = 0; i < indent; i++)
			text_addc(out, ' ');
		room = WRAP_WIDTH - 1 - indent > TEXT_LEAST ? WRAP_WIDTH - 1 - indent : TEXT_LEAST;
	}
}

void wrap_text(struct bytes text, struct text *out)
{
	while (text.len) {
		const uint8_t *end = memchr(text.at, '\n', text.len);
		size_t len = end ? (size_t)(end - text.at) : text.len;

		add_line((struct bytes){text.at, len}, out);
		if (end)
			text_addc(out, '\n');
		len += end ? 1 : 0;
		text = (struct bytes){text.at + len, text.len - len};
	}
}
