/* The custody sheet (証拠物件管理票): the text of CUSTODY.txt, filled in or made into a page to print. The text is not
 * trusted: lines are "label: value", boxes for the number are " [ ]", all else stands as it is. */
#ifndef KANSHIKI_BUNDLE_SHEET_H
#define KANSHIKI_BUNDLE_SHEET_H

#include "core/qr.h"
#include "core/text.h"

#define SHEET_BYTES_MAX ((size_t)256 << 10)

/* Copies the text with the digits of the number (64) in its boxes. Control characters become <U+XXXX>. */
void sheet_fill(struct bytes text, const char *number, struct text *out);
/* HTML for one A4 page: no script, nothing loaded, everything escaped. number NULL: the boxes stay empty. qr NULL:
 * none. */
void sheet_html(struct bytes text, const char *number, const struct qr *qr, struct text *out);

#endif
