/* age v1 (https://c2sp.org/age): encryption to X25519 recipients as a sink, decryption with X25519 and scrypt
 * identities as a stream and at any offset. Armor is not read and not written. docs/formats/age.md. */
#ifndef KANSHIKI_BUNDLE_AGE_H
#define KANSHIKI_BUNDLE_AGE_H

#include "core/sink.h"
#include "core/source.h"

#define AGE_KEY_LEN      32
#define AGE_FILE_KEY_LEN 16
#define AGE_CHUNK_LEN    65536 /* plaintext bytes in every payload chunk but the last */
#define AGE_TAG_LEN      16
#define AGE_NONCE_LEN    16
#define AGE_IDENTITIES   256 /* at most, in one set */
#define AGE_RECIPIENTS   64  /* at most, for one file */

/* Keys that open age files. Zero before use. Secrets are wiped by age_identities_free. */
struct age_identity {
	bool is_passphrase;
	uint8_t secret[AGE_KEY_LEN]; /* X25519 scalar */
	struct text passphrase;
};
struct age_identities {
	struct age_identity *at;
	size_t count;
	size_t room;
};

/* Adds the keys of an identity file: one "AGE-SECRET-KEY-1..." a line, '#' comments and empty lines. Fails with
 * ERR_DAMAGED naming the line (never its content); a file without a key fails too. */
bool age_identities_add(
    struct age_identities *identities, struct bytes file, struct err *err) MUST_CHECK;
bool age_identities_add_passphrase(
    struct age_identities *identities, struct bytes passphrase, struct err *err) MUST_CHECK;
void age_identities_free(struct age_identities *identities);
static inline void age_identities_free_at(struct age_identities *identities)
{
	age_identities_free(identities);
}

/* Reads "age1..." strictly (BIP 173 Bech32, 32 bytes). ERR_DAMAGED says what is wrong with it. */
bool age_recipient_parse(
    struct bytes recipient, uint8_t out[AGE_KEY_LEN], struct err *err) MUST_CHECK;

/* A fresh identity: *identity is "AGE-SECRET-KEY-1...", *recipient its "age1...". */
bool age_generate(struct text *identity, struct text *recipient, struct err *err) MUST_CHECK;
/* "age1..." of an identity. ERR_UNSUPPORTED for a passphrase. */
bool age_identity_recipient(
    const struct age_identity *identity, struct text *recipient, struct err *err) MUST_CHECK;

/* Adds the identity that HKDF-SHA-256 makes of a secret: the same for the same three. */
bool age_derive(struct bytes secret, struct bytes salt, const char *info,
    struct age_identities *identities, struct err *err) MUST_CHECK;

/* A sink that encrypts to `below`, with a fresh file key, to every one of the recipients ("age1...", 1 to
 * AGE_RECIPIENTS). The header is written at once. finish() writes the last chunk and finishes below. Takes
 * ownership of below (freed with it; on failure of this call it stays the caller's). */
bool age_encrypt(const struct text_list *recipients, struct sink *below, struct sink **out,
    struct err *err) MUST_CHECK;

/* The same to a passphrase alone (scrypt, 256 MiB of memory): for identities, in the office. */
bool age_encrypt_passphrase(
    struct bytes passphrase, struct sink *below, struct sink **out, struct err *err) MUST_CHECK;

/* Identity files under a passphrase, as `age -p` makes them: whether a file is one (any age file looks so); a fresh one and its
 * recipient; what stands in it. ERR_KEY: another passphrase; ERR_UNSUPPORTED: it is encrypted in another way. */
bool age_is_locked(struct bytes file);
bool age_generate_locked(struct bytes passphrase, uint64_t now, struct text *file,
    struct text *recipient, struct err *err) MUST_CHECK;
bool age_unlock(
    struct bytes file, struct bytes passphrase, struct text *out, struct err *err) MUST_CHECK;

/* Decrypts from beginning to end into `to`, which gets every chunk only after its tag was checked; what was
 * written stays good even when a later chunk fails. to->finish() is left to the caller.
 * ERR_MISSING: no identity opens it. ERR_UNSUPPORTED: no stanza of a kind that we know.
 * ERR_DAMAGED: header, MAC or payload broken. */
bool age_decrypt(struct source *file, const struct age_identities *identities, struct sink *to,
    struct err *err) MUST_CHECK;

/* Opens an age file for reading its plaintext at any offset: *out is a source whose size is the exact plaintext
 * size. The header's MAC and the last chunk are checked here, each other chunk whenever a read touches it: a
 * broken one is ERR_DAMAGED, with the bytes before it in *got. Errors as age_decrypt. Every read decrypts the
 * chunks it touches anew and keeps nothing: read large pieces. Threads may share it.
 * `file` is taken over when `owns`; on failure it stays the caller's. */
bool age_open(struct source *file, bool owns, const struct age_identities *identities,
    struct source **out, struct err *err) MUST_CHECK;

/* The same for a file that was cut off while it was written (NAME.part): the last chunk may be missing. The
 * size is what whole chunks can hold; a chunk that does not open ends the data. For salvage. */
bool age_open_truncated(struct source *file, bool owns, const struct age_identities *identities,
    struct source **out, struct err *err) MUST_CHECK;

#endif
