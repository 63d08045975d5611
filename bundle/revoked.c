/* See revoked.h. */
#include "bundle/revoked.h"

#include "bundle/seal_profile.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

CLEANUP_POINTER(BIO, BIO_free_all);
CLEANUP_POINTER(X509_CRL, X509_CRL_free);
CLEANUP_POINTER(ASN1_ENUMERATED, ASN1_ENUMERATED_free);

static bool time_of(const ASN1_TIME *time, uint64_t *ticks)
{
	return time && seal_time((struct bytes){ASN1_STRING_get0_data(time),
				     (size_t)ASN1_STRING_length(time)},
			   ticks);
}

static int reason_of(const X509_REVOKED *revoked)
{
	CLEANUP(ASN1_ENUMERATED_free)
	ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(revoked, NID_crl_reason, NULL, NULL);

	return reason ? (int)ASN1_ENUMERATED_get(reason) : REVOKED_NO_REASON;
}

static bool look_up(
    X509_CRL *crl, X509 *certificate, X509 *issuer, struct revoked *out, struct err *err)
{
	X509_REVOKED *entry = NULL;
	uint64_t from, since;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0)
		return true;
	if (X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1)
		return fail(err, ERR_UNTRUSTED, "a revocation list is not by its issuer");
	if (!time_of(X509_CRL_get0_lastUpdate(crl), &from))
		return fail(err, ERR_DAMAGED, "a revocation list has an unreadable date");
	out->list_from = from > out->list_from ? from : out->list_from;
	if (X509_CRL_get0_by_cert(crl, &entry, certificate) != 1)
		return true;
	if (!time_of(X509_REVOKED_get0_revocationDate(entry), &since))
		return fail(err, ERR_DAMAGED, "a revocation list has an unreadable date");
	if (!out->is_revoked)
		out->reason = reason_of(entry);
	if (!out->is_revoked || since < out->since)
		out->since = since;
	out->is_revoked = true;
	return true;
}

/* DER begins with the tag of a SEQUENCE, which no PEM does. */
static X509_CRL *next_list(BIO *bio, bool is_der)
{
	if (BIO_pending(bio) == 0)
		return NULL;
	return is_der ? d2i_X509_CRL_bio(bio, NULL) : PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
}

bool revoked_find(
    struct bytes lists, X509 *certificate, X509 *issuer, struct revoked *out, struct err *err)
{
	CLEANUP(BIO_free_all)
	BIO *bio = lists.len > INT32_MAX ? NULL : BIO_new_mem_buf(lists.at, (int)lists.len);
	struct revoked found = {.reason = REVOKED_NO_REASON};
	bool is_der = lists.len && lists.at[0] == 0x30;

	if (!bio)
		return fail(err, ERR_MEMORY, "no memory for revocation lists");
	for (size_t count = 0; count <= REVOKED_LISTS; count++) {
		CLEANUP(X509_CRL_free) X509_CRL *crl = next_list(bio, is_der);

		ERR_clear_error();
		if (!crl && count == 0)
			return fail(err, ERR_DAMAGED, "no revocation list in it: not a CRL");
		if (!crl) {
			*out = found;
			return true;
		}
		if (!look_up(crl, certificate, issuer, &found, err))
			return false;
	}
	return fail(err, ERR_LIMIT, "more than %d revocation lists", REVOKED_LISTS);
}
