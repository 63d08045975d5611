/* Revocation lists (RFC 5280 5) of evidence CAs and time stamp authorities, of any number of issuers. Inside bundle/ only. */
#ifndef KANSHIKI_BUNDLE_REVOKED_H
#define KANSHIKI_BUNDLE_REVOKED_H

#include "core/bytes.h"
#include "core/err.h"

#include <openssl/x509.h>

#define REVOKED_LISTS     64 /* at most, in one file */
#define REVOKED_NO_REASON (-1)

struct revoked {
	uint64_t list_from; /* when the newest list of that issuer was made; 0: there is none */
	bool is_revoked;
	uint64_t since; /* the earliest date */
	int reason;     /* RFC 5280 5.3.1, of the entry found first, or REVOKED_NO_REASON */
};

/* Looks the certificate up in every list by its issuer: PEM, one after the other, or DER. A list of that issuer's name that its key
 * did not sign is ERR_UNTRUSTED; what is no list ERR_DAMAGED. */
bool revoked_find(struct bytes lists, X509 *certificate, X509 *issuer, struct revoked *out,
    struct err *err) MUST_CHECK;

#endif
