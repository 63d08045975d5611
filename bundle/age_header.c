/* Reading and writing of age headers. See age_header.h. */
#include "bundle/age_header.h"

#include "bundle/age_crypto.h"
#include "bundle/base64.h"
#include "core/array.h"

#include <stdlib.h>

static const char version_line[] = "age-encryption.org/v1";

#define BODY_COLUMNS   64
#define MAC_CHARS      43
#define HEADER_AT_ONCE 4096

void age_header_free(struct age_header *header)
{
	free(header->stanzas);
	text_free(&header->bodies);
	*header = (struct age_header){0};
}

/* The next line without its LF. False at the end of the bytes. */
static bool next_line(struct bytes file, size_t *pos, struct bytes *line)
{
	const uint8_t *from = file.at + *pos;
	const uint8_t *end = *pos < file.len ? memchr(from, '\n', file.len - *pos) : NULL;

	if (!end)
		return false;
	*line = (struct bytes){from, (size_t)(end - from)};
	*pos += line->len + 1;
	return true;
}

static bool begins(struct bytes line, const char *with)
{
	size_t len = strlen(with);

	return line.len >= len && memcmp(line.at, with, len) == 0;
}

/* "-> " arg *(SP arg); every argument is one or more visible ASCII characters. */
static bool parse_args(struct bytes line, struct age_stanza *stanza)
{
	size_t start = 3;

	for (size_t i = 3; i <= line.len; i++) {
		if (i < line.len && line.at[i] > 0x20 && line.at[i] < 0x7f)
			continue;
		if (i == start || (i < line.len && line.at[i] != ' '))
			return false;
		if (stanza->arg_count < AGE_ARGS_MAX)
			stanza->args[stanza->arg_count] =
			    (struct bytes){line.at + start, i - start};
		stanza->arg_count++;
		start = i + 1;
	}
	return stanza->arg_count > 0;
}

/* Full lines of 64 characters, then one that is shorter, also when it is then empty. */
static bool parse_body(struct bytes file, size_t *pos, struct age_header *header,
    struct age_stanza *stanza, struct err *err)
{
	struct bytes line;

	stanza->body_at = header->bodies.len;
	do {
		if (!next_line(file, pos, &line))
			return fail(err, ERR_DAMAGED, "age header ends inside a stanza");
		if (line.len > BODY_COLUMNS || !base64_decode(line, &header->bodies))
			return fail(err, ERR_DAMAGED, "age stanza is not canonical base64");
	} while (line.len == BODY_COLUMNS);
	stanza->body.len = header->bodies.len - stanza->body_at;
	return true;
}

static bool parse_stanza(
    struct bytes file, struct bytes line, size_t *pos, struct age_header *header, struct err *err)
{
	struct age_stanza stanza = {0};

	if (!begins(line, "-> ") || !parse_args(line, &stanza))
		return fail(err, ERR_DAMAGED, "age header has a line that is no stanza");
	if (!parse_body(file, pos, header, &stanza, err) ||
	    !array_grow(&header->stanzas, &header->room, header->count + 1,
		sizeof(*header->stanzas), AGE_STANZAS_MAX, err))
		return false;
	header->stanzas[header->count++] = stanza;
	return true;
}

static bool parse_mac(
    struct bytes file, struct bytes line, size_t end, struct age_header *header, struct err *err)
{
	struct bytes mac = {line.at + 4, line.len - 4};

	if (mac.len != MAC_CHARS || !base64_decode_to(mac, header->mac, AGE_MAC_LEN))
		return fail(err, ERR_DAMAGED, "age header has no MAC of 32 bytes");
	if (header->count == 0)
		return fail(err, ERR_DAMAGED, "age header has no stanza");
	header->signed_part = (struct bytes){file.at, (size_t)(line.at + 3 - file.at)};
	header->len = end;
	for (size_t i = 0; i < header->count && header->bodies.at; i++)
		header->stanzas[i].body.at =
		    (const uint8_t *)header->bodies.at + header->stanzas[i].body_at;
	return true;
}

bool age_header_parse(struct bytes file, struct age_header *out, struct err *err)
{
	CLEANUP(age_header_free) struct age_header header = {0};
	struct bytes line;
	size_t pos = 0;

	if (!next_line(file, &pos, &line) || !bytes_equal(line, bytes_of(version_line)))
		return fail(err, ERR_DAMAGED, "not an age v1 file");
	while (next_line(file, &pos, &line)) {
		if (begins(line, "--- ")) {
			if (!parse_mac(file, line, pos, &header, err))
				return false;
			*out = header;
			header = (struct age_header){0};
			return true;
		}
		if (!parse_stanza(file, line, &pos, &header, err))
			return false;
	}
	return fail(err, ERR_DAMAGED, "age header is cut short at byte %zu", file.len);
}

bool age_header_check_mac(
    const struct age_header *header, const uint8_t file_key[AGE_FILE_KEY_LEN], struct err *err)
{
	uint8_t key[AGE_KEY_LEN], mac[AGE_MAC_LEN];
	struct bytes secret = {file_key, AGE_FILE_KEY_LEN};

	bool ok = age_hkdf(secret, (struct bytes){0}, "header", key, err) &&
		  age_hmac(key, header->signed_part, mac, err);

	wipe(key, sizeof(key));
	if (ok && !age_same(mac, header->mac, sizeof(mac)))
		return fail(err, ERR_DAMAGED, "age header was changed: its MAC is wrong");
	return ok;
}

static bool add_stanza(const uint8_t file_key[AGE_FILE_KEY_LEN],
    const uint8_t recipient[AGE_KEY_LEN], struct text *out, struct err *err)
{
	uint8_t secret[AGE_KEY_LEN], share[AGE_KEY_LEN], key[AGE_KEY_LEN], body[AGE_WRAPPED_LEN];

	bool ok = age_random(secret, sizeof(secret), err) &&
		  age_x25519_public(secret, share, err) &&
		  age_x25519_wrap_key(secret, recipient, share, recipient, key, err) &&
		  age_wrap(key, file_key, body, err);

	wipe(secret, sizeof(secret));
	wipe(key, sizeof(key));
	if (!ok)
		return false;
	text_adds(out, "-> X25519 ");
	base64_add(out, (struct bytes){share, sizeof(share)});
	text_addc(out, '\n');
	base64_add(out, (struct bytes){body, sizeof(body)});
	text_addc(out, '\n');
	return true;
}

/* The end of a header: the MAC over everything from `start` on. */
static bool add_mac(
    const uint8_t file_key[AGE_FILE_KEY_LEN], size_t start, struct text *out, struct err *err)
{
	uint8_t key[AGE_KEY_LEN], mac[AGE_MAC_LEN];
	struct bytes secret = {file_key, AGE_FILE_KEY_LEN};

	text_adds(out, "---");
	if (!text_ok(out, err))
		return false;
	struct bytes whole = {(const uint8_t *)out->at + start, out->len - start};

	bool ok = age_hkdf(secret, (struct bytes){0}, "header", key, err) &&
		  age_hmac(key, whole, mac, err);

	wipe(key, sizeof(key));
	if (!ok)
		return false;
	text_addc(out, ' ');
	base64_add(out, (struct bytes){mac, sizeof(mac)});
	text_addc(out, '\n');
	return text_ok(out, err);
}

bool age_header_format_passphrase(const uint8_t file_key[AGE_FILE_KEY_LEN], struct bytes passphrase,
    struct text *out, struct err *err)
{
	uint8_t salt[AGE_SCRYPT_SALT], key[AGE_KEY_LEN], body[AGE_WRAPPED_LEN];
	size_t start = out->len;

	bool ok = age_random(salt, sizeof(salt), err) &&
		  age_scrypt_wrap_key(passphrase, salt, AGE_SCRYPT_LOG, key, err) &&
		  age_wrap(key, file_key, body, err);

	wipe(key, sizeof(key));
	if (!ok)
		return false;
	text_addf(out, "%s\n-> scrypt ", version_line);
	base64_add(out, (struct bytes){salt, sizeof(salt)});
	text_addf(out, " %d\n", AGE_SCRYPT_LOG);
	base64_add(out, (struct bytes){body, sizeof(body)});
	text_addc(out, '\n');
	return add_mac(file_key, start, out, err);
}

bool age_header_format(const uint8_t file_key[AGE_FILE_KEY_LEN], const struct text_list *recipients,
    struct text *out, struct err *err)
{
	uint8_t recipient[AGE_KEY_LEN];
	size_t start = out->len;

	if (recipients->count == 0 || recipients->count > AGE_RECIPIENTS)
		return fail(err, ERR_LIMIT, "%zu recipients; 1 to %d are possible",
		    recipients->count, AGE_RECIPIENTS);
	text_addf(out, "%s\n", version_line);
	for (size_t i = 0; i < recipients->count; i++)
		if (!age_recipient_parse(bytes_of(recipients->at[i]), recipient, err) ||
		    !add_stanza(file_key, recipient, out, err))
			return fail_in(err, "recipient %zu", i + 1);
	return add_mac(file_key, start, out, err);
}

/* Whether the bytes hold a whole header: a last line is there. */
static bool has_end(struct bytes file)
{
	struct bytes line;
	size_t pos = 0;

	while (next_line(file, &pos, &line))
		if (begins(line, "--- "))
			return true;
	return false;
}

/* Reads as much of the beginning as holds the header, at most AGE_HEADER_MAX bytes. A bad sector behind it, in what was read with it, is
 * not its matter. */
static bool read_beginning(struct source *file, struct text *out, struct err *err)
{
	for (size_t want = HEADER_AT_ONCE; want <= AGE_HEADER_MAX; want *= 4) {
		CLEANUP(free_memory) uint8_t *buffer = malloc(want);
		struct err why = {0};
		size_t got = 0;

		if (!buffer)
			return fail(err, ERR_MEMORY, "no memory for an age header");
		bool ok = file->read(file, 0, buffer, want, &got, &why);

		text_clear(out);
		text_add(out, (struct bytes){buffer, got});
		if (!text_ok(out, err))
			return false;
		if (has_end(text_bytes(out)))
			return true;
		if (!ok && err)
			*err = why;
		if (!ok || got < want)
			return ok;
	}
	return true;
}

static bool take_payload_key(struct source *file, uint64_t at,
    const uint8_t file_key[AGE_FILE_KEY_LEN], uint8_t payload_key[AGE_KEY_LEN], struct err *err)
{
	uint8_t nonce[AGE_NONCE_LEN];

	if (!source_read_exact(file, at, nonce, sizeof(nonce), err))
		return fail_in(err, "age header, payload nonce");
	return age_hkdf((struct bytes){file_key, AGE_FILE_KEY_LEN},
	    (struct bytes){nonce, sizeof(nonce)}, "payload", payload_key, err);
}

bool age_file_key(struct source *file, const struct age_identities *identities,
    uint8_t payload_key[AGE_KEY_LEN], uint64_t *payload_at, struct err *err)
{
	CLEANUP(text_free) struct text beginning = {0};
	CLEANUP(age_header_free) struct age_header header = {0};
	uint8_t file_key[AGE_FILE_KEY_LEN];

	if (!read_beginning(file, &beginning, err) ||
	    !age_header_parse(text_bytes(&beginning), &header, err) ||
	    !age_header_unwrap(&header, identities, file_key, err))
		return false;
	bool ok = age_header_check_mac(&header, file_key, err) &&
		  take_payload_key(file, header.len, file_key, payload_key, err);

	wipe(file_key, sizeof(file_key));
	if (ok)
		*payload_at = header.len + AGE_NONCE_LEN;
	return ok;
}
