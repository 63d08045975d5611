/* See countersign.h. */
#include "bundle/countersign.h"

#include "bundle/seal.h"

bool countersign(struct bytes sealed, struct bytes certificate_pem, struct bytes key_pem,
    uint64_t now, struct text *p7s, struct err *err)
{
	CLEANUP(seal_key_free) struct seal_key *key = NULL;

	return seal_key_load(certificate_pem, certificate_pem, key_pem, &key, err) &&
	       seal_sign(key, sealed, now, p7s, err);
}

bool countersign_verify(
    struct bytes sealed, struct bytes p7s, struct seal_facts *out, struct err *err)
{
	return seal_verify_signature(sealed, p7s, out, err);
}
