/* A QR code (ISO/IEC 18004:2015), byte mode, versions 1 to 6, error correction level M: enough for a hash and an id. */
#ifndef KANSHIKI_CORE_QR_H
#define KANSHIKI_CORE_QR_H

#include "core/bytes.h"
#include "core/err.h"

#define QR_SIZE_MAX  41  /* modules a side, version 6 */
#define QR_BYTES_MAX 106 /* of text */
#define QR_QUIET     4   /* modules of white that belong around it (6.3.8) */

struct qr {
	int size;
	bool dark[QR_SIZE_MAX][QR_SIZE_MAX]; /* row, column */
};

/* The smallest version that holds the text, with the mask of lowest penalty. ERR_LIMIT when none does. */
bool qr_make(struct bytes text, struct qr *out, struct err *err) MUST_CHECK;

#endif
