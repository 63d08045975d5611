/* Revocation lists (RFC 5280 5) of evidence CAs and time stamp authorities, of any number of issuers. Inside bundle/ only. */
#ifndef KANSHIKI_BUNDLE_REVOKED_H
#define KANSHIKI_BUNDLE_REVOKED_H

#include "core/bytes.h"
#include "core/err.h"

#include <openssl/x509.h>

#define REVOKED_LISTS     64 /* at most, in one file */
#define REVOKED_NO_REASON (-1)

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
	uint64_t list_from; /* when the newest list of that issuer was made; 0: there is none */
	bool is_revoked;
	uint64_t since; /* the earliest date */
	int reason;     /* RFC 5280 5.3.1, of the entry found first, or REVOKED_NO_REASON */
};

/* Looks the certificate up in every list by its issuer. A list of that issuer's name that its key did not sign is ERR_UNTRUSTED;
 * what is no list ERR_DAMAGED, as above. */
bool revoked_find(struct bytes lists, X509 *certificate, X509 *issuer, struct revoked *out,
    struct err *err) MUST_CHECK;

#endif
