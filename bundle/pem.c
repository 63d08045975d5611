/* Certificates and keys as PEM. See pem.h. */
#include "bundle/pem.h"

#include "bundle/libcrypto.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <string.h>

/* What p costs in time, N * r * 128 bytes cost in memory; libcrypto gives scrypt 32 MiB. */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 8

/* libcrypto would ask on the terminal; a kit must never stop to ask. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

static bool open_pem(struct bytes pem, BIO **out, struct err *err)
{
	if (pem.len > PEM_BYTES)
		return fail(err, ERR_LIMIT, "PEM of %zu bytes", pem.len);
	*out = BIO_new_mem_buf(pem.len ? (const void *)pem.at : "", (int)pem.len);
	return *out || fail(err, ERR_MEMORY, "no memory for a certificate");
}

bool pem_has_certificate(const STACK_OF(X509) * among, const X509 *certificate)
{
	for (int i = 0; i < sk_X509_num(among); i++)
		if (X509_cmp(sk_X509_value(among, i), certificate) == 0)
			return true;
	return false;
}

bool pem_certificates(struct bytes pem, int least, STACK_OF(X509) * *out, struct err *err)
{
	CLEANUP(BIO_free_all) BIO *bio = NULL;
	CLEANUP(pem_certificates_free) STACK_OF(X509) *found = sk_X509_new_null();
	X509 *certificate;

	if (!open_pem(pem, &bio, err))
		return false;
	if (!found)
		return fail(err, ERR_MEMORY, "no memory for certificates");
	while ((certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
		if (sk_X509_num(found) >= PEM_CERTIFICATES ||
		    sk_X509_push(found, certificate) <= 0) {
			X509_free(certificate);
			return fail(err, ERR_LIMIT, "more than %d certificates", PEM_CERTIFICATES);
		}
	}
	/* The end of a PEM text is an error too; any other one is a broken certificate. */
	unsigned long last = ERR_peek_last_error();
	bool at_end = ERR_GET_REASON(last) == PEM_R_NO_START_LINE;

	ERR_clear_error();
	if (!at_end)
		return fail(err, ERR_DAMAGED, "a certificate is malformed");
	if (sk_X509_num(found) < least)
		return fail(err, ERR_DAMAGED, "holds no certificate");
	*out = TAKE(found);
	return true;
}

bool pem_key(struct bytes pem, EVP_PKEY **out, struct err *err)
{
	CLEANUP(BIO_free_all) BIO *bio = NULL;

	if (!open_pem(pem, &bio, err))
		return false;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);

	ERR_clear_error();
	if (!key)
		return fail(err, ERR_DAMAGED, "holds no private key in the clear");
	*out = key;
	return true;
}

bool pem_is_locked(struct bytes pem)
{
	static const char mark[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
	const size_t len = sizeof(mark) - 1;

	for (size_t i = 0; i + len <= pem.len; i++)
		if (memcmp(pem.at + i, mark, len) == 0)
			return true;
	return false;
}

static int give_passphrase(char *buffer, int size, int writing, void *context)
{
	const struct bytes *passphrase = context;

	(void)writing;
	if (size < 0 || passphrase->len > (size_t)size)
		return -1;
	memcpy(buffer, passphrase->at, passphrase->len);
	return (int)passphrase->len;
}

bool pem_key_unlock(struct bytes pem, struct bytes passphrase, EVP_PKEY **out, struct err *err)
{
	CLEANUP(BIO_free_all) BIO *bio = NULL;

	if (!pem_is_locked(pem))
		return pem_key(pem, out, err);
	if (!open_pem(pem, &bio, err))
		return false;
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &passphrase);

	ERR_clear_error();
	if (!key)
		return fail(err, ERR_KEY, "the passphrase does not open it");
	*out = key;
	return true;
}

static bool add_bio(struct text *out, BIO *bio, struct err *err)
{
	char *at = NULL;
	long len = BIO_get_mem_data(bio, &at);

	if (len <= 0)
		return fail(err, ERR_MEMORY, "no memory for PEM");
	text_add(out, (struct bytes){(const uint8_t *)at, (size_t)len});
	return text_ok(out, err);
}

CLEANUP_POINTER(PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free); /* wipes */

static X509_SIG *lock(EVP_PKEY *key, struct bytes passphrase)
{
	CLEANUP(PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	X509_ALGOR *how =
	    PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
	X509_SIG *locked = info && how ? PKCS8_set0_pbe((const char *)passphrase.at,
					     (int)passphrase.len, info, how)
				       : NULL;

	if (!locked)
		X509_ALGOR_free(how); /* else the locked key's own now */
	return locked;
}

bool pem_add_locked_key(struct text *out, EVP_PKEY *key, struct bytes passphrase, struct err *err)
{
	CLEANUP(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
	X509_SIG *locked = passphrase.len > PEM_BYTES ? NULL : lock(key, passphrase);
	bool ok = bio && locked && PEM_write_bio_PKCS8(bio, locked) == 1;

	X509_SIG_free(locked);
	ERR_clear_error();
	return ok ? add_bio(out, bio, err) : fail(err, ERR_MEMORY, "the key cannot be locked");
}

bool pem_add_certificate(struct text *out, X509 *certificate, struct err *err)
{
	CLEANUP(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());

	if (!bio || PEM_write_bio_X509(bio, certificate) != 1)
		return fail(err, ERR_MEMORY, "no memory for PEM");
	return add_bio(out, bio, err);
}

bool pem_add_key(struct text *out, EVP_PKEY *key, struct err *err)
{
	CLEANUP(BIO_free_all) BIO *bio = BIO_new(BIO_s_secmem());

	if (!bio ||
	    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, no_passphrase, NULL) != 1)
		return fail(err, ERR_MEMORY, "no memory for PEM");
	return add_bio(out, bio, err);
}

bool pem_is_p256(EVP_PKEY *key)
{
	char group[32] = "";
	size_t len = 0;

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

void pem_add_name(struct text *out, const X509_NAME *name)
{
	CLEANUP(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
	char *at = NULL;

	if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) < 0)
		return;
	long len = BIO_get_mem_data(bio, &at);

	text_add_printable(out, (struct bytes){(const uint8_t *)at, len > 0 ? (size_t)len : 0});
}
