/* The seal: a detached CMS signature (RFC 5652, CAdES-B, ECDSA P-256, SHA-256) over MANIFEST.sha256. */
#ifndef KANSHIKI_BUNDLE_SEAL_H
#define KANSHIKI_BUNDLE_SEAL_H

#include "core/bytes.h"
#include "core/err.h"
#include "core/hash.h"
#include "core/text.h"
#include "bundle/age.h"

struct seal_key; /* opaque: certificate, chain, private key */

/* From PEM. The key must belong to the certificate (ERR_DAMAGED). The caller frees *out. */
bool seal_key_load(struct bytes certificate_pem, struct bytes chain_pem, struct bytes key_pem,
    struct seal_key **out, struct err *err) MUST_CHECK;
/* Whether the key is under a passphrase; then the same with it. ERR_KEY: it does not open the key. */
bool seal_key_is_locked(struct bytes key_pem);
bool seal_key_unlock(struct bytes certificate_pem, struct bytes chain_pem, struct bytes key_pem,
    struct bytes passphrase, struct seal_key **out, struct err *err) MUST_CHECK;
/* Whether a key under it could be opened again. ERR_USAGE: it is longer than libcrypto takes then. */
#define SEAL_PASSPHRASE_MAX 1024 /* bytes */
bool seal_check_passphrase(struct bytes passphrase, struct err *err) MUST_CHECK;
void seal_key_free(struct seal_key *key);
CLEANUP_POINTER(struct seal_key, seal_key_free);
/* Seal certificate then chain, PEM, for chain.pem. */
bool seal_key_chain(const struct seal_key *key, struct text *pem, struct err *err) MUST_CHECK;
void seal_key_certificate_sha256(const struct seal_key *key, uint8_t out[SHA256_LEN]);
/* Whom its certificate names, for a person to read: as signer of struct seal_facts. */
void seal_key_add_name(const struct seal_key *key, struct text *out);

/* Adds an age identity that only the holder of the seal key can make: the same for the same salt and info. */
bool seal_key_derive(const struct seal_key *key, struct bytes salt, const char *info,
    struct age_identities *identities, struct err *err) MUST_CHECK;

/* Signs: *p7s receives the DER. */
bool seal_sign(const struct seal_key *key, struct bytes content, uint64_t now, struct text *p7s,
    struct err *err) MUST_CHECK;

#endif
