/* Reads DER (X.690) strictly: definite, minimal lengths and nothing left over. Only what a seal needs. */
#ifndef KANSHIKI_BUNDLE_DER_H
#define KANSHIKI_BUNDLE_DER_H

#include "core/bytes.h"

enum der_tag {
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_OID = 0x06,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0, /* constructed */
};

/* Takes the next element off *in: it must have that tag. *content is what it holds, *whole the element with its
 * tag and length (each may be NULL). False, *in untouched, when it is not so. */
bool der_take(
    struct bytes *in, enum der_tag tag, struct bytes *content, struct bytes *whole) MUST_CHECK;
/* Takes exactly these bytes off *in. */
bool der_expect(struct bytes *in, const uint8_t *bytes, size_t len) MUST_CHECK;

#endif
