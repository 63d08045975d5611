/* A time stamp (RFC 3161) over MANIFEST.p7s: that the seal existed at a time which an authority vouches for. Exchanged by hand:
 * the request is a file, the answer is a file. */
#ifndef KANSHIKI_BUNDLE_STAMP_H
#define KANSHIKI_BUNDLE_STAMP_H

#include "core/err.h"
#include "core/text.h"

#define STAMP_NAME  "MANIFEST.tsr"
#define STAMP_BYTES ((size_t)64 << 10) /* a request or an answer is never larger */

struct stamp_facts {
	uint64_t at;           /* ticks; whole seconds, rounded down */
	struct text authority; /* name of its certificate, printable */
};
void stamp_facts_free(struct stamp_facts *facts);
static inline void stamp_facts_free_at(struct stamp_facts *facts)
{
	stamp_facts_free(facts);
}

/* The request (TimeStampReq, DER): SHA-256 of `sealed`, a random nonce, the authority's certificates wanted. */
bool stamp_request(struct bytes sealed, struct text *tsq, struct err *err) MUST_CHECK;

/* Whether tsr (TimeStampResp, DER) was granted, stamps these bytes by SHA-256, answers tsq (its nonce; empty: not asked), and is
 * signed by a certificate for time stamping under a CA of tsa_pem, each valid at the stamped time. ERR_UNTRUSTED: another
 * authority; ERR_DAMAGED: all else. */
bool stamp_verify(struct bytes sealed, struct bytes tsr, struct bytes tsq, struct bytes tsa_pem,
    struct stamp_facts *out, struct err *err) MUST_CHECK;

#endif
