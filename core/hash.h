/* SHA-256 and SHA-512 (FIPS 180-4) over a stream; the primitive is OpenSSL's. */
#ifndef KANSHIKI_CORE_HASH_H
#define KANSHIKI_CORE_HASH_H

#include "core/bytes.h"
#include "core/err.h"
#include "core/source.h"

#define SHA256_LEN      32
#define SHA512_LEN      64
#define SHA256_HEX_ROOM 65
#define SHA512_HEX_ROOM 129

enum hash_kind { HASH_SHA256, HASH_SHA512 };

struct hash; /* opaque; one thread at a time */

/* NULL when no memory. */
struct hash *hash_new(enum hash_kind kind);
void hash_free(struct hash *hash);
CLEANUP_POINTER(struct hash, hash_free);
void hash_add(struct hash *hash, struct bytes bytes);
/* Writes SHA256_LEN or SHA512_LEN bytes and starts anew. */
void hash_take(struct hash *hash, uint8_t *out);

/* Where a SHA-256 stands, at a multiple of HASH_BLOCK bytes, to go on from there later; false elsewhere. */
#define HASH_BLOCK 64
bool hash_save(const struct hash *hash, uint8_t state[SHA256_LEN]) MUST_CHECK;
/* Goes on from what hash_save gave after `done` bytes, a multiple of HASH_BLOCK. */
void hash_resume(struct hash *hash, const uint8_t state[SHA256_LEN], uint64_t done);

/* The SHA-256 of bytes at once. */
void hash_sha256(struct bytes bytes, uint8_t out[SHA256_LEN]);

/* The SHA-256 of a whole source. Fewer bytes than its size are ERR_DAMAGED. */
bool hash_source(struct source *source, uint8_t out[SHA256_LEN], struct err *err) MUST_CHECK;

/* Lower-case hex with NUL; out has 2 * bytes.len + 1 bytes. */
void hash_hex(struct bytes bytes, char *out);

#endif
