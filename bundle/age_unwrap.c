/* Finding an age file's key in its stanzas. See age_header.h. */
#include "bundle/age_crypto.h"
#include "bundle/age_header.h"
#include "bundle/base64.h"

enum outcome { OUTCOME_NONE, OUTCOME_FOUND, OUTCOME_BROKEN };

static bool is_type(const struct age_stanza *stanza, const char *type)
{
	return bytes_equal(stanza->args[0], bytes_of(type));
}

static enum outcome try_x25519(const struct age_stanza *stanza, const struct age_identity *identity,
    uint8_t file_key[AGE_FILE_KEY_LEN], struct err *err)
{
	uint8_t share[AGE_KEY_LEN], own[AGE_KEY_LEN], key[AGE_KEY_LEN];

	if (stanza->arg_count != 2 || stanza->body.len != AGE_WRAPPED_LEN ||
	    !base64_decode_to(stanza->args[1], share, sizeof(share))) {
		fail(err, ERR_DAMAGED, "malformed X25519 stanza");
		return OUTCOME_BROKEN;
	}
	if (!age_x25519_public(identity->secret, own, err) ||
	    !age_x25519_wrap_key(identity->secret, share, share, own, key, err))
		return OUTCOME_BROKEN;
	bool found = age_unwrap(key, stanza->body.at, file_key);

	wipe(key, sizeof(key));
	return found ? OUTCOME_FOUND : OUTCOME_NONE;
}

/* Decimal without leading zero or sign; 0 for anything else. */
static unsigned parse_log_n(struct bytes digits)
{
	unsigned value = 0;

	if (digits.len == 0 || digits.len > 2 || digits.at[0] == '0')
		return 0;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return 0;
		value = value * 10 + (digits.at[i] - '0');
	}
	return value;
}

static enum outcome try_scrypt(const struct age_stanza *stanza, const struct age_identity *identity,
    uint8_t file_key[AGE_FILE_KEY_LEN], struct err *err)
{
	uint8_t salt[AGE_SCRYPT_SALT], key[AGE_KEY_LEN];
	unsigned log_n = stanza->arg_count == 3 ? parse_log_n(stanza->args[2]) : 0;

	if (log_n == 0 || log_n > AGE_SCRYPT_LOG_MAX || stanza->body.len != AGE_WRAPPED_LEN ||
	    !base64_decode_to(stanza->args[1], salt, sizeof(salt))) {
		fail(err, ERR_DAMAGED, "malformed or too costly scrypt stanza");
		return OUTCOME_BROKEN;
	}
	if (!age_scrypt_wrap_key(text_bytes(&identity->passphrase), salt, log_n, key, err))
		return OUTCOME_BROKEN;
	bool found = age_unwrap(key, stanza->body.at, file_key);

	wipe(key, sizeof(key));
	return found ? OUTCOME_FOUND : OUTCOME_NONE;
}

/* scrypt must stand alone (age.md, scrypt recipient stanza): a passphrase authenticates, a recipient does not. */
static bool check_alone(const struct age_header *header, struct err *err)
{
	for (size_t i = 0; i < header->count; i++)
		if (is_type(&header->stanzas[i], "scrypt") && header->count != 1)
			return fail(err, ERR_DAMAGED, "scrypt stanza beside other stanzas");
	return true;
}

static enum outcome try_stanza(const struct age_stanza *stanza,
    const struct age_identities *identities, uint8_t file_key[AGE_FILE_KEY_LEN], struct err *err)
{
	bool is_scrypt = is_type(stanza, "scrypt");

	for (size_t i = 0; i < identities->count; i++) {
		const struct age_identity *identity = &identities->at[i];

		if (identity->is_passphrase != is_scrypt)
			continue;
		enum outcome outcome = is_scrypt ? try_scrypt(stanza, identity, file_key, err)
						 : try_x25519(stanza, identity, file_key, err);

		if (outcome != OUTCOME_NONE)
			return outcome;
	}
	return OUTCOME_NONE;
}

bool age_header_unwrap(const struct age_header *header, const struct age_identities *identities,
    uint8_t file_key[AGE_FILE_KEY_LEN], struct err *err)
{
	bool found = false;
	size_t known = 0;

	if (!check_alone(header, err))
		return false;
	/* All stanzas of a known kind are looked at, so that a malformed one is refused wherever it stands. */
	for (size_t i = 0; i < header->count; i++) {
		const struct age_stanza *stanza = &header->stanzas[i];
		uint8_t key[AGE_FILE_KEY_LEN];

		if (!is_type(stanza, "X25519") && !is_type(stanza, "scrypt"))
			continue;
		known++;
		enum outcome outcome = try_stanza(stanza, identities, key, err);

		if (outcome == OUTCOME_BROKEN)
			return false;
		if (outcome == OUTCOME_FOUND && !found)
			memcpy(file_key, key, sizeof(key));
		found = found || outcome == OUTCOME_FOUND;
		wipe(key, sizeof(key));
	}
	if (found)
		return true;
	if (known == 0)
		return fail(err, ERR_UNSUPPORTED,
		    "encrypted to a kind of key that we do not know (no X25519 stanza)");
	return fail(err, ERR_MISSING, "none of the keys given opens it");
}
