/* Time stamps. See stamp.h; RFC 3161. */
#include "bundle/stamp.h"

#include "bundle/libcrypto.h"
#include "bundle/pem.h"
#include "bundle/revoked.h"
#include "bundle/seal_profile.h"
#include "core/hash.h"
#include "core/time.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <time.h>

#define NONCE_LEN   8
#define TIME_DIGITS 14 /* "YYYYMMDDHHMMSS"; a fraction may follow (RFC 3161 2.4.2) */

CLEANUP_POINTER(TS_REQ, TS_REQ_free);
CLEANUP_POINTER(TS_RESP, TS_RESP_free);
CLEANUP_POINTER(TS_MSG_IMPRINT, TS_MSG_IMPRINT_free);
CLEANUP_POINTER(TS_VERIFY_CTX, TS_VERIFY_CTX_free);

void stamp_facts_free(struct stamp_facts *facts)
{
	text_free(&facts->authority);
	*facts = (struct stamp_facts){0};
}

static bool set_imprint(TS_REQ *request, struct bytes sealed)
{
	CLEANUP(TS_MSG_IMPRINT_free) TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	CLEANUP(X509_ALGOR_free) X509_ALGOR *algorithm = X509_ALGOR_new();
	uint8_t digest[SHA256_LEN];

	hash_sha256(sealed, digest);
	return imprint && algorithm &&
	       X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 &&
	       TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
	       TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof(digest)) == 1 &&
	       TS_REQ_set_msg_imprint(request, imprint) == 1;
}

static bool set_nonce(TS_REQ *request)
{
	CLEANUP(ASN1_INTEGER_free) ASN1_INTEGER *nonce = ASN1_INTEGER_new();
	uint8_t random[NONCE_LEN];

	return nonce && RAND_bytes(random, sizeof(random)) == 1 &&
	       ASN1_INTEGER_set_uint64(nonce, le64(random)) == 1 &&
	       TS_REQ_set_nonce(request, nonce) == 1;
}

bool stamp_request(struct bytes sealed, struct text *tsq, struct err *err)
{
	CLEANUP(TS_REQ_free) TS_REQ *request = TS_REQ_new();
	unsigned char *der = NULL;

	if (!request || TS_REQ_set_version(request, 1) != 1 || !set_imprint(request, sealed) ||
	    !set_nonce(request) || TS_REQ_set_cert_req(request, 1) != 1) {
		ERR_clear_error();
		return fail(err, ERR_MEMORY, "the request for a time stamp cannot be made");
	}
	int len = i2d_TS_REQ(request, &der);

	if (len > 0)
		text_add(tsq, (struct bytes){der, (size_t)len});
	OPENSSL_free(der);
	return len > 0 ? text_ok(tsq, err) : fail(err, ERR_MEMORY, "no memory for a request");
}

static bool check_imprint(TS_TST_INFO *info, struct bytes sealed, struct err *err)
{
	TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
	const ASN1_OBJECT *algorithm = NULL;
	ASN1_OCTET_STRING *stamped = TS_MSG_IMPRINT_get_msg(imprint);
	uint8_t digest[SHA256_LEN];

	X509_ALGOR_get0(&algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
	if (OBJ_obj2nid(algorithm) != NID_sha256)
		return fail(err, ERR_DAMAGED, "it does not stamp a SHA-256");
	hash_sha256(sealed, digest);
	if (!bytes_equal(
		(struct bytes){ASN1_STRING_get0_data(stamped), (size_t)ASN1_STRING_length(stamped)},
		(struct bytes){digest, sizeof(digest)}))
		return fail(err, ERR_DAMAGED, "it stamps another seal than this one");
	return true;
}

static bool check_nonce(TS_TST_INFO *info, struct bytes tsq, struct err *err)
{
	const uint8_t *at = tsq.at;
	const ASN1_INTEGER *given = TS_TST_INFO_get_nonce(info);

	if (tsq.len == 0)
		return true;
	CLEANUP(TS_REQ_free) TS_REQ *request = d2i_TS_REQ(NULL, &at, (long)tsq.len);

	ERR_clear_error();
	if (!request || at != tsq.at + tsq.len)
		return fail(err, ERR_DAMAGED, "the request is not one for a time stamp");
	const ASN1_INTEGER *asked = TS_REQ_get_nonce(request);

	if (!asked || !given || ASN1_INTEGER_cmp(asked, given) != 0)
		return fail(err, ERR_DAMAGED, "it answers another request");
	return true;
}

/* RFC 3161 2.4.2: GeneralizedTime in UTC, to the second or with a fraction. */
static bool take_time(TS_TST_INFO *info, uint64_t *ticks, struct err *err)
{
	const ASN1_GENERALIZEDTIME *time = TS_TST_INFO_get_time(info);
	size_t len = time ? (size_t)ASN1_STRING_length(time) : 0;
	char whole[TIME_DIGITS + 1];

	if (len <= TIME_DIGITS || ASN1_STRING_get0_data(time)[len - 1] != 'Z')
		return fail(err, ERR_DAMAGED, "it has no readable time");
	memcpy(whole, ASN1_STRING_get0_data(time), TIME_DIGITS);
	whole[TIME_DIGITS] = 'Z';
	if (!seal_time((struct bytes){(const uint8_t *)whole, sizeof(whole)}, ticks))
		return fail(err, ERR_DAMAGED, "it has no readable time");
	return true;
}

/* Certificates are judged at the stamped time. */
static bool make_store(struct bytes tsa_pem, uint64_t at, X509_STORE **out, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *authorities = NULL;
	int64_t seconds;
	uint32_t nanoseconds;

	if (!pem_certificates(tsa_pem, 1, &authorities, err))
		return fail_in(err, "the time stamp authority's CA");
	time_to_unix(at, &seconds, &nanoseconds);
	if (sizeof(time_t) < sizeof(seconds) && seconds > INT32_MAX)
		return fail(err, ERR_UNSUPPORTED, "a time stamp of after 2038 on this system");
	X509_STORE *store = X509_STORE_new();
	bool ok = store != NULL;

	for (int i = 0; ok && i < sk_X509_num(authorities); i++)
		ok = X509_STORE_add_cert(store, sk_X509_value(authorities, i)) == 1;
	if (!ok) {
		X509_STORE_free(store);
		return fail(err, ERR_MEMORY, "no memory for certificates");
	}
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)seconds);
	*out = store;
	return true;
}

static bool check_signature(TS_RESP *response, X509_STORE *store, struct err *err)
{
	CLEANUP(TS_VERIFY_CTX_free) TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();

	if (!ctx || X509_STORE_up_ref(store) != 1)
		return fail(err, ERR_MEMORY, "no memory for certificates");
	TS_VERIFY_CTX_set0_store(ctx, store); /* the reference is its own now */
	TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_SIGNATURE);
	if (TS_RESP_verify_response(ctx, response) == 1)
		return true;
	unsigned long code = ERR_peek_last_error();
	bool untrusted = ERR_GET_REASON(code) == TS_R_CERTIFICATE_VERIFY_ERROR;
	const char *why = ERR_reason_error_string(code);

	fail(err, untrusted ? ERR_UNTRUSTED : ERR_DAMAGED,
	    untrusted ? "it is not by a time stamp authority of tsa-ca.pem (%s)"
		      : "its signature is wrong (%s)",
	    why ? why : "libcrypto");
	ERR_clear_error();
	return false;
}

/* RFC 3161 4: tokens of before the revocation stay good where its reason is harmless. */
static bool judge(const struct revoked *revoked, bool is_signer, uint64_t at, struct err *err)
{
	char day[TIME_ISO_ROOM];

	if (!revoked->is_revoked || (revoked->is_harmless && at < revoked->since))
		return true;
	time_iso(revoked->since, day);
	return fail(err, ERR_UNTRUSTED, "the certificate of %s was revoked from %.19sZ on%s",
	    is_signer ? "the time stamp authority" : "an authority above it", day,
	    revoked->is_harmless ? "" : ", and no reason leaves earlier stamps good");
}

static bool check_chain(
    X509_STORE_CTX *ctx, struct bytes crl_pem, struct stamp_facts *facts, struct err *err)
{
	CLEANUP(pem_certificates_free)
	STACK_OF(X509) *trusted = X509_STORE_get1_all_certs(X509_STORE_CTX_get0_store(ctx));
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);

	for (int i = 0; i + 1 < sk_X509_num(chain); i++) {
		const struct revoked_issuer issuer = {sk_X509_value(chain, i + 1), trusted};
		struct revoked revoked;

		if (!revoked_find(crl_pem, sk_X509_value(chain, i), &issuer, &revoked, err) ||
		    !judge(&revoked, i == 0, facts->at, err))
			return false;
		if (i == 0)
			facts->crl_from = revoked.list_from;
	}
	return true;
}

/* Authorities give more certificates than the way needs (a root, cross-signed by an older one), and no signature that we could
 * check is over those: a changed one is told by being none of the way. */
static size_t count_others(const STACK_OF(X509) * chain, const STACK_OF(X509) * carried)
{
	size_t others = 0;

	for (int i = 0; i < sk_X509_num(carried); i++)
		others += !pem_has_certificate(chain, sk_X509_value(carried, i));
	return others;
}

/* The way from the signer up that was found good before: each certificate on it is looked up. */
static bool check_way(TS_RESP *response, X509_STORE *store, struct bytes crl_pem,
    struct stamp_facts *facts, struct err *err)
{
	CLEANUP(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	PKCS7 *token = TS_RESP_get_token(response);
	STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
	bool ok =
	    ctx && signers && sk_X509_num(signers) == 1 &&
	    X509_STORE_CTX_init(ctx, store, sk_X509_value(signers, 0), token->d.sign->cert) == 1 &&
	    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_TIMESTAMP_SIGN) == 1 &&
	    X509_verify_cert(ctx) == 1;

	sk_X509_free(signers); /* they are the token's */
	ERR_clear_error();
	if (!ok)
		return fail(err, ERR_UNTRUSTED,
		    "no way leads from its signer to an authority of tsa-ca.pem");
	facts->others = count_others(X509_STORE_CTX_get0_chain(ctx), token->d.sign->cert);
	return crl_pem.len == 0 || check_chain(ctx, crl_pem, facts, err);
}

static bool add_authority(TS_RESP *response, struct text *out, struct err *err)
{
	STACK_OF(X509) *signers = PKCS7_get0_signers(TS_RESP_get_token(response), NULL, 0);

	if (signers && sk_X509_num(signers) == 1)
		pem_add_name(out, X509_get_subject_name(sk_X509_value(signers, 0)));
	sk_X509_free(signers); /* they are the token's */
	return out->len ? text_ok(out, err) : fail(err, ERR_DAMAGED, "nobody signed it");
}

static bool is_same_name(const X509_NAME *a, const X509_NAME *b)
{
	const unsigned char *first, *second;
	size_t first_len, second_len;

	/* X509_NAME_cmp does not tell upper from lower case. */
	return X509_NAME_get0_der(a, &first, &first_len) == 1 &&
	       X509_NAME_get0_der(b, &second, &second_len) == 1 &&
	       bytes_equal((struct bytes){first, first_len}, (struct bytes){second, second_len});
}

/* The algorithm of the signature is that of the certificate's key with the digest named before. */
static bool is_signature_of(const PKCS7_SIGNER_INFO *info, const X509 *signer)
{
	int digest = OBJ_obj2nid(info->digest_alg->algorithm), hash = 0, key = 0;
	int signature = OBJ_obj2nid(info->digest_enc_alg->algorithm);
	const EVP_PKEY *public = X509_get0_pubkey(signer);

	if (!public)
		return false;
	if (OBJ_find_sigid_algs(signature, &hash, &key) != 1)
		return signature == EVP_PKEY_get_base_id(public);
	if (key == EVP_PKEY_RSA_PSS && EVP_PKEY_get_base_id(public) == EVP_PKEY_RSA)
		key = EVP_PKEY_RSA;
	return key == EVP_PKEY_get_base_id(public) && (hash == NID_undef || hash == digest);
}

/* What the signature does not cover is as it must be, so that each flipped bit shows: OpenSSL asks for little of it.
 * Certificates that the way does not need are counted (count_others). */
static bool check_wrapping(TS_RESP *response, struct bytes tsr, struct err *err)
{
	PKCS7 *token = TS_RESP_get_token(response);
	PKCS7_SIGNED *data = token->d.sign;
	TS_STATUS_INFO *status = TS_RESP_get_status_info(response);
	unsigned char *der = NULL;
	int len = i2d_TS_RESP(response, &der);
	bool is_der = len > 0 && bytes_equal(tsr, (struct bytes){der, (size_t)len});

	OPENSSL_free(der);
	if (!is_der)
		return fail(err, ERR_DAMAGED, "it is not DER");
	if (ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status)) != TS_STATUS_GRANTED ||
	    TS_STATUS_INFO_get0_text(status) || TS_STATUS_INFO_get0_failure_info(status))
		return fail(err, ERR_DAMAGED, "it was not simply granted");
	if (ASN1_INTEGER_get(data->version) != 3 || data->crl ||
	    sk_X509_ALGOR_num(data->md_algs) != 1 ||
	    sk_PKCS7_SIGNER_INFO_num(data->signer_info) != 1)
		return fail(err, ERR_DAMAGED, "its token is not of one signer and one digest");
	const PKCS7_SIGNER_INFO *info = sk_PKCS7_SIGNER_INFO_value(data->signer_info, 0);
	STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
	const X509 *signer =
	    signers && sk_X509_num(signers) == 1 ? sk_X509_value(signers, 0) : NULL;
	bool ok = signer && ASN1_INTEGER_get(info->version) == 1 && !info->unauth_attr &&
		  X509_ALGOR_cmp(sk_X509_ALGOR_value(data->md_algs, 0), info->digest_alg) == 0 &&
		  is_same_name(info->issuer_and_serial->issuer, X509_get_issuer_name(signer)) &&
		  is_signature_of(info, signer);

	sk_X509_free(signers); /* they are the token's */
	return ok || fail(err, ERR_DAMAGED, "its token is not as its signer says");
}

bool stamp_verify(struct bytes sealed, struct bytes tsr, struct bytes tsq,
    const struct stamp_trust *trust, struct stamp_facts *out, struct err *err)
{
	CLEANUP(stamp_facts_free) struct stamp_facts facts = {0};
	CLEANUP(X509_STORE_free) X509_STORE *store = NULL;
	const uint8_t *at = tsr.at;

	if (tsr.len > STAMP_BYTES || tsq.len > STAMP_BYTES)
		return fail(err, ERR_LIMIT, "a time stamp of %zu bytes", tsr.len);
	CLEANUP(TS_RESP_free) TS_RESP *response = d2i_TS_RESP(NULL, &at, (long)tsr.len);

	ERR_clear_error();
	if (!response || at != tsr.at + tsr.len)
		return fail(err, ERR_DAMAGED, "not an answer to a request for a time stamp");
	if (!TS_RESP_get_tst_info(response))
		return fail(err, ERR_DAMAGED, "the authority refused to stamp");
	TS_TST_INFO *info = TS_RESP_get_tst_info(response);

	if (!check_imprint(info, sealed, err) || !check_nonce(info, tsq, err) ||
	    !take_time(info, &facts.at, err) || !make_store(trust->ca_pem, facts.at, &store, err) ||
	    !check_signature(response, store, err) || !check_wrapping(response, tsr, err) ||
	    !check_way(response, store, trust->crl_pem, &facts, err) ||
	    !add_authority(response, &facts.authority, err))
		return false;
	*out = facts;
	memset(&facts, 0, sizeof(facts)); /* the caller has its strings */
	return true;
}
