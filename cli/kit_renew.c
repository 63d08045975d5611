/* Renewal of a kit's seal. See kit_new.h. */
#include "cli/kit_new.h"

#include "bundle/kit_files.h"
#include "cli/kit_keys.h"
#include "cli/kit_put.h"
#include "platform/file.h"
#include "platform/store.h"

static bool read_kit(const char *directory, struct kit *kit, struct err *err)
{
	CLEANUP(store_free) struct store *store = NULL;

	if (file_kind(directory) != FILE_KIND_DIRECTORY)
		return fail(err, ERR_MISSING, "no such kit '%s'", directory);
	return (store_open_directory(directory, &store, err) && kit_read(store, kit, err)) ||
	       fail_in(err, "kit '%s'", directory);
}

/* What it says is signed with the key of its own evidence CA: that must be ours, or we would vouch for a stranger's recipients. */
static bool check_ours(const struct kit *kit, const struct issued *ca, struct err *err)
{
	return bytes_equal(text_bytes(&kit->ca), text_bytes(&ca->certificate)) ||
	       fail(err, ERR_UNTRUSTED, "kit '%s' is of another evidence CA than that of KEYDIR",
		   text_string(&kit->name));
}

struct check {
	const struct issued *ca;
	struct text crl;
	const char *name;
};

static void check_free_at(struct check *check)
{
	text_free(&check->crl);
}

/* A kit that was lost and found is not to be trusted again. */
static bool check_revoked(void *context, const struct text *certificate, struct err *err)
{
	CLEANUP(issue_facts_free) struct issue_facts facts = {0};
	const struct check *check = context;

	if (!issue_facts(text_bytes(certificate), text_bytes(&check->ca->certificate),
		text_bytes(&check->crl), &facts, err))
		return false;
	return !facts.is_revoked ||
	       fail(err, ERR_UNTRUSTED, "kit '%s' was revoked; make a new one with 'kit new'",
		   check->name);
}

static bool issue(const struct kit_order *order, const struct issued *ca, struct kit *kit,
    struct issued *seal, struct text *record, struct err *err)
{
	unsigned number;
	uint64_t from;

	return kit_record_free(order->keys, text_bytes(&kit->name), &number, err) &&
	       kit_record_name(text_bytes(&kit->name), number, record, err) &&
	       issue_seal(ca, text_string(&kit->name), order->now, order->days, seal, err) &&
	       issue_check_seal(text_bytes(&seal->certificate), text_bytes(&ca->certificate), &from,
		   &kit->expires, err) &&
	       kit_write_file(order->keys, text_string(record), &seal->certificate, false, err);
}

bool kit_renew(struct kit_order *order, struct kit_made *out, struct err *err)
{
	CLEANUP(kit_free) struct kit kit = {0};
	CLEANUP(issued_free) struct issued ca = {0};
	CLEANUP(issued_free) struct issued seal = {0};
	CLEANUP(text_wipe) struct text passphrase = {0};
	CLEANUP(check_free) struct check check = {.ca = &ca};
	CLEANUP(text_free) struct text record = {0};
	CLEANUP(kit_put_end)
	struct kit_put put = {.directory = order->directory, .replaces = true};

	if (!kit_read_ca(order->keys, &ca, err) || !kit_read_crl(order->keys, &check.crl, err) ||
	    !read_kit(order->directory, &kit, err) || !check_ours(&kit, &ca, err))
		return false;
	check.name = text_string(&kit.name);
	kit.is_locked = kit.is_locked || order->locks_seal;
	if (!kit_record_each(order->keys, check.name, check_revoked, &check, err) ||
	    (kit.is_locked && !kit_ask_seal(&order->passphrase, &passphrase, err)))
		return false;
	out->is_writing = true;
	if (!issue(order, &ca, &kit, &seal, &record, err))
		return false;
	if ((kit.is_locked && !issue_lock(&seal, text_bytes(&passphrase), err)) ||
	    !kit_put_sealed(&put, &ca, &seal, &kit, order->now, err) || !kit_put_done(&put, err)) {
		kit_put_undo(&put, order->keys, text_string(&record));
		return false;
	}
	text_add(&out->name, text_bytes(&kit.name));
	out->expires = kit.expires;
	return text_ok(&out->name, err);
}
