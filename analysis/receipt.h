/* What meta/receipt.json says, for a person: per kind of information, and the gaps. */
#ifndef KANSHIKI_ANALYSIS_RECEIPT_H
#define KANSHIKI_ANALYSIS_RECEIPT_H

#include "core/text.h"

#define RECEIPT_BYTES ((size_t)16 << 20) /* a receipt is never larger */

/* Adds the lines. ERR_DAMAGED when it is not a receipt. */
bool receipt_show(struct bytes json, struct text *out, struct err *err) MUST_CHECK;

/* The same of meta/collection.json: by whom, and with what, it was collected. */
bool receipt_show_collection(struct bytes json, struct text *out, struct err *err) MUST_CHECK;

/* Adds how the office called that recipient, as meta/collection.json (may be empty) says; nothing where it has no name. */
void receipt_add_recipient(struct bytes json, const char *recipient, struct text *out);

/* Reasons and notes are English in a bundle; the known ones are told in the reader's language. */
void receipt_add_reason(struct text *out, struct bytes reason);

#endif
