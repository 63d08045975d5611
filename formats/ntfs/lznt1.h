/* LZNT1 (MS-XCA 2.5). */
#ifndef KANSHIKI_FORMATS_NTFS_LZNT1_H
#define KANSHIKI_FORMATS_NTFS_LZNT1_H

#include "core/bytes.h"
#include "core/err.h"

#define LZNT1_CHUNK 4096u /* bytes that come out of each chunk but the last */

/* Decompresses chunks until a zero header, the end of `in`, or `room` bytes are out. *got is how many
 * bytes at out are good, on damage too. A chunk that yields less than 4,096 bytes and is followed by
 * another is filled up with zeros, as Windows does. */
bool lznt1_decompress(
    struct bytes in, uint8_t *out, size_t room, size_t *got, struct err *err) MUST_CHECK;

/* Whether a chunk begins at pos: not a zero header, not the end of `in`. */
bool lznt1_has_chunk(struct bytes in, size_t pos);
/* Whether the two bytes at `at` can be the header of a unit's first chunk: packed, or stored with all its bytes. */
bool lznt1_begins(const uint8_t *at);
/* Decompresses the chunk there, at most room bytes (LZNT1_CHUNK at most), and moves *pos behind it: on damage to where
 * its header says that it ends, to the end of `in` where that cannot be. */
bool lznt1_chunk(struct bytes in, size_t *pos, uint8_t *out, size_t room, size_t *got,
    struct err *err) MUST_CHECK;
/* Whether chunks follow each other from pos on for `left` bytes of output: behind a damaged chunk nothing else tells
 * that one begins at pos. */
bool lznt1_is_row(struct bytes in, size_t pos, size_t left);

#endif
