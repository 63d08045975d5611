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
CLEANUP_POINTER(ISSUING_DIST_POINT, ISSUING_DIST_POINT_free);
CLEANUP_POINTER(CRL_DIST_POINTS, CRL_DIST_POINTS_free);

static bool time_of(const ASN1_TIME *time, uint64_t *ticks)
{
	return time && seal_time((struct bytes){ASN1_STRING_get0_data(time),
				     (size_t)ASN1_STRING_length(time)},
			   ticks);
}

/* RFC 3161 4: what was stamped before the revocation stays good only where the entry gives one of these reasons. */
static bool has_harmless_reason(const X509_REVOKED *entry)
{
	CLEANUP(ASN1_ENUMERATED_free)
	ASN1_ENUMERATED *given = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	long reason = given ? ASN1_ENUMERATED_get(given) : -1;

	return reason == CRL_REASON_UNSPECIFIED || reason == CRL_REASON_AFFILIATION_CHANGED ||
	       reason == CRL_REASON_SUPERSEDED || reason == CRL_REASON_CESSATION_OF_OPERATION;
}

static bool is_same_point(const DIST_POINT_NAME *a, const DIST_POINT_NAME *b)
{
	if (a->type != 0 || b->type != 0) /* 0: whole names; nobody uses the other kind */
		return false;
	for (int i = 0; i < sk_GENERAL_NAME_num(a->name.fullname); i++)
		for (int k = 0; k < sk_GENERAL_NAME_num(b->name.fullname); k++)
			if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(a->name.fullname, i),
				sk_GENERAL_NAME_value(b->name.fullname, k)) == 0)
				return true;
	return false;
}

/* Whether the certificate names that point for all reasons: else it may be revoked in the list of another. */
static bool has_point(const X509 *certificate, const DIST_POINT_NAME *wanted)
{
	CLEANUP(CRL_DIST_POINTS_free)
	CRL_DIST_POINTS *points =
	    X509_get_ext_d2i(certificate, NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);

		if (point->distpoint && !point->reasons && !point->CRLissuer &&
		    is_same_point(point->distpoint, wanted))
			return true;
	}
	return false;
}

/* RFC 5280 5.2.5: the list is of some certificates, or of some reasons. */
static bool is_in_scope(const X509_CRL *crl, X509 *certificate)
{
	int state;
	CLEANUP(ISSUING_DIST_POINT_free)
	ISSUING_DIST_POINT *scope =
	    X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &state, NULL);

	if (!scope)
		return state == -1; /* there is none; else it cannot be read, or is there twice */
	if (scope->onlysomereasons || scope->indirectCRL > 0 || scope->onlyattr > 0)
		return false;
	if (X509_check_ca(certificate) ? scope->onlyuser > 0 : scope->onlyCA > 0)
		return false;
	return !scope->distpoint || has_point(certificate, scope->distpoint);
}

/* Whether a certificate that does not stand in the list is not revoked as far as its issuer knows. A list that has
 * in it what we do not know may mean something else (RFC 5280 5.2, 5.3), one of changes tells of nothing else. */
static bool can_clear(X509_CRL *crl, X509 *certificate)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);

	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		return false;
	for (int at = -1; (at = X509_CRL_get_ext_by_critical(crl, 1, at)) >= 0;) {
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(X509_CRL_get_ext(crl, at)));

		if (nid != NID_issuing_distribution_point && nid != NID_authority_key_identifier)
			return false;
	}
	for (int i = 0; i < sk_X509_REVOKED_num(entries); i++)
		if (X509_REVOKED_get_ext_by_critical(sk_X509_REVOKED_value(entries, i), 1, -1) >= 0)
			return false;
	return is_in_scope(crl, certificate);
}

static bool is_by(X509_CRL *crl, X509 *issuer)
{
	return X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) == 0 &&
	       X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
}

/* A CA made anew may have the name that it had, and two of one day the same: their lists stand in one file. */
static bool is_by_one_of(X509_CRL *crl, const STACK_OF(X509) * others)
{
	for (int i = 0; i < sk_X509_num(others); i++)
		if (is_by(crl, sk_X509_value(others, i)))
			return true;
	return false;
}

/* What an entry says counts, whatever its list may leave out. */
static bool take_entry(const X509_REVOKED *entry, struct revoked *out, struct err *err)
{
	bool is_harmless = has_harmless_reason(entry);
	uint64_t since;

	if (!time_of(X509_REVOKED_get0_revocationDate(entry), &since))
		return fail(err, ERR_DAMAGED, "a revocation list has an unreadable date");
	if (!out->is_revoked || since < out->since)
		out->since = since;
	out->is_harmless = is_harmless && (!out->is_revoked || out->is_harmless);
	out->is_revoked = true;
	return true;
}

static bool look_up(X509_CRL *crl, X509 *certificate, const struct revoked_issuer *issuer,
    struct revoked *out, struct err *err)
{
	X509_REVOKED *entry = NULL;
	uint64_t from;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer->own)) != 0)
		return true;
	if (!is_by(crl, issuer->own)) {
		bool is_anothers = is_by_one_of(crl, issuer->others);

		ERR_clear_error();
		return is_anothers ||
		       fail(err, ERR_UNTRUSTED, "a revocation list is not by its issuer");
	}
	if (!time_of(X509_CRL_get0_lastUpdate(crl), &from))
		return fail(err, ERR_DAMAGED, "a revocation list has an unreadable date");
	if (from > out->list_from && can_clear(crl, certificate))
		out->list_from = from;
	return X509_CRL_get0_by_cert(crl, &entry, certificate) != 1 || take_entry(entry, out, err);
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

bool revoked_find(struct bytes lists, X509 *certificate, const struct revoked_issuer *issuer,
    struct revoked *out, struct err *err)
{
	struct revoked_lists reading = {.rest = lists};
	struct revoked found = {0};

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
