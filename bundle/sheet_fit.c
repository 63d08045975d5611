/* The lines of a custody sheet and their place on the page. See sheet_fit.h; the sizes are those of the style sheet in
 * sheet.c. */
#include "bundle/sheet_fit.h"

#include <limits.h>

/* Tenths of a millimetre. */
#define PAGE_HEIGHT  2770u /* A4 with margins of 9 mm is 2790: no two browsers set the same */
#define TITLE_HEIGHT 75u
#define ROW_BORDER   3u /* one pixel, however thin it is asked for */
#define BLANK_HEIGHT 52u
#define CELLS_HEIGHT 68u
#define BOXES_HEIGHT 52u
#define GAP_HEIGHT   12u
/* Latin letters in a line of 192 mm at 7.6 pt in the widest of the fonts; kana and kanji take two. */
#define LINE_COLUMNS  118u
#define VALUE_COLUMNS 20u /* a label leaves at least so many */
#define LINES_MAX     40u /* that one value gets on an empty page */
#define BLANK_MARK    "____"

bool sheet_next_line(struct bytes text, size_t *at, struct bytes *line)
{
	if (*at >= text.len)
		return false;
	const uint8_t *from = text.at + *at;
	const uint8_t *end = memchr(from, '\n', text.len - *at);

	*line = (struct bytes){from, end ? (size_t)(end - from) : text.len - *at};
	*at += line->len + 1;
	if (line->len && line->at[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool is_boxes(struct bytes line)
{
	bool same = line.len == (size_t)SHEET_BOX_LEN * SHEET_BOXES_ROW;

	for (size_t i = 0; same && i < line.len; i++)
		same = line.at[i] == (uint8_t)SHEET_BOX[i % SHEET_BOX_LEN];
	return same;
}

static bool is_blank(struct bytes value)
{
	bool same = value.len > 0;

	for (size_t i = 0; same && i < value.len; i++)
		same = value.at[i] == '_';
	return same;
}

/* Runs of underscores in the line. */
static unsigned blanks(struct bytes line)
{
	const size_t len = strlen(BLANK_MARK);
	unsigned count = 0;

	for (size_t i = 0; i + len <= line.len; i++) {
		if (memcmp(line.at + i, BLANK_MARK, len) != 0)
			continue;
		count++;
		while (i < line.len && line.at[i] == '_')
			i++;
	}
	return count;
}

enum sheet_kind sheet_line(struct bytes line, struct bytes *label, struct bytes *value)
{
	size_t split = 0;

	*label = line;
	*value = (struct bytes){0};
	if (line.len == 0)
		return SHEET_GAP;
	if (is_boxes(line))
		return SHEET_BOXES;
	while (split + 2 <= line.len && memcmp(line.at + split, ": ", 2) != 0)
		split++;
	if (split + 2 > line.len)
		return blanks(line) > 1 ? SHEET_CELLS : SHEET_WORDS;
	*label = (struct bytes){line.at, split};
	*value = (struct bytes){line.at + split + 2, line.len - split - 2};
	return is_blank(*value) ? SHEET_BLANK : SHEET_ROW;
}

/* In a proportional font some letters are nearly as wide as a kanji. */
static unsigned code_columns(uint32_t code)
{
	bool is_wide = (code >= 0x1100 && code != TEXT_INVALID) ||
		       (code && code < 0x80 && strchr("WMmw@%", (int)code));

	return is_wide ? 2 : 1;
}

static size_t columns(struct bytes text)
{
	size_t count = 0;
	size_t pos = 0;

	while (pos < text.len)
		count += code_columns(text_decode(text, &pos));
	return count;
}

/* In one line of the page, beside its label. */
static size_t room_beside(struct bytes label)
{
	size_t used = columns(label) + 2;

	return used + VALUE_COLUMNS < LINE_COLUMNS ? LINE_COLUMNS - used : VALUE_COLUMNS;
}

static size_t lines_of(struct bytes text, size_t room)
{
	size_t count = (columns(text) + room - 1) / room;

	return count ? count : 1;
}

static uint64_t height_of(struct bytes line, unsigned most)
{
	struct bytes label;
	struct bytes value;
	size_t lines;

	switch (sheet_line(line, &label, &value)) {
	case SHEET_GAP:
		return GAP_HEIGHT;
	case SHEET_BOXES:
		return BOXES_HEIGHT;
	case SHEET_BLANK:
		return BLANK_HEIGHT;
	case SHEET_CELLS:
		return CELLS_HEIGHT;
	case SHEET_WORDS:
		return (uint64_t)SHEET_LINE_HEIGHT * lines_of(label, LINE_COLUMNS);
	case SHEET_ROW:
		lines = lines_of(value, room_beside(label));
		return (uint64_t)SHEET_LINE_HEIGHT * (lines < most ? lines : most) + ROW_BORDER;
	}
	return 0;
}

/* Where something is cut a last line says where the whole is. */
static bool fits(struct bytes text, unsigned most)
{
	uint64_t height = TITLE_HEIGHT;
	uint64_t whole = TITLE_HEIGHT;
	struct bytes line;
	size_t at = 0;

	if (!sheet_next_line(text, &at, &line)) /* the title */
		return true;
	while (sheet_next_line(text, &at, &line)) {
		height += height_of(line, most);
		whole += height_of(line, UINT_MAX);
	}
	if (height < whole)
		height += SHEET_LINE_HEIGHT;
	return height <= PAGE_HEIGHT;
}

unsigned sheet_fit(struct bytes text)
{
	unsigned lines = LINES_MAX;

	while (lines > 1 && !fits(text, lines))
		lines--;
	return lines;
}

void sheet_cut(struct bytes label, struct bytes value, unsigned lines, struct text *out)
{
	size_t room = room_beside(label) * lines;
	size_t used = 0;
	size_t pos = 0;

	if (columns(value) <= room) {
		text_add(out, value);
		return;
	}
	while (pos < value.len) {
		size_t start = pos;
		unsigned more = code_columns(text_decode(value, &pos));

		if (used + more + 2 > room)
			break;
		used += more;
		text_add(out, (struct bytes){value.at + start, pos - start});
	}
	text_adds(out, "…");
}
