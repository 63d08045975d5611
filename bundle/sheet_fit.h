/* How much of a custody sheet's values goes onto one page of A4. For bundle/sheet*.c. */
#ifndef KANSHIKI_BUNDLE_SHEET_FIT_H
#define KANSHIKI_BUNDLE_SHEET_FIT_H

#include "core/text.h"

#define SHEET_BOX       " [ ]"
#define SHEET_BOX_LEN   4
#define SHEET_BOXES_ROW 8

/* Tenths of a millimetre, of one line of text on the page. */
#define SHEET_LINE_HEIGHT 35u

enum sheet_kind {
	SHEET_GAP,
	SHEET_WORDS, /* a heading, or what is no row */
	SHEET_ROW,   /* "label: value" */
	SHEET_BLANK, /* a row to write on: its value is underscores alone */
	SHEET_CELLS, /* several places to write on in one line */
	SHEET_BOXES, /* of the number */
};

/* The line at *at without its end; false behind the last. */
bool sheet_next_line(struct bytes text, size_t *at, struct bytes *line);
/* *label is what stands in front of the first ": ", *value what stands behind it, for a row. */
enum sheet_kind sheet_line(struct bytes line, struct bytes *label, struct bytes *value);
/* In how many lines on paper a value may be shown so that all fits onto one page: 1 at least. */
unsigned sheet_fit(struct bytes text);
/* The value as far as that many lines hold it, to *out with "…" where it was cut. */
void sheet_cut(struct bytes label, struct bytes value, unsigned lines, struct text *out);

#endif
