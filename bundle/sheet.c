/* The custody sheet. See sheet.h. */
#include "bundle/sheet.h"

#include "bundle/sheet_fit.h"

#define DIGITS 64

struct page { /* under way */
	struct text *out;
	const char *number;
	const struct qr *qr;
	unsigned lines; /* on paper, that a value gets at most */
	size_t used;    /* digits of the number */
	bool had_boxes, is_cut;
};

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<title>証拠物件管理票 Custody sheet</title>\n<style>\n"
    "@page{size:A4 portrait;margin:9mm}\n"
    "body{font:7.6pt/3.5mm \"MS Gothic\",\"Yu Gothic\",\"Noto Sans CJK JP\",sans-serif;color:#000;"
    "background:#fff;width:192mm;max-width:100%;margin:0 auto}\n"
    "h1{font-size:12pt;line-height:6mm;margin:0 0 .6mm;border-bottom:.5mm solid}\n"
    "p{margin:0;word-break:break-all}\n"
    "p.words{font-weight:bold}\n"
    "p.row{display:flex;border-bottom:.1mm solid #999}\n"
    "p.row b{flex:none;max-width:130mm;font-weight:normal;color:#333;padding-right:2mm;"
    "white-space:pre}\n"
    "p.row span{flex:1;min-width:0;font-weight:bold}\n"
    "p.blank{height:4.9mm;align-items:flex-end}\n"
    "p.gap{height:1.2mm}\n"
    "p.cells{display:flex;border-bottom:.1mm solid;height:6.5mm}\n"
    "p.cells span{flex:1;border-right:.1mm solid;padding-left:.5mm;color:#333}\n"
    "div.number{font-family:monospace;height:5.2mm;white-space:nowrap}\n"
    "div.number i{display:inline-block;box-sizing:border-box;width:6mm;height:5.2mm;"
    "border:.2mm solid;text-align:center;font:bold 11pt/4.8mm monospace;vertical-align:top}\n"
    "svg{float:right;width:41mm;height:41mm}\n"
    "</style>\n</head>\n<body>\n";

/* The next digit of the number; a blank where there is none. */
static char next_digit(const char *number, size_t *used)
{
	if (!number || *used >= DIGITS || !number[*used])
		return ' ';
	return number[(*used)++];
}

void sheet_fill(struct bytes text, const char *number, struct text *out)
{
	struct bytes line;
	struct bytes label;
	struct bytes value;
	size_t at = 0;
	size_t used = 0;

	while (sheet_next_line(text, &at, &line)) {
		if (sheet_line(line, &label, &value) == SHEET_BOXES)
			for (int i = 0; i < SHEET_BOXES_ROW; i++)
				text_addf(out, " [%c]", next_digit(number, &used));
		else
			text_add_printable(out, line);
		text_addc(out, '\n');
	}
}

/* Text between tags: no mark-up, no control or bidi character. */
static void add_escaped(struct text *out, struct bytes value)
{
	CLEANUP(text_free) struct text shown = {0};

	text_add_printable(&shown, value);
	out->failed = out->failed || shown.failed;
	for (size_t i = 0; i < shown.len; i++) {
		char c = shown.at[i];

		if (c == '<')
			text_adds(out, "&lt;");
		else if (c == '>')
			text_adds(out, "&gt;");
		else if (c == '&')
			text_adds(out, "&amp;");
		else if (c == '"')
			text_adds(out, "&quot;");
		else if (c == '\'')
			text_adds(out, "&#39;");
		else
			text_addc(out, c);
	}
}

static void add_boxes(struct text *out, const char *number, size_t *used)
{
	text_adds(out, "<div class=\"number\">");
	for (int i = 0; i < SHEET_BOXES_ROW; i++) {
		char digit = next_digit(number, used);

		text_adds(out, "<i>");
		if (digit == ' ')
			text_adds(out, "&nbsp;");
		else
			add_escaped(out, (struct bytes){(const uint8_t *)&digit, 1});
		text_adds(out, "</i>");
	}
	text_adds(out, "</div>\n");
}

static void add_qr(struct text *out, const struct qr *qr)
{
	int side = qr->size + 2 * QR_QUIET;

	text_addf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
	    "shape-rendering=\"crispEdges\"><path d=\"",
	    side, side);
	for (int row = 0; row < qr->size; row++)
		for (int column = 0; column < qr->size; column++)
			if (qr->dark[row][column])
				text_addf(out, "M%d %dh1v1h-1z", column + QR_QUIET, row + QR_QUIET);
	text_adds(out, "\"/></svg>\n");
}

/* What is cut is cut before it is escaped: half an escape is none. */
static void add_value(struct page *page, struct bytes label, struct bytes value)
{
	CLEANUP(text_free) struct text shown = {0};
	CLEANUP(text_free) struct text cut = {0};

	text_add_printable(&shown, value);
	sheet_cut(label, text_bytes(&shown), page->lines, &cut);
	page->out->failed = page->out->failed || shown.failed || cut.failed;
	page->is_cut = page->is_cut || cut.len != shown.len;
	add_escaped(page->out, text_bytes(&cut));
}

static void add_row(struct page *page, const char *style, struct bytes label, struct bytes value)
{
	struct text *out = page->out;

	text_addf(out, "<p class=\"%s\"><b>", style);
	add_escaped(out, label);
	text_adds(out, "</b><span>");
	add_value(page, label, value);
	text_adds(out, "</span></p>\n");
}

/* "When ____ From ____": a box to write in for each. */
static void add_cells(struct text *out, struct bytes line)
{
	size_t at = 0;

	text_adds(out, "<p class=\"cells\">");
	while (at < line.len) {
		size_t start = at;

		while (at < line.len && line.at[at] != '_')
			at++;
		size_t end = at;

		while (at < line.len && line.at[at] == '_')
			at++;
		text_adds(out, "<span>");
		add_escaped(out, (struct bytes){line.at + start, end - start});
		text_adds(out, "</span>");
	}
	text_adds(out, "</p>\n");
}

static void add_line(struct page *page, struct bytes line)
{
	struct text *out = page->out;
	struct bytes label;
	struct bytes value;

	switch (sheet_line(line, &label, &value)) {
	case SHEET_GAP:
		text_adds(out, "<p class=\"gap\"></p>\n");
		break;
	case SHEET_WORDS:
		text_adds(out, "<p class=\"words\">");
		add_escaped(out, label);
		text_adds(out, "</p>\n");
		break;
	case SHEET_ROW:
		add_row(page, "row", label, value);
		break;
	case SHEET_BLANK:
		add_row(page, "row blank", label, (struct bytes){0});
		break;
	case SHEET_CELLS:
		add_cells(out, line);
		break;
	case SHEET_BOXES:
		if (page->qr && page->used == 0 && !page->had_boxes)
			add_qr(out, page->qr);
		page->had_boxes = true;
		add_boxes(out, page->number, &page->used);
		break;
	}
}

void sheet_html(struct bytes text, const char *number, const struct qr *qr, struct text *out)
{
	struct page page = {.out = out, .number = number, .qr = qr, .lines = sheet_fit(text)};
	struct bytes line;
	size_t at = 0;

	text_adds(out, head);
	/* Whatever the font: never a second page. */
	text_addf(out, "<style>p.row span{max-height:%u.%umm;overflow:hidden}</style>\n",
	    page.lines * SHEET_LINE_HEIGHT / 10, page.lines * SHEET_LINE_HEIGHT % 10);
	if (sheet_next_line(text, &at, &line)) {
		text_adds(out, "<h1>");
		add_escaped(out, line);
		text_adds(out, "</h1>\n");
	}
	while (sheet_next_line(text, &at, &line))
		add_line(&page, line);
	if (page.is_cut)
		text_adds(out,
		    "<p class=\"words\">… 全文は CUSTODY.txt にあります The whole text is "
		    "in CUSTODY.txt</p>\n");
	text_adds(out, "</body>\n</html>\n");
}
