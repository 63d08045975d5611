/* A time stamp (RFC 3161) over MANIFEST.p7s: that the seal existed at a time which an authority vouches for. Request and answer are
 * bytes here; how they travel is the caller's. */
#ifndef KANSHIKI_BUNDLE_STAMP_H
#define KANSHIKI_BUNDLE_STAMP_H

#include "core/err.h"
#include "core/text.h"

#define STAMP_NAME  "MANIFEST.tsr"
#define STAMP_BYTES ((size_t)64 << 10) /* a request or an answer is never larger */

struct stamp_facts {
	uint64_t at;           /* ticks; whole seconds, rounded down */
	struct text authority; /* name of its certificate, printable */
	/* when the newest list was made that its certificate was looked up in; 0: in none */
	uint64_t crl_from;
	/* certificates in it that the way to the CA does not need: nothing vouches for a bit of them */
	size_t others;
};
void stamp_facts_free(struct stamp_facts *facts);
static inline void stamp_facts_free_at(struct stamp_facts *facts)
{
	stamp_facts_free(facts);
}

/* The request (TimeStampReq, DER): SHA-256 of `sealed`, a random nonce, the authority's certificates wanted. */
bool stamp_request(struct bytes sealed, struct text *tsq, struct err *err) MUST_CHECK;

/* Whether tsr (TimeStampResp, DER) was granted, stamps these bytes by SHA-256, answers tsq (its nonce; empty: not asked), and is
 * signed by a certificate for time stamping under a CA of trust, each valid at the stamped time and not revoked (RFC 3161 4:
 * before the stamped time, or at any time without a reason or because of its key). ERR_UNTRUSTED: another authority, or revoked;
 * ERR_DAMAGED: all else. */
struct stamp_trust {
	struct bytes ca_pem;  /* CAs of time stamp authorities */
	struct bytes crl_pem; /* revocation lists, PEM or DER; may be empty */
};
bool stamp_verify(struct bytes sealed, struct bytes tsr, struct bytes tsq,
    const struct stamp_trust *trust, struct stamp_facts *out, struct err *err) MUST_CHECK;

#endif
