/* A seal is accepted only in the one form that we write: every flipped bit, every other form is refused. */
#include "unit.h"

#include "fixture_seal.h"

#include "bundle/seal_verify.h"

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

static const char content[] = "# format: 1\n0123  files.001.tar.zst.age\n";
static struct text good; /* a seal over content */

static struct seal_trust trust_now(void)
{
	return (struct seal_trust){
	    .ca_pem = text_bytes(&fixture_keys.ca.certificate),
	    .at = FIXTURE_NOW,
	};
}

static bool verify(struct bytes p7s, const struct seal_trust *trust, struct err *err)
{
	CLEANUP(seal_facts_free) struct seal_facts facts = {0};

	return seal_verify(bytes_of(content), p7s, trust, &facts, err);
}

static bool verify_now(struct bytes p7s, struct err *err)
{
	struct seal_trust trust = trust_now();

	return verify(p7s, &trust, err);
}

static int set_up(void **state)
{
	return fixture_keys_make(state) == 0 &&
		       seal_sign(fixture_keys.seal, bytes_of(content), FIXTURE_NOW, &good, NULL)
		   ? 0
		   : -1;
}

static int tear_down(void **state)
{
	fixture_keys_free(state);
	text_free(&good);
	return 0;
}

static void accepts_ours(void **state)
{
	CLEANUP(seal_facts_free) struct seal_facts facts = {0};
	struct seal_trust trust = trust_now();
	uint8_t sha256[SHA256_LEN];
	struct err err = {0};

	(void)state;
	assert_true(seal_verify(bytes_of(content), text_bytes(&good), &trust, &facts, &err));
	assert_string_equal(text_string(&facts.signer), "CN = test kit");
	assert_string_equal(text_string(&facts.issuer), "CN = test CA");
	assert_true(facts.not_before < FIXTURE_NOW && facts.not_after > FIXTURE_NOW);
	assert_true(facts.signed_at / 10000000 == FIXTURE_NOW / 10000000);
	seal_key_certificate_sha256(fixture_keys.seal, sha256);
	assert_memory_equal(facts.certificate_sha256, sha256, SHA256_LEN);
}

static void refuses_every_flipped_bit(void **state)
{
	uint8_t *bytes = malloc(good.len);
	size_t accepted = 0;

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, good.at, good.len);
	for (size_t bit = 0; bit < good.len * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (verify_now((struct bytes){bytes, good.len}, NULL)) {
			print_error("bit %u is accepted\n", (unsigned)bit);
			accepted++;
		}
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	print_message("%u flipped bits\n", (unsigned)(good.len * 8));
	assert_true(verify_now((struct bytes){bytes, good.len}, NULL));
	free(bytes);
	assert_int_equal(accepted, 0);
}

static void refuses_other_lengths(void **state)
{
	CLEANUP(text_free) struct text longer = {0};

	(void)state;
	for (size_t len = 0; len < good.len; len++)
		assert_false(verify_now((struct bytes){(const uint8_t *)good.at, len}, NULL));
	text_add(&longer, text_bytes(&good));
	text_addc(&longer, 0);
	assert_false(verify_now(text_bytes(&longer), NULL));
}

static void refuses_other_content(void **state)
{
	struct seal_trust trust = trust_now();
	char changed[sizeof(content)];

	(void)state;
	memcpy(changed, content, sizeof(content));
	for (size_t bit = 0; bit < 8 * (sizeof(content) - 1); bit++) {
		struct seal_facts facts = {0};

		changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
		assert_false(seal_verify((struct bytes){(uint8_t *)changed, sizeof(content) - 1},
		    text_bytes(&good), &trust, &facts, NULL));
		changed[bit / 8] = (char)(changed[bit / 8] ^ 1 << bit % 8);
	}
}

static void refuses_another_ca(void **state)
{
	struct seal_trust trust = trust_now();
	struct issued other = {0};
	struct err err = {0};

	(void)state;
	/* Of the same name, but with another key. */
	assert_true(issue_ca("test CA", FIXTURE_NOW, &other, NULL));
	trust.ca_pem = text_bytes(&other.certificate);
	assert_false(verify(text_bytes(&good), &trust, &err));
	assert_int_equal(err.kind, ERR_UNTRUSTED);
	issued_free(&other);
	trust.ca_pem = bytes_of("rubbish");
	assert_false(verify(text_bytes(&good), &trust, &err));
}

static void judges_at_the_time_given(void **state)
{
	const uint64_t day = 86400ull * 10000000;
	struct seal_trust trust = trust_now();
	struct err err = {0};

	(void)state;
	trust.at = FIXTURE_NOW + 89 * day;
	assert_true(verify(text_bytes(&good), &trust, NULL));
	trust.at = FIXTURE_NOW + 91 * day;
	assert_false(verify(text_bytes(&good), &trust, &err));
	assert_int_equal(err.kind, ERR_UNTRUSTED);
	assert_non_null(strstr(err.text, "expired"));
	assert_non_null(strstr(err.text, "--at"));
	trust.at = FIXTURE_NOW - 3 * day;
	assert_false(verify(text_bytes(&good), &trust, &err));
}

static X509 *load_certificate(const struct text *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->at, (int)pem->len);
	X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(x);
	return x;
}

static EVP_PKEY *load_key(const struct text *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->at, (int)pem->len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	BIO_free(bio);
	assert_non_null(key);
	return key;
}

/* A revocation list of the CA that names the kit's certificate, or nobody; signed by `signer`. */
static void make_crl(bool with_kit, const struct text *signer, struct text *pem)
{
	X509 *ca = load_certificate(&fixture_keys.ca.certificate);
	X509 *kit = load_certificate(&fixture_keys.certificate.certificate);
	EVP_PKEY *key = load_key(signer);
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *revoked = X509_REVOKED_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, 1700000000);
	BIO *bio = BIO_new(BIO_s_mem());
	char *at = NULL;

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
	X509_CRL_set1_lastUpdate(crl, now);
	X509_CRL_set1_nextUpdate(crl, now);
	X509_REVOKED_set_serialNumber(revoked, X509_get_serialNumber(kit));
	X509_REVOKED_set_revocationDate(revoked, now);
	if (with_kit)
		X509_CRL_add0_revoked(crl, revoked);
	else
		X509_REVOKED_free(revoked);
	assert_true(X509_CRL_sign(crl, key, EVP_sha256()) > 0);
	PEM_write_bio_X509_CRL(bio, crl);
	long len = BIO_get_mem_data(bio, &at);

	text_add(pem, (struct bytes){(uint8_t *)at, (size_t)len});
	BIO_free(bio);
	ASN1_TIME_free(now);
	X509_CRL_free(crl);
	EVP_PKEY_free(key);
	X509_free(kit);
	X509_free(ca);
}

static void asks_the_revocation_list(void **state)
{
	CLEANUP(text_free) struct text nobody = {0};
	CLEANUP(text_free) struct text kit = {0};
	CLEANUP(text_free) struct text forged = {0};
	struct seal_trust trust = trust_now();
	struct err err = {0};

	(void)state;
	make_crl(false, &fixture_keys.ca.key, &nobody);
	make_crl(true, &fixture_keys.ca.key, &kit);
	make_crl(false, &fixture_keys.certificate.key, &forged);
	trust.crl_pem = text_bytes(&nobody);
	assert_true(verify(text_bytes(&good), &trust, NULL));
	trust.crl_pem = text_bytes(&kit);
	assert_false(verify(text_bytes(&good), &trust, &err));
	assert_non_null(strstr(err.text, "revoked"));
	trust.crl_pem = text_bytes(&forged);
	assert_false(verify(text_bytes(&good), &trust, &err));
	assert_non_null(strstr(err.text, "not by the evidence CA"));
	trust.crl_pem = bytes_of("rubbish");
	assert_false(verify(text_bytes(&good), &trust, &err));
}

/* Two KEYDIRs made on one day have CAs of one name. */
static void tells_cas_of_one_name_apart(void **state)
{
	CLEANUP(issued_free) struct issued twin = {0};
	CLEANUP(issued_free) struct issued kit = {0};
	CLEANUP(text_free) struct text both = {0};
	CLEANUP(text_free) struct text list = {0};
	struct seal_trust trust = trust_now();
	struct err err = {0};

	(void)state;
	assert_true(issue_ca("test CA", FIXTURE_NOW, &twin, NULL) &&
		    issue_seal(&twin, "its kit", FIXTURE_NOW, 90, &kit, NULL) &&
		    issue_revoke(&twin, (struct bytes){0}, text_bytes(&kit.certificate),
			FIXTURE_NOW, FIXTURE_NOW, &list, NULL));
	text_add(&both, text_bytes(&twin.certificate));
	text_add(&both, text_bytes(&fixture_keys.ca.certificate));
	trust.crl_pem = text_bytes(&list);
	assert_false(verify(text_bytes(&good), &trust, &err));
	trust.ca_pem = text_bytes(&both);
	assert_true(verify(text_bytes(&good), &trust, &err));
}

/* A seal by libcrypto's CMS with these flags, by a certificate and key. */
static void sign_with(
    const struct text *certificate, const struct text *key_pem, unsigned flags, struct text *p7s)
{
	X509 *x = load_certificate(certificate);
	EVP_PKEY *key = load_key(key_pem);
	BIO *in = BIO_new_mem_buf(content, sizeof(content) - 1);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, in, flags | CMS_PARTIAL);
	unsigned char *der = NULL;

	assert_non_null(cms);
	assert_non_null(CMS_add1_signer(cms, x, key, EVP_sha256(), flags));
	assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
	int len = i2d_CMS_ContentInfo(cms, &der);

	assert_true(len > 0);
	text_add(p7s, (struct bytes){der, (size_t)len});
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	EVP_PKEY_free(key);
	X509_free(x);
}

#define OURS (CMS_BINARY | CMS_DETACHED | CMS_CADES | CMS_NOSMIMECAP)

static void refuses_other_forms(void **state)
{
	static const struct {
		unsigned flags;
		bool good;
	} forms[] = {
	    {OURS, true},
	    {OURS & ~CMS_DETACHED, false},
	    {OURS & ~CMS_CADES, false},
	    {OURS & ~CMS_NOSMIMECAP, false},
	    {OURS | CMS_NOCERTS, false},
	    {OURS | CMS_USE_KEYID, false},
	    {(OURS & ~CMS_CADES) | CMS_NOATTR, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		CLEANUP(text_free) struct text p7s = {0};
		struct err err = {0};

		sign_with(&fixture_keys.certificate.certificate, &fixture_keys.certificate.key,
		    forms[i].flags, &p7s);
		if (verify_now(text_bytes(&p7s), &err) != forms[i].good)
			print_error("form %u: %s\n", (unsigned)i, err.text);
		assert_int_equal(verify_now(text_bytes(&p7s), NULL), forms[i].good);
	}
}

/* The CA itself may not seal, whatever its key signs. */
static void refuses_a_ca_as_signer(void **state)
{
	CLEANUP(text_free) struct text p7s = {0};
	struct err err = {0};

	(void)state;
	sign_with(&fixture_keys.ca.certificate, &fixture_keys.ca.key, OURS, &p7s);
	assert_false(verify_now(text_bytes(&p7s), &err));
	assert_int_equal(err.kind, ERR_UNTRUSTED);
}

/* The kit's certificate, issued again by the CA with another key usage. NULL: with none. */
static void issue_with_usage(const char *usage, struct text *pem)
{
	X509 *x = load_certificate(&fixture_keys.certificate.certificate);
	EVP_PKEY *ca_key = load_key(&fixture_keys.ca.key);
	BIO *bio = BIO_new(BIO_s_mem());
	char *at = NULL;

	X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, NID_key_usage, -1)));
	if (usage) {
		X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);

		assert_non_null(extension);
		X509_add_ext(x, extension, -1);
		X509_EXTENSION_free(extension);
	}
	assert_true(X509_sign(x, ca_key, EVP_sha256()) > 0);
	PEM_write_bio_X509(bio, x);
	long len = BIO_get_mem_data(bio, &at);

	text_add(pem, (struct bytes){(uint8_t *)at, (size_t)len});
	BIO_free(bio);
	EVP_PKEY_free(ca_key);
	X509_free(x);
}

static void refuses_other_key_usage(void **state)
{
	static const char *const usages[] = {"critical,digitalSignature", NULL,
	    "critical,keyAgreement", "critical,digitalSignature,keyEncipherment",
	    "critical,keyCertSign"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(usages); i++) {
		CLEANUP(text_free) struct text certificate = {0};
		CLEANUP(text_free) struct text p7s = {0};

		issue_with_usage(usages[i], &certificate);
		sign_with(&certificate, &fixture_keys.certificate.key, OURS, &p7s);
		if (verify_now(text_bytes(&p7s), NULL) != (i == 0))
			print_error("usage %u\n", (unsigned)i);
		assert_int_equal(verify_now(text_bytes(&p7s), NULL), i == 0);
	}
}

static void refuses_additions(void **state)
{
	const uint8_t *at = (const uint8_t *)good.at;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)good.len);
	X509 *x = load_certificate(&fixture_keys.certificate.certificate);
	EVP_PKEY *key = load_key(&fixture_keys.certificate.key);
	CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	unsigned char *der = NULL;
	struct err err = {0};
	int len;

	(void)state;
	/* An unsigned attribute, which openssl cms -verify does not mind. */
	assert_int_equal(
	    CMS_unsigned_add1_attr_by_txt(signer, "1.2.3.4", V_ASN1_UTF8STRING, "x", 1), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	assert_false(verify_now((struct bytes){der, (size_t)len}, &err));
	assert_non_null(strstr(err.text, "unsigned"));
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);

	/* A certificate that nobody needs. */
	der = NULL;
	at = (const uint8_t *)good.at;
	cms = d2i_CMS_ContentInfo(NULL, &at, (long)good.len);
	struct issued other = {0};

	assert_true(issue_ca("bystander", FIXTURE_NOW, &other, NULL));
	X509 *bystander = load_certificate(&other.certificate);

	assert_int_equal(CMS_add1_cert(cms, bystander), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	assert_false(verify_now((struct bytes){der, (size_t)len}, &err));
	OPENSSL_free(der);
	CMS_ContentInfo_free(cms);
	X509_free(bystander);
	issued_free(&other);
	EVP_PKEY_free(key);
	X509_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepts_ours),
	    cmocka_unit_test(refuses_every_flipped_bit),
	    cmocka_unit_test(refuses_other_lengths),
	    cmocka_unit_test(refuses_other_content),
	    cmocka_unit_test(refuses_another_ca),
	    cmocka_unit_test(judges_at_the_time_given),
	    cmocka_unit_test(asks_the_revocation_list),
	    cmocka_unit_test(tells_cas_of_one_name_apart),
	    cmocka_unit_test(refuses_other_forms),
	    cmocka_unit_test(refuses_a_ca_as_signer),
	    cmocka_unit_test(refuses_other_key_usage),
	    cmocka_unit_test(refuses_additions),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
