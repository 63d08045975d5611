/* What the office does with the kits it issued: lists them, revokes one. See kit_office.h. */
#include "cli/kit_office.h"

#include "bundle/issue.h"
#include "bundle/kit_files.h"
#include "cli/command.h"
#include "cli/kit_keys.h"
#include "core/time.h"
#include "core/tr.h"
#include "platform/clock.h"
#include "platform/console.h"
#include "platform/file.h"

#include <string.h>

#define KITS_MAX 100000
#define SUFFIX   ".pem"
/* A certificate is valid from a day before it was made (issue_seal). */
#define BACKDATED (24 * 60 * 60 * TIME_TICKS_PER_SECOND)

static bool check_keys(const char *keys, struct err *err)
{
	if (file_kind(keys) != FILE_KIND_DIRECTORY)
		return fail(err, ERR_MISSING, "no such directory of keys '%s'", keys);
	return true;
}

/* Whole or not at all: a new file, then renamed. */
static bool replace_crl(const char *keys, const struct text *crl, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(text_free) struct text fresh = {0};

	file_join(&path, keys, KEYS_CRL);
	text_addf(&fresh, "%s.new", text_string(&path));
	if (!text_ok(&path, err) || !text_ok(&fresh, err))
		return false;
	/* Of a run that was cut off. */
	(void)!file_remove(text_string(&fresh), NULL);
	return file_write_all(text_string(&fresh), text_bytes(crl), false, err) &&
	       file_rename(text_string(&fresh), text_string(&path), err);
}

struct revocation {
	struct issued ca;
	struct text crl; /* as it is so far */
	uint64_t since, now;
	unsigned count; /* added to it */
};

static void revocation_free_at(struct revocation *revocation)
{
	issued_free(&revocation->ca);
	text_free(&revocation->crl);
}

/* One that was revoked before, from the same time on or an earlier one, stays as it is. */
static bool add_revoked(void *context, const struct text *certificate, struct err *err)
{
	struct revocation *revocation = context;
	CLEANUP(text_free) struct text crl = {0};
	struct err why = {0};

	if (issue_revoke(&revocation->ca, text_bytes(&revocation->crl), text_bytes(certificate),
		revocation->since, revocation->now, &crl, &why)) {
		text_free(&revocation->crl);
		revocation->crl = crl;
		crl = (struct text){0};
		revocation->count++;
		return true;
	}
	if (why.kind != ERR_EXISTS && err)
		*err = why;
	return why.kind == ERR_EXISTS;
}

struct first {
	const struct issued *ca;
	uint64_t from; /* of the oldest certificate */
};

static bool find_first(void *context, const struct text *certificate, struct err *err)
{
	CLEANUP(issue_facts_free) struct issue_facts facts = {0};
	struct first *first = context;

	if (!issue_facts(text_bytes(certificate), text_bytes(&first->ca->certificate),
		(struct bytes){0}, &facts, err))
		return false;
	if (facts.from < first->from)
		first->from = facts.from;
	return true;
}

/* A year that was mistyped: until a time to come a lost kit would go on to be believed. Now is never wrong, whatever the clock said
 * when the kit was made. */
static bool check_since(
    const char *keys, const char *name, const struct revocation *revocation, struct err *err)
{
	const uint64_t day = 24 * 60 * 60 * TIME_TICKS_PER_SECOND;
	struct first first = {.ca = &revocation->ca, .from = UINT64_MAX};
	char from[TIME_ISO_ROOM];

	if (revocation->since > revocation->now)
		return fail(err, ERR_USAGE,
		    "--since has not come yet: until then its seals would be believed");
	if (revocation->since == revocation->now)
		return true;
	if (!kit_record_each(keys, name, find_first, &first, err))
		return false;
	time_iso(first.from, from);
	return revocation->since >= first.from - first.from % day ||
	       fail(
		   err, ERR_USAGE, "--since is before %.10s (UTC), the first day of the kit", from);
}

bool kit_revoke(const char *keys, const char *name, uint64_t since, uint64_t now, struct err *err)
{
	CLEANUP(revocation_free) struct revocation revocation = {.since = since, .now = now};
	CLEANUP(text_free) struct text shown = {0};

	if (!kit_read_ca(keys, &revocation.ca, err) || !kit_read_crl(keys, &revocation.crl, err))
		return false;
	if (!check_since(keys, name, &revocation, err))
		return false;
	text_add_printable(&shown, bytes_of(name));
	if (!kit_record_each(keys, name, add_revoked, &revocation, err))
		return err->kind == ERR_MISSING ? false : fail_in(err, "'%s'", text_string(&shown));
	if (revocation.count == 0)
		return fail(err, ERR_EXISTS,
		    "'%s': it was revoked before; only an earlier --since changes that",
		    text_string(&shown));
	return replace_crl(keys, &revocation.crl, err);
}

struct listing {
	struct text_list records; /* names of files in kits/ */
};

static bool add_record(void *context, const char *name, enum file_kind kind, struct err *err)
{
	struct listing *listing = context;
	size_t len = strlen(name);

	if (kind != FILE_KIND_FILE || len <= strlen(SUFFIX) ||
	    strcmp(name + len - strlen(SUFFIX), SUFFIX) != 0)
		return true;
	if (listing->records.count >= KITS_MAX)
		return fail(err, ERR_LIMIT, "more than %d kits", KITS_MAX);
	return text_list_add(&listing->records, bytes_of(name), err);
}

/* In the user's language on a screen alone: what reads a file or a pipe goes by the word. */
static const char *state(const char *word)
{
	return console_is_terminal(1) ? tr(word) : word;
}

static void add_kit(const struct issue_facts *facts, uint64_t now, struct text *out)
{
	char from[TIME_ISO_ROOM], to[TIME_ISO_ROOM], since[TIME_ISO_ROOM];

	time_iso(facts->from + BACKDATED, from);
	time_iso(facts->to, to);
	time_iso(facts->revoked, since);
	text_addf(out, "%s\t%s\t%.10s\t%.10s\t", text_string(&facts->name),
	    text_string(&facts->serial), from, to);
	if (facts->is_revoked)
		text_addf(out, "%s %.19sZ\n", state("revoked"), since);
	else
		text_addf(out, "%s\n", state(now > facts->to ? "expired" : "valid"));
}

/* One that cannot be read is said, and the rest go on. */
static int list_records(const char *kits, const struct text_list *records, const struct issued *ca,
    const struct text *crl, struct text *out)
{
	uint64_t now = clock_now();
	int code = EXIT_COMPLETE;

	for (size_t i = 0; i < records->count; i++) {
		CLEANUP(issue_facts_free) struct issue_facts facts = {0};
		CLEANUP(text_free) struct text certificate = {0};
		CLEANUP(text_free) struct text shown = {0};
		struct err err = {0};

		text_add_printable(&shown, bytes_of(records->at[i]));
		if (kit_read_file(kits, records->at[i], KIT_FILE_MAX, &certificate, &err) &&
		    issue_facts(text_bytes(&certificate), text_bytes(&ca->certificate),
			text_bytes(crl), &facts, &err)) {
			add_kit(&facts, now, out);
			continue;
		}
		fail_in(&err, "'%s'", text_string(&shown));
		code = command_fail(&err);
	}
	return code;
}

int kit_list(const char *keys)
{
	CLEANUP(issued_free) struct issued ca = {0};
	CLEANUP(text_free) struct text kits = {0};
	CLEANUP(text_free) struct text crl = {0};
	CLEANUP(text_free) struct text out = {0};
	struct listing listing = {0};
	struct err err = {0};

	file_join(&kits, keys, KEYS_KITS);
	bool good = text_ok(&kits, &err) && check_keys(keys, &err) &&
		    kit_read_file(keys, KEYS_CA, KIT_FILE_MAX, &ca.certificate, &err) &&
		    kit_read_crl(keys, &crl, &err) &&
		    (file_kind(text_string(&kits)) == FILE_KIND_MISSING ||
			file_list(text_string(&kits), add_record, &listing, &err));
	int code = good ? list_records(text_string(&kits), &listing.records, &ca, &crl, &out)
			: command_fail(&err);

	text_list_free(&listing.records);
	if (good && out.len && console_is_terminal(1))
		say("%s", tr("NAME\tSERIAL NUMBER\tMADE\tUNTIL\tSTATE\n"));
	if (good && (!text_ok(&out, &err) || !console_write(text_bytes(&out), &err)))
		code = command_fail(&err);
	return code;
}
