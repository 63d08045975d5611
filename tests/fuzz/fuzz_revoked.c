/* A file of revocation lists, as somebody put it into KEYDIR: PEM or DER, several. */
#include "fuzz_target.h"

#include "bundle/pem.h"
#include "bundle/revoked.h"
#include "tests/fixture_stamp.h"

#include <stdlib.h>

/* Read to the end, and then once more: nothing comes behind the end. */
static void read_all(struct bytes file)
{
	struct revoked_lists lists = {.rest = file};
	X509_CRL *crl = NULL;

	while (revoked_next(&lists, &crl, NULL) && crl) {
		X509_CRL_free(crl);
		crl = NULL;
	}
	if (lists.count > REVOKED_LISTS + 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *authority = NULL;
	const struct bytes file = {data, len};
	struct revoked revoked;

	if (!pem_certificates(bytes_of(fixture_stamp_ca), 1, &authority, NULL))
		abort();
	const struct revoked_issuer issuer = {sk_X509_value(authority, 0), authority};

	(void)!revoked_find(file, issuer.own, &issuer, &revoked, NULL);
	read_all(file);
	return 0;
}
