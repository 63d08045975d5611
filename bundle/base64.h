/* Base64 (RFC 4648, section 4) without padding, canonical, as age headers use it. */
#ifndef KANSHIKI_BUNDLE_BASE64_H
#define KANSHIKI_BUNDLE_BASE64_H

#include "core/text.h"

void base64_add(struct text *out, struct bytes data);
/* Adds the bytes; false, nothing said and *out possibly longer, unless the string is canonical. */
bool base64_decode(struct bytes string, struct text *out) MUST_CHECK;
/* Decodes to exactly len bytes. */
bool base64_decode_to(struct bytes string, uint8_t *out, size_t len) MUST_CHECK;

#endif
