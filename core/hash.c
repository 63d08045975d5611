/* SHA-2 through OpenSSL's EVP interface. See hash.h. */
#include "core/hash.h"

#include "core/array.h"

#include <openssl/evp.h>
#include <stdlib.h>

#define PIECE ((size_t)256 << 10)

struct hash {
	EVP_MD_CTX *context;
	const EVP_MD *md;
};

struct hash *hash_new(enum hash_kind kind)
{
	struct hash *hash = calloc(1, sizeof(*hash));

	if (!hash)
		return NULL;
	hash->md = kind == HASH_SHA512 ? EVP_sha512() : EVP_sha256();
	hash->context = EVP_MD_CTX_new();
	if (!hash->context || EVP_DigestInit_ex(hash->context, hash->md, NULL) != 1) {
		hash_free(hash);
		return NULL;
	}
	return hash;
}

void hash_free(struct hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->context);
	free(hash);
}

void hash_add(struct hash *hash, struct bytes bytes)
{
	if (bytes.len)
		EVP_DigestUpdate(hash->context, bytes.at, bytes.len);
}

void hash_take(struct hash *hash, uint8_t *out)
{
	EVP_DigestFinal_ex(hash->context, out, NULL);
	EVP_DigestInit_ex(hash->context, hash->md, NULL);
}

void hash_sha256(struct bytes bytes, uint8_t out[SHA256_LEN])
{
	EVP_Digest(
	    bytes.at ? (const void *)bytes.at : "", bytes.len, out, NULL, EVP_sha256(), NULL);
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
