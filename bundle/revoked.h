/* Revocation lists (RFC 5280 5) of evidence CAs and time stamp authorities, of any number of issuers. Inside bundle/ only. */
#ifndef KANSHIKI_BUNDLE_REVOKED_H
#define KANSHIKI_BUNDLE_REVOKED_H

#include "core/bytes.h"
#include "core/err.h"

#include <openssl/x509.h>

#define REVOKED_LISTS 64 /* at most, in one file */

/* The lists of a file, one after the other: PEM (text between them is passed over) or DER. Zero but for rest. */
struct revoked_lists {
	struct bytes rest;
	size_t count; /* read so far */
	bool is_der;
};

/* The next list, for the caller to free; *out is NULL behind the last. Whoever cuts a list un-revokes what stood in it: anything in
 * the file that is not a whole list, be it behind the last one, is ERR_DAMAGED, and so is a file without any. */
bool revoked_next(struct revoked_lists *lists, X509_CRL **out, struct err *err) MUST_CHECK;

struct revoked {
	/* when the newest list of that issuer was made that clears what does not stand in it; 0: there is none */
	uint64_t list_from;
	bool is_revoked;
	uint64_t since; /* the earliest date of all entries */
	bool
	    is_harmless; /* each entry has a reason that leaves good what was before it (RFC 3161 4) */
};

struct revoked_issuer {
	X509 *own;                     /* of the certificate */
	const STACK_OF(X509) * others; /* trusted, of any name, its own too; may be NULL */
};

/* Looks the certificate up in every list by its issuer. One of changes (delta), of other certificates or of some reasons, or with
 * a critical extension that we do not know clears nobody (RFC 5280 5.2), but who stands in it is revoked. A list of that
 * issuer's name that another of the trusted signed is passed over; that nobody of them signed is ERR_UNTRUSTED; what is no list
 * ERR_DAMAGED, as above. */
bool revoked_find(struct bytes lists, X509 *certificate, const struct revoked_issuer *issuer,
    struct revoked *out, struct err *err) MUST_CHECK;

#endif
