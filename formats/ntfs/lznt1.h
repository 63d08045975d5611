/* LZNT1 (MS-XCA 2.5). */
#ifndef KANSHIKI_FORMATS_NTFS_LZNT1_H
#define KANSHIKI_FORMATS_NTFS_LZNT1_H

#include "core/bytes.h"
#include "core/err.h"

/* Decompresses chunks until a zero header, the end of `in`, or `room` bytes are out. *got is how many
 * bytes at out are good, on damage too. A chunk that yields less than 4,096 bytes and is followed by
 * another is filled up with zeros, as Windows does. */
bool lznt1_decompress(
    struct bytes in, uint8_t *out, size_t room, size_t *got, struct err *err) MUST_CHECK;

#endif
