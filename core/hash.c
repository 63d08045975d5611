/* SHA-2 through OpenSSL: its old interface, since the new one does not tell where a hash stands. See hash.h. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/hash.h"

#include "core/array.h"

#include <openssl/sha.h>
#include <stdlib.h>

#define PIECE ((size_t)256 << 10)

struct hash {
	enum hash_kind kind;
	union {
		SHA256_CTX sha256;
		SHA512_CTX sha512;
	};
};

static void start(struct hash *hash)
{
	if (hash->kind == HASH_SHA512)
		SHA512_Init(&hash->sha512);
	else
		SHA256_Init(&hash->sha256);
}

struct hash *hash_new(enum hash_kind kind)
{
	struct hash *hash = calloc(1, sizeof(*hash));

	if (!hash)
		return NULL;
	hash->kind = kind;
	start(hash);
	return hash;
}

void hash_free(struct hash *hash)
{
	free(hash);
}

void hash_add(struct hash *hash, struct bytes bytes)
{
	if (bytes.len == 0)
		return;
	if (hash->kind == HASH_SHA512)
		SHA512_Update(&hash->sha512, bytes.at, bytes.len);
	else
		SHA256_Update(&hash->sha256, bytes.at, bytes.len);
}

void hash_take(struct hash *hash, uint8_t *out)
{
	if (hash->kind == HASH_SHA512)
		SHA512_Final(out, &hash->sha512);
	else
		SHA256_Final(out, &hash->sha256);
	start(hash);
}

bool hash_save(const struct hash *hash, uint8_t state[SHA256_LEN])
{
	if (hash->kind != HASH_SHA256 || hash->sha256.num != 0)
		return false;
	for (size_t i = 0; i < 8; i++)
		put_le32(state + 4 * i, hash->sha256.h[i]);
	return true;
}

void hash_resume(struct hash *hash, const uint8_t state[SHA256_LEN], uint64_t done)
{
	start(hash);
	for (size_t i = 0; i < 8; i++)
		hash->sha256.h[i] = le32(state + 4 * i);
	/* Bits, in two halves. */
	hash->sha256.Nl = (uint32_t)(done << 3);
	hash->sha256.Nh = (uint32_t)(done >> 29);
}

void hash_sha256(struct bytes bytes, uint8_t out[SHA256_LEN])
{
	SHA256(bytes.at ? bytes.at : (const uint8_t *)"", bytes.len, out);
}

bool hash_source(struct source *source, uint8_t out[SHA256_LEN], struct err *err)
{
	CLEANUP(hash_free) struct hash *hash = hash_new(HASH_SHA256);
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);
	uint64_t offset = 0;
	size_t got = 0;

	if (!hash || !piece)
		return fail(err, ERR_MEMORY, "no memory to hash it");
	do {
		if (!source->read(source, offset, piece, PIECE, &got, err))
			return false;
		hash_add(hash, (struct bytes){piece, got});
		offset += got;
	} while (got == PIECE);
	if (offset != source->size)
		return fail(err, ERR_DAMAGED, "ends at byte %llu of %llu",
		    (unsigned long long)offset, (unsigned long long)source->size);
	hash_take(hash, out);
	return true;
}

void hash_hex(struct bytes bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = digits[bytes.at[i] >> 4];
		out[2 * i + 1] = digits[bytes.at[i] & 15];
	}
	out[2 * bytes.len] = 0;
}
