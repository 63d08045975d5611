/* The primitives of age v1, each a thin layer over libcrypto. Inside bundle/age*.c only. */
#ifndef KANSHIKI_BUNDLE_AGE_CRYPTO_H
#define KANSHIKI_BUNDLE_AGE_CRYPTO_H

#include "core/wipe.h"
#include "bundle/age.h"

#define AGE_WRAPPED_LEN    (AGE_FILE_KEY_LEN + AGE_TAG_LEN)
#define AGE_SCRYPT_SALT    16
#define AGE_SCRYPT_LOG_MAX 22 /* 4 GiB of memory; the reference reader's limit too */
#define AGE_SCRYPT_LOG     18 /* what we write, like age: 256 MiB, about a second */

bool age_random(void *to, size_t len, struct err *err) MUST_CHECK;

/* HKDF-SHA-256 (RFC 5869), 32 bytes out. */
bool age_hkdf(struct bytes secret, struct bytes salt, const char *info, uint8_t out[AGE_KEY_LEN],
    struct err *err) MUST_CHECK;
bool age_hmac(
    const uint8_t key[AGE_KEY_LEN], struct bytes data, uint8_t out[32], struct err *err) MUST_CHECK;
/* Compares in constant time. */
bool age_same(const uint8_t *a, const uint8_t *b, size_t len);

/* The public key of an X25519 scalar. */
bool age_x25519_public(
    const uint8_t secret[AGE_KEY_LEN], uint8_t out[AGE_KEY_LEN], struct err *err) MUST_CHECK;
/* The key that wraps a file key between two X25519 keys. `share` is the ephemeral public key of the stanza. Fails with
 * ERR_DAMAGED when the shared secret is all zero (a low-order point). */
bool age_x25519_wrap_key(const uint8_t secret[AGE_KEY_LEN], const uint8_t peer[AGE_KEY_LEN],
    const uint8_t share[AGE_KEY_LEN], const uint8_t recipient[AGE_KEY_LEN],
    uint8_t out[AGE_KEY_LEN], struct err *err) MUST_CHECK;
bool age_scrypt_wrap_key(struct bytes passphrase, const uint8_t salt[AGE_SCRYPT_SALT],
    unsigned log_n, uint8_t out[AGE_KEY_LEN], struct err *err) MUST_CHECK;

/* ChaCha20-Poly1305 with the zero nonce, for file keys. unwrap is false when the tag is wrong. */
bool age_wrap(const uint8_t key[AGE_KEY_LEN], const uint8_t file_key[AGE_FILE_KEY_LEN],
    uint8_t out[AGE_WRAPPED_LEN], struct err *err) MUST_CHECK;
bool age_unwrap(const uint8_t key[AGE_KEY_LEN], const uint8_t wrapped[AGE_WRAPPED_LEN],
    uint8_t file_key[AGE_FILE_KEY_LEN]);

/* STREAM chunks of the payload. One thread at a time. */
struct age_stream; /* opaque */
bool age_stream_new(const uint8_t payload_key[AGE_KEY_LEN], bool encrypts, struct age_stream **out,
    struct err *err) MUST_CHECK;
void age_stream_free(struct age_stream *stream);
CLEANUP_POINTER(struct age_stream, age_stream_free);
/* Encrypts plain (at most AGE_CHUNK_LEN) as chunk `number`: plain.len + AGE_TAG_LEN bytes to out. */
bool age_stream_seal(struct age_stream *stream, uint64_t number, bool is_last, struct bytes plain,
    uint8_t *out, struct err *err) MUST_CHECK;
/* Decrypts a chunk with its tag; false when it does not open. out has chunk.len - AGE_TAG_LEN bytes and holds nothing of
 * use on failure. */
bool age_stream_open(
    struct age_stream *stream, uint64_t number, bool is_last, struct bytes chunk, uint8_t *out);

#endif
