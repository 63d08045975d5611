/* Answers of a time stamp authority, as a file in the bundle: granted by one whose CA is known, and not. */
#include "fuzz_target.h"

#include "bundle/countersign.h"
#include "bundle/stamp.h"
#include "tests/fixture_stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct stamp_trust trust = {.ca_pem = bytes_of(fixture_stamp_ca)};
	const struct bytes answer = {data, len};
	CLEANUP(stamp_facts_free) struct stamp_facts stamp = {0};
	CLEANUP(seal_facts_free) struct seal_facts seal = {0};

	if (!stamp_verify(bytes_of("sealed"), answer, (struct bytes){0}, &trust, &stamp, NULL))
		(void)!stamp_verify(bytes_of("sealed"), answer, answer, &trust, &stamp, NULL);
	(void)!countersign_verify(bytes_of("sealed"), answer, &seal, NULL);
	return 0;
}
