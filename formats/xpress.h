/* Xpress with Huffman codes (MS-XCA 2.1, 2.2), as WOF and prefetch files ("MAM") use it. Layout:
 * docs/formats/xca.md. */
#ifndef KANSHIKI_FORMATS_XPRESS_H
#define KANSHIKI_FORMATS_XPRESS_H

#include "core/bytes.h"
#include "core/err.h"

/* Decompresses exactly len bytes; a new code begins every 64 KiB. *got is how many bytes at out were decoded
 * before the damage, len when there is none. Bytes that are left in `in` are no damage. ERR_DAMAGED, ERR_MEMORY. */
bool xpress_decompress(
    struct bytes in, uint8_t *out, size_t len, size_t *got, struct err *err) MUST_CHECK;

#endif
