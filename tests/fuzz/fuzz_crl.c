/* What lies in KEYDIR in PEM: revocation lists and certificates, and a seal that is judged by them. Input: the seal's length in
 * two bytes, the seal over "sealed", then CA and lists, as one text. */
#include "fuzz_target.h"

#include "bundle/seal_verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(seal_facts_free) struct seal_facts facts = {0};
	size_t seal = len > 2 ? (size_t)data[0] << 8 | data[1] : 0;

	if (len < 2 || seal > len - 2)
		return 0;
	const struct bytes pem = {data + 2 + seal, len - 2 - seal};
	const struct seal_trust trust = {
	    .ca_pem = pem, .crl_pem = pem, .at = UINT64_C(134000000000000000)};

	(void)!seal_verify(
	    bytes_of("sealed"), (struct bytes){data + 2, seal}, &trust, &facts, NULL);
	return 0;
}
