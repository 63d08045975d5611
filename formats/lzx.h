/* LZX as WIM and WOF use it: chunks of at most 32 KiB, each on its own (MS-PATCH 2; the differences in
 * docs/formats/xca.md). */
#ifndef KANSHIKI_FORMATS_LZX_H
#define KANSHIKI_FORMATS_LZX_H

#include "core/bytes.h"
#include "core/err.h"

#define LZX_CHUNK 32768u

/* Decompresses one chunk of exactly len bytes (at most LZX_CHUNK) and undoes the translation of x86 calls. On
 * failure nothing at out is of use. ERR_DAMAGED, ERR_LIMIT, ERR_MEMORY. */
bool lzx_decompress(struct bytes in, uint8_t *out, size_t len, struct err *err) MUST_CHECK;

#endif
