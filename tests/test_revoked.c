/* Revocation lists: several in a file, and a file that is cut or spoiled anywhere is no file. */
#include "tests/unit.h"

#include "bundle/issue.h"
#include "bundle/pem.h"
#include "bundle/revoked.h"
#include "tests/fixture_seal.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

static struct fixture_seal keys;
static struct text first, second; /* lists of another CA, and of keys.ca: its own kit is revoked */
static STACK_OF(X509) * trusted;
static const char *point; /* where its certificate says that its list lies */

static void add_point(X509 *certificate)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&ctx);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, NID_crl_distribution_points, point);
	assert_true(extension && X509_add_ext(certificate, extension, -1));
	X509_EXTENSION_free(extension);
}

static bool find(struct bytes lists, struct revoked *out, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *authority = NULL;
	CLEANUP(pem_certificates_free) STACK_OF(X509) *own = NULL;

	assert_true(pem_certificates(text_bytes(&keys.ca.certificate), 1, &authority, NULL));
	assert_true(pem_certificates(text_bytes(&keys.certificate.certificate), 1, &own, NULL));
	if (point)
		add_point(sk_X509_value(own, 0));
	const struct revoked_issuer issuer = {sk_X509_value(authority, 0), trusted};

	return revoked_find(lists, sk_X509_value(own, 0), &issuer, out, err);
}

static void join(const char *before, const char *between, const char *behind, struct text *out)
{
	text_clear(out);
	text_adds(out, before);
	text_add(out, text_bytes(&first));
	text_adds(out, between);
	text_add(out, text_bytes(&second));
	text_adds(out, behind);
	assert_false(out->failed);
}

static void finds_in_the_later_one(void **state)
{
	CLEANUP(text_free) struct text both = {0};
	struct revoked revoked;
	struct err err = {0};

	(void)state;
	join("", "", "", &both);
	assert_true(find(text_bytes(&both), &revoked, &err));
	assert_true(revoked.is_revoked);
	/* As 'openssl crl -text' shows them, and from Windows. */
	join("Certificate Revocation List (CRL):\n    Version 2\n", "\r\nmore\r\n", " \r\n\n",
	    &both);
	assert_true(find(text_bytes(&both), &revoked, &err));
	assert_true(revoked.is_revoked);
	assert_true(find(text_bytes(&first), &revoked, &err));
	assert_false(revoked.is_revoked);
	assert_int_equal(revoked.list_from, 0);
}

static void refuses_each_cut(void **state)
{
	CLEANUP(text_free) struct text both = {0};

	(void)state;
	join("", "\n", "", &both);
	for (size_t len = 0; len < both.len; len++) {
		struct revoked revoked;
		struct err err = {0};
		/* Behind a whole list nobody can tell, nor where the very last newline went. */
		bool is_whole = len == first.len - 1 || len == first.len || len == first.len + 1 ||
				len + 1 == both.len;

		bool found = find((struct bytes){(const uint8_t *)both.at, len}, &revoked, &err);

		if (found != is_whole)
			print_error("cut at %zu of %zu: %s\n", len, both.len, err.text);
		assert_int_equal(found, is_whole);
	}
}

static void refuses_what_is_spoiled(void **state)
{
	static const char *const behind[] = {"junk\n", "-----BEGIN X509 CRL-----\n",
	    "-----BEGIN CERTIFICATE-----\n", "-----END X509 CRL-----\n", "-", "x"};
	CLEANUP(text_free) struct text both = {0};
	struct revoked revoked;

	(void)state;
	for (size_t i = 0; i < sizeof(behind) / sizeof(*behind); i++) {
		join("", "", behind[i], &both);
		assert_false(find(text_bytes(&both), &revoked, NULL));
	}
	join("", "", "", &both);
	text_add(
	    &both, (struct bytes){(const uint8_t *)"\0\0\0", 3}); /* as a lost flush leaves it */
	assert_false(find(text_bytes(&both), &revoked, NULL));
	/* Each letter of the second list's marks, and of what is between. */
	for (size_t i = first.len; i < first.len + second.len - 1; i++) {
		struct err err = {0};

		join("", "", "", &both);
		both.at[i] ^= 0x08;
		if (!find(text_bytes(&both), &revoked, &err))
			continue;
		/* A spoiled issuer: it is then said that there is no list by ours. */
		if (!revoked.is_revoked && revoked.list_from)
			print_error("a spoiled letter %zu un-revokes\n", i);
		assert_true(revoked.is_revoked || revoked.list_from == 0);
	}
}

static void add_der(const struct text *pem, struct text *out)
{
	BIO *bio = BIO_new_mem_buf(pem->at, (int)pem->len);
	X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);

	assert_true(len > 0);
	text_add(out, (struct bytes){der, (size_t)len});
	OPENSSL_free(der);
	X509_CRL_free(crl);
	BIO_free(bio);
}

static void reads_der(void **state)
{
	CLEANUP(text_free) struct text both = {0};
	struct revoked revoked;
	size_t one;

	(void)state;
	add_der(&first, &both);
	one = both.len;
	add_der(&second, &both);
	assert_true(find(text_bytes(&both), &revoked, NULL));
	assert_true(revoked.is_revoked);
	for (size_t len = 0; len < both.len; len++)
		assert_true(find((struct bytes){(const uint8_t *)both.at, len}, &revoked, NULL) ==
			    (len == one));
}

enum { NOT_IN_IT = -2, NO_REASON = -1 };

/* A list of that day by keys.ca, with its certificate in it for a reason, or without. */
static X509_CRL *new_list(int day, int reason)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *own = NULL;
	CLEANUP(pem_certificates_free) STACK_OF(X509) *ca = NULL;
	X509_CRL *crl = X509_CRL_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_ENUMERATED *why = ASN1_ENUMERATED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)1755500000 + day * 86400);

	assert_true(pem_certificates(text_bytes(&keys.ca.certificate), 1, &ca, NULL));
	assert_true(pem_certificates(text_bytes(&keys.certificate.certificate), 1, &own, NULL));
	assert_true(crl && entry && why && when && X509_CRL_set_version(crl, 1) &&
		    X509_CRL_set_issuer_name(crl, X509_get_subject_name(sk_X509_value(ca, 0))) &&
		    X509_CRL_set1_lastUpdate(crl, when) && X509_CRL_set1_nextUpdate(crl, when));
	assert_true(
	    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(sk_X509_value(own, 0))) &&
	    X509_REVOKED_set_revocationDate(entry, when) && ASN1_ENUMERATED_set(why, reason));
	if (reason >= 0)
		assert_true(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, why, 0, 0));
	if (reason != NOT_IN_IT)
		assert_true(X509_CRL_add0_revoked(crl, entry));
	else
		X509_REVOKED_free(entry);
	ASN1_ENUMERATED_free(why);
	ASN1_TIME_free(when);
	return crl;
}

/* Adds the list as PEM, signed; frees it. */
static void add_list(struct text *out, X509_CRL *crl)
{
	CLEANUP(pem_key_free) EVP_PKEY *key = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;

	assert_true(pem_key(text_bytes(&keys.ca.key), &key, NULL));
	assert_true(X509_CRL_sign(crl, key, EVP_sha256()) && PEM_write_bio_X509_CRL(bio, crl));
	long len = BIO_get_mem_data(bio, &pem);

	text_add(out, (struct bytes){(const uint8_t *)pem, (size_t)len});
	BIO_free(bio);
	X509_CRL_free(crl);
}

static void the_worst_reason_decides(void **state)
{
	static const struct {
		int first, second;
		bool is_harmless;
	} cases[] = {
	    {CRL_REASON_SUPERSEDED, CRL_REASON_CESSATION_OF_OPERATION, true},
	    {CRL_REASON_SUPERSEDED, CRL_REASON_KEY_COMPROMISE, false},
	    {CRL_REASON_KEY_COMPROMISE, CRL_REASON_SUPERSEDED, false},
	    {CRL_REASON_UNSPECIFIED, NO_REASON, false},
	    {NO_REASON, CRL_REASON_UNSPECIFIED, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(text_free) struct text both = {0};
		struct revoked revoked;

		add_list(&both, new_list(2, cases[i].first));
		add_list(&both, new_list(1, cases[i].second));
		assert_true(find(text_bytes(&both), &revoked, NULL));
		assert_true(revoked.is_revoked);
		assert_int_equal(revoked.is_harmless, cases[i].is_harmless);
		assert_int_equal(revoked.since, revoked.list_from - (uint64_t)864000000000);
	}
}

static void is_a_delta(X509_CRL *crl)
{
	ASN1_INTEGER *base = ASN1_INTEGER_new();

	assert_true(
	    ASN1_INTEGER_set(base, 1) && X509_CRL_add1_ext_i2d(crl, NID_delta_crl, base, 1, 0));
	ASN1_INTEGER_free(base);
}

static void has_an_unknown(X509_CRL *crl)
{
	ASN1_OBJECT *id = OBJ_txt2obj("1.2.3.4", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, id, 1, value);

	assert_true(extension && X509_CRL_add_ext(crl, extension, -1));
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(id);
}

static void has_an_unknown_entry(X509_CRL *crl)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	X509_EXTENSION *extension;
	int at;

	has_an_unknown(crl);
	at = X509_CRL_get_ext_by_critical(crl, 1, -1);
	extension = X509_CRL_delete_ext(crl, at);
	assert_true(ASN1_INTEGER_set(serial, 7) && X509_REVOKED_set_serialNumber(entry, serial) &&
		    X509_REVOKED_set_revocationDate(
			entry, (ASN1_TIME *)(uintptr_t)X509_CRL_get0_lastUpdate(crl)) &&
		    X509_REVOKED_add_ext(entry, extension, -1) &&
		    X509_CRL_add0_revoked(crl, entry));
	X509_EXTENSION_free(extension);
	ASN1_INTEGER_free(serial);
}

static void add_scope(X509_CRL *crl, const char *text)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;

	X509V3_set_ctx_nodb(&ctx);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, NID_issuing_distribution_point, text);
	assert_true(extension && X509_CRL_add_ext(crl, extension, -1));
	X509_EXTENSION_free(extension);
}

static void is_of_cas(X509_CRL *crl)
{
	add_scope(crl, "critical,onlyCA:TRUE");
}

static void is_of_some_reasons(X509_CRL *crl)
{
	add_scope(crl, "critical,onlysomereasons:superseded");
}

static void is_of_a_point(X509_CRL *crl)
{
	add_scope(crl, "critical,fullname:URI:http://crl.example/2.crl");
}

static void is_of_users(X509_CRL *crl)
{
	add_scope(crl, "critical,onlyuser:TRUE");
}

static void is_of_all(X509_CRL *crl)
{
	(void)crl;
}

/* RFC 5280 5.2. */
static void a_list_clears_what_it_is_of(void **state)
{
	static const struct {
		void (*shape)(X509_CRL *crl);
		bool clears;
		const char *point;
	} cases[] = {{is_of_all, true, NULL}, {is_of_users, true, NULL}, {is_a_delta, false, NULL},
	    {has_an_unknown, false, NULL}, {has_an_unknown_entry, false, NULL},
	    {is_of_cas, false, NULL}, {is_of_some_reasons, false, NULL},
	    {is_of_a_point, false, NULL}, {is_of_a_point, false, "URI:http://crl.example/1.crl"},
	    {is_of_a_point, true, "URI:http://a.example/,URI:http://crl.example/2.crl"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(text_free) struct text list = {0};
		CLEANUP(text_free) struct text entry = {0};
		X509_CRL *empty = new_list(1, NOT_IN_IT);
		X509_CRL *full = new_list(1, CRL_REASON_KEY_COMPROMISE);
		struct revoked revoked;

		point = cases[i].point;
		cases[i].shape(empty);
		cases[i].shape(full);
		add_list(&list, empty);
		add_list(&entry, full);
		assert_true(find(text_bytes(&list), &revoked, NULL));
		assert_int_equal(revoked.list_from != 0, cases[i].clears);
		assert_false(revoked.is_revoked);
		/* Who stands in it is revoked all the same. */
		assert_true(find(text_bytes(&entry), &revoked, NULL));
		assert_true(revoked.is_revoked);
	}
	point = NULL;
}

static void tells_cas_of_one_name_apart(void **state)
{
	CLEANUP(issued_free) struct issued twin = {0};
	CLEANUP(issued_free) struct issued kit = {0};
	CLEANUP(text_free) struct text list = {0};
	struct revoked revoked;
	struct err err = {0};

	(void)state;
	assert_true(issue_ca("test CA", FIXTURE_NOW, &twin, NULL) &&
		    issue_seal(&twin, "its kit", FIXTURE_NOW, 90, &kit, NULL) &&
		    issue_revoke(&twin, (struct bytes){0}, text_bytes(&kit.certificate),
			FIXTURE_NOW, FIXTURE_NOW, &list, NULL));
	assert_false(find(text_bytes(&list), &revoked, &err));
	assert_int_equal(err.kind, ERR_UNTRUSTED);
	assert_true(pem_certificates(text_bytes(&twin.certificate), 1, &trusted, NULL));
	assert_true(find(text_bytes(&list), &revoked, NULL));
	assert_int_equal(revoked.list_from, 0);
	text_add(&list, text_bytes(&second));
	assert_true(find(text_bytes(&list), &revoked, NULL));
	assert_true(revoked.is_revoked);
	pem_certificates_free(trusted);
	trusted = NULL;
}

static void keeps_the_lists_of_others(void **state)
{
	CLEANUP(text_free) struct text both = {0};
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(issued_free) struct issued kit = {0};
	struct err err = {0};

	(void)state;
	assert_true(issue_seal(&keys.ca, "another", FIXTURE_NOW, 90, &kit, NULL));
	text_add(&both, text_bytes(&second));
	text_add(&both, text_bytes(&first));
	assert_false(issue_revoke(&keys.ca, text_bytes(&both), text_bytes(&kit.certificate),
	    FIXTURE_NOW, FIXTURE_NOW, &out, &err));
	assert_non_null(strstr(err.text, "more than one"));
	both.len--;
	both.at[both.len - 1] = '\n';
	assert_false(issue_revoke(&keys.ca, text_bytes(&both), text_bytes(&kit.certificate),
	    FIXTURE_NOW, FIXTURE_NOW, &out, &err));
	assert_non_null(strstr(err.text, "cut or damaged"));
}

static int make_lists(void **state)
{
	CLEANUP(issued_free) struct issued other = {0};
	CLEANUP(issued_free) struct issued kit = {0};

	(void)state;
	return fixture_seal_make(&keys, NULL) && issue_ca("other CA", FIXTURE_NOW, &other, NULL) &&
		       issue_seal(&other, "other kit", FIXTURE_NOW, 90, &kit, NULL) &&
		       issue_revoke(&other, (struct bytes){0}, text_bytes(&kit.certificate),
			   FIXTURE_NOW, FIXTURE_NOW, &first, NULL) &&
		       issue_revoke(&keys.ca, (struct bytes){0},
			   text_bytes(&keys.certificate.certificate), FIXTURE_NOW, FIXTURE_NOW,
			   &second, NULL)
		   ? 0
		   : -1;
}

static int drop_lists(void **state)
{
	(void)state;
	text_free(&first);
	text_free(&second);
	fixture_seal_free(&keys);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_in_the_later_one),
	    cmocka_unit_test(refuses_each_cut),
	    cmocka_unit_test(refuses_what_is_spoiled),
	    cmocka_unit_test(reads_der),
	    cmocka_unit_test(the_worst_reason_decides),
	    cmocka_unit_test(a_list_clears_what_it_is_of),
	    cmocka_unit_test(tells_cas_of_one_name_apart),
	    cmocka_unit_test(keeps_the_lists_of_others),
	};

	return cmocka_run_group_tests(tests, make_lists, drop_lists);
}
