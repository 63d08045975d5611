/* Making of a field kit. See kit_new.h; docs/formats/kit.md. */
#include "cli/kit_new.h"

#include "bundle/age.h"
#include "bundle/issue.h"
#include "bundle/kit_files.h"
#include "cli/kit_keys.h"
#include "cli/kit_put.h"
#include "core/time.h"
#include "core/tr.h"
#include "platform/file.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#define CA_NAME     "Kanshiki evidence CA"
#define OFFICE_NAME "office" /* of recipient.key, in recipients.txt */
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

/* The CA's name says when it was made, so that two of them can be told apart. */
static bool make_ca(const struct kit_order *order, struct issued *ca, struct err *err)
{
	char when[TIME_ISO_ROOM], name[64];

	time_compact(order->now, when);
	snprintf(name, sizeof(name), "%s %.8s", CA_NAME, when);
	if (!issue_ca(name, order->now, ca, err) ||
	    !kit_write_file(order->keys, KEYS_CA_KEY, &ca->key, true, err))
		return false;
	if (kit_write_file(order->keys, KEYS_CA, &ca->certificate, false, err))
		return true;
	kit_remove_file(order->keys, KEYS_CA_KEY);
	return false;
}

static bool get_ca(
    const struct kit_order *order, struct keys *keys, struct kit_made *out, struct err *err)
{
	bool certificate, key;

	if (!kit_find_file(order->keys, KEYS_CA, &certificate, err) ||
	    !kit_find_file(order->keys, KEYS_CA_KEY, &key, err))
		return false;
	out->is_writing = !certificate && !key;
	if (out->is_writing)
		return out->new_ca = make_ca(order, &keys->ca, err);
	if (certificate != key)
		return fail(err, ERR_DAMAGED, "'%s' holds '%s' but not '%s'", order->keys,
		    certificate ? KEYS_CA : KEYS_CA_KEY, certificate ? KEYS_CA_KEY : KEYS_CA);
	return kit_read_ca(order->keys, &keys->ca, err);
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
	return kit_write_file(order->keys, KEYS_RECIPIENT, &file, true, err);
}

static bool get_recipient(
    const struct kit_order *order, struct text *recipient, struct kit_made *out, struct err *err)
{
	CLEANUP(text_wipe) struct text file = {0};
	CLEANUP(age_identities_free) struct age_identities identities = {0};

	bool found;

	if (!kit_find_file(order->keys, KEYS_RECIPIENT, &found, err))
		return false;
	out->is_writing = !found;
	if (!found)
		return out->new_recipient = make_recipient(order, recipient, err);
	if (!kit_read_file(order->keys, KEYS_RECIPIENT, KIT_FILE_MAX, &file, err) ||
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

	bool found;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!kit_find_file(order->directory, names[i], &found, err))
			return false;
		if (found && i == 0)
			return fail(err, ERR_EXISTS,
			    "'%s' already is a kit; choose another directory", order->directory);
		if (found)
			return fail(err, ERR_EXISTS, "'%s' holds a file '%s' already",
			    order->directory, names[i]);
	}
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

struct recipient { /* "NAME=age1..." or "age1..." */
	struct bytes name, key;
};

static struct recipient split(const char *given)
{
	const char *equals = strchr(given, '=');
	struct recipient parts = {.key = bytes_of(equals ? equals + 1 : given)};

	if (equals)
		parts.name = (struct bytes){(const uint8_t *)given, (size_t)(equals - given)};
	return parts;
}

/* Before anything is asked or made. */
static bool check_recipients(const struct kit_order *order, struct err *err)
{
	uint8_t key[AGE_KEY_LEN];
	struct err why = {0};

	for (size_t i = 0; i < order->recipients.count; i++) {
		const char *given = order->recipients.at[i];

		if (!age_recipient_parse(split(given).key, key, &why))
			return fail(err, ERR_USAGE, "--recipient '%s': %s", given, why.text);
	}
	return true;
}

/* Given before, or the office's own. */
static bool is_repeated(const struct text_list *list, size_t at, const struct text *own)
{
	struct bytes key = split(list->at[at]).key;
	bool repeated = bytes_equal(key, text_bytes(own));

	for (size_t i = 0; i < at && !repeated; i++)
		repeated = bytes_equal(key, split(list->at[i]).key);
	return repeated;
}

/* The name of a recipient is a comment in the line before it. */
static bool add_recipient(struct text *file, struct bytes name, struct bytes key, struct err *err)
{
	CLEANUP(text_free) struct text shown = {0};

	text_add(&shown, name);
	if (name.len) {
		if (!text_ok(&shown, err) || !issue_check_name(text_string(&shown), err))
			return false;
		text_addf(file, "# %s\n", text_string(&shown));
	}
	text_add(file, key);
	text_addc(file, '\n');
	return text_ok(file, err);
}

static bool make_recipients(const struct kit_order *order, const struct text *own,
    const struct text_list *unlocking, struct kit *kit, struct err *err)
{
	const struct text_list *more = &order->recipients;
	struct text *file = &kit->recipients_file;

	if (!add_recipient(file, bytes_of(OFFICE_NAME), text_bytes(own), err))
		return false;
	for (size_t i = 0; i < more->count; i++) {
		struct recipient parts = split(more->at[i]);

		if (!is_repeated(more, i, own) && !add_recipient(file, parts.name, parts.key, err))
			return fail_in(err, "--recipient");
	}
	for (size_t i = 0; i < unlocking->count; i++) {
		CLEANUP(text_free) struct text name = {0};

		text_addf(&name, "unlock %s", text_string(&kit->unlocks[i].who));
		if (!text_ok(&name, err) ||
		    !add_recipient(file, text_bytes(&name), bytes_of(unlocking->at[i]), err))
			return false;
	}
	/* Read back as the collector will read it. */
	if (!kit_parse_recipients(text_bytes(file), kit, err))
		return fail_in(err, "--recipient");
	return true;
}

static bool put_unlocks(struct kit_put *put, const struct kit *kit, struct err *err)
{
	for (size_t i = 0; i < kit->unlock_count; i++) {
		CLEANUP(text_free) struct text name = {0};

		kit_unlock_name(text_bytes(&kit->unlocks[i].who), &name);
		if (!text_ok(&name, err) ||
		    !kit_put(put, text_string(&name), &kit->unlocks[i].content, false, err))
			return false;
	}
	return true;
}

static bool issue(const struct kit_order *order, const struct keys *keys, struct kit *kit,
    struct issued *seal, const char *record, struct err *err)
{
	CLEANUP(text_free) struct text kits = {0};
	uint64_t from;
	bool found;

	file_join(&kits, order->keys, KEYS_KITS);
	if (!text_ok(&kits, err) || !file_make_directory(text_string(&kits), true, err) ||
	    !kit_find_file(order->keys, record, &found, err))
		return false;
	if (found)
		return fail(err, ERR_EXISTS, "a kit '%s' was issued before; choose another --name",
		    text_string(&kit->name));
	return issue_seal(&keys->ca, text_string(&kit->name), order->now, order->days, seal, err) &&
	       issue_check_seal(text_bytes(&seal->certificate), text_bytes(&keys->ca.certificate),
		   &from, &kit->expires, err) &&
	       kit_write_file(order->keys, record, &seal->certificate, false, err);
}

struct asked {                      /* what people chose, asked for before anything is made */
	struct text seal;           /* the passphrase of the seal key; empty: none */
	struct text_list unlocking; /* recipients, one for each unlock of the kit */
};

static void asked_free_at(struct asked *asked)
{
	text_wipe(&asked->seal);
	text_list_free(&asked->unlocking);
}

/* What goes into the kit once its seal was issued. */
static bool put_kit(struct kit_put *put, const struct kit_order *order, const struct asked *asked,
    const struct keys *keys, struct issued *seal, const struct kit *kit, struct err *err)
{
	return (!kit->is_locked || issue_lock(seal, text_bytes(&asked->seal), err)) &&
	       kit_put_sealed(put, &keys->ca, seal, kit, order->now, err) && kit_put_done(put, err);
}

static bool make(const struct kit_order *order, const struct asked *asked, struct kit *kit,
    struct kit_made *out, struct err *err)
{
	CLEANUP(keys_free) struct keys keys = {0};
	CLEANUP(issued_free) struct issued seal = {0};
	CLEANUP(text_free) struct text record = {0};
	CLEANUP(kit_put_end) struct kit_put put = {.directory = order->directory};

	if (!kit_record_name(text_bytes(&kit->name), 1, &record, err) ||
	    !get_ca(order, &keys, out, err) || !get_recipient(order, &keys.recipient, out, err) ||
	    !make_recipients(order, &keys.recipient, &asked->unlocking, kit, err))
		return false;
	out->is_writing = true;
	if (!kit_put(&put, KIT_RECIPIENTS, &kit->recipients_file, false, err) ||
	    !put_unlocks(&put, kit, err))
		return false;
	out->is_writing = false;
	if (!kit_copy_programs(order, &put.files, &out->programs, err))
		return false;
	out->is_writing = true;
	if (!issue(order, &keys, kit, &seal, text_string(&record), err))
		return false;
	if (put_kit(&put, order, asked, &keys, &seal, kit, err))
		return true;
	/* The name is free again. */
	kit_put_undo(&put, order->keys, text_string(&record));
	return false;
}

static bool ask_unlock(
    struct kit_order *order, const char *who, struct kit *kit, struct asked *asked, struct err *err)
{
	CLEANUP(text_wipe) struct text passphrase = {0};
	CLEANUP(text_free) struct text recipient = {0};
	struct kit_unlock *unlock = &kit->unlocks[kit->unlock_count];
	char prompt[128 + KIT_WHO_MAX];

	if (!kit_check_who(bytes_of(who), err))
		return fail_in(err, "--unlock");
	for (size_t i = 0; i < kit->unlock_count; i++)
		if (text_same_name(text_bytes(&kit->unlocks[i].who), bytes_of(who)))
			return fail(err, ERR_USAGE, "--unlock '%s' is given twice", who);
	if (kit->unlock_count == KIT_UNLOCKS)
		return fail(err, ERR_USAGE, "--unlock may be given %d times", KIT_UNLOCKS);
	snprintf(prompt, sizeof(prompt), tr("New passphrase of %s, to open bundles with: "), who);
	if (!passphrase_choose(&order->passphrase, prompt, &passphrase, err))
		return false;
	kit->unlock_count++;
	text_adds(&unlock->who, who);
	return text_ok(&unlock->who, err) &&
	       age_generate_locked(
		   text_bytes(&passphrase), order->now, &unlock->content, &recipient, err) &&
	       text_list_add(&asked->unlocking, text_bytes(&recipient), err);
}

static bool ask(struct kit_order *order, struct kit *kit, struct asked *asked, struct err *err)
{
	kit->is_locked = order->locks_seal;
	if (order->locks_seal && !kit_ask_seal(&order->passphrase, &asked->seal, err))
		return false;
	for (size_t i = 0; i < order->unlocks.count; i++)
		if (!ask_unlock(order, order->unlocks.at[i], kit, asked, err))
			return false;
	return true;
}

bool kit_ask_seal(struct passphrase *from, struct text *out, struct err *err)
{
	return passphrase_choose(from, tr("New passphrase of the kit's seal key: "), out, err) &&
	       seal_check_passphrase(text_bytes(out), err);
}

static bool remember(const struct text *path, struct text_list *missing, struct err *err)
{
	return text_ok(path, err) && (file_kind(text_string(path)) != FILE_KIND_MISSING ||
					 text_list_add(missing, text_bytes(path), err));
}

/* With its parents; those that were not there join the list. */
static bool make_directory(const char *path, struct text_list *missing, struct err *err)
{
	CLEANUP(text_free) struct text part = {0};

	for (size_t i = 0; path[i]; i++) {
		text_addc(&part, path[i]);
		if ((!path[i + 1] || strchr("/\\", path[i + 1])) && !remember(&part, missing, err))
			return false;
	}
	return file_make_directory(path, true, err);
}

static bool make_directories(
    const struct kit_order *order, struct text_list *missing, struct err *err)
{
	CLEANUP(text_free) struct text kits = {0};

	if (!make_directory(order->directory, missing, err) ||
	    !make_directory(order->keys, missing, err))
		return false;
	file_join(&kits, order->keys, KEYS_KITS);
	return remember(&kits, missing, err);
}

/* Those that hold nothing; keys that were made stay. */
static void remove_empty(const struct text_list *missing)
{
	for (size_t i = missing->count; i > 0; i--)
		DISCARD(file_remove(missing->at[i - 1], NULL));
}

static bool make_in(const struct kit_order *order, const struct asked *asked, struct kit *kit,
    struct text_list *missing, struct kit_made *out, struct err *err)
{
	out->is_writing = true;
	if (!make_directories(order, missing, err))
		return false;
	out->is_writing = false;
	text_adds(&kit->profile, order->profile);
	return check_apart(order, err) && check_free(order, err) && text_ok(&kit->profile, err) &&
	       make(order, asked, kit, out, err);
}

bool kit_new(struct kit_order *order, struct kit_made *out, struct err *err)
{
	CLEANUP(kit_free) struct kit kit = {.created = order->now, .ids_only = order->ids_only};
	CLEANUP(asked_free) struct asked asked = {0};
	CLEANUP(text_list_free) struct text_list missing = {0};

	if (!name_kit(order, &kit.name, err) || !check_recipients(order, err) ||
	    !ask(order, &kit, &asked, err))
		return false;
	if (!make_in(order, &asked, &kit, &missing, out, err)) {
		remove_empty(&missing);
		return false;
	}
	text_add(&out->name, text_bytes(&kit.name));
	out->expires = kit.expires;
	return text_ok(&out->name, err);
}
