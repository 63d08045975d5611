/* Identities and recipients of age. See age.h. */
#include "bundle/age_crypto.h"
#include "bundle/bech32.h"
#include "core/array.h"

#include <ctype.h>
#include <stdlib.h>

static const char identity_hrp[] = "age-secret-key-";
static const char recipient_hrp[] = "age";

void age_identities_free(struct age_identities *identities)
{
	for (size_t i = 0; i < identities->count; i++) {
		struct age_identity *identity = &identities->at[i];

		if (identity->passphrase.at)
			wipe(identity->passphrase.at, identity->passphrase.len);
		text_free(&identity->passphrase);
		wipe(identity, sizeof(*identity));
	}
	free(identities->at);
	*identities = (struct age_identities){0};
}

/* Not array_grow: realloc would leave a copy of the secrets behind. */
static bool make_room(struct age_identities *identities, struct err *err)
{
	if (identities->count == AGE_IDENTITIES)
		return fail(err, ERR_LIMIT, "more than %d keys", AGE_IDENTITIES);
	if (!identities->at)
		identities->at = calloc(AGE_IDENTITIES, sizeof(*identities->at));
	if (!identities->at)
		return fail(err, ERR_MEMORY, "no memory for keys");
	identities->room = AGE_IDENTITIES;
	return true;
}

static struct bytes trim(struct bytes line)
{
	while (line.len && isspace(line.at[line.len - 1]))
		line.len--;
	while (line.len && isspace(line.at[0])) {
		line.at++;
		line.len--;
	}
	return line;
}

static bool add_line(struct age_identities *identities, struct bytes line, struct err *err)
{
	uint8_t secret[AGE_KEY_LEN];

	if (!make_room(identities, err))
		return false;
	/* The format has upper case only; what age would refuse, we refuse. */
	for (size_t i = 0; i < line.len; i++)
		if (line.at[i] >= 'a' && line.at[i] <= 'z')
			return fail(err, ERR_DAMAGED, "not an AGE-SECRET-KEY-1 key");
	if (!bech32_parse(line, identity_hrp, secret, sizeof(secret), err))
		return false;
	struct age_identity *identity = &identities->at[identities->count++];

	*identity = (struct age_identity){0};
	memcpy(identity->secret, secret, sizeof(secret));
	wipe(secret, sizeof(secret));
	return true;
}

bool age_identities_add(struct age_identities *identities, struct bytes file, struct err *err)
{
	size_t before = identities->count;
	size_t start = 0, number = 0;

	while (start < file.len) {
		const uint8_t *from = file.at + start;
		const uint8_t *end = memchr(from, '\n', file.len - start);
		struct bytes line = {from, end ? (size_t)(end - from) : file.len - start};

		start += line.len + 1;
		number++;
		line = trim(line);
		if (line.len == 0 || line.at[0] == '#')
			continue;
		if (!add_line(identities, line, err))
			return fail_in(err, "identity file, line %zu", number);
	}
	if (identities->count == before)
		return fail(err, ERR_DAMAGED, "identity file holds no key");
	return true;
}

bool age_identities_add_passphrase(
    struct age_identities *identities, struct bytes passphrase, struct err *err)
{
	if (!make_room(identities, err))
		return false;
	struct age_identity *identity = &identities->at[identities->count];

	*identity = (struct age_identity){.is_passphrase = true};
	text_add(&identity->passphrase, passphrase);
	if (!text_ok(&identity->passphrase, err))
		return false;
	identities->count++;
	return true;
}

bool age_recipient_parse(struct bytes recipient, uint8_t out[AGE_KEY_LEN], struct err *err)
{
	for (size_t i = 0; i < recipient.len; i++)
		if (recipient.at[i] >= 'A' && recipient.at[i] <= 'Z')
			return fail(err, ERR_DAMAGED, "recipient is not in lower case");
	return bech32_parse(recipient, recipient_hrp, out, AGE_KEY_LEN, err);
}

bool age_identity_recipient(
    const struct age_identity *identity, struct text *recipient, struct err *err)
{
	uint8_t own[AGE_KEY_LEN];

	if (identity->is_passphrase)
		return fail(err, ERR_UNSUPPORTED, "a passphrase has no recipient");
	if (!age_x25519_public(identity->secret, own, err))
		return false;
	bech32_add(recipient, recipient_hrp, (struct bytes){own, sizeof(own)});
	return text_ok(recipient, err);
}

bool age_generate(struct text *identity, struct text *recipient, struct err *err)
{
	struct age_identity fresh = {0};
	size_t start = identity->len;

	if (!age_random(fresh.secret, sizeof(fresh.secret), err))
		return false;
	bech32_add(identity, identity_hrp, (struct bytes){fresh.secret, sizeof(fresh.secret)});
	bool ok = text_ok(identity, err) && age_identity_recipient(&fresh, recipient, err);

	wipe(&fresh, sizeof(fresh));
	for (size_t i = start; ok && i < identity->len; i++)
		if (identity->at[i] >= 'a' && identity->at[i] <= 'z')
			identity->at[i] = (char)(identity->at[i] - 32);
	return ok;
}

bool age_derive(struct bytes secret, struct bytes salt, const char *info,
    struct age_identities *identities, struct err *err)
{
	if (!make_room(identities, err))
		return false;
	struct age_identity *identity = &identities->at[identities->count];

	*identity = (struct age_identity){0};
	if (!age_hkdf(secret, salt, info, identity->secret, err))
		return false;
	identities->count++;
	return true;
}
