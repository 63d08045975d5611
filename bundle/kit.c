/* Reading of a field kit. See kit.h; docs/formats/kit.md. */
#include "bundle/kit.h"

#include "bundle/age.h"
#include "bundle/document.h"
#include "bundle/issue.h"
#include "bundle/kit_files.h"
#include "bundle/pem.h"
#include "core/array.h"
#include "core/time.h"
#include "core/wipe.h"

#include <stdlib.h>

void kit_free(struct kit *kit)
{
	text_free(&kit->name);
	text_free(&kit->profile);
	text_list_free(&kit->recipients);
	text_list_free(&kit->names);
	text_free(&kit->recipients_file);
	text_free(&kit->ca);
	for (size_t i = 0; i < kit->unlock_count; i++) {
		text_free(&kit->unlocks[i].who);
		text_free(&kit->unlocks[i].content);
	}
	seal_key_free(kit->seal);
	*kit = (struct kit){0};
}

static bool read_file(struct store *store, const char *name, struct text *out, struct err *err)
{
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(free_memory) uint8_t *buffer = malloc(KIT_FILE_MAX);

	if (!buffer)
		return fail(err, ERR_MEMORY, "no memory for a kit");
	if (!store->open(store, name, &file, err))
		return false;
	if (file->size > KIT_FILE_MAX)
		return fail(err, ERR_DAMAGED, "'%s' is too large", name);
	bool ok = source_read_exact(file, 0, buffer, (size_t)file->size, err);

	text_add(out, (struct bytes){buffer, (size_t)file->size});
	wipe(buffer, KIT_FILE_MAX);
	return ok ? text_ok(out, err) : fail_in(err, "'%s'", name);
}

/* A kit without one of its files is damaged; without kit.json it is none. */
static bool read_part(struct store *store, const char *name, struct text *out, struct err *err)
{
	struct err why = {0};

	if (read_file(store, name, out, &why))
		return true;
	if (why.kind == ERR_MISSING)
		return fail(err, ERR_DAMAGED, "'%s' is missing", name);
	if (err)
		*err = why;
	return false;
}

static bool take_text(yyjson_val *root, const char *key, struct text *out)
{
	const char *string = yyjson_get_str(yyjson_obj_get(root, key));

	text_add_printable(out, bytes_of(string ? string : ""));
	return string && *string && !out->failed;
}

static bool take_time(yyjson_val *root, const char *key, uint64_t *out)
{
	const char *string = yyjson_get_str(yyjson_obj_get(root, key));

	return string && time_parse(string, out, NULL);
}

bool kit_public_parse(const char *word, bool *ids_only, struct err *err)
{
	if (strcmp(word, KIT_PUBLIC_IDS) != 0 && strcmp(word, KIT_PUBLIC_NAMES) != 0)
		return fail(err, ERR_USAGE, "public is %s or %s, not '%s'", KIT_PUBLIC_NAMES,
		    KIT_PUBLIC_IDS, word);
	*ids_only = strcmp(word, KIT_PUBLIC_IDS) == 0;
	return true;
}

/* A kit that says what this version does not know must not show more than it wants shown. */
static bool take_public(yyjson_val *root, bool *ids_only, struct err *err)
{
	yyjson_val *value = yyjson_obj_get(root, "public");
	const char *word = yyjson_get_str(value);
	struct err why = {0};

	if (!value || (word && kit_public_parse(word, ids_only, &why)))
		return true;
	return fail(
	    err, ERR_UNSUPPORTED, "'%s': %s", KIT_JSON, word ? why.text : "\"public\" is no word");
}

bool kit_check_who(struct bytes who, struct err *err)
{
	bool ok = who.len >= 1 && who.len <= KIT_WHO_MAX;

	for (size_t i = 0; ok && i < who.len; i++)
		ok = strchr(KIT_WHO_LETTERS, who.at[i]) != NULL && who.at[i] != 0;
	return ok || fail(err, ERR_USAGE, "a name of 1 to %d letters, digits, - and _ is needed",
			 KIT_WHO_MAX);
}

static bool take_unlocks(yyjson_val *root, struct kit *kit, struct err *err)
{
	yyjson_val *list = yyjson_obj_get(root, "unlock");

	if (list && (!yyjson_is_arr(list) || yyjson_arr_size(list) > KIT_UNLOCKS))
		return fail(err, ERR_DAMAGED, "'%s' has no list 'unlock' of %d at most", KIT_JSON,
		    KIT_UNLOCKS);
	for (size_t i = 0; i < yyjson_arr_size(list); i++) {
		const char *who = yyjson_get_str(yyjson_arr_get(list, i));
		struct kit_unlock *unlock = &kit->unlocks[kit->unlock_count];

		if (!kit_check_who(bytes_of(who ? who : ""), NULL))
			return fail(
			    err, ERR_DAMAGED, "'%s' has a wrong name in 'unlock'", KIT_JSON);
		kit->unlock_count++;
		text_adds(&unlock->who, who);
		if (!text_ok(&unlock->who, err))
			return false;
	}
	return true;
}

static bool parse_json(struct bytes json, struct kit *kit, struct err *err)
{
	CLEANUP(yyjson_doc_free)
	yyjson_doc *doc = json.len ? yyjson_read((const char *)json.at, json.len, 0) : NULL;
	yyjson_val *root = yyjson_doc_get_root(doc);
	yyjson_val *format = yyjson_obj_get(root, "format");

	if (!yyjson_is_obj(root) || !yyjson_is_uint(format))
		return fail(err, ERR_DAMAGED, "'%s' is malformed", KIT_JSON);
	if (yyjson_get_uint(format) != KIT_FORMAT)
		return fail(err, ERR_UNSUPPORTED, "a kit of format %llu; this program reads %d",
		    (unsigned long long)yyjson_get_uint(format), KIT_FORMAT);
	if (!take_text(root, "name", &kit->name) || !take_text(root, "profile", &kit->profile) ||
	    !take_time(root, "created", &kit->created) ||
	    !take_time(root, "expires", &kit->expires))
		return fail(err, ERR_DAMAGED, "'%s' lacks one of name, profile, created, expires",
		    KIT_JSON);
	return take_public(root, &kit->ids_only, err) && take_unlocks(root, kit, err);
}

/* A recipient is called what the comment in the line before it says. */
static void take_name(struct bytes line, struct bytes *name)
{
	*name = (struct bytes){0};
	if (line.len > 2 && line.at[0] == '#' && line.at[1] == ' ')
		*name = (struct bytes){line.at + 2, line.len - 2};
}

static bool add_recipient(struct kit *kit, struct bytes line, struct bytes *name, struct err *err)
{
	CLEANUP(text_free) struct text shown = {0};
	uint8_t key[AGE_KEY_LEN];

	while (line.len && (line.at[line.len - 1] == '\r' || line.at[line.len - 1] == ' '))
		line.len--;
	if (line.len == 0 || line.at[0] == '#') {
		take_name(line, name);
		return true;
	}
	if (kit->recipients.count >= AGE_RECIPIENTS)
		return fail(err, ERR_DAMAGED, "more than %d recipients", AGE_RECIPIENTS);
	text_add_printable(&shown, *name);
	*name = (struct bytes){0};
	return age_recipient_parse(line, key, err) && text_ok(&shown, err) &&
	       text_list_add(&kit->recipients, line, err) &&
	       text_list_add(&kit->names, bytes_of(text_string(&shown)), err);
}

bool kit_parse_recipients(struct bytes text, struct kit *kit, struct err *err)
{
	struct bytes name = {0};
	size_t start = 0;

	for (unsigned number = 1; start < text.len; number++) {
		const uint8_t *from = text.at + start;
		const uint8_t *end = memchr(from, '\n', text.len - start);
		struct bytes line = {from, end ? (size_t)(end - from) : text.len - start};

		start += line.len + 1;
		if (!add_recipient(kit, line, &name, err))
			return fail_in(err, "'%s', line %u", KIT_RECIPIENTS, number);
	}
	if (kit->recipients.count == 0)
		return fail(err, ERR_DAMAGED, "'%s' holds no recipient", KIT_RECIPIENTS);
	return true;
}

/* Every bundle gets a copy of it: it must hold the seal certificate, at least. */
static bool check_chain(struct bytes chain_pem, struct err *err)
{
	CLEANUP(pem_certificates_free) STACK_OF(X509) *certificates = NULL;

	return pem_certificates(chain_pem, 1, &certificates, err) ||
	       fail_in(err, "'%s'", KIT_CHAIN);
}

struct parts { /* a kit's files as read */
	struct text json, seal, chain, key, list, list_seal;
};

static void parts_free_at(struct parts *parts)
{
	text_free(&parts->json);
	text_free(&parts->seal);
	text_free(&parts->chain);
	text_wipe(&parts->key);
	text_free(&parts->list);
	text_free(&parts->list_seal);
}

static bool load_certificates(
    struct store *store, struct parts *parts, struct kit *kit, struct err *err)
{
	uint64_t from, to;

	if (!read_part(store, KIT_SEAL, &parts->seal, err) ||
	    !read_part(store, KIT_CHAIN, &parts->chain, err) ||
	    !read_part(store, KIT_CA, &kit->ca, err) ||
	    !read_part(store, KIT_SEAL_KEY, &parts->key, err) ||
	    !check_chain(text_bytes(&parts->chain), err))
		return false;
	if (!issue_check_seal(text_bytes(&parts->seal), text_bytes(&kit->ca), &from, &to, err))
		return fail_in(err, "'%s' against '%s'", KIT_SEAL, KIT_CA);
	/* The certificate says it; kit.json only shows it. */
	kit->expires = to;
	kit->is_locked = seal_key_is_locked(text_bytes(&parts->key));
	return true;
}

static bool load_key(
    const struct parts *parts, struct bytes passphrase, struct kit *kit, struct err *err)
{
	return seal_key_unlock(text_bytes(&parts->seal), text_bytes(&parts->chain),
		   text_bytes(&parts->key), passphrase, &kit->seal, err) ||
	       fail_in(err, "'%s' or '%s'", KIT_SEAL, KIT_SEAL_KEY);
}

static bool unlock_key(
    const struct parts *parts, const struct kit_opener *opener, struct kit *kit, struct err *err)
{
	struct err why = {0};

	if (!kit->is_locked)
		return load_key(parts, (struct bytes){0}, kit, err);
	if (!opener)
		return fail(err, ERR_KEY, "'%s' is under a passphrase", KIT_SEAL_KEY);
	do {
		CLEANUP(text_wipe) struct text passphrase = {0};

		if (!opener->ask(opener->context, &passphrase, err))
			return false;
		why.kind = ERR_NONE;
		if (load_key(parts, text_bytes(&passphrase), kit, &why))
			return true;
	} while (why.kind == ERR_KEY);
	if (err)
		*err = why;
	return false;
}

static bool read_unlocks(struct store *store, struct kit *kit, struct err *err)
{
	for (size_t i = 0; i < kit->unlock_count; i++) {
		CLEANUP(text_free) struct text name = {0};

		kit_unlock_name(text_bytes(&kit->unlocks[i].who), &name);
		if (!text_ok(&name, err) ||
		    !read_part(store, text_string(&name), &kit->unlocks[i].content, err))
			return false;
	}
	return true;
}

/* A kit without it may be one whose recipients were replaced: refused, not warned about. */
static bool read_voucher(struct store *store, const char *name, struct text *out, struct err *err)
{
	struct err why = {0};

	if (read_file(store, name, out, &why))
		return true;
	if (why.kind == ERR_MISSING)
		return fail(err, ERR_DAMAGED,
		    "'%s' is missing, nothing vouches for this kit; a new one comes from 'kit new'",
		    name);
	if (err)
		*err = why;
	return false;
}

static bool check_signed(
    struct store *store, struct parts *parts, const struct kit *kit, struct err *err)
{
	const struct kit_listed files = {
	    .json = text_bytes(&parts->json),
	    .recipients = text_bytes(&kit->recipients_file),
	    .seal = text_bytes(&parts->seal),
	    .chain = text_bytes(&parts->chain),
	    .ca = text_bytes(&kit->ca),
	    .unlocks = kit->unlocks,
	    .unlock_count = kit->unlock_count,
	};

	if (!read_voucher(store, KIT_LIST, &parts->list, err) ||
	    !read_voucher(store, KIT_LIST_SEAL, &parts->list_seal, err))
		return false;
	return kit_check_list(&files, text_bytes(&parts->list), text_bytes(&parts->list_seal), err);
}

static bool load(struct store *store, bool wants_key, const struct kit_opener *opener,
    struct kit *out, struct err *err)
{
	CLEANUP(kit_free) struct kit kit = {0};
	CLEANUP(parts_free) struct parts parts = {0};
	struct err why = {0};

	if (!read_file(store, KIT_JSON, &parts.json, &why)) {
		if (why.kind == ERR_MISSING)
			return fail(err, ERR_MISSING, "no kit here: '%s' is missing", KIT_JSON);
		if (err)
			*err = why;
		return false;
	}
	if (!parse_json(text_bytes(&parts.json), &kit, err) ||
	    !read_part(store, KIT_RECIPIENTS, &kit.recipients_file, err) ||
	    !kit_parse_recipients(text_bytes(&kit.recipients_file), &kit, err) ||
	    !read_unlocks(store, &kit, err) || !load_certificates(store, &parts, &kit, err) ||
	    !check_signed(store, &parts, &kit, err) ||
	    (wants_key && !unlock_key(&parts, opener, &kit, err)))
		return false;
	*out = kit;
	kit = (struct kit){0};
	return true;
}

bool kit_open(
    struct store *store, const struct kit_opener *opener, struct kit *out, struct err *err)
{
	return load(store, true, opener, out, err);
}

bool kit_read(struct store *store, struct kit *out, struct err *err)
{
	return load(store, false, NULL, out, err);
}
