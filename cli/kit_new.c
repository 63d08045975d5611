/* Making of a field kit. See kit_new.h; docs/formats/kit.md. */
#include "cli/kit_new.h"

#include "bundle/age.h"
#include "bundle/issue.h"
#include "bundle/kit_files.h"
#include "core/time.h"
#include "platform/file.h"

#include <openssl/rand.h>
#include <stdio.h>

#define CA_NAME     "Kanshiki evidence CA"
#define PARENTS_MAX 256

struct keys { /* of the office */
	struct issued ca;
	struct text recipient;
};

static void keys_free_at(struct keys *keys)
{
	issued_free(&keys->ca);
	text_free(&keys->recipient);
}

void kit_made_free(struct kit_made *made)
{
	text_free(&made->name);
}

static bool has_file(const char *directory, const char *name)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, directory, name);
	return file_kind(text_string(&path)) != FILE_KIND_MISSING;
}

static bool read_file(const char *directory, const char *name, struct text *out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, directory, name);
	return text_ok(&path, err) && file_read_all(text_string(&path), KIT_FILE_MAX, out, err);
}

static bool write_file(const char *directory, const char *name, const struct text *content,
    bool is_private, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, directory, name);
	return text_ok(&path, err) && text_ok(content, err) &&
	       file_write_all(text_string(&path), text_bytes(content), is_private, err);
}

/* The CA's name says when it was made, so that two of them can be told apart. */
static bool make_ca(const struct kit_order *order, struct issued *ca, struct err *err)
{
	char when[TIME_ISO_ROOM], name[64];

	time_compact(order->now, when);
	snprintf(name, sizeof(name), "%s %.8s", CA_NAME, when);
	return issue_ca(name, order->now, ca, err) &&
	       write_file(order->keys, KEYS_CA_KEY, &ca->key, true, err) &&
	       write_file(order->keys, KEYS_CA, &ca->certificate, false, err);
}

static bool get_ca(const struct kit_order *order, struct keys *keys, bool *is_new, struct err *err)
{
	bool certificate = has_file(order->keys, KEYS_CA);
	bool key = has_file(order->keys, KEYS_CA_KEY);

	*is_new = !certificate && !key;
	if (*is_new)
		return make_ca(order, &keys->ca, err);
	if (certificate != key)
		return fail(err, ERR_DAMAGED, "'%s' holds '%s' but not '%s'", order->keys,
		    certificate ? KEYS_CA : KEYS_CA_KEY, certificate ? KEYS_CA_KEY : KEYS_CA);
	return read_file(order->keys, KEYS_CA, &keys->ca.certificate, err) &&
	       read_file(order->keys, KEYS_CA_KEY, &keys->ca.key, err);
}

static bool make_recipient(const struct kit_order *order, struct text *recipient, struct err *err)
{
	CLEANUP(text_wipe) struct text identity = {.ceiling = KIT_FILE_MAX};
	CLEANUP(text_wipe) struct text file = {.ceiling = KIT_FILE_MAX};
	char when[TIME_ISO_ROOM];

	if (!age_generate(&identity, recipient, err))
		return false;
	time_iso(order->now, when);
	text_addf(&file, "# created: %.19sZ\n# public key: %s\n%s\n", when, text_string(recipient),
	    text_string(&identity));
	return write_file(order->keys, KEYS_RECIPIENT, &file, true, err);
}

static bool get_recipient(
    const struct kit_order *order, struct text *recipient, bool *is_new, struct err *err)
{
	CLEANUP(text_wipe) struct text file = {0};
	CLEANUP(age_identities_free) struct age_identities identities = {0};

	*is_new = !has_file(order->keys, KEYS_RECIPIENT);
	if (*is_new)
		return make_recipient(order, recipient, err);
	if (!read_file(order->keys, KEYS_RECIPIENT, &file, err) ||
	    !age_identities_add(&identities, text_bytes(&file), err) ||
	    !age_identity_recipient(&identities.at[0], recipient, err))
		return fail_in(err, "'%s'", KEYS_RECIPIENT);
	return true;
}

/* A kit inside or at KEYDIR, or KEYDIR inside the kit: the keys would travel with it. */
static bool check_apart(const struct kit_order *order, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	struct file_identity kit, at, before = {0};

	if (!file_identity(order->directory, &kit, err))
		return false;
	text_adds(&path, order->keys);
	for (unsigned i = 0; i < PARENTS_MAX; i++) {
		if (!text_ok(&path, err) || !file_identity(text_string(&path), &at, err))
			return false;
		if (memcmp(&at, &kit, sizeof(at)) == 0)
			return fail(err, ERR_USAGE,
			    "the keys in '%s' would travel with the kit; choose another place",
			    order->keys);
		if (i && memcmp(&at, &before, sizeof(at)) == 0)
			return true; /* the root is its own parent */
		before = at;
		text_adds(&path, "/..");
	}
	return true;
}

static bool check_free(const struct kit_order *order, struct err *err)
{
	static const char *const names[] = {KIT_JSON, KIT_RECIPIENTS, KIT_SEAL, KIT_SEAL_KEY,
	    KIT_CA, KIT_CHAIN, KIT_GUIDE, KIT_LIST, KIT_LIST_SEAL};

	if (has_file(order->directory, KIT_JSON))
		return fail(err, ERR_EXISTS, "'%s' already is a kit; choose another directory",
		    order->directory);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (has_file(order->directory, names[i]))
			return fail(err, ERR_EXISTS, "'%s' holds a file '%s' already",
			    order->directory, names[i]);
	return true;
}

static bool name_kit(const struct kit_order *order, struct text *name, struct err *err)
{
	char when[TIME_ISO_ROOM];
	uint8_t random[3];

	if (order->name) {
		text_adds(name, order->name);
		return issue_check_name(order->name, err) && text_ok(name, err);
	}
	if (RAND_bytes(random, sizeof(random)) != 1)
		return fail(err, ERR_IO, "the system gives no random numbers");
	time_compact(order->now, when);
	text_addf(name, "kit-%.8s-", when);
	text_add_hex(name, (struct bytes){random, sizeof(random)});
	return text_ok(name, err);
}

bool kit_record_name(struct bytes name, struct text *out, struct err *err)
{
	text_adds(out, KEYS_KITS "/");
	for (size_t i = 0; i < name.len; i++) {
		char c = (char)name.at[i];
		bool bad = (unsigned char)c < 0x20 || c == 0x7f || strchr("/\\:*?\"<>|", c);

		text_addc(out, bad || (i == 0 && c == '.') ? '_' : c);
	}
	text_adds(out, ".pem");
	return text_ok(out, err);
}

struct making { /* what was made in the kit, to be removed again when it fails */
	const struct kit_order *order;
	struct text_list files;
	struct text recipients; /* recipients.txt */
	bool is_done;
};

static void making_end_at(struct making *making)
{
	for (size_t i = 0; !making->is_done && i < making->files.count; i++)
		(void)!file_remove(making->files.at[i], NULL);
	text_list_free(&making->files);
	text_free(&making->recipients);
}

static bool put(struct making *making, const char *name, const struct text *content,
    bool is_private, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, making->order->directory, name);
	return text_ok(&path, err) &&
	       write_file(making->order->directory, name, content, is_private, err) &&
	       text_list_add(&making->files, text_bytes(&path), err);
}

/* Given before, or the office's own. */
static bool is_repeated(const struct text_list *list, size_t at, const struct text *own)
{
	bool repeated = strcmp(list->at[at], text_string(own)) == 0;

	for (size_t i = 0; i < at && !repeated; i++)
		repeated = strcmp(list->at[i], list->at[at]) == 0;
	return repeated;
}

static bool put_recipients(
    struct making *making, const struct text *own, struct kit *kit, struct err *err)
{
	const struct text_list *more = &making->order->recipients;
	struct text *file = &making->recipients;

	text_addf(file, "%s\n", text_string(own));
	for (size_t i = 0; i < more->count; i++)
		if (!is_repeated(more, i, own))
			text_addf(file, "%s\n", more->at[i]);
	/* Read back as the collector will read it. */
	if (!text_ok(file, err) || !kit_parse_recipients(text_bytes(file), kit, err))
		return fail_in(err, "--recipient");
	return put(making, KIT_RECIPIENTS, file, false, err);
}

static void add_chain(const struct keys *keys, const struct issued *seal, struct text *chain)
{
	text_add(chain, text_bytes(&seal->certificate));
	text_add(chain, text_bytes(&keys->ca.certificate));
}

static bool put_certificates(
    struct making *making, const struct keys *keys, const struct issued *seal, struct err *err)
{
	CLEANUP(text_free) struct text chain = {0};

	add_chain(keys, seal, &chain);
	return put(making, KIT_SEAL_KEY, &seal->key, true, err) &&
	       put(making, KIT_SEAL, &seal->certificate, false, err) &&
	       put(making, KIT_CA, &keys->ca.certificate, false, err) &&
	       put(making, KIT_CHAIN, &chain, false, err);
}

/* Who opens, what is collected and who seals, signed by the evidence CA's key: nothing else in the kit could vouch for it. */
static bool put_list(struct making *making, const struct keys *keys, const struct issued *seal,
    const struct text *json, struct err *err)
{
	CLEANUP(seal_key_free) struct seal_key *key = NULL;
	CLEANUP(text_free) struct text chain = {0};
	CLEANUP(text_free) struct text list = {0};
	CLEANUP(text_free) struct text p7s = {0};
	struct bytes ca = text_bytes(&keys->ca.certificate);

	add_chain(keys, seal, &chain);
	kit_format_list(
	    &(struct kit_listed){
		.json = text_bytes(json),
		.recipients = text_bytes(&making->recipients),
		.seal = text_bytes(&seal->certificate),
		.chain = text_bytes(&chain),
		.ca = ca,
	    },
	    &list);
	if (!text_ok(&list, err) || !text_ok(&chain, err))
		return false;
	if (!seal_key_load(ca, ca, text_bytes(&keys->ca.key), &key, err) ||
	    !seal_sign(key, text_bytes(&list), making->order->now, &p7s, err))
		return fail_in(err, "evidence CA");
	return put(making, KIT_LIST, &list, false, err) &&
	       put(making, KIT_LIST_SEAL, &p7s, false, err);
}

/* kit.json comes last: a directory without it is no kit. */
static bool put_texts(struct making *making, const struct keys *keys, const struct issued *seal,
    const struct kit *kit, struct err *err)
{
	CLEANUP(text_free) struct text guide = {0};
	CLEANUP(text_free) struct text json = {0};

	kit_format_guide(kit, &guide);
	kit_format_json(kit, &json);
	return text_ok(&json, err) && put_list(making, keys, seal, &json, err) &&
	       put(making, KIT_GUIDE, &guide, false, err) &&
	       put(making, KIT_JSON, &json, false, err);
}

static bool issue(const struct kit_order *order, const struct keys *keys, struct kit *kit,
    struct issued *seal, struct err *err)
{
	CLEANUP(text_free) struct text record = {0};
	CLEANUP(text_free) struct text kits = {0};
	uint64_t from;

	file_join(&kits, order->keys, KEYS_KITS);
	if (!text_ok(&kits, err) || !file_make_directory(text_string(&kits), true, err) ||
	    !kit_record_name(text_bytes(&kit->name), &record, err))
		return false;
	if (has_file(order->keys, text_string(&record)))
		return fail(err, ERR_EXISTS, "a kit '%s' was issued before; choose another --name",
		    text_string(&kit->name));
	return issue_seal(&keys->ca, text_string(&kit->name), order->now, order->days, seal, err) &&
	       issue_check_seal(text_bytes(&seal->certificate), text_bytes(&keys->ca.certificate),
		   &from, &kit->expires, err) &&
	       write_file(order->keys, text_string(&record), &seal->certificate, false, err);
}

static bool make(
    const struct kit_order *order, struct kit *kit, struct kit_made *out, struct err *err)
{
	CLEANUP(keys_free) struct keys keys = {0};
	CLEANUP(issued_free) struct issued seal = {0};
	CLEANUP(making_end) struct making making = {.order = order};

	if (!get_ca(order, &keys, &out->new_ca, err) ||
	    !get_recipient(order, &keys.recipient, &out->new_recipient, err) ||
	    !put_recipients(&making, &keys.recipient, kit, err) ||
	    !kit_copy_programs(order, &making.files, &out->programs, err) ||
	    !issue(order, &keys, kit, &seal, err) ||
	    !put_certificates(&making, &keys, &seal, err) ||
	    !put_texts(&making, &keys, &seal, kit, err))
		return false;
	making.is_done = true;
	return true;
}

bool kit_new(const struct kit_order *order, struct kit_made *out, struct err *err)
{
	CLEANUP(kit_free) struct kit kit = {.created = order->now, .ids_only = order->ids_only};

	if (!name_kit(order, &kit.name, err) || !file_make_directory(order->directory, true, err) ||
	    !file_make_directory(order->keys, true, err) || !check_apart(order, err) ||
	    !check_free(order, err))
		return false;
	text_adds(&kit.profile, order->profile);
	if (!text_ok(&kit.profile, err) || !make(order, &kit, out, err))
		return false;
	text_add(&out->name, text_bytes(&kit.name));
	out->expires = kit.expires;
	return text_ok(&out->name, err);
}
