/* The one shape a seal may have, taken apart without judging keys or certificates. */
#ifndef KANSHIKI_BUNDLE_SEAL_PROFILE_H
#define KANSHIKI_BUNDLE_SEAL_PROFILE_H

#include "bundle/seal_verify.h"

struct seal_parts { /* views into the seal */
	struct bytes certificates[SEAL_CERTIFICATES];
	size_t certificate_count;
	struct bytes issuer, serial; /* of the signer's certificate, whole elements */
	struct bytes attributes;     /* content of the signed attributes, as they stand */
	struct bytes message_digest; /* SHA256_LEN bytes */
	struct bytes certificate_digest;
	uint64_t signed_at;
	struct bytes signature;
};

/* Takes the seal apart; ERR_DAMAGED names the part that is not as we write it. */
bool seal_profile(struct bytes p7s, struct seal_parts *out, struct err *err) MUST_CHECK;

/* "YYMMDDHHMMSSZ" or "YYYYMMDDHHMMSSZ" (RFC 5280 4.1.2.5) to ticks. */
bool seal_time(struct bytes digits, uint64_t *ticks) MUST_CHECK;

#endif
