/* That secrets are gone from memory when their owners are: keys and passphrases are used as collect and extract use them, freed,
 * and then every writable byte of this process is searched for them. What is searched for is known here only masked: the keys are
 * made in a child, which tells them masked, so that a hit is never the test's own copy. */
#include "tests/unit.h"

#include <stdio.h>
#if defined(_WIN32) || defined(__SANITIZE_ADDRESS__)
int main(void)
{
	printf("skipped: needs /proc/self/mem, which Windows has not and AddressSanitizer fills "
	       "with terabytes\n");
	return 77;
}
#else
#include "fixture_seal.h"

#include "bundle/age.h"
#include "bundle/issue.h"
#include "bundle/seal.h"
#include "core/wipe.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MASK       0x5a
#define SCALAR_LEN 32
#define LINE_LEN   74 /* "AGE-SECRET-KEY-1..." */
#define PIECE      ((size_t)1 << 20)

static const uint8_t masked_passphrase[] = {'h' ^ MASK, 'o' ^ MASK, 'r' ^ MASK, 's' ^ MASK,
    'e' ^ MASK, ' ' ^ MASK, 'b' ^ MASK, 'a' ^ MASK, 't' ^ MASK, 't' ^ MASK, 'e' ^ MASK, 'r' ^ MASK,
    'y' ^ MASK, ' ' ^ MASK, 's' ^ MASK, 't' ^ MASK, 'a' ^ MASK, 'p' ^ MASK, 'l' ^ MASK, 'e' ^ MASK};

struct world {                                            /* what the child tells */
	uint8_t scalar[SCALAR_LEN], reversed[SCALAR_LEN]; /* of the seal key, masked */
	uint8_t line[LINE_LEN];                           /* of the identity, masked */
	char certificate[4096], locked[4096], age[4096];
	size_t age_len;
};
static struct world world;

static void unmask(const uint8_t *masked, size_t len, uint8_t *out)
{
	for (size_t i = 0; i < len; i++)
		out[i] = masked[i] ^ MASK;
}

static void copy_text(const struct text *from, char *to, size_t room)
{
	assert_true(from->len < room);
	memcpy(to, from->at, from->len);
}

static void tell_scalar(const char *pem, struct world *told)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIGNUM *number = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number), 1);
	BN_bn2binpad(number, told->scalar, SCALAR_LEN);
	for (size_t i = 0; i < SCALAR_LEN; i++) /* as libcrypto keeps it */
		told->reversed[i] = told->scalar[SCALAR_LEN - 1 - i] ^ MASK;
	for (size_t i = 0; i < SCALAR_LEN; i++)
		told->scalar[i] ^= MASK;
}

static void tell_identity(struct bytes passphrase, struct world *told)
{
	struct text file = {0}, recipient = {0}, identity = {0};

	assert_true(age_generate_locked(passphrase, FIXTURE_NOW, &file, &recipient, NULL));
	assert_true(age_unlock(text_bytes(&file), passphrase, &identity, NULL));
	const char *line = strstr(identity.at, "AGE-SECRET-KEY-1");

	for (size_t i = 0; i < LINE_LEN; i++)
		told->line[i] = (uint8_t)line[i] ^ MASK;
	assert_true(file.len <= sizeof(told->age));
	memcpy(told->age, file.at, file.len);
	told->age_len = file.len;
}

static void tell(int to)
{
	static struct world told;
	uint8_t passphrase[sizeof(masked_passphrase)];
	struct bytes bytes = {passphrase, sizeof(passphrase)};
	struct issued ca = {0}, seal = {0};

	unmask(masked_passphrase, sizeof(passphrase), passphrase);
	assert_true(issue_ca("CA", FIXTURE_NOW, &ca, NULL));
	assert_true(issue_seal(&ca, "kit", FIXTURE_NOW, 30, &seal, NULL));
	tell_scalar(text_string(&seal.key), &told);
	assert_true(issue_lock(&seal, bytes, NULL));
	copy_text(&seal.certificate, told.certificate, sizeof(told.certificate));
	copy_text(&seal.key, told.locked, sizeof(told.locked));
	tell_identity(bytes, &told);
	assert_int_equal(write(to, &told, sizeof(told)), sizeof(told));
	_exit(0);
}

static int make_world(void **state)
{
	int ends[2], status;
	size_t got = 0;
	ssize_t n = 1;

	(void)state;
	if (pipe(ends) != 0)
		return -1;
	pid_t child = fork();

	if (child == 0)
		tell(ends[1]);
	close(ends[1]);
	while (got < sizeof(world) && n > 0) {
		n = read(ends[0], (uint8_t *)&world + got, sizeof(world) - got);
		got += n > 0 ? (size_t)n : 0;
	}
	close(ends[0]);
	waitpid(child, &status, 0);
	return got == sizeof(world) ? 0 : -1;
}

static bool is_at(const uint8_t *at, const uint8_t *masked, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((at[i] ^ MASK) != masked[i])
			return false;
	return true;
}

static size_t search_range(
    int memory, uint64_t from, uint64_t to, const uint8_t *masked, size_t len)
{
	static uint8_t piece[PIECE];
	size_t hits = 0;

	while (from + len <= to) {
		size_t want = to - from < PIECE ? (size_t)(to - from) : PIECE;
		ssize_t n = pread(memory, piece, want, (off_t)from);

		if (n < (ssize_t)len)
			break;
		for (size_t i = 0; i + len <= (size_t)n; i++)
			hits += is_at(piece + i, masked, len);
		memset(piece, 0, sizeof(piece)); /* or the next range would hold it again */
		from += (uint64_t)n - (len - 1);
	}
	return hits;
}

/* How often it stands in what this process may write. */
static size_t search(const uint8_t *masked, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY);
	unsigned long long from, to;
	char line[512], rights[8];
	size_t hits = 0;

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%llx-%llx %7s", &from, &to, rights) == 3 &&
		    strncmp(rights, "rw", 2) == 0 && !strstr(line, "[v"))
			hits += search_range(memory, from, to, masked, len);
	fclose(maps);
	close(memory);
	return hits;
}

static void test_search(void **state)
{
	uint8_t *passphrase = malloc(sizeof(masked_passphrase));

	(void)state;
	assert_int_equal(search(masked_passphrase, sizeof(masked_passphrase)), 0);
	unmask(masked_passphrase, sizeof(masked_passphrase), passphrase);
	assert_true(search(masked_passphrase, sizeof(masked_passphrase)) >= 1);
	wipe(passphrase, sizeof(masked_passphrase));
	free(passphrase);
	assert_int_equal(search(masked_passphrase, sizeof(masked_passphrase)), 0);
}

/* Calls use() with the passphrase in a text, as the console gives it. */
static void with_passphrase(void (*use)(struct bytes passphrase))
{
	uint8_t plain[sizeof(masked_passphrase)];
	struct text passphrase = {0};

	unmask(masked_passphrase, sizeof(plain), plain);
	text_add(&passphrase, (struct bytes){plain, sizeof(plain)});
	wipe(plain, sizeof(plain));
	use(text_bytes(&passphrase));
	text_wipe(&passphrase);
}

static void seal_once(struct bytes passphrase)
{
	struct seal_key *key = NULL;
	struct text p7s = {0};
	struct bytes certificate = bytes_of(world.certificate);

	assert_true(seal_key_unlock(
	    certificate, certificate, bytes_of(world.locked), passphrase, &key, NULL));
	assert_true(seal_sign(key, bytes_of("MANIFEST"), FIXTURE_NOW, &p7s, NULL));
	assert_true(search(world.scalar, SCALAR_LEN) + search(world.reversed, SCALAR_LEN) >= 1);
	seal_key_free(key);
	text_free(&p7s);
}

static void test_seal_key(void **state)
{
	(void)state;
	with_passphrase(seal_once);
	assert_int_equal(search(world.scalar, SCALAR_LEN), 0);
	assert_int_equal(search(world.reversed, SCALAR_LEN), 0);
	assert_int_equal(search(masked_passphrase, sizeof(masked_passphrase)), 0);
}

static void open_once(struct bytes passphrase)
{
	struct age_identities identities = {0};
	struct text file = {0}, recipient = {0};
	struct bytes locked = {(const uint8_t *)world.age, world.age_len};

	assert_true(age_unlock(locked, passphrase, &file, NULL));
	assert_true(age_identities_add(&identities, text_bytes(&file), NULL));
	assert_true(age_identity_recipient(&identities.at[0], &recipient, NULL));
	assert_true(search(world.line, LINE_LEN) >= 1);
	age_identities_free(&identities);
	text_free(&recipient);
	text_wipe(&file);
}

static void test_identity(void **state)
{
	(void)state;
	with_passphrase(open_once);
	assert_int_equal(search(world.line, LINE_LEN), 0);
	/* Half of it would be too much, too. */
	assert_int_equal(search(world.line + LINE_LEN / 2, LINE_LEN / 2), 0);
	assert_int_equal(search(masked_passphrase, sizeof(masked_passphrase)), 0);
}

/* One that is made here, as kit new does; also cut short, as a text that grew would leave it. */
static void test_generated(void **state)
{
	struct text identity = {0}, recipient = {0};
	uint8_t masked[LINE_LEN];

	(void)state;
	assert_true(age_generate(&identity, &recipient, NULL));
	assert_int_equal(identity.len, LINE_LEN);
	for (size_t i = 0; i < LINE_LEN; i++)
		masked[i] = (uint8_t)identity.at[i] ^ MASK;
	text_wipe(&identity);
	text_free(&recipient);
	assert_int_equal(search(masked, LINE_LEN / 2), 0);
	assert_int_equal(search(masked + LINE_LEN / 2, LINE_LEN / 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_seal_key),
	    cmocka_unit_test(test_identity),
	    cmocka_unit_test(test_generated),
	};

	if (!wipe_start())
		return 1;
	return cmocka_run_group_tests(tests, make_world, NULL);
}
#endif
