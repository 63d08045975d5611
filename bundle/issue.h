/* Issues the certificates of seals: the SOC's evidence CA, and one seal certificate per kit (RFC 5280). Used in the
 * office only. Profile: docs/formats/kit.md. */
#ifndef KANSHIKI_BUNDLE_ISSUE_H
#define KANSHIKI_BUNDLE_ISSUE_H

#include "core/err.h"
#include "core/text.h"

#define ISSUE_CA_DAYS  3652 /* ten years */
#define ISSUE_NAME_MAX 64   /* characters of a common name: X.520 ub-common-name */
#define ISSUE_DAYS_MAX 3650

struct issued { /* PEM */
	struct text certificate;
	struct text key; /* PKCS #8, in the clear until issue_lock; wiped by issued_free */
};
void issued_free(struct issued *issued);
static inline void issued_free_at(struct issued *issued)
{
	issued_free(issued);
}

/* Whether a certificate can carry it: 1 to ISSUE_NAME_MAX characters, no control character. ERR_USAGE. */
bool issue_check_name(const char *name, struct err *err) MUST_CHECK;

/* A self-signed evidence CA, ECDSA P-256, with a fresh key. */
bool issue_ca(const char *name, uint64_t now, struct issued *out, struct err *err) MUST_CHECK;

/* A seal certificate with a fresh key: key usage digitalSignature (critical), no extended key usage, random serial number, valid
 * from a day before now (clocks differ) for `days`, never longer than the CA. ERR_DAMAGED when the CA key does not belong to the
 * CA certificate, ERR_UNTRUSTED when that has ended. */
bool issue_seal(const struct issued *ca, const char *name, uint64_t now, unsigned days,
    struct issued *out, struct err *err) MUST_CHECK;

/* Puts the key under a passphrase: whoever finds it cannot sign without. */
bool issue_lock(struct issued *issued, struct bytes passphrase, struct err *err) MUST_CHECK;

/* Whether the certificate was issued by a CA in ca_pem and its key usage is that of a seal; *from and *to are its validity. The
 * time is not judged. */
bool issue_check_seal(struct bytes certificate_pem, struct bytes ca_pem, uint64_t *from,
    uint64_t *to, struct err *err) MUST_CHECK;

/* Adds a seal certificate to the CA's revocation list (PEM; empty: the first) and makes the list anew into *out: number one higher,
 * next update at the CA's own end. Its seals are not to be believed from `since` on. One that stands there already gets the earlier date; ERR_EXISTS when that
 * is the one it has. */
bool issue_revoke(const struct issued *ca, struct bytes crl_pem, struct bytes certificate_pem,
    uint64_t since, uint64_t now, struct text *out, struct err *err) MUST_CHECK;

struct issue_facts {              /* of a seal certificate */
	struct text name, serial; /* printable; upper-case hex, as openssl shows it */
	uint64_t from, to;
	bool is_revoked;
	uint64_t revoked; /* since when */
};
void issue_facts_free(struct issue_facts *facts);
static inline void issue_facts_free_at(struct issue_facts *facts)
{
	issue_facts_free(facts);
}

/* What a certificate issued by this CA says, and its revocation list (may be empty). */
bool issue_facts(struct bytes certificate_pem, struct bytes ca_pem, struct bytes crl_pem,
    struct issue_facts *out, struct err *err) MUST_CHECK;

#endif
