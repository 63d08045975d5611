/* The seal. See seal.h. Profile: docs/bundle-format.md, MANIFEST.p7s. */
#include "bundle/seal.h"

#include "bundle/libcrypto.h"
#include "bundle/pem.h"
#include "core/time.h"
#include "core/wipe.h"

#include <openssl/cms.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdlib.h>

#define P256_BYTES 32

struct seal_key {
	X509 *certificate;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
};

CLEANUP_POINTER(CMS_ContentInfo, CMS_ContentInfo_free);

bool seal_check_passphrase(struct bytes passphrase, struct err *err)
{
	return passphrase.len <= SEAL_PASSPHRASE_MAX ||
	       fail(err, ERR_USAGE, "a passphrase of %zu bytes: the seal's key takes %d at most",
		   passphrase.len, SEAL_PASSPHRASE_MAX);
}

void seal_key_free(struct seal_key *key)
{
	if (!key)
		return;
	X509_free(key->certificate);
	pem_certificates_free(key->chain);
	EVP_PKEY_free(key->key); /* wipes */
	free(key);
}

bool seal_key_is_locked(struct bytes key_pem)
{
	return pem_is_locked(key_pem);
}

bool seal_key_load(struct bytes certificate_pem, struct bytes chain_pem, struct bytes key_pem,
    struct seal_key **out, struct err *err)
{
	return seal_key_unlock(certificate_pem, chain_pem, key_pem, (struct bytes){0}, out, err);
}

bool seal_key_unlock(struct bytes certificate_pem, struct bytes chain_pem, struct bytes key_pem,
    struct bytes passphrase, struct seal_key **out, struct err *err)
{
	CLEANUP(seal_key_free) struct seal_key *key = calloc(1, sizeof(*key));
	CLEANUP(pem_certificates_free) STACK_OF(X509) *own = NULL;

	if (!key)
		return fail(err, ERR_MEMORY, "no memory for the seal key");
	if (!pem_certificates(certificate_pem, 1, &own, err))
		return fail_in(err, "seal certificate");
	if (!pem_certificates(chain_pem, 0, &key->chain, err))
		return fail_in(err, "certificate chain");
	if (!pem_key_unlock(key_pem, passphrase, &key->key, err))
		return fail_in(err, "seal key");
	key->certificate = sk_X509_shift(own);
	if (!pem_is_p256(key->key))
		return fail(err, ERR_DAMAGED, "seal key is not ECDSA P-256");
	if (X509_check_private_key(key->certificate, key->key) != 1) {
		ERR_clear_error();
		return fail(err, ERR_DAMAGED, "seal key does not belong to the seal certificate");
	}
	*out = TAKE(key);
	return true;
}

bool seal_key_chain(const struct seal_key *key, struct text *pem, struct err *err)
{
	if (!pem_add_certificate(pem, key->certificate, err))
		return false;
	for (int i = 0; i < sk_X509_num(key->chain); i++) {
		X509 *certificate = sk_X509_value(key->chain, i);

		if (X509_cmp(certificate, key->certificate) != 0 &&
		    !pem_add_certificate(pem, certificate, err))
			return false;
	}
	return true;
}

void seal_key_certificate_sha256(const struct seal_key *key, uint8_t out[SHA256_LEN])
{
	unsigned len = SHA256_LEN;

	memset(out, 0, SHA256_LEN);
	X509_digest(key->certificate, EVP_sha256(), out, &len);
}

void seal_key_add_name(const struct seal_key *key, struct text *out)
{
	pem_add_name(out, X509_get_subject_name(key->certificate));
}

bool seal_key_derive(const struct seal_key *key, struct bytes salt, const char *info,
    struct age_identities *identities, struct err *err)
{
	BIGNUM *number = NULL;
	uint8_t secret[P256_BYTES];

	if (EVP_PKEY_get_bn_param(key->key, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1)
		return fail(err, ERR_DAMAGED, "the seal key has no private part");
	bool ok = BN_bn2binpad(number, secret, sizeof(secret)) == (int)sizeof(secret);

	BN_clear_free(number);
	ok = ok ? age_derive((struct bytes){secret, sizeof(secret)}, salt, info, identities, err)
		: fail(err, ERR_DAMAGED, "the seal key is not on P-256");
	wipe(secret, sizeof(secret));
	return ok;
}

/* RFC 5652, 11.3: UTCTime through 2049; ASN1_TIME_adj chooses so. */
static bool add_signing_time(CMS_SignerInfo *signer, uint64_t now)
{
	int64_t seconds;
	uint32_t nanoseconds;

	time_to_unix(now, &seconds, &nanoseconds);
	CLEANUP(ASN1_TIME_free)
	ASN1_TIME *time = ASN1_TIME_adj(NULL, 0, (int)(seconds / 86400), (long)(seconds % 86400));

	return time && CMS_signed_add1_attr_by_NID(
			   signer, NID_pkcs9_signingTime, time->type, time, -1) == 1;
}

static bool add_der(struct text *p7s, CMS_ContentInfo *cms, struct err *err)
{
	CLEANUP(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
	char *at = NULL;

	if (!out || i2d_CMS_bio(out, cms) != 1)
		return fail(err, ERR_MEMORY, "no memory for the seal");
	long len = BIO_get_mem_data(out, &at);

	text_add(p7s, (struct bytes){(const uint8_t *)at, len > 0 ? (size_t)len : 0});
	return text_ok(p7s, err);
}

bool seal_sign(const struct seal_key *key, struct bytes content, uint64_t now, struct text *p7s,
    struct err *err)
{
	const unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_PARTIAL | CMS_NOSMIMECAP;

	if (content.len > INT32_MAX)
		return fail(err, ERR_LIMIT, "%zu bytes to seal", content.len);
	CLEANUP(BIO_free_all) BIO *in = BIO_new_mem_buf(content.at, (int)content.len);
	CLEANUP(CMS_ContentInfo_free)
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
	CMS_SignerInfo *signer =
	    cms ? CMS_add1_signer(cms, key->certificate, key->key, EVP_sha256(), flags | CMS_CADES)
		: NULL;

	if (!in || !signer || !add_signing_time(signer, now) ||
	    CMS_final(cms, in, NULL, flags) != 1) {
		unsigned long code = ERR_get_error();

		ERR_clear_error();
		return fail(err, ERR_MEMORY, "the seal cannot be made: %s",
		    ERR_reason_error_string(code) ? ERR_reason_error_string(code) : "libcrypto");
	}
	return add_der(p7s, cms, err);
}
