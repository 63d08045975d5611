/* age v1: what we encrypt we decrypt, as a stream and at any offset, at every size around a chunk; damage is refused. The
 * vectors of others are in corpus/age.c. */
#include "unit.h"

#include "bundle/age.h"
#include "bundle/age_header.h"

#include <stdlib.h>

struct keys {
	struct age_identities identities;
	struct text_list recipients;
};

static void make_keys(struct keys *keys, unsigned recipients)
{
	for (unsigned i = 0; i < recipients; i++) {
		CLEANUP(text_free) struct text identity = {0};
		CLEANUP(text_free) struct text recipient = {0};

		assert_true(age_generate(&identity, &recipient, NULL));
		assert_memory_equal(text_string(&identity), "AGE-SECRET-KEY-1", 16);
		assert_memory_equal(text_string(&recipient), "age1", 4);
		assert_true(text_list_add(&keys->recipients, text_bytes(&recipient), NULL));
		/* Only the last one is at hand: any recipient opens. */
		if (i + 1 == recipients)
			assert_true(
			    age_identities_add(&keys->identities, text_bytes(&identity), NULL));
	}
}

static void keys_free_at(struct keys *keys)
{
	age_identities_free(&keys->identities);
	text_list_free(&keys->recipients);
}

/* Encrypts len bytes in writes of `step`. */
static void encrypt(const struct keys *keys, size_t len, size_t step, struct text *out)
{
	CLEANUP(sink_free) struct sink *age = NULL;
	uint8_t *plain = malloc(len + 1);
	struct err err = {0};

	for (size_t i = 0; i < len; i++)
		plain[i] = (uint8_t)(i * 7 + i / 65536);
	assert_true(age_encrypt(&keys->recipients, sink_to_text(out), &age, &err));
	for (size_t at = 0; at < len; at += step)
		assert_true(age->write(
		    age, (struct bytes){plain + at, len - at < step ? len - at : step}, &err));
	assert_true(age->finish(age, &err));
	free(plain);
}

static bool decrypt(const struct keys *keys, struct bytes file, struct text *out, struct err *err)
{
	CLEANUP(source_close) struct source *source = source_of_bytes(file);
	CLEANUP(sink_free) struct sink *to = sink_to_text(out);

	return age_decrypt(source, &keys->identities, to, err);
}

static void check_plain(const uint8_t *got, size_t at, size_t len)
{
	for (size_t i = at; i < at + len; i++)
		assert_int_equal(got[i - at], (uint8_t)(i * 7 + i / 65536));
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 131072, 200000};
	CLEANUP(keys_free) struct keys keys = {0};
	struct err err = {0};

	(void)state;
	make_keys(&keys, 2);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		CLEANUP(text_free) struct text file = {0};
		CLEANUP(text_free) struct text plain = {0};
		CLEANUP(source_close) struct source *source = NULL;
		CLEANUP(source_close) struct source *opened = NULL;
		size_t chunks = sizes[i] ? (sizes[i] + 65535) / 65536 : 1;
		uint8_t some[1000];
		size_t got = 0;

		encrypt(&keys, sizes[i], i % 2 ? 1000 : 100000, &file);
		/* First line, two stanzas, MAC line, nonce, a tag for each chunk. */
		assert_int_equal(
		    file.len, 22 + 2 * (10 + 43 + 1 + 43 + 1) + 48 + 16 + sizes[i] + 16 * chunks);
		assert_true(decrypt(&keys, text_bytes(&file), &plain, &err));
		assert_int_equal(plain.len, sizes[i]);
		check_plain((const uint8_t *)text_string(&plain), 0, plain.len);
		source = source_of_bytes(text_bytes(&file));
		assert_true(age_open(source, false, &keys.identities, &opened, &err));
		assert_int_equal(opened->size, sizes[i]);
		for (size_t at = 0; at <= sizes[i]; at += 32768) {
			assert_true(opened->read(opened, at, some, sizeof(some), &got, &err));
			assert_int_equal(
			    got, sizes[i] - at < sizeof(some) ? sizes[i] - at : sizeof(some));
			check_plain(some, at, got);
		}
	}
}

/* Every bit of a small file matters. */
static void test_every_bit(void **state)
{
	CLEANUP(keys_free) struct keys keys = {0};
	CLEANUP(text_free) struct text file = {0};

	(void)state;
	make_keys(&keys, 1);
	encrypt(&keys, 40, 40, &file);
	for (size_t bit = 0; bit < file.len * 8; bit++) {
		CLEANUP(text_free) struct text plain = {0};
		struct err err = {0};

		file.at[bit / 8] = (char)(file.at[bit / 8] ^ 1 << bit % 8);
		assert_false(decrypt(&keys, text_bytes(&file), &plain, &err));
		assert_int_not_equal(err.kind, ERR_NONE);
		assert_int_equal(plain.len, 0);
		file.at[bit / 8] = (char)(file.at[bit / 8] ^ 1 << bit % 8);
	}
}

/* Cut anywhere, or longer than it was: refused, and only whole chunks are given out. */
static void test_cut(void **state)
{
	CLEANUP(keys_free) struct keys keys = {0};
	CLEANUP(text_free) struct text file = {0};

	(void)state;
	make_keys(&keys, 1);
	encrypt(&keys, 140000, 140000, &file);
	size_t payload = file.len - 140000 - 3 * 16;

	for (size_t cut = 1; cut < file.len; cut += cut < 300 ? 1 : 13001) {
		CLEANUP(text_free) struct text plain = {0};
		CLEANUP(source_close) struct source *source = NULL;
		CLEANUP(source_close) struct source *opened = NULL;
		struct bytes part = {(const uint8_t *)file.at, file.len - cut};
		struct err err = {0};

		assert_false(decrypt(&keys, part, &plain, &err));
		assert_int_equal(err.kind, ERR_DAMAGED);
		size_t whole = part.len < payload ? 0 : (part.len - payload) / 65552 * 65536;

		assert_int_equal(plain.len, whole);
		source = source_of_bytes(part);
		assert_false(age_open(source, false, &keys.identities, &opened, &err));
		if (part.len < payload)
			continue;
		assert_true(age_open_truncated(source, false, &keys.identities, &opened, &err));
		assert_int_equal(opened->size, whole);
	}
	text_addc(&file, 'x');
	CLEANUP(text_free) struct text plain = {0};

	assert_false(decrypt(&keys, text_bytes(&file), &plain, NULL));
}

static void test_wrong_key(void **state)
{
	CLEANUP(keys_free) struct keys keys = {0};
	CLEANUP(keys_free) struct keys other = {0};
	CLEANUP(text_free) struct text file = {0};
	CLEANUP(text_free) struct text plain = {0};
	struct err err = {0};

	(void)state;
	make_keys(&keys, 1);
	make_keys(&other, 1);
	encrypt(&keys, 10, 10, &file);
	assert_false(decrypt(&other, text_bytes(&file), &plain, &err));
	assert_int_equal(err.kind, ERR_MISSING);
	assert_false(decrypt(&keys, bytes_of("no age file\n"), &plain, &err));
	assert_int_equal(err.kind, ERR_DAMAGED);
	/* A stanza that only a newer age knows. */
	assert_false(decrypt(&keys,
	    bytes_of("age-encryption.org/v1\n-> new\nAAAA\n"
		     "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"),
	    &plain, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
}

static void test_identity_files(void **state)
{
	CLEANUP(keys_free) struct keys keys = {0};
	CLEANUP(text_free) struct text file = {0};
	CLEANUP(text_free) struct text recipient = {0};
	CLEANUP(text_free) struct text identity = {0};
	CLEANUP(text_free) struct text again = {0};
	uint8_t key[AGE_KEY_LEN];
	struct err err = {0};

	(void)state;
	assert_true(age_generate(&identity, &recipient, &err));
	text_addf(&file, "# a comment\r\n\r\n%s\r\n", text_string(&identity));
	assert_true(age_identities_add(&keys.identities, text_bytes(&file), &err));
	assert_int_equal(keys.identities.count, 1);
	assert_true(age_identity_recipient(&keys.identities.at[0], &again, &err));
	assert_string_equal(text_string(&again), text_string(&recipient));
	assert_true(age_recipient_parse(text_bytes(&again), key, &err));
	assert_false(age_identities_add(&keys.identities, bytes_of("# nothing\n"), &err));
	assert_false(age_identities_add(&keys.identities, bytes_of("age1abc\n"), &err));
	/* The message never holds the key. */
	identity.at[identity.len - 1] = identity.at[identity.len - 1] == 'Q' ? 'P' : 'Q';
	assert_false(age_identities_add(&keys.identities, text_bytes(&identity), &err));
	assert_null(strstr(err.text, "AGE-SECRET-KEY-1Q"));
	assert_null(strstr(err.text, text_string(&identity) + 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_every_bit),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_wrong_key),
	    cmocka_unit_test(test_identity_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
