/* Kits: what kit_open takes and refuses, and the certificates behind them. */
#include "unit.h"

#include "fake_store.h"
#include "fixture_seal.h"

#include "bundle/age.h"
#include "bundle/kit_files.h"
#include "bundle/seal_verify.h"
#include "core/time.h"

#include <string.h>

static void put(struct fake_store *fake, const char *name, struct bytes content)
{
	CLEANUP(sink_free) struct sink *file = NULL;

	(void)!fake->store.remove(&fake->store, name, NULL);
	assert_true(fake->store.create(&fake->store, name, &file, NULL));
	assert_true(file->write(file, content, NULL));
	assert_true(file->finish(file, NULL));
}

/* kit.sha256 and kit.p7s over what the kit holds, by the key of `by`. */
static void sign_kit(
    struct fake_store *fake, const struct kit_listed *files, const struct issued *by)
{
	CLEANUP(seal_key_free) struct seal_key *key = NULL;
	CLEANUP(text_free) struct text list = {0};
	CLEANUP(text_free) struct text p7s = {0};

	kit_format_list(files, &list);
	assert_true(seal_key_load(text_bytes(&by->certificate), text_bytes(&by->certificate),
	    text_bytes(&by->key), &key, NULL));
	assert_true(seal_sign(key, text_bytes(&list), FIXTURE_NOW, &p7s, NULL));
	put(fake, KIT_LIST, text_bytes(&list));
	put(fake, KIT_LIST_SEAL, text_bytes(&p7s));
}

static struct fake_store *make_kit_by(const struct issued *signer)
{
	struct fake_store *fake = fake_store_new();
	CLEANUP(text_free) struct text json = {0};
	CLEANUP(text_free) struct text recipients = {0};
	CLEANUP(kit_free) struct kit kit = {.created = FIXTURE_NOW, .expires = FIXTURE_NOW};

	text_adds(&kit.name, "班 3");
	text_adds(&kit.profile, "default");
	kit_format_json(&kit, &json);
	text_addf(&recipients, "# office\r\n%s\r\n\n", fixture_keys.recipients.at[0]);
	put(fake, KIT_JSON, text_bytes(&json));
	put(fake, KIT_RECIPIENTS, text_bytes(&recipients));
	put(fake, KIT_SEAL, text_bytes(&fixture_keys.certificate.certificate));
	put(fake, KIT_SEAL_KEY, text_bytes(&fixture_keys.certificate.key));
	put(fake, KIT_CA, text_bytes(&fixture_keys.ca.certificate));
	put(fake, KIT_CHAIN, text_bytes(&fixture_keys.ca.certificate));
	sign_kit(fake,
	    &(struct kit_listed){
		.json = text_bytes(&json),
		.recipients = text_bytes(&recipients),
		.seal = text_bytes(&fixture_keys.certificate.certificate),
		.chain = text_bytes(&fixture_keys.ca.certificate),
		.ca = text_bytes(&fixture_keys.ca.certificate),
	    },
	    signer);
	return fake;
}

static struct fake_store *make_kit(void)
{
	return make_kit_by(&fixture_keys.ca);
}

/* What locks a key opens it, or does not lock it: libcrypto takes 1024 bytes of a passphrase when it opens. */
static void test_long_passphrase(void **state)
{
	static const size_t lengths[] = {1, 1023, 1024};
	uint8_t passphrase[1025];
	struct fixture_seal keys = {0};
	struct err err = {0};

	(void)state;
	memset(passphrase, 'p', sizeof(passphrase));
	assert_true(fixture_seal_make(&keys, NULL));
	struct bytes certificate = text_bytes(&keys.certificate.certificate);

	assert_false(issue_lock(&keys.certificate, (struct bytes){passphrase, 1025}, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		CLEANUP(seal_key_free) struct seal_key *key = NULL;
		struct bytes given = {passphrase, lengths[i]};
		struct issued locked = {0};

		text_add(&locked.key, text_bytes(&keys.certificate.key));
		assert_true(issue_lock(&locked, given, NULL));
		assert_true(seal_key_unlock(
		    certificate, certificate, text_bytes(&locked.key), given, &key, NULL));
		issued_free(&locked);
	}
	fixture_seal_free(&keys);
}

static void test_good_kit(void **state)
{
	struct fake_store *fake = make_kit();
	CLEANUP(store_free) struct store *store = &fake->store;
	CLEANUP(kit_free) struct kit kit = {0};
	struct err err = {0};

	(void)state;
	assert_true(kit_open(store, NULL, &kit, &err));
	assert_string_equal(text_string(&kit.name), "班 3");
	assert_string_equal(text_string(&kit.profile), "default");
	assert_int_equal(kit.recipients.count, 1);
	assert_string_equal(kit.recipients.at[0], fixture_keys.recipients.at[0]);
	assert_non_null(kit.seal);
	/* The certificate's own end, 90 days on, whatever kit.json says. */
	assert_true(kit.expires > FIXTURE_NOW + 89 * 864000000000ull);
	assert_true(kit.expires < FIXTURE_NOW + 91 * 864000000000ull);
}

/* Without `name`, or with other content, the kit is refused and the message names the file. */
static void refuse(const char *name, const char *content, enum err_kind kind)
{
	struct fake_store *fake = make_kit();
	CLEANUP(store_free) struct store *store = &fake->store;
	CLEANUP(kit_free) struct kit kit = {0};
	struct err err = {0};

	if (content)
		put(fake, name, bytes_of(content));
	else
		assert_true(store->remove(store, name, NULL));
	assert_false(kit_open(store, NULL, &kit, &err));
	assert_int_equal(err.kind, kind);
	assert_non_null(strstr(err.text, name));
	assert_null(kit.seal);
}

static void test_refused_kits(void **state)
{
	CLEANUP(issued_free) struct issued other_ca = {0};
	CLEANUP(issued_free) struct issued other = {0};

	(void)state;
	refuse(KIT_JSON, NULL, ERR_MISSING);
	refuse(KIT_RECIPIENTS, NULL, ERR_DAMAGED);
	refuse(KIT_SEAL, NULL, ERR_DAMAGED);
	refuse(KIT_SEAL_KEY, NULL, ERR_DAMAGED);
	refuse(KIT_CA, NULL, ERR_DAMAGED);
	refuse(KIT_JSON, "", ERR_DAMAGED);
	refuse(KIT_JSON, "{\"format\":1}", ERR_DAMAGED);
	refuse(KIT_RECIPIENTS, "# nobody\n", ERR_DAMAGED);
	refuse(KIT_RECIPIENTS, "age1xxxx\n", ERR_DAMAGED);
	refuse(KIT_SEAL, "junk", ERR_DAMAGED);
	/* Another evidence CA, and another key. */
	assert_true(issue_ca("other CA", FIXTURE_NOW, &other_ca, NULL));
	assert_true(issue_seal(&other_ca, "other", FIXTURE_NOW, 90, &other, NULL));
	refuse(KIT_CA, text_string(&other_ca.certificate), ERR_DAMAGED);
	refuse(KIT_SEAL_KEY, text_string(&other.key), ERR_DAMAGED);
	/* A CA certificate does not seal. */
	refuse(KIT_SEAL, text_string(&fixture_keys.ca.certificate), ERR_DAMAGED);
}

/* Each is well formed, and not what the office signed. */
static void test_replaced_parts(void **state)
{
	CLEANUP(text_free) struct text identity = {0};
	CLEANUP(text_free) struct text stranger = {0};
	CLEANUP(text_free) struct text more = {0};
	CLEANUP(issued_free) struct issued other = {0};

	(void)state;
	assert_true(age_generate(&identity, &stranger, NULL));
	text_addf(&more, "# office\r\n%s\r\n\n%s\n", fixture_keys.recipients.at[0],
	    text_string(&stranger));
	refuse(KIT_RECIPIENTS, text_string(&stranger), ERR_DAMAGED);
	refuse(KIT_RECIPIENTS, text_string(&more), ERR_DAMAGED);
	refuse(KIT_JSON,
	    "{\"format\":1,\"name\":\"x\",\"profile\":\"none\",\"created\":\"2025-08-18\","
	    "\"expires\":\"2025-08-19\"}",
	    ERR_DAMAGED);
	assert_true(issue_ca("other CA", FIXTURE_NOW, &other, NULL));
	refuse(KIT_CHAIN, text_string(&other.certificate), ERR_DAMAGED);
	refuse(KIT_LIST, "", ERR_DAMAGED);
	refuse(KIT_LIST_SEAL, "junk", ERR_DAMAGED);
	/* A kit from before there was a signature, or one that was stripped of it. */
	refuse(KIT_LIST, NULL, ERR_DAMAGED);
	refuse(KIT_LIST_SEAL, NULL, ERR_DAMAGED);
}

/* The kit's own seal key travels with it: it may not vouch for the kit, nor may another CA. */
static void test_signed_by_another(void **state)
{
	CLEANUP(issued_free) struct issued other = {0};

	(void)state;
	assert_true(issue_ca("other CA", FIXTURE_NOW, &other, NULL));
	const struct issued *const signers[] = {&fixture_keys.certificate, &other};

	for (size_t i = 0; i < ARRAY_LEN(signers); i++) {
		struct fake_store *fake = make_kit_by(signers[i]);
		CLEANUP(store_free) struct store *store = &fake->store;
		CLEANUP(kit_free) struct kit kit = {0};
		struct err err = {0};

		assert_false(kit_open(store, NULL, &kit, &err));
		assert_int_equal(err.kind, ERR_UNTRUSTED);
		assert_non_null(strstr(err.text, KIT_LIST_SEAL));
	}
}

static void test_newer_format(void **state)
{
	struct fake_store *fake = make_kit();
	CLEANUP(store_free) struct store *store = &fake->store;
	CLEANUP(kit_free) struct kit kit = {0};
	struct err err = {0};

	(void)state;
	put(fake, KIT_JSON, bytes_of("{\"format\":2}"));
	assert_false(kit_open(store, NULL, &kit, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
}

static void test_issuing(void **state)
{
	CLEANUP(issued_free) struct issued out = {0};
	struct issued crossed = {
	    .certificate = fixture_keys.ca.certificate, .key = fixture_keys.certificate.key};
	const uint64_t ticks = 864000000000ull; /* of a day */
	uint64_t from, to;
	struct err err = {0};

	(void)state;
	assert_false(issue_seal(&fixture_keys.ca, "", FIXTURE_NOW, 90, &out, &err));
	assert_false(issue_seal(&fixture_keys.ca, "a\x1b", FIXTURE_NOW, 90, &out, &err));
	assert_false(issue_seal(&fixture_keys.ca, "a", FIXTURE_NOW, 0, &out, &err));
	assert_false(issue_seal(&crossed, "a", FIXTURE_NOW, 90, &out, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_false(issue_seal(
	    &fixture_keys.ca, "a", FIXTURE_NOW + (ISSUE_CA_DAYS + 1) * ticks, 90, &out, &err));
	assert_int_equal(err.kind, ERR_UNTRUSTED);
	assert_non_null(strstr(err.text, "the evidence CA ended at 20"));
	assert_true(issue_seal(
	    &fixture_keys.ca, "late", FIXTURE_NOW + (ISSUE_CA_DAYS - 10) * ticks, 90, &out, &err));
	issued_free(&out);
	/* Never longer than its CA. */
	assert_true(issue_seal(&fixture_keys.ca, "long", FIXTURE_NOW, 3650, &out, &err));
	assert_true(issue_check_seal(text_bytes(&out.certificate),
	    text_bytes(&fixture_keys.ca.certificate), &from, &to, &err));
	assert_true(from < FIXTURE_NOW && to > FIXTURE_NOW);
	assert_true(to <= FIXTURE_NOW + ISSUE_CA_DAYS * ticks);
	assert_false(issue_check_seal(text_bytes(&fixture_keys.ca.certificate),
	    text_bytes(&fixture_keys.ca.certificate), &from, &to, &err));
}

/* From its date on, not before; once; by the CA alone; the list keeps what it had. */
static void test_revoking(void **state)
{
	const uint64_t day = 864000000000ull;
	CLEANUP(issued_free) struct issued second = {0};
	CLEANUP(issued_free) struct issued other = {0};
	CLEANUP(text_free) struct text first = {0};
	CLEANUP(text_free) struct text both = {0};
	CLEANUP(text_free) struct text earlier = {0};
	CLEANUP(text_free) struct text none = {0};
	CLEANUP(text_free) struct text p7s = {0};
	CLEANUP(issue_facts_free) struct issue_facts facts = {0};
	struct bytes own = text_bytes(&fixture_keys.certificate.certificate);
	struct bytes ca = text_bytes(&fixture_keys.ca.certificate);
	struct seal_trust trust = {.ca_pem = ca, .at = FIXTURE_NOW + day - 1};
	CLEANUP(seal_facts_free) struct seal_facts seal = {0};
	struct err err = {0};

	(void)state;
	assert_true(issue_seal(&fixture_keys.ca, "second", FIXTURE_NOW, 90, &second, NULL));
	assert_true(issue_revoke(&fixture_keys.ca, (struct bytes){0},
	    text_bytes(&second.certificate), FIXTURE_NOW, FIXTURE_NOW, &first, &err));
	assert_true(issue_facts(own, ca, text_bytes(&first), &facts, &err));
	assert_false(facts.is_revoked);
	assert_string_equal(text_string(&facts.name), "test kit");
	issue_facts_free(&facts);
	assert_true(issue_revoke(&fixture_keys.ca, text_bytes(&first), own, FIXTURE_NOW + day,
	    FIXTURE_NOW + 2 * day, &both, &err));
	assert_true(issue_facts(own, ca, text_bytes(&both), &facts, &err));
	assert_true(facts.is_revoked);
	assert_int_equal(facts.revoked, FIXTURE_NOW + day);
	issue_facts_free(&facts);
	assert_true(
	    issue_facts(text_bytes(&second.certificate), ca, text_bytes(&both), &facts, &err));
	assert_true(facts.is_revoked);
	assert_int_equal(facts.revoked, FIXTURE_NOW);

	/* Never later; earlier when it turns out so. */
	assert_false(issue_revoke(
	    &fixture_keys.ca, text_bytes(&both), own, FIXTURE_NOW + day, FIXTURE_NOW, &none, &err));
	assert_int_equal(err.kind, ERR_EXISTS);
	assert_true(issue_revoke(&fixture_keys.ca, text_bytes(&both), own, FIXTURE_NOW + day / 2,
	    FIXTURE_NOW, &earlier, &err));
	issue_facts_free(&facts);
	assert_true(issue_facts(own, ca, text_bytes(&earlier), &facts, &err));
	assert_int_equal(facts.revoked, FIXTURE_NOW + day / 2);
	assert_true(issue_ca("other CA", FIXTURE_NOW, &other, NULL));
	assert_false(
	    issue_revoke(&other, text_bytes(&first), own, FIXTURE_NOW, FIXTURE_NOW, &none, &err));
	assert_false(issue_revoke(
	    &fixture_keys.ca, bytes_of("junk"), own, FIXTURE_NOW, FIXTURE_NOW, &none, &err));
	assert_int_equal(none.len, 0);

	assert_true(seal_sign(fixture_keys.seal, bytes_of("sealed"), FIXTURE_NOW, &p7s, &err));
	trust.crl_pem = text_bytes(&both);
	assert_true(seal_verify(bytes_of("sealed"), text_bytes(&p7s), &trust, &seal, &err));
	trust.at++;
	seal_facts_free(&seal);
	assert_false(seal_verify(bytes_of("sealed"), text_bytes(&p7s), &trust, &seal, &err));
	assert_int_equal(err.kind, ERR_UNTRUSTED);
	assert_non_null(strstr(err.text, "revoked from"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_long_passphrase),
	    cmocka_unit_test(test_good_kit),
	    cmocka_unit_test(test_refused_kits),
	    cmocka_unit_test(test_replaced_parts),
	    cmocka_unit_test(test_signed_by_another),
	    cmocka_unit_test(test_newer_format),
	    cmocka_unit_test(test_issuing),
	    cmocka_unit_test(test_revoking),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
