/* The primitives of age v1. See age_crypto.h. */
#include "bundle/age_crypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>

#define STREAM_NONCE_LEN 12

bool age_random(void *to, size_t len, struct err *err)
{
	if (RAND_bytes(to, (int)len) != 1)
		return fail(err, ERR_IO, "the system gives no random numbers");
	return true;
}

bool age_same(const uint8_t *a, const uint8_t *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

bool age_hmac(const uint8_t key[AGE_KEY_LEN], struct bytes data, uint8_t out[32], struct err *err)
{
	if (!HMAC(EVP_sha256(), key, AGE_KEY_LEN, data.at, data.len, out, NULL))
		return fail(err, ERR_MEMORY, "HMAC failed");
	return true;
}

bool age_hkdf(struct bytes secret, struct bytes salt, const char *info, uint8_t out[AGE_KEY_LEN],
    struct err *err)
{
	static const uint8_t no_salt[32];
	uint8_t prk[32], block[128];
	size_t len = strlen(info);

	if (len + 1 > sizeof(block) || salt.len > INT_MAX)
		return fail(err, ERR_LIMIT, "HKDF label of %zu bytes", len);
	if (!salt.len)
		salt = (struct bytes){no_salt, sizeof(no_salt)};
	memcpy(block, info, len);
	block[len] = 1;
	bool ok = HMAC(EVP_sha256(), salt.at, (int)salt.len, secret.at, secret.len, prk, NULL) &&
		  HMAC(EVP_sha256(), prk, sizeof(prk), block, len + 1, out, NULL);

	wipe(prk, sizeof(prk));
	return ok || fail(err, ERR_MEMORY, "HKDF failed");
}

CLEANUP_POINTER(EVP_PKEY, EVP_PKEY_free);
CLEANUP_POINTER(EVP_PKEY_CTX, EVP_PKEY_CTX_free);

bool age_x25519_public(const uint8_t secret[AGE_KEY_LEN], uint8_t out[AGE_KEY_LEN], struct err *err)
{
	CLEANUP(EVP_PKEY_free)
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, AGE_KEY_LEN);
	size_t len = AGE_KEY_LEN;

	if (!key || EVP_PKEY_get_raw_public_key(key, out, &len) != 1 || len != AGE_KEY_LEN)
		return fail(err, ERR_MEMORY, "X25519 failed");
	return true;
}

/* X25519 itself; libcrypto refuses the all-zero result that age must refuse. */
static bool agree(
    const uint8_t secret[AGE_KEY_LEN], const uint8_t peer[AGE_KEY_LEN], uint8_t out[AGE_KEY_LEN])
{
	static const uint8_t zero[AGE_KEY_LEN];
	CLEANUP(EVP_PKEY_free)
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, secret, AGE_KEY_LEN);
	CLEANUP(EVP_PKEY_free)
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, AGE_KEY_LEN);
	CLEANUP(EVP_PKEY_CTX_free) EVP_PKEY_CTX *context = own ? EVP_PKEY_CTX_new(own, NULL) : NULL;
	size_t len = AGE_KEY_LEN;

	return context && other && EVP_PKEY_derive_init(context) == 1 &&
	       EVP_PKEY_derive_set_peer(context, other) == 1 &&
	       EVP_PKEY_derive(context, out, &len) == 1 && len == AGE_KEY_LEN &&
	       !age_same(out, zero, AGE_KEY_LEN);
}

bool age_x25519_wrap_key(const uint8_t secret[AGE_KEY_LEN], const uint8_t peer[AGE_KEY_LEN],
    const uint8_t share[AGE_KEY_LEN], const uint8_t recipient[AGE_KEY_LEN],
    uint8_t out[AGE_KEY_LEN], struct err *err)
{
	uint8_t shared[AGE_KEY_LEN], salt[2 * AGE_KEY_LEN];

	memcpy(salt, share, AGE_KEY_LEN);
	memcpy(salt + AGE_KEY_LEN, recipient, AGE_KEY_LEN);
	if (!agree(secret, peer, shared))
		return fail(err, ERR_DAMAGED, "X25519 share is not a usable point");
	bool ok = age_hkdf((struct bytes){shared, sizeof(shared)},
	    (struct bytes){salt, sizeof(salt)}, "age-encryption.org/v1/X25519", out, err);

	wipe(shared, sizeof(shared));
	return ok;
}

bool age_scrypt_wrap_key(struct bytes passphrase, const uint8_t salt[AGE_SCRYPT_SALT],
    unsigned log_n, uint8_t out[AGE_KEY_LEN], struct err *err)
{
	static const char label[] = "age-encryption.org/v1/scrypt";
	uint8_t whole[sizeof(label) - 1 + AGE_SCRYPT_SALT];
	uint64_t memory;

	if (log_n < 1 || log_n > AGE_SCRYPT_LOG_MAX)
		return fail(err, ERR_DAMAGED, "scrypt work factor %u", log_n);
	memory = ((uint64_t)1024 << log_n) + ((uint64_t)16 << 20);
	memcpy(whole, label, sizeof(label) - 1);
	memcpy(whole + sizeof(label) - 1, salt, AGE_SCRYPT_SALT);
	if (EVP_PBE_scrypt((const char *)passphrase.at, passphrase.len, whole, sizeof(whole),
		(uint64_t)1 << log_n, 8, 1, memory, out, AGE_KEY_LEN) != 1)
		return fail(err, ERR_MEMORY, "not enough memory for scrypt work factor %u", log_n);
	return true;
}

struct age_stream {
	EVP_CIPHER_CTX *context;
	bool encrypts;
};

bool age_stream_new(
    const uint8_t payload_key[AGE_KEY_LEN], bool encrypts, struct age_stream **out, struct err *err)
{
	CLEANUP(age_stream_free) struct age_stream *stream = calloc(1, sizeof(*stream));

	if (stream)
		stream->context = EVP_CIPHER_CTX_new();
	if (!stream || !stream->context ||
	    EVP_CipherInit_ex(
		stream->context, EVP_chacha20_poly1305(), NULL, payload_key, NULL, encrypts) != 1)
		return fail(err, ERR_MEMORY, "no memory for the cipher");
	stream->encrypts = encrypts;
	*out = TAKE(stream);
	return true;
}

void age_stream_free(struct age_stream *stream)
{
	if (!stream)
		return;
	EVP_CIPHER_CTX_free(stream->context);
	free(stream);
}

/* 11 bytes of counter, big-endian, then 1 on the last chunk (age.md, Payload). */
static void stream_nonce(uint64_t number, bool is_last, uint8_t nonce[STREAM_NONCE_LEN])
{
	memset(nonce, 0, STREAM_NONCE_LEN);
	for (unsigned i = 0; i < 8; i++)
		nonce[10 - i] = (uint8_t)(number >> 8 * i);
	nonce[11] = is_last;
}

bool age_stream_seal(struct age_stream *stream, uint64_t number, bool is_last, struct bytes plain,
    uint8_t *out, struct err *err)
{
	uint8_t nonce[STREAM_NONCE_LEN];
	int len = 0;

	stream_nonce(number, is_last, nonce);
	if (plain.len > AGE_CHUNK_LEN || !stream->encrypts ||
	    EVP_CipherInit_ex(stream->context, NULL, NULL, NULL, nonce, -1) != 1 ||
	    (plain.len &&
		EVP_CipherUpdate(stream->context, out, &len, plain.at, (int)plain.len) != 1) ||
	    EVP_CipherFinal_ex(stream->context, out + len, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		stream->context, EVP_CTRL_AEAD_GET_TAG, AGE_TAG_LEN, out + plain.len) != 1)
		return fail(err, ERR_MEMORY, "ChaCha20-Poly1305 failed");
	return true;
}

bool age_stream_open(
    struct age_stream *stream, uint64_t number, bool is_last, struct bytes chunk, uint8_t *out)
{
	uint8_t nonce[STREAM_NONCE_LEN], tag[AGE_TAG_LEN];
	size_t plain = chunk.len - AGE_TAG_LEN;
	int len = 0;

	if (chunk.len < AGE_TAG_LEN || plain > AGE_CHUNK_LEN || stream->encrypts)
		return false;
	stream_nonce(number, is_last, nonce);
	memcpy(tag, chunk.at + plain, AGE_TAG_LEN);
	return EVP_CipherInit_ex(stream->context, NULL, NULL, NULL, nonce, -1) == 1 &&
	       (plain == 0 ||
		   EVP_CipherUpdate(stream->context, out, &len, chunk.at, (int)plain) == 1) &&
	       EVP_CIPHER_CTX_ctrl(stream->context, EVP_CTRL_AEAD_SET_TAG, AGE_TAG_LEN, tag) == 1 &&
	       EVP_CipherFinal_ex(stream->context, out + len, &len) == 1;
}

bool age_wrap(const uint8_t key[AGE_KEY_LEN], const uint8_t file_key[AGE_FILE_KEY_LEN],
    uint8_t out[AGE_WRAPPED_LEN], struct err *err)
{
	CLEANUP(age_stream_free) struct age_stream *stream = NULL;

	/* The zero nonce is that of chunk 0 that is not the last. */
	return age_stream_new(key, true, &stream, err) &&
	       age_stream_seal(
		   stream, 0, false, (struct bytes){file_key, AGE_FILE_KEY_LEN}, out, err);
}

bool age_unwrap(const uint8_t key[AGE_KEY_LEN], const uint8_t wrapped[AGE_WRAPPED_LEN],
    uint8_t file_key[AGE_FILE_KEY_LEN])
{
	CLEANUP(age_stream_free) struct age_stream *stream = NULL;

	return age_stream_new(key, false, &stream, NULL) &&
	       age_stream_open(
		   stream, 0, false, (struct bytes){wrapped, AGE_WRAPPED_LEN}, file_key);
}
