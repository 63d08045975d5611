/* SHA-2 through OpenSSL's EVP interface. See hash.h. */
#include "core/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>

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

void hash_hex(struct bytes bytes, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		out[2 * i] = digits[bytes.at[i] >> 4];
		out[2 * i + 1] = digits[bytes.at[i] & 15];
	}
	out[2 * bytes.len] = 0;
}
