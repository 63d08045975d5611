/* The judging half of a seal: signature, certificate chain, key usage, time, revocation. See seal_verify.h. */
#include "bundle/seal_verify.h"

#include "bundle/der.h"
#include "bundle/libcrypto.h"
#include "bundle/pem.h"
#include "bundle/revoked.h"
#include "bundle/seal_profile.h"
#include "core/time.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

void seal_facts_free(struct seal_facts *facts)
{
	text_free(&facts->signer);
	text_free(&facts->issuer);
	*facts = (struct seal_facts){0};
}

static BIO *bio_of(struct bytes bytes)
{
	return bytes.len > INT32_MAX ? NULL : BIO_new_mem_buf(bytes.at, (int)bytes.len);
}

static bool add_ca(X509_STORE *store, struct bytes pem, struct err *err)
{
	CLEANUP(BIO_free_all) BIO *bio = bio_of(pem);
	size_t count = 0;

	if (!bio)
		return fail(err, ERR_MEMORY, "no memory for the evidence CA");
	for (X509 *ca; (ca = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL; count++) {
		int added = X509_STORE_add_cert(store, ca);

		X509_free(ca);
		if (added != 1)
			return fail(err, ERR_MEMORY, "no memory for the evidence CA");
	}
	if (count == 0)
		return fail(err, ERR_DAMAGED, "the evidence CA file holds no certificate in PEM");
	return true;
}

bool seal_check_ca(struct bytes pem, struct err *err)
{
	CLEANUP(X509_STORE_free) X509_STORE *store = X509_STORE_new();

	return store ? add_ca(store, pem, err)
		     : fail(err, ERR_MEMORY, "no memory for the evidence CA");
}

/* Certificates of the seal; the signer's is the one of that issuer and serial number. */
static bool load_certificates(const struct seal_parts *parts, STACK_OF(X509) * stack, X509 **signer,
    struct bytes *signer_der, struct err *err)
{
	*signer = NULL;
	for (size_t i = 0; i < parts->certificate_count; i++) {
		const uint8_t *at = parts->certificates[i].at;
		size_t len = parts->certificates[i].len;
		X509 *x = d2i_X509(NULL, &at, (long)len);

		if (x && !sk_X509_push(stack, x)) {
			X509_free(x);
			x = NULL;
		}
		if (!x || at != parts->certificates[i].at + len)
			return fail(err, ERR_DAMAGED, "a certificate is broken");
		/* Byte for byte: the DER of the certificate's own names, not OpenSSL's loose comparison. */
		const uint8_t *issuer;
		size_t issuer_len;
		unsigned char *serial = NULL;
		int serial_len = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &serial);
		bool same =
		    X509_NAME_get0_der(X509_get_issuer_name(x), &issuer, &issuer_len) == 1 &&
		    serial_len > 0 &&
		    bytes_equal(parts->issuer, (struct bytes){issuer, issuer_len}) &&
		    bytes_equal(parts->serial, (struct bytes){serial, (size_t)serial_len});

		OPENSSL_free(serial);
		if (same && *signer)
			return fail(
			    err, ERR_DAMAGED, "the signer's certificate stands there twice");
		if (same) {
			*signer = x;
			*signer_der = parts->certificates[i];
		}
	}
	if (!*signer)
		return fail(err, ERR_DAMAGED, "the signer's certificate is not in the seal");
	return true;
}

static bool check_signature(
    struct bytes content, const struct seal_parts *parts, X509 *signer, struct err *err)
{
	CLEANUP(EVP_MD_CTX_free) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY *key = X509_get0_pubkey(signer);
	uint8_t digest[SHA256_LEN];
	uint8_t head[6];
	char group[32];
	size_t head_len = 0, len = parts->attributes.len;

	hash_sha256(content, digest);
	if (memcmp(digest, parts->message_digest.at, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "it seals other bytes than these");
	if (!ctx || !key || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1 ||
	    strcmp(group, "prime256v1") != 0)
		return fail(err, ERR_DAMAGED, "the signer's key is not an ECDSA P-256 key");
	/* Signed as a SET OF (RFC 5652 5.4); they stand in the message under [0]. */
	head[head_len++] = 0x31;
	if (len >= 0x100) {
		head[head_len++] = 0x82;
		head[head_len++] = (uint8_t)(len >> 8);
	} else if (len >= 0x80) {
		head[head_len++] = 0x81;
	}
	head[head_len++] = (uint8_t)len;
	if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestVerifyUpdate(ctx, head, head_len) != 1 ||
	    EVP_DigestVerifyUpdate(ctx, parts->attributes.at, len) != 1 ||
	    EVP_DigestVerifyFinal(ctx, parts->signature.at, parts->signature.len) != 1)
		return fail(err, ERR_DAMAGED, "the signature is not by its certificate's key");
	return true;
}

static bool certificate_time(const ASN1_TIME *time, uint64_t *ticks)
{
	const ASN1_STRING *s = time;

	return seal_time(
	    (struct bytes){ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)}, ticks);
}

/* Judged by hand, because time_t has 32 bits on some Windows builds. */
static bool check_validity(X509 *x, uint64_t at, bool is_signer, struct err *err)
{
	const char *what = is_signer ? "seal certificate" : "evidence CA certificate";
	uint64_t from, to;
	char day[TIME_ISO_ROOM];

	if (!certificate_time(X509_get0_notBefore(x), &from) ||
	    !certificate_time(X509_get0_notAfter(x), &to))
		return fail(err, ERR_DAMAGED, "the %s has no readable dates", what);
	time_iso(at < from ? from : to, day);
	day[19] = 0;
	if (at < from)
		return fail(err, ERR_UNTRUSTED, "the %s is valid only from %sZ; judge with --at",
		    what, day);
	if (at > to)
		return fail(err, ERR_UNTRUSTED,
		    "the %s expired at %sZ; who can prove an earlier time says it with --at TIME",
		    what, day);
	return true;
}

/* Revoked means from its date on: what is proven to have been sealed before stays sealed. */
static bool check_revoked(X509 *x, const struct revoked_issuer *issuer,
    const struct seal_trust *trust, struct seal_facts *facts, bool is_signer, struct err *err)
{
	struct revoked revoked;
	struct err why = {0};
	char day[TIME_ISO_ROOM];

	if (trust->crl_pem.len == 0)
		return true;
	if (trust->crl_pem.at[0] == DER_SEQUENCE)
		return fail(err, ERR_DAMAGED, "the revocation list is not a CRL in PEM");
	if (!revoked_find(trust->crl_pem, x, issuer, &revoked, &why))
		return fail(err, why.kind, "%s",
		    why.kind == ERR_UNTRUSTED ? "the revocation list is not by the evidence CA"
					      : why.text);
	if (is_signer)
		facts->crl_from = revoked.list_from;
	if (!revoked.is_revoked)
		return true;
	if (trust->at < revoked.since) {
		facts->revoked = revoked.since;
		return true;
	}
	time_iso(revoked.since, day);
	day[19] = 0;
	return fail(err, ERR_UNTRUSTED,
	    "the seal certificate was revoked from %sZ on; who can prove an earlier time says it "
	    "with --at TIME",
	    day);
}

/* Everything about the verified chain that OpenSSL was not asked. */
static bool check_chain(X509_STORE_CTX *ctx, STACK_OF(X509) * carried,
    const struct seal_trust *trust, struct seal_facts *facts, struct err *err)
{
	CLEANUP(pem_certificates_free)
	STACK_OF(X509) *trusted = X509_STORE_get1_all_certs(X509_STORE_CTX_get0_store(ctx));
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);
	int count = sk_X509_num(chain);

	for (int i = 0; i < count; i++) {
		const struct revoked_issuer issuer = {sk_X509_value(chain, i + 1), trusted};
		X509 *x = sk_X509_value(chain, i);

		if (!check_validity(x, trust->at, i == 0, err))
			return false;
		if (issuer.own && !check_revoked(x, &issuer, trust, facts, i == 0, err))
			return false;
	}
	for (int i = 0; i < sk_X509_num(carried); i++) {
		if (!pem_has_certificate(chain, sk_X509_value(carried, i)))
			return fail(err, ERR_DAMAGED, "it carries a certificate of no use");
	}
	return true;
}

/* Mostly the keys of another office, or of another year. */
static bool not_under(int code, const X509 *signer, struct err *err)
{
	CLEANUP(text_free) struct text issuer = {0};

	if (code != X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)
		return fail(err, ERR_UNTRUSTED, "not sealed under this evidence CA (%s)",
		    X509_verify_cert_error_string(code));
	pem_add_name(&issuer, X509_get_issuer_name(signer));
	return fail(err, ERR_UNTRUSTED,
	    "not sealed under this evidence CA, but under one called '%s': perhaps other keys "
	    "(--keys, --ca) are meant",
	    text_string(&issuer));
}

static bool check_certificate(X509 *signer, STACK_OF(X509) * carried,
    const struct seal_trust *trust, struct seal_facts *facts, struct err *err)
{
	CLEANUP(X509_STORE_free) X509_STORE *store = X509_STORE_new();
	CLEANUP(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	if (!store || !ctx)
		return fail(err, ERR_MEMORY, "no memory for the certificates");
	if (!add_ca(store, trust->ca_pem, err))
		return false;
	if (X509_STORE_CTX_init(ctx, store, signer, carried) != 1)
		return fail(err, ERR_MEMORY, "no memory for the certificates");
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_NO_CHECK_TIME);
	X509_STORE_CTX_set_depth(ctx, SEAL_CERTIFICATES);
	if (X509_verify_cert(ctx) != 1)
		return not_under(X509_STORE_CTX_get_error(ctx), signer, err);
	if (X509_check_ca(signer) != 0 || !(X509_get_extension_flags(signer) & EXFLAG_KUSAGE) ||
	    X509_get_key_usage(signer) != KU_DIGITAL_SIGNATURE)
		return fail(err, ERR_UNTRUSTED, "its certificate is not one for sealing");
	return check_chain(ctx, carried, trust, facts, err);
}

/* trust may be NULL: then the certificate is not judged. */
static bool verify(struct bytes content, struct bytes p7s, const struct seal_trust *trust,
    struct seal_facts *out, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *carried = sk_X509_new_null();
	CLEANUP(seal_facts_free) struct seal_facts facts = {0};
	struct seal_parts parts;
	struct bytes der = {0};
	X509 *signer;

	if (!carried)
		return fail(err, ERR_MEMORY, "no memory for the certificates");
	if (!seal_profile(p7s, &parts, err) ||
	    !load_certificates(&parts, carried, &signer, &der, err))
		return false;
	hash_sha256(der, facts.certificate_sha256);
	if (memcmp(facts.certificate_sha256, parts.certificate_digest.at, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "it was made with another certificate");
	if (!check_signature(content, &parts, signer, err) ||
	    (trust && !check_certificate(signer, carried, trust, &facts, err)))
		return false;
	if (!certificate_time(X509_get0_notBefore(signer), &facts.not_before) ||
	    !certificate_time(X509_get0_notAfter(signer), &facts.not_after))
		return fail(err, ERR_DAMAGED, "its certificate has no readable dates");
	facts.signed_at = parts.signed_at;
	pem_add_name(&facts.signer, X509_get_subject_name(signer));
	pem_add_name(&facts.issuer, X509_get_issuer_name(signer));
	if (!text_ok(&facts.signer, err) || !text_ok(&facts.issuer, err))
		return false;
	*out = facts;
	memset(&facts, 0, sizeof(facts)); /* the caller has its strings */
	return true;
}

bool seal_verify(struct bytes content, struct bytes p7s, const struct seal_trust *trust,
    struct seal_facts *out, struct err *err)
{
	return verify(content, p7s, trust, out, err);
}

bool seal_verify_signature(
    struct bytes content, struct bytes p7s, struct seal_facts *out, struct err *err)
{
	return verify(content, p7s, NULL, out, err);
}
