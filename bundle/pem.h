/* Certificates and keys as PEM, through libcrypto; never asks for a passphrase by itself. Inside bundle/ only. */
#ifndef KANSHIKI_BUNDLE_PEM_H
#define KANSHIKI_BUNDLE_PEM_H

#include "core/err.h"
#include "core/text.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#define PEM_BYTES        ((size_t)1 << 20) /* a PEM file is never larger */
#define PEM_CERTIFICATES 64                /* nor holds more */

static inline void pem_key_free(EVP_PKEY *key)
{
	EVP_PKEY_free(key);
}
CLEANUP_POINTER(EVP_PKEY, pem_key_free);
static inline void pem_certificate_free(X509 *certificate)
{
	X509_free(certificate);
}
CLEANUP_POINTER(X509, pem_certificate_free);
static inline void pem_certificates_free(STACK_OF(X509) * certificates)
{
	sk_X509_pop_free(certificates, X509_free);
}
CLEANUP_POINTER(STACK_OF(X509), pem_certificates_free);

/* Whether the certificate itself, to the last bit, is one of them. */
bool pem_has_certificate(const STACK_OF(X509) * among, const X509 *certificate);
/* Every certificate of the text, in order, at least `least`. The caller frees *out. */
bool pem_certificates(
    struct bytes pem, int least, STACK_OF(X509) * *out, struct err *err) MUST_CHECK;
/* The one unencrypted private key of the text. */
bool pem_key(struct bytes pem, EVP_PKEY **out, struct err *err) MUST_CHECK;
/* Whether its private key is under a passphrase (PKCS #8, "ENCRYPTED PRIVATE KEY"). */
bool pem_is_locked(struct bytes pem);
/* The private key of the text, which may be under that passphrase. ERR_KEY: it does not open. */
bool pem_key_unlock(
    struct bytes pem, struct bytes passphrase, EVP_PKEY **out, struct err *err) MUST_CHECK;
/* Adds the key under a passphrase: PBES2 (RFC 8018) with scrypt (RFC 7914: N 2^14, r 8, p 8: 16 MiB) and AES-256-CBC, which stock
 * openssl opens. */
bool pem_add_locked_key(
    struct text *out, EVP_PKEY *key, struct bytes passphrase, struct err *err) MUST_CHECK;
bool pem_add_certificate(struct text *out, X509 *certificate, struct err *err) MUST_CHECK;
bool pem_add_key(struct text *out, EVP_PKEY *key, struct err *err) MUST_CHECK;
/* Adds a name of a certificate for a person to read. */
void pem_add_name(struct text *out, const X509_NAME *name);
/* Whether it is an ECDSA key on P-256, the only kind that seals. */
bool pem_is_p256(EVP_PKEY *key);

#endif
