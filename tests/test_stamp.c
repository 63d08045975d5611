/* Time stamps and countersignatures: what is asked for and what is refused. Whole exchanges with an authority are in
 * tests/e2e/keys.sh. */
#include "tests/unit.h"

#include "fixture_seal.h"
#include "fixture_stamp.h"

#include "bundle/countersign.h"
#include "bundle/pem.h"
#include "bundle/stamp.h"

#include <openssl/ts.h>
#include <string.h>

static void test_request(void **state)
{
	/* TimeStampReq (RFC 3161 2.4.1): version 1, then the imprint: SHA-256 with NULL, 32 bytes. */
	static const uint8_t imprint[] = {0x02, 0x01, 0x01, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
	    0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
	CLEANUP(text_free) struct text first = {0};
	CLEANUP(text_free) struct text second = {0};
	uint8_t digest[SHA256_LEN];
	size_t at = 2 + sizeof(imprint);

	(void)state;
	hash_sha256(bytes_of("sealed"), digest);
	assert_true(stamp_request(bytes_of("sealed"), &first, NULL));
	assert_true(stamp_request(bytes_of("sealed"), &second, NULL));
	assert_memory_equal(first.at + 2, imprint, sizeof(imprint));
	assert_memory_equal(first.at + at, digest, sizeof(digest));
	/* A nonce, which differs, and at the end: certificates wanted. */
	assert_false(bytes_equal(text_bytes(&first), text_bytes(&second)));
	assert_memory_equal(first.at + first.len - 3, "\x01\x01\xff", 3);
}

static void test_no_stamp(void **state)
{
	/* A refusal (RFC 3161 2.4.2): status 2 and nothing else. */
	static const uint8_t rejection[] = {0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02};
	/* Granted, without a token. */
	static const uint8_t hollow[] = {0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00};
	const struct stamp_trust ca = {.ca_pem = text_bytes(&fixture_keys.ca.certificate)};
	const struct bytes wrong[] = {{0}, bytes_of("junk"), {rejection, sizeof(rejection)},
	    {hollow, sizeof(hollow)}, {rejection, sizeof(rejection) - 1},
	    {(const uint8_t *)fixture_keys.ca.certificate.at, fixture_keys.ca.certificate.len}};
	CLEANUP(text_free) struct text large = {0};
	struct stamp_facts facts = {0};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_false(stamp_verify(
		    bytes_of("sealed"), wrong[i], (struct bytes){0}, &ca, &facts, &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
		assert_null(facts.authority.at);
	}
	while (large.len <= STAMP_BYTES)
		text_adds(&large, "0123456789abcdef");
	assert_false(stamp_verify(
	    bytes_of("sealed"), text_bytes(&large), (struct bytes){0}, &ca, &facts, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
}

/* Every single bit of an answer counts, also of what its signature does not cover. */
static void test_flipped_bits(void **state)
{
	const struct stamp_trust trust = {.ca_pem = bytes_of(fixture_stamp_ca)};
	static uint8_t tsr[sizeof(fixture_stamp)];
	CLEANUP(stamp_facts_free) struct stamp_facts good = {0};
	unsigned accepted = 0;

	(void)state;
	memcpy(tsr, fixture_stamp, sizeof(tsr));
	assert_true(stamp_verify(bytes_of("sealed"), (struct bytes){tsr, sizeof(tsr)},
	    (struct bytes){0}, &trust, &good, NULL));
	assert_string_equal(text_string(&good.authority), "CN = test stamps");
	for (size_t i = 0; i < 8 * sizeof(tsr); i++) {
		struct stamp_facts facts = {0};

		tsr[i / 8] ^= (uint8_t)(1 << i % 8);
		if (stamp_verify(bytes_of("sealed"), (struct bytes){tsr, sizeof(tsr)},
			(struct bytes){0}, &trust, &facts, NULL)) {
			print_error("bit %zu of byte %zu is not missed\n", i % 8, i / 8);
			accepted++;
		}
		stamp_facts_free(&facts);
		tsr[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(accepted, 0);
}

/* The same answer with the CA's certificate in it, which it does not need. */
static void add_ca(struct text *out)
{
	const uint8_t *at = fixture_stamp;
	TS_RESP *response = d2i_TS_RESP(NULL, &at, sizeof(fixture_stamp));
	CLEANUP(pem_certificates_free) STACK_OF(X509) *ca = NULL;
	unsigned char *der = NULL;

	assert_true(pem_certificates(bytes_of(fixture_stamp_ca), 1, &ca, NULL));
	assert_true(response &&
		    PKCS7_add_certificate(TS_RESP_get_token(response), sk_X509_value(ca, 0)) == 1);
	int len = i2d_TS_RESP(response, &der);

	assert_true(len > 0);
	text_add(out, (struct bytes){der, (size_t)len});
	OPENSSL_free(der);
	TS_RESP_free(response);
}

/* Nobody signed what the way does not need: a changed bit of it is no reason to refuse, but shows. */
static void test_other_certificates(void **state)
{
	const struct stamp_trust trust = {.ca_pem = bytes_of(fixture_stamp_ca)};
	CLEANUP(text_free) struct text tsr = {0};
	CLEANUP(stamp_facts_free) struct stamp_facts untouched = {0};
	unsigned missed = 0, told = 0;

	(void)state;
	add_ca(&tsr);
	assert_true(stamp_verify(
	    bytes_of("sealed"), text_bytes(&tsr), (struct bytes){0}, &trust, &untouched, NULL));
	assert_int_equal(untouched.others, 0);
	for (size_t i = 0; i < 8 * tsr.len; i++) {
		CLEANUP(stamp_facts_free) struct stamp_facts facts = {0};
		const char bit = (char)(1 << i % 8);

		tsr.at[i / 8] = (char)(tsr.at[i / 8] ^ bit);
		bool ok = stamp_verify(
		    bytes_of("sealed"), text_bytes(&tsr), (struct bytes){0}, &trust, &facts, NULL);

		tsr.at[i / 8] = (char)(tsr.at[i / 8] ^ bit);
		missed += ok && facts.others == 0;
		told += ok;
	}
	assert_int_equal(missed, 0);
	assert_true(told > 0);
}

static void test_countersignature(void **state)
{
	const struct bytes certificate = text_bytes(&fixture_keys.certificate.certificate);
	CLEANUP(text_free) struct text p7s = {0};
	CLEANUP(text_free) struct text none = {0};
	CLEANUP(seal_facts_free) struct seal_facts facts = {0};
	struct seal_facts untouched = {0};
	struct err err = {0};

	(void)state;
	assert_true(countersign(bytes_of("sealed"), certificate,
	    text_bytes(&fixture_keys.certificate.key), FIXTURE_NOW, &p7s, &err));
	assert_true(countersign_verify(bytes_of("sealed"), text_bytes(&p7s), &facts, &err));
	assert_string_equal(text_string(&facts.signer), "CN = test kit");
	assert_false(countersign_verify(bytes_of("seal"), text_bytes(&p7s), &untouched, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_null(untouched.signer.at);
	/* Every byte counts. */
	for (size_t i = 0; i < p7s.len; i++) {
		p7s.at[i] = (char)(p7s.at[i] ^ 1);
		assert_false(
		    countersign_verify(bytes_of("sealed"), text_bytes(&p7s), &untouched, &err));
		p7s.at[i] = (char)(p7s.at[i] ^ 1);
	}
	assert_false(countersign(bytes_of("sealed"), certificate, text_bytes(&fixture_keys.ca.key),
	    FIXTURE_NOW, &none, &err));
	assert_int_equal(none.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_no_stamp),
	    cmocka_unit_test(test_flipped_bits),
	    cmocka_unit_test(test_other_certificates),
	    cmocka_unit_test(test_countersignature),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
