/* The list of revoked kits (RFC 5280 5): made anew at each revocation, with all that it held. See issue.h. */
#include "bundle/issue.h"

#include "bundle/libcrypto.h"
#include "bundle/pem.h"
#include "bundle/revoked.h"
#include "core/time.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define DAY_SECONDS 86400

static bool failed(struct err *err)
{
	unsigned long code = ERR_get_error();
	const char *why = ERR_reason_error_string(code);

	ERR_clear_error();
	return fail(
	    err, ERR_MEMORY, "the revocation list cannot be made: %s", why ? why : "libcrypto");
}

static ASN1_TIME *make_time(uint64_t ticks)
{
	int64_t seconds;
	uint32_t nanoseconds;

	time_to_unix(ticks, &seconds, &nanoseconds);
	return ASN1_TIME_adj(NULL, 0, (int)(seconds / DAY_SECONDS), (long)(seconds % DAY_SECONDS));
}

/* The one list of the file, in PEM: it will take its place, and what else stood there would be gone. */
static bool read_list(struct bytes pem, X509_CRL **out, struct err *err)
{
	struct revoked_lists lists = {.rest = pem};
	CLEANUP(X509_CRL_free) X509_CRL *crl = NULL;
	CLEANUP(X509_CRL_free) X509_CRL *second = NULL;

	if (!revoked_next(&lists, &crl, err) || !revoked_next(&lists, &second, err))
		return false;
	if (lists.is_der)
		return fail(err, ERR_DAMAGED, "the revocation list is not a CRL in PEM");
	if (second)
		return fail(err, ERR_UNSUPPORTED,
		    "there is more than one revocation list in it; put those of other CAs "
		    "elsewhere");
	*out = TAKE(crl);
	return true;
}

/* The list as it is, checked to be the authority's; a new empty one when there is none. */
static bool load(struct bytes pem, X509 *authority, X509_CRL **out, struct err *err)
{
	CLEANUP(X509_CRL_free) X509_CRL *crl = NULL;

	if (pem.len == 0)
		crl = X509_CRL_new();
	else if (!read_list(pem, &crl, err))
		return false;
	if (!crl)
		return failed(err);
	if (pem.len && X509_CRL_verify(crl, X509_get0_pubkey(authority)) != 1) {
		ERR_clear_error();
		return fail(err, ERR_UNTRUSTED, "the revocation list is not by this evidence CA");
	}
	*out = TAKE(crl);
	return true;
}

static bool add_revoked(X509_CRL *crl, X509 *seal, uint64_t since)
{
	CLEANUP(X509_REVOKED_free) X509_REVOKED *revoked = X509_REVOKED_new();
	CLEANUP(ASN1_TIME_free) ASN1_TIME *when = make_time(since);

	if (!revoked || !when ||
	    X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(seal)) != 1 ||
	    X509_REVOKED_set_revocationDate(revoked, when) != 1 ||
	    X509_CRL_add0_revoked(crl, revoked) != 1)
		return false;
	revoked = NULL; /* the list's own now */
	return true;
}

/* It was lost earlier than thought: back goes the date, never forth, which would make good what was refused. */
static bool put_back(X509_REVOKED *revoked, uint64_t since, struct err *err)
{
	CLEANUP(ASN1_TIME_free) ASN1_TIME *when = make_time(since);

	if (!when)
		return failed(err);
	if (ASN1_TIME_compare(when, X509_REVOKED_get0_revocationDate(revoked)) >= 0)
		return fail(err, ERR_EXISTS, "it was revoked before, and from then on");
	return X509_REVOKED_set_revocationDate(revoked, when) == 1 || failed(err);
}

/* Each list has a higher number than the one before (RFC 5280 5.2.3). */
static bool set_number(X509_CRL *crl)
{
	CLEANUP(ASN1_INTEGER_free)
	ASN1_INTEGER *before = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	CLEANUP(ASN1_INTEGER_free) ASN1_INTEGER *number = ASN1_INTEGER_new();
	int64_t value = 0;

	if (!number || (before && (ASN1_INTEGER_get_int64(&value, before) != 1 || value < 0 ||
				      value == INT64_MAX)))
		return false;
	return ASN1_INTEGER_set_int64(number, value + 1) == 1 &&
	       X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, X509V3_ADD_REPLACE) == 1;
}

static bool name_authority(X509_CRL *crl, X509 *authority)
{
	X509V3_CTX context;
	int at = X509_CRL_get_ext_by_NID(crl, NID_authority_key_identifier, -1);

	if (at >= 0)
		return true;
	X509V3_set_ctx(&context, authority, NULL, NULL, crl, 0);
	X509_EXTENSION *extension =
	    X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
	bool ok = extension && X509_CRL_add_ext(crl, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return ok;
}

static bool finish(
    X509_CRL *crl, X509 *authority, EVP_PKEY *key, uint64_t now, struct text *out, struct err *err)
{
	CLEANUP(ASN1_TIME_free) ASN1_TIME *made = make_time(now);
	CLEANUP(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
	char *at = NULL;

	/* It holds until the next revocation, so as long as the CA itself. */
	if (!made || !bio || X509_CRL_set_version(crl, X509_CRL_VERSION_2) != 1 ||
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(authority)) != 1 ||
	    X509_CRL_set1_lastUpdate(crl, made) != 1 ||
	    X509_CRL_set1_nextUpdate(crl, X509_get0_notAfter(authority)) != 1 ||
	    !name_authority(crl, authority) || !set_number(crl) || X509_CRL_sort(crl) != 1 ||
	    X509_CRL_sign(crl, key, EVP_sha256()) <= 0 || PEM_write_bio_X509_CRL(bio, crl) != 1)
		return failed(err);
	long len = BIO_get_mem_data(bio, &at);

	text_clear(out);
	text_add(out, (struct bytes){(const uint8_t *)at, len > 0 ? (size_t)len : 0});
	return text_ok(out, err);
}

bool issue_revoke(const struct issued *ca, struct bytes crl_pem, struct bytes certificate_pem,
    uint64_t since, uint64_t now, struct text *out, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *authorities = NULL;
	CLEANUP(pem_certificates_free) STACK_OF(X509) *own = NULL;
	CLEANUP(pem_key_free) EVP_PKEY *key = NULL;
	CLEANUP(X509_CRL_free) X509_CRL *crl = NULL;
	X509_REVOKED *before = NULL;
	uint64_t from, to;

	if (!pem_certificates(text_bytes(&ca->certificate), 1, &authorities, err) ||
	    !pem_key(text_bytes(&ca->key), &key, err))
		return fail_in(err, "evidence CA");
	if (!issue_check_seal(certificate_pem, text_bytes(&ca->certificate), &from, &to, err) ||
	    !pem_certificates(certificate_pem, 1, &own, err) ||
	    !load(crl_pem, sk_X509_value(authorities, 0), &crl, err))
		return false;
	if (X509_CRL_get0_by_cert(crl, &before, sk_X509_value(own, 0)) == 1) {
		if (!put_back(before, since, err))
			return false;
	} else if (!add_revoked(crl, sk_X509_value(own, 0), since)) {
		return failed(err);
	}
	return finish(crl, sk_X509_value(authorities, 0), key, now, out, err);
}

static bool add_serial(struct text *out, X509 *certificate)
{
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *hex = number ? BN_bn2hex(number) : NULL;

	if (hex)
		text_adds(out, hex);
	OPENSSL_free(hex);
	BN_free(number);
	return hex && !out->failed;
}

static bool add_common_name(struct text *out, X509 *certificate)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	int len = at < 0 ? -1
			 : ASN1_STRING_to_UTF8(
			       &utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));

	if (len >= 0)
		text_add_printable(out, (struct bytes){utf8, (size_t)len});
	OPENSSL_free(utf8);
	return len >= 0 && !out->failed;
}

void issue_facts_free(struct issue_facts *facts)
{
	text_free(&facts->name);
	text_free(&facts->serial);
	*facts = (struct issue_facts){0};
}

static bool look_up(struct bytes crl_pem, X509 *seal, const STACK_OF(X509) * authorities,
    struct issue_facts *facts, struct err *err)
{
	const struct revoked_issuer issuer = {sk_X509_value(authorities, 0), authorities};
	struct revoked revoked = {0};

	if (crl_pem.len && !revoked_find(crl_pem, seal, &issuer, &revoked, err))
		return false;
	if (crl_pem.len && revoked.list_from == 0)
		return fail(err, ERR_UNTRUSTED, "the revocation list is not by this evidence CA");
	facts->is_revoked = revoked.is_revoked;
	facts->revoked = revoked.since;
	return true;
}

bool issue_facts(struct bytes certificate_pem, struct bytes ca_pem, struct bytes crl_pem,
    struct issue_facts *out, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *authorities = NULL;
	CLEANUP(pem_certificates_free) STACK_OF(X509) *own = NULL;
	CLEANUP(issue_facts_free) struct issue_facts facts = {0};

	if (!issue_check_seal(certificate_pem, ca_pem, &facts.from, &facts.to, err) ||
	    !pem_certificates(ca_pem, 1, &authorities, err) ||
	    !pem_certificates(certificate_pem, 1, &own, err))
		return false;
	X509 *seal = sk_X509_value(own, 0);

	if (!look_up(crl_pem, seal, authorities, &facts, err))
		return false;
	if (!add_serial(&facts.serial, seal) || !add_common_name(&facts.name, seal))
		return failed(err);
	*out = facts;
	memset(&facts, 0, sizeof(facts)); /* the caller has its strings */
	return true;
}
