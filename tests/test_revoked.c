/* Revocation lists: several in a file, and a file that is cut or spoiled anywhere is no file. */
#include "tests/unit.h"

#include "bundle/issue.h"
#include "bundle/pem.h"
#include "bundle/revoked.h"
#include "tests/fixture_seal.h"

#include <openssl/pem.h>

static struct fixture_seal keys;
static struct text first, second; /* lists of another CA, and of keys.ca: its own kit is revoked */

static bool find(struct bytes lists, struct revoked *out, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *authority = NULL;
	CLEANUP(pem_certificates_free) STACK_OF(X509) *own = NULL;

	assert_true(pem_certificates(text_bytes(&keys.ca.certificate), 1, &authority, NULL));
	assert_true(pem_certificates(text_bytes(&keys.certificate.certificate), 1, &own, NULL));
	return revoked_find(lists, sk_X509_value(own, 0), sk_X509_value(authority, 0), out, err);
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
	    cmocka_unit_test(keeps_the_lists_of_others),
	};

	return cmocka_run_group_tests(tests, make_lists, drop_lists);
}
