/* Issuing of certificates. See issue.h. */
#include "bundle/issue.h"

#include "bundle/pem.h"
#include "bundle/seal.h"
#include "core/time.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define SERIAL_LEN  16
#define DAY_SECONDS 86400
#define YESTERDAY   1

void issued_free(struct issued *issued)
{
	text_free(&issued->certificate);
	text_wipe(&issued->key);
}

static bool failed(struct err *err)
{
	unsigned long code = ERR_get_error();
	const char *why = ERR_reason_error_string(code);

	ERR_clear_error();
	return fail(err, ERR_MEMORY, "the certificate cannot be made: %s", why ? why : "libcrypto");
}

static bool set_time(ASN1_TIME *time, uint64_t ticks, int days)
{
	int64_t seconds;
	uint32_t nanoseconds;

	time_to_unix(ticks, &seconds, &nanoseconds);
	return ASN1_TIME_adj(time, 0, (int)(seconds / DAY_SECONDS) + days,
		   (long)(seconds % DAY_SECONDS)) != NULL;
}

/* 127 random bits, never zero. */
static bool set_serial(X509 *certificate)
{
	uint8_t bytes[SERIAL_LEN];

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
	BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	bool ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

	BN_free(number);
	return ok;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool ok = extension && X509_add_ext(certificate, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return ok;
}

static bool set_name(X509 *certificate, const char *name)
{
	return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
		   (const uint8_t *)name, -1, -1, 0) == 1;
}

/* Subject, serial number, version and the fresh public key. */
static bool begin(const char *name, X509 **certificate, EVP_PKEY **key)
{
	*key = EVP_EC_gen("P-256");
	*certificate = X509_new();
	return *key && *certificate && X509_set_version(*certificate, X509_VERSION_3) == 1 &&
	       set_serial(*certificate) && set_name(*certificate, name) &&
	       X509_set_pubkey(*certificate, *key) == 1;
}

static bool finish(
    X509 *certificate, EVP_PKEY *signer, EVP_PKEY *key, struct issued *out, struct err *err)
{
	struct issued made = {0};

	if (X509_sign(certificate, signer, EVP_sha256()) <= 0)
		return failed(err);
	if (!pem_add_certificate(&made.certificate, certificate, err) ||
	    !pem_add_key(&made.key, key, err)) {
		issued_free(&made);
		return false;
	}
	*out = made;
	return true;
}

bool issue_check_name(const char *name, struct err *err)
{
	struct bytes bytes = bytes_of(name);
	size_t count = 0;

	for (size_t pos = 0; pos < bytes.len; count++) {
		uint32_t code = text_decode(bytes, &pos);

		if (code == TEXT_INVALID || text_is_control(code))
			return fail(err, ERR_USAGE, "a name with a control character");
	}
	if (count == 0 || count > ISSUE_NAME_MAX)
		return fail(err, ERR_USAGE, "a name must have 1 to %d characters", ISSUE_NAME_MAX);
	return true;
}

bool issue_ca(const char *name, uint64_t now, struct issued *out, struct err *err)
{
	CLEANUP(pem_certificate_free) X509 *ca = NULL;
	CLEANUP(pem_key_free) EVP_PKEY *key = NULL;

	if (!issue_check_name(name, err))
		return false;
	if (!begin(name, &ca, &key) || !set_time(X509_getm_notBefore(ca), now, -YESTERDAY) ||
	    !set_time(X509_getm_notAfter(ca), now, ISSUE_CA_DAYS) ||
	    X509_set_issuer_name(ca, X509_get_subject_name(ca)) != 1 ||
	    !add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
	    !add_extension(
		ca, ca, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign") ||
	    !add_extension(ca, ca, NID_subject_key_identifier, "hash"))
		return failed(err);
	return finish(ca, key, key, out, err);
}

static bool to_ticks(const ASN1_TIME *time, uint64_t *ticks)
{
	int days = 0, seconds = 0;
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	bool ok = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

	ASN1_TIME_free(epoch);
	if (ok)
		*ticks = time_from_unix((int64_t)days * DAY_SECONDS + seconds, 0);
	return ok;
}

/* What it vouched for after its end nobody would believe. */
static bool check_ca_lives(X509 *ca, uint64_t now, struct err *err)
{
	char date[TIME_ISO_ROOM];
	uint64_t end;

	if (!to_ticks(X509_get0_notAfter(ca), &end))
		return fail(err, ERR_DAMAGED, "the evidence CA has no validity");
	time_iso(end, date);
	return now < end || fail(err, ERR_UNTRUSTED,
				"the evidence CA ended at %.10s; make kits with a new KEYDIR, and "
				"keep this one for its bundles",
				date);
}

/* Not longer than the CA itself. */
static bool set_validity(X509 *seal, X509 *ca, uint64_t now, unsigned days)
{
	if (!set_time(X509_getm_notBefore(seal), now, -YESTERDAY) ||
	    !set_time(X509_getm_notAfter(seal), now, (int)days))
		return false;
	if (ASN1_TIME_compare(X509_get0_notAfter(seal), X509_get0_notAfter(ca)) > 0)
		return X509_set1_notAfter(seal, X509_get0_notAfter(ca)) == 1;
	return true;
}

bool issue_seal(const struct issued *ca, const char *name, uint64_t now, unsigned days,
    struct issued *out, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *authorities = NULL;
	CLEANUP(pem_key_free) EVP_PKEY *authority_key = NULL;
	CLEANUP(pem_certificate_free) X509 *seal = NULL;
	CLEANUP(pem_key_free) EVP_PKEY *key = NULL;

	if (!issue_check_name(name, err))
		return false;
	if (days < 1 || days > ISSUE_DAYS_MAX)
		return fail(err, ERR_USAGE, "a kit may be valid for 1 to %d days", ISSUE_DAYS_MAX);
	if (!pem_certificates(text_bytes(&ca->certificate), 1, &authorities, err) ||
	    !pem_key(text_bytes(&ca->key), &authority_key, err))
		return fail_in(err, "evidence CA");
	X509 *authority = sk_X509_value(authorities, 0);

	if (X509_check_private_key(authority, authority_key) != 1) {
		ERR_clear_error();
		return fail(
		    err, ERR_DAMAGED, "the evidence CA's key does not belong to its certificate");
	}
	if (!check_ca_lives(authority, now, err))
		return false;
	if (!begin(name, &seal, &key) || !set_validity(seal, authority, now, days) ||
	    X509_set_issuer_name(seal, X509_get_subject_name(authority)) != 1 ||
	    !add_extension(seal, authority, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(seal, authority, NID_key_usage, "critical,digitalSignature") ||
	    !add_extension(seal, authority, NID_subject_key_identifier, "hash") ||
	    !add_extension(seal, authority, NID_authority_key_identifier, "keyid:always"))
		return failed(err);
	return finish(seal, authority_key, key, out, err);
}

bool issue_lock(struct issued *issued, struct bytes passphrase, struct err *err)
{
	CLEANUP(pem_key_free) EVP_PKEY *key = NULL;
	CLEANUP(text_free) struct text locked = {0};

	if (!seal_check_passphrase(passphrase, err) ||
	    !pem_key(text_bytes(&issued->key), &key, err) ||
	    !pem_add_locked_key(&locked, key, passphrase, err))
		return false;
	text_wipe(&issued->key);
	issued->key = locked;
	locked = (struct text){0};
	return true;
}

bool issue_check_seal(struct bytes certificate_pem, struct bytes ca_pem, uint64_t *from,
    uint64_t *to, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *own = NULL;
	CLEANUP(pem_certificates_free) STACK_OF(X509) *authorities = NULL;
	bool issued = false;

	if (!pem_certificates(certificate_pem, 1, &own, err) ||
	    !pem_certificates(ca_pem, 1, &authorities, err))
		return false;
	X509 *seal = sk_X509_value(own, 0);

	for (int i = 0; i < sk_X509_num(authorities) && !issued; i++) {
		X509 *authority = sk_X509_value(authorities, i);

		issued = X509_check_issued(authority, seal) == X509_V_OK &&
			 X509_verify(seal, X509_get0_pubkey(authority)) == 1;
	}
	ERR_clear_error();
	if (!issued)
		return fail(err, ERR_DAMAGED, "the certificate was not issued by this evidence CA");
	if (!(X509_get_extension_flags(seal) & EXFLAG_KUSAGE) ||
	    X509_get_key_usage(seal) != KU_DIGITAL_SIGNATURE)
		return fail(err, ERR_DAMAGED, "the certificate is not one for sealing");
	if (!to_ticks(X509_get0_notBefore(seal), from) || !to_ticks(X509_get0_notAfter(seal), to))
		return fail(err, ERR_DAMAGED, "the certificate has no validity");
	return true;
}
