/* Xpress without Huffman codes (MS-XCA 2.3, 2.4: "Plain LZ77"). Layout: docs/formats/xca.md. */
#ifndef KANSHIKI_FORMATS_XPRESS_PLAIN_H
#define KANSHIKI_FORMATS_XPRESS_PLAIN_H

#include "core/bytes.h"
#include "core/err.h"

/* Decompresses exactly len bytes. *got is how many bytes at out were decoded before the damage, len when there is
 * none. ERR_DAMAGED. */
bool xpress_plain_decompress(
    struct bytes in, uint8_t *out, size_t len, size_t *got, struct err *err) MUST_CHECK;

#endif
