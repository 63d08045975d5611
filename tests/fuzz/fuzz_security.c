/* formats/security/security.h: a descriptor as SDDL. */
#include "formats/security/security.h"
#include "tests/fuzz/fuzz_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct security_descriptor descriptor;
	struct err damage = {0};
	CLEANUP(text_free) struct text out = {0};

	if (!security_parse((struct bytes){data, len}, &descriptor, NULL))
		return 0;
	if (descriptor.owner.len)
		security_add_sid(&out, descriptor.owner);
	security_add_sddl(&out, &descriptor, &damage);
	if (out.failed)
		abort();
	return 0;
}
