/* Bech32 (BIP 173) without its length limit, as age uses it for keys. */
#ifndef KANSHIKI_BUNDLE_BECH32_H
#define KANSHIKI_BUNDLE_BECH32_H

#include "core/text.h"

#define BECH32_MAX 4096 /* characters read at most */

/* Adds lower-case Bech32 of data under the (lower-case) human-readable part. */
void bech32_add(struct text *out, const char *hrp, struct bytes data);

/* Reads a Bech32 string whose human-readable part is exactly hrp (lower-case; the string may be all upper case)
 * and whose data is exactly len bytes. ERR_DAMAGED says what is wrong; *out is then untouched. */
bool bech32_parse(
    struct bytes string, const char *hrp, uint8_t *out, size_t len, struct err *err) MUST_CHECK;

#endif
