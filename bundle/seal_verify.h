/* Checks a seal: accepts only the profile that we write (docs/bundle-format.md, Trust), so that every flipped
 * bit of MANIFEST.p7s is refused; plain CMS verification accepts some. */
#ifndef KANSHIKI_BUNDLE_SEAL_VERIFY_H
#define KANSHIKI_BUNDLE_SEAL_VERIFY_H

#include "core/hash.h"
#include "core/text.h"

#define SEAL_BYTES        ((size_t)64 << 10) /* a seal is never larger */
#define SEAL_CERTIFICATES 8                  /* nor carries more */

struct seal_trust {
	struct bytes ca_pem;  /* evidence CA certificates */
	struct bytes crl_pem; /* revocation lists, may be empty; they count from their dates on */
	uint64_t at;          /* certificates are judged at this time (ticks) */
};

struct seal_facts {
	struct text signer, issuer; /* names, printable */
	uint8_t certificate_sha256[SHA256_LEN];
	uint64_t not_before, not_after; /* of the seal certificate */
	uint64_t signed_at;             /* signingTime: the PC's own clock */
	/* from when on, where that is after the time it was judged at; 0: never */
	uint64_t revoked;
	/* when the newest list of its issuer was made; 0: none, so that nothing is known of revocations */
	uint64_t crl_from;
};
void seal_facts_free(struct seal_facts *facts);
static inline void seal_facts_free_at(struct seal_facts *facts)
{
	seal_facts_free(facts);
}

/* Whether there is a certificate in what is given as the evidence CA. */
bool seal_check_ca(struct bytes pem, struct err *err) MUST_CHECK;

/* Whether p7s is a seal over content by a certificate of the evidence CA: one signer, ECDSA P-256 with SHA-256,
 * the four signed attributes, no unsigned ones, issuer equal byte for byte, minimal DER, every certificate part of
 * the chain, key usage, not revoked, valid at trust->at. ERR_UNTRUSTED: wrong CA,
 * expired, revoked; ERR_DAMAGED: all else. *out is zero before; it
 * is filled on success only. */
bool seal_verify(struct bytes content, struct bytes p7s, const struct seal_trust *trust,
    struct seal_facts *out, struct err *err) MUST_CHECK;

/* The same without judging the certificate, neither its issuer nor its time nor what it is for: that the holder of its key
 * signed content. Whose it is the caller tells by certificate_sha256. ERR_DAMAGED. */
bool seal_verify_signature(
    struct bytes content, struct bytes p7s, struct seal_facts *out, struct err *err) MUST_CHECK;

#endif
