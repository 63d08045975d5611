/* See kit_keys.h. */
#include "cli/kit_keys.h"

#include "bundle/kit_files.h"
#include "cli/keydir.h"
#include "core/hash.h"
#include "platform/file.h"

#define RENEWALS_MAX 1000
#define RECORD_MAX   255 /* bytes of a file name, on most file systems */

bool kit_find_file(const char *directory, const char *name, bool *found, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	struct file_identity identity;

	file_join(&path, directory, name);
	if (!text_ok(&path, err))
		return false;
	enum file_kind kind = file_kind(text_string(&path));

	*found = kind != FILE_KIND_MISSING;
	/* So it is called, too, where the system does not tell. */
	return kind != FILE_KIND_OTHER || file_identity(text_string(&path), &identity, err);
}

bool kit_read_file(
    const char *directory, const char *name, size_t limit, struct text *out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, directory, name);
	return text_ok(&path, err) && file_read_all(text_string(&path), limit, out, err);
}

bool kit_write_file(const char *directory, const char *name, const struct text *content,
    bool is_private, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, directory, name);
	return text_ok(&path, err) && text_ok(content, err) &&
	       file_write_all(text_string(&path), text_bytes(content), is_private, err);
}

void kit_remove_file(const char *directory, const char *name)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, directory, name);
	if (text_ok(&path, NULL))
		DISCARD(file_remove(text_string(&path), NULL));
}

bool kit_read_ca(const char *keys, struct issued *ca, struct err *err)
{
	if (file_kind(keys) != FILE_KIND_DIRECTORY)
		return fail(err, ERR_MISSING, "no such directory of keys '%s'", keys);
	return kit_read_file(keys, KEYS_CA, KIT_FILE_MAX, &ca->certificate, err) &&
	       kit_read_file(keys, KEYS_CA_KEY, KIT_FILE_MAX, &ca->key, err);
}

bool kit_read_crl(const char *keys, struct text *out, struct err *err)
{
	return keydir_read(keys, KEYS_CRL, KIT_CRL_MAX, out, err);
}

/* 64 characters may be 256 bytes. How many of them fit before the end, once their hash stands between. */
static size_t shorten(struct bytes name, const char *safe, size_t end, struct text *hashed)
{
	uint8_t digest[SHA256_LEN];

	hash_sha256(name, digest);
	text_addc(hashed, '~');
	text_add_hex(hashed, (struct bytes){digest, 4});
	size_t len = RECORD_MAX - end - hashed->len;

	while (len && (safe[len] & 0xc0) == 0x80)
		len--;
	return len;
}

bool kit_record_name(struct bytes name, unsigned number, struct text *out, struct err *err)
{
	CLEANUP(text_free) struct text safe = {0};
	CLEANUP(text_free) struct text hashed = {0};
	CLEANUP(text_free) struct text end = {0};

	for (size_t i = 0; i < name.len; i++) {
		char c = (char)name.at[i];
		bool bad = (unsigned char)c < 0x20 || c == 0x7f || strchr("/\\:*?\"<>|", c);

		text_addc(&safe, bad || (i == 0 && c == '.') ? '_' : c);
	}
	if (number > 1)
		text_addf(&end, "~%u", number);
	text_adds(&end, ".pem");
	if (!text_ok(&safe, err) || !text_ok(&end, err))
		return false;
	size_t len = safe.len;

	if (len + end.len > RECORD_MAX)
		len = shorten(name, text_string(&safe), end.len, &hashed);
	text_adds(out, KEYS_KITS "/");
	text_add(out, (struct bytes){(const uint8_t *)safe.at, len});
	text_add(out, text_bytes(&hashed));
	text_add(out, text_bytes(&end));
	return text_ok(&hashed, err) && text_ok(out, err);
}

bool kit_record_free(const char *keys, struct bytes name, unsigned *number, struct err *err)
{
	for (unsigned i = 1; i <= RENEWALS_MAX; i++) {
		CLEANUP(text_free) struct text record = {0};
		bool found;

		if (!kit_record_name(name, i, &record, err) ||
		    !kit_find_file(keys, text_string(&record), &found, err))
			return false;
		if (!found) {
			*number = i;
			return true;
		}
	}
	return fail(err, ERR_LIMIT, "renewed %d times; make a new kit", RENEWALS_MAX);
}

/* Whether it was issued to that kit: NAME~2.pem may be of another, which is called so, and a_b.pem of the kit a/b. */
static bool is_of(const struct text *certificate, const struct text *ca, const struct text *shown,
    bool *is, struct err *err)
{
	CLEANUP(issue_facts_free) struct issue_facts facts = {0};

	if (!issue_facts(text_bytes(certificate), text_bytes(ca), (struct bytes){0}, &facts, err))
		return false;
	*is = bytes_equal(text_bytes(&facts.name), text_bytes(shown));
	return true;
}

/* The record, empty when there is none, or it is another kit's. */
static bool read_record(const char *keys, const char *record, const struct text *ca,
    const struct text *shown, struct text *certificate, struct err *err)
{
	bool found, is = false;

	if (!kit_find_file(keys, record, &found, err))
		return false;
	if (found && (!kit_read_file(keys, record, KIT_FILE_MAX, certificate, err) ||
			 !is_of(certificate, ca, shown, &is, err)))
		return fail_in(err, "'%s'", record);
	if (!is)
		text_clear(certificate);
	return true;
}

bool kit_record_each(const char *keys, const char *name,
    bool (*each)(void *context, const struct text *certificate, struct err *err), void *context,
    struct err *err)
{
	CLEANUP(text_free) struct text ca = {0};
	CLEANUP(text_free) struct text shown = {0};
	bool found = false;

	text_add_printable(&shown, bytes_of(name));
	if (!text_ok(&shown, err) || !kit_read_file(keys, KEYS_CA, KIT_FILE_MAX, &ca, err))
		return false;
	for (unsigned i = 1; i <= RENEWALS_MAX; i++) {
		CLEANUP(text_free) struct text record = {0};
		CLEANUP(text_free) struct text certificate = {0};

		if (!kit_record_name(bytes_of(name), i, &record, err) ||
		    !read_record(keys, text_string(&record), &ca, &shown, &certificate, err))
			return false;
		if (certificate.len == 0)
			continue;
		found = true;
		if (!each(context, &certificate, err))
			return false;
	}
	return found ||
	       fail(err, ERR_MISSING, "no kit '%s' was issued from here; 'kit list' names them",
		   text_string(&shown));
}
