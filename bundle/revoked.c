/* See revoked.h. */
#include "bundle/revoked.h"

#include "bundle/der.h"
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

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line without the blanks at its end. */
static struct bytes take_line(struct bytes *rest)
{
	const uint8_t *newline = memchr(rest->at, '\n', rest->len);
	struct bytes line = {rest->at, newline ? (size_t)(newline - rest->at) : rest->len};
	size_t taken = line.len + (newline ? 1 : 0);

	rest->at += taken;
	rest->len -= taken;
	while (line.len && is_blank(line.at[line.len - 1]))
		line.len--;
	return line;
}

/* From one BEGIN line to its END line (RFC 7468 2); *out is empty where the text ends, white at the last. Strict about what stands
 * between, since a mark that a flipped bit spoils would hide its list. */
static bool take_pem(struct bytes *rest, struct bytes *out)
{
	static const char begin[] = "-----BEGIN X509 CRL-----", end[] = "-----END X509 CRL-----";
	const uint8_t *from = NULL;
	bool is_text = false;

	*out = (struct bytes){0};
	while (rest->len) {
		const uint8_t *at = rest->at;
		struct bytes line = take_line(rest);

		if (from && bytes_equal(line, bytes_of(end))) {
			*out = (struct bytes){from, (size_t)(rest->at - from)};
			return true;
		}
		if (!from && bytes_equal(line, bytes_of(begin)))
			from = at;
		else if (line.len && line.at[0] == '-')
			return false;
		is_text = is_text || line.len;
	}
	return !from && !is_text;
}

static X509_CRL *read_pem(struct bytes *rest, bool *at_end)
{
	CLEANUP(BIO_free_all) BIO *bio = NULL;
	struct bytes pem;

	if (!take_pem(rest, &pem))
		return NULL;
	*at_end = pem.len == 0;
	bio = *at_end ? NULL : BIO_new_mem_buf(pem.at, (int)pem.len);
	return bio ? PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL) : NULL;
}

static X509_CRL *read_der(struct bytes *rest)
{
	const uint8_t *at = rest->at;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)rest->len);

	if (crl)
		*rest = (struct bytes){at, rest->len - (size_t)(at - rest->at)};
	return crl;
}

bool revoked_next(struct revoked_lists *lists, X509_CRL **out, struct err *err)
{
	bool at_end = lists->count && lists->rest.len == 0;
	X509_CRL *crl = NULL;

	if (lists->rest.len > INT32_MAX)
		return fail(err, ERR_LIMIT, "%zu bytes of revocation lists", lists->rest.len);
	/* DER begins with the tag of a SEQUENCE, which no PEM does. */
	if (lists->count == 0)
		lists->is_der = lists->rest.len && lists->rest.at[0] == DER_SEQUENCE;
	if (!at_end)
		crl = lists->is_der ? read_der(&lists->rest) : read_pem(&lists->rest, &at_end);
	ERR_clear_error();
	if (!crl && lists->count == 0)
		return fail(err, ERR_DAMAGED, "no revocation list in it: not a CRL");
	if (!crl && !at_end)
		return fail(err, ERR_DAMAGED,
		    "what follows revocation list %zu is not a whole CRL: the file is cut or "
		    "damaged",
		    lists->count);
	if (crl && ++lists->count > REVOKED_LISTS) {
		X509_CRL_free(crl);
		return fail(err, ERR_LIMIT, "more than %d revocation lists", REVOKED_LISTS);
	}
	*out = crl;
	return true;
}

bool revoked_find(
    struct bytes lists, X509 *certificate, X509 *issuer, struct revoked *out, struct err *err)
{
	struct revoked_lists reading = {.rest = lists};
	struct revoked found = {.reason = REVOKED_NO_REASON};

	for (;;) {
		CLEANUP(X509_CRL_free) X509_CRL *crl = NULL;

		if (!revoked_next(&reading, &crl, err))
			return false;
		if (!crl) {
			*out = found;
			return true;
		}
		if (!look_up(crl, certificate, issuer, &found, err))
			return false;
	}
}
