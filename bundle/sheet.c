/* The custody sheet. See sheet.h. */
#include "bundle/sheet.h"

#define BOX       " [ ]"
#define BOX_LEN   4
#define BOXES_ROW 8
#define DIGITS    64

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"ja\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<title>証拠物件管理票 Custody sheet</title>\n<style>\n"
    "@page{size:A4 portrait;margin:9mm}\n"
    "body{font:7.6pt/1.28 \"MS Gothic\",\"Yu Gothic\",\"Noto Sans CJK JP\",sans-serif;color:#000;"
    "background:#fff;max-width:190mm;margin:auto}\n"
    "h1{font-size:12pt;margin:0 0 1mm;border-bottom:.5mm solid}\n"
    "p{margin:0;overflow-wrap:anywhere}\n"
    "p.row{display:flex;border-bottom:.1mm solid #999}\n"
    "p.row b{flex:none;max-width:90mm;font-weight:normal;color:#333;padding-right:2mm}\n"
    "p.row span{flex:1;min-width:0;font-weight:bold}\n"
    "p.gap{height:1.2mm}\n"
    "div.number{font-family:monospace;height:6mm;white-space:nowrap}\n"
    "div.number i{display:inline-block;box-sizing:border-box;width:6mm;height:6mm;"
    "border:.2mm solid;text-align:center;font:bold 11pt/5.4mm monospace}\n"
    "svg{float:right;width:44mm;height:44mm}\n"
    "</style>\n</head>\n<body>\n";

/* The line at *at without its end; false behind the last. */
static bool next_line(struct bytes text, size_t *at, struct bytes *line)
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
	bool same = line.len == BOX_LEN * BOXES_ROW;

	for (size_t i = 0; same && i < line.len; i++)
		same = line.at[i] == (uint8_t)BOX[i % BOX_LEN];
	return same;
}

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
	size_t at = 0;
	size_t used = 0;

	while (next_line(text, &at, &line)) {
		if (is_boxes(line))
			for (int i = 0; i < BOXES_ROW; i++)
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
	for (int i = 0; i < BOXES_ROW; i++) {
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

/* Up to the first ": " it is what the form asks. */
static void add_row(struct text *out, struct bytes line)
{
	size_t split = 0;

	while (split + 2 <= line.len && memcmp(line.at + split, ": ", 2) != 0)
		split++;
	if (split + 2 > line.len) {
		text_adds(out, line.len ? "<p>" : "<p class=\"gap\">");
		add_escaped(out, line);
		text_adds(out, "</p>\n");
		return;
	}
	text_adds(out, "<p class=\"row\"><b>");
	add_escaped(out, (struct bytes){line.at, split});
	text_adds(out, "</b><span>");
	struct bytes value = {line.at + split + 2, line.len - split - 2};
	bool is_blank = true;

	for (size_t i = 0; i < value.len; i++)
		is_blank = is_blank && value.at[i] == '_';
	if (!is_blank)
		add_escaped(out, value);
	text_adds(out, "</span></p>\n");
}

void sheet_html(struct bytes text, const char *number, const struct qr *qr, struct text *out)
{
	struct bytes line;
	size_t at = 0;
	size_t used = 0;
	bool is_first = true;
	bool had_boxes = false;

	text_adds(out, head);
	while (next_line(text, &at, &line)) {
		if (is_first) {
			text_adds(out, "<h1>");
			add_escaped(out, line);
			text_adds(out, "</h1>\n");
		} else if (is_boxes(line)) {
			if (qr && !had_boxes)
				add_qr(out, qr);
			had_boxes = true;
			add_boxes(out, number, &used);
		} else {
			add_row(out, line);
		}
		is_first = false;
	}
	text_adds(out, "</body>\n</html>\n");
}
