/* Identity files of age, plain: comments, keys in Bech32. */
#include "fuzz_target.h"

#include "bundle/age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(age_identities_free) struct age_identities identities = {0};

	(void)!age_identities_add(&identities, (struct bytes){data, len}, NULL);
	return 0;
}
