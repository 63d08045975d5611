/* A request for a time stamp (.tsq), given with an answer that is good. */
#include "fuzz_target.h"

#include "bundle/stamp.h"
#include "tests/fixture_stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct stamp_trust trust = {.ca_pem = bytes_of(fixture_stamp_ca)};
	const struct bytes answer = {fixture_stamp, sizeof(fixture_stamp)};
	CLEANUP(stamp_facts_free) struct stamp_facts facts = {0};

	(void)!stamp_verify(
	    bytes_of("sealed"), answer, (struct bytes){data, len}, &trust, &facts, NULL);
	return 0;
}
