/* Identities under a passphrase: an age file (scrypt) that holds an identity file. See age.h. */
#include "bundle/age_crypto.h"
#include "core/time.h"

#include <stdio.h>

#define IDENTITY_BYTES ((size_t)1 << 16) /* an identity file in the clear is never larger */

static bool begins(struct bytes file, const char *with)
{
	size_t len = strlen(with);

	return file.len >= len && memcmp(file.at, with, len) == 0;
}

bool age_is_locked(struct bytes file)
{
	return begins(file, "age-encryption.org/v1\n");
}

/* A scrypt stanza stands alone, so it is the first one. */
static bool is_scrypt(struct bytes file)
{
	return begins(file, "age-encryption.org/v1\n-> scrypt ");
}

static bool encrypt(struct bytes plain, struct bytes passphrase, struct text *out, struct err *err)
{
	CLEANUP(sink_free) struct sink *age = NULL;
	CLEANUP(sink_free) struct sink *below = sink_to_text(out);

	if (!below)
		return fail(err, ERR_MEMORY, "no memory to encrypt");
	if (!age_encrypt_passphrase(passphrase, below, &age, err))
		return false;
	below = NULL; /* age's own now */
	return age->write(age, plain, err) && age->finish(age, err) && text_ok(out, err);
}

bool age_generate_locked(struct bytes passphrase, uint64_t now, struct text *file,
    struct text *recipient, struct err *err)
{
	CLEANUP(text_wipe) struct text identity = {0};
	char plain[512], when[TIME_ISO_ROOM];

	if (!age_generate(&identity, recipient, err))
		return false;
	time_iso(now, when);
	/* As age-keygen writes it; in one piece, because a text that grows leaves copies behind. */
	int len = snprintf(plain, sizeof(plain), "# created: %.19sZ\n# public key: %s\n%s\n", when,
	    text_string(recipient), text_string(&identity));
	bool ok = len > 0 && (size_t)len < sizeof(plain) &&
		  encrypt((struct bytes){(uint8_t *)plain, (size_t)len}, passphrase, file, err);

	wipe(plain, sizeof(plain));
	return ok;
}

bool age_unlock(struct bytes file, struct bytes passphrase, struct text *out, struct err *err)
{
	CLEANUP(age_identities_free) struct age_identities identities = {0};
	CLEANUP(source_close) struct source *from = source_of_bytes(file);
	CLEANUP(text_wipe) struct text plain = {.ceiling = IDENTITY_BYTES};
	CLEANUP(sink_free) struct sink *to = sink_to_text(&plain);
	struct err why = {0};

	if (!is_scrypt(file))
		return fail(err, ERR_UNSUPPORTED,
		    "it is not under a passphrase; open it with age and give what comes out");
	if (!from || !to)
		return fail(err, ERR_MEMORY, "no memory for an identity");
	if (!age_identities_add_passphrase(&identities, passphrase, err))
		return false;
	if (!age_decrypt(from, &identities, to, &why)) {
		if (why.kind == ERR_MISSING)
			return fail(err, ERR_KEY, "the passphrase does not open it");
		if (why.kind == ERR_UNSUPPORTED)
			return fail(err, ERR_UNSUPPORTED,
			    "it is not under a passphrase; open it with age and give what comes "
			    "out");
		if (err)
			*err = why;
		return false;
	}
	text_add(out, text_bytes(&plain));
	return text_ok(&plain, err) && text_ok(out, err);
}
