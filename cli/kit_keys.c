/* See kit_keys.h. */
#include "cli/kit_keys.h"

#include "bundle/kit_files.h"
#include "cli/keydir.h"
#include "platform/file.h"

#define RENEWALS_MAX 1000

bool kit_has_file(const char *directory, const char *name)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, directory, name);
	return file_kind(text_string(&path)) != FILE_KIND_MISSING;
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

bool kit_record_name(struct bytes name, unsigned number, struct text *out, struct err *err)
{
	text_adds(out, KEYS_KITS "/");
	for (size_t i = 0; i < name.len; i++) {
		char c = (char)name.at[i];
		bool bad = (unsigned char)c < 0x20 || c == 0x7f || strchr("/\\:*?\"<>|", c);

		text_addc(out, bad || (i == 0 && c == '.') ? '_' : c);
	}
	if (number > 1)
		text_addf(out, "~%u", number);
	text_adds(out, ".pem");
	return text_ok(out, err);
}

bool kit_record_free(const char *keys, struct bytes name, unsigned *number, struct err *err)
{
	for (unsigned i = 1; i <= RENEWALS_MAX; i++) {
		CLEANUP(text_free) struct text record = {0};

		if (!kit_record_name(name, i, &record, err))
			return false;
		if (!kit_has_file(keys, text_string(&record))) {
			*number = i;
			return true;
		}
	}
	return fail(err, ERR_LIMIT, "renewed %d times; make a new kit", RENEWALS_MAX);
}

/* NAME~2.pem may be of another kit, which is called so. */
static bool is_of(const struct text *certificate, struct bytes ca, const struct text *shown)
{
	CLEANUP(issue_facts_free) struct issue_facts facts = {0};

	return issue_facts(text_bytes(certificate), ca, (struct bytes){0}, &facts, NULL) &&
	       bytes_equal(text_bytes(&facts.name), text_bytes(shown));
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

		if (!kit_record_name(bytes_of(name), i, &record, err))
			return false;
		if (!kit_has_file(keys, text_string(&record)))
			break;
		if (!kit_read_file(keys, text_string(&record), KIT_FILE_MAX, &certificate, err))
			return false;
		if (i > 1 && !is_of(&certificate, text_bytes(&ca), &shown))
			continue;
		found = true;
		if (!each(context, &certificate, err))
			return false;
	}
	return found ||
	       fail(err, ERR_MISSING, "no kit '%s' was issued from here; 'kit list' names them",
		   text_string(&shown));
}
