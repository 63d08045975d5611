/* --keys, --ca, --identity, --at, --unverified. See trust.h. */
#include "cli/trust.h"

#include "bundle/age.h"
#include "bundle/kit_files.h"
#include "bundle/seal_verify.h"
#include "cli/keydir.h"
#include "core/time.h"
#include "core/tr.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/secret.h"

#define PEM_BYTES      ((size_t)16 << 20) /* a CRL can be long */
#define IDENTITY_BYTES ((size_t)1 << 20)

void trust_options(struct trust *trust, struct option *options)
{
	const struct option table[TRUST_OPTIONS] = {
	    {"keys", 0, OPTION_TEXT, &trust->keys, "KEYDIR",
		"directory with evidence-ca.pem and recipient.key, as 'kit new' made it"},
	    {"ca", 0, OPTION_TEXT, &trust->ca, "FILE", "certificate of the evidence CA (PEM)"},
	    {"identity", 'i', OPTION_LIST, &trust->identity_paths, "FILE",
		"age identity file that opens the bundle; may be repeated"},
	    {"at", 0, OPTION_TEXT, &trust->at, "TIME",
		"judge the seal certificate at this time (2026-11-20T22:00:00Z), not now"},
	    PASSPHRASE_OPTION(&trust->passphrase),
	    {"unverified", 0, OPTION_FLAG, &trust->unverified, NULL,
		"go on although signature or hashes are wrong; prove nothing with the result"},
	};

	memcpy(options, table, sizeof(table));
}

static bool read_pem(const char *path, struct text *out, struct err *err)
{
	return file_read_all(path, PEM_BYTES, out, err);
}

/* One under a passphrase, such as unlock.WHO.age of a bundle. */
static bool unlock_identity(
    struct trust *trust, const char *path, struct bytes locked, struct err *err)
{
	CLEANUP(text_free) struct text shown = {0};
	CLEANUP(text_free) struct text prompt = {0};
	struct passphrase_try attempt = {.from = &trust->passphrase};
	struct err why = {0};

	text_add_printable(&shown, bytes_of(path));
	text_addf(&prompt, tr("Passphrase of '%s': "), text_string(&shown));
	attempt.prompt = text_string(&prompt);
	do {
		CLEANUP(text_wipe) struct text passphrase = {0};
		CLEANUP(text_wipe) struct text identity = {0};

		if (!passphrase_try(&attempt, &passphrase, err))
			return false;
		why.kind = ERR_NONE;
		if (age_unlock(locked, text_bytes(&passphrase), &identity, &why))
			return text_list_add(&trust->identities, text_bytes(&identity), err);
	} while (why.kind == ERR_KEY);
	if (err)
		*err = why;
	return false;
}

/* A pipe too, so that what age decrypts needs no file: "-", /dev/fd/3. */
static bool read_identity(const char *path, struct text *content, struct err *err)
{
	if (strcmp(path, "-") == 0 || file_kind(path) == FILE_KIND_OTHER)
		return secret_read(path, content, err);
	return file_read_all(path, IDENTITY_BYTES, content, err);
}

void trust_blame_choice(struct err *err, struct bytes content, const char *mark)
{
	size_t len = strlen(mark);

	if (err->kind != ERR_DAMAGED)
		return;
	for (size_t i = 0; i + len <= content.len; i++)
		if (memcmp(content.at + i, mark, len) == 0)
			return;
	err->kind = ERR_UNSUPPORTED;
}

/* Read here, so that who names a wrong file hears its name, and not the bundle's. */
static bool check_identity(struct bytes content, const char *path, struct err *err)
{
	CLEANUP(age_identities_free) struct age_identities identities = {0};

	if (age_identities_add(&identities, content, err))
		return true;
	trust_blame_choice(err, content, "AGE-SECRET-KEY-");
	return fail_in(err, "'%s'", path);
}

static bool add_identity(struct trust *trust, const char *path, struct err *err)
{
	CLEANUP(text_wipe) struct text content = {0};

	if (!read_identity(path, &content, err))
		return false;
	if (age_is_locked(text_bytes(&content)))
		return unlock_identity(trust, path, text_bytes(&content), err) ||
		       fail_in(err, "'%s'", path);
	return check_identity(text_bytes(&content), path, err) &&
	       text_list_add(&trust->identities, text_bytes(&content), err);
}

static bool load_keys(struct trust *trust, struct err *err)
{
	CLEANUP(text_free) struct text identity = {0};
	CLEANUP(text_free) struct text kit = {0};

	if (file_kind(trust->keys) != FILE_KIND_DIRECTORY)
		return fail(err, ERR_MISSING, "no such directory of keys '%s'", trust->keys);
	/* Its evidence-ca.pem is whoever's who had the stick. */
	file_join(&kit, trust->keys, KIT_JSON);
	if (file_kind(text_string(&kit)) != FILE_KIND_MISSING)
		return fail(err, ERR_USAGE,
		    "'%s' is a kit, which lay where the bundle was made: give the office's own "
		    "keys",
		    trust->keys);
	if ((!trust->ca &&
		!keydir_read(trust->keys, "evidence-ca.pem", PEM_BYTES, &trust->ca_pem, err)) ||
	    !keydir_read(trust->keys, "evidence-ca.crl", PEM_BYTES, &trust->crl_pem, err) ||
	    !keydir_read(trust->keys, "tsa-ca.pem", PEM_BYTES, &trust->tsa_pem, err) ||
	    !keydir_read(trust->keys, "tsa-ca.crl", PEM_BYTES, &trust->tsa_crl_pem, err))
		return false;
	file_join(&identity, trust->keys, "recipient.key");
	return trust->identity_paths.count || file_kind(text_string(&identity)) != FILE_KIND_FILE ||
	       add_identity(trust, text_string(&identity), err);
}

static bool check_complete(const struct trust *trust, bool needs_identity, struct err *err)
{
	if (trust->ca_pem.len == 0 && !trust->unverified)
		return fail(err, ERR_USAGE,
		    trust->keys ? "there is no evidence-ca.pem in '%s'; name one with --ca FILE"
				: "whose seal is to be trusted? give --keys KEYDIR or --ca FILE%s",
		    trust->keys ? trust->keys : "");
	if (needs_identity && trust->identities.count == 0)
		return fail(err, ERR_USAGE,
		    trust->keys ? "there is no recipient.key in '%s'; name one with --identity FILE"
				: "which key opens it? give --keys KEYDIR or --identity FILE%s",
		    trust->keys ? trust->keys : "");
	return true;
}

bool trust_load(struct trust *trust, bool needs_identity, struct err *err)
{
	uint64_t at = clock_now();

	if (trust->at && !time_parse_zoned(trust->at, &at, err))
		return fail_in(err, "--at");
	if (trust->keys && !load_keys(trust, err))
		return false;
	if (trust->ca && !read_pem(trust->ca, &trust->ca_pem, err))
		return false;
	if (trust->ca && !seal_check_ca(text_bytes(&trust->ca_pem), err)) {
		trust_blame_choice(err, text_bytes(&trust->ca_pem), "-----BEGIN CERT");
		return fail_in(err, "'%s'", trust->ca);
	}
	for (size_t i = 0; i < trust->identity_paths.count; i++)
		if (!add_identity(trust, trust->identity_paths.at[i], err))
			return false;
	if (!check_complete(trust, needs_identity, err))
		return false;
	trust->bundle = (struct bundle_trust){
	    .ca_pem = text_bytes(&trust->ca_pem),
	    .crl_pem = text_bytes(&trust->crl_pem),
	    .identities = &trust->identities,
	    .tsa_pem = text_bytes(&trust->tsa_pem),
	    .tsa_crl_pem = text_bytes(&trust->tsa_crl_pem),
	    .at = at,
	    .is_at_given = trust->at != NULL,
	    .unverified = trust->unverified,
	};
	return true;
}

void trust_free(struct trust *trust)
{
	text_list_wipe(&trust->identities);
	passphrase_free(&trust->passphrase);
	text_list_free(&trust->identity_paths);
	text_free(&trust->ca_pem);
	text_free(&trust->crl_pem);
	text_free(&trust->tsa_pem);
	text_free(&trust->tsa_crl_pem);
	*trust = (struct trust){0};
}
