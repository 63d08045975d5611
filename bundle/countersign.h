/* A countersignature: a second person's detached CMS signature over MANIFEST.p7s, in the profile of the seal, in its own file. */
#ifndef KANSHIKI_BUNDLE_COUNTERSIGN_H
#define KANSHIKI_BUNDLE_COUNTERSIGN_H

#include "bundle/seal_verify.h"

#define COUNTERSIGN_NAME "MANIFEST.countersigned.p7s"

/* Signs the bytes of MANIFEST.p7s. The key (PEM, unencrypted, ECDSA P-256) must belong to the certificate: ERR_DAMAGED. */
bool countersign(struct bytes sealed, struct bytes certificate_pem, struct bytes key_pem,
    uint64_t now, struct text *p7s, struct err *err) MUST_CHECK;

/* Whether p7s signs them. Nobody judges the certificate: the facts say its name and its SHA-256, and the reader knows whose it is
 * or does not. ERR_DAMAGED. */
bool countersign_verify(
    struct bytes sealed, struct bytes p7s, struct seal_facts *out, struct err *err) MUST_CHECK;

#endif
