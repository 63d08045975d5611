/* kanshiki verify: signature, then all hashes, then age, frames, and every entry against its row. */
#include "bundle/row.h"
#include "cli/command.h"
#include "cli/opening.h"
#include "analysis/receipt.h"
#include "core/array.h"
#include "core/json.h"
#include "core/time.h"
#include "core/tr.h"
#include "platform/clock.h"
#include "platform/console.h"

#include <stdlib.h>
#include <string.h>

#define OPTIONS    TRUST_OPTIONS /* --json stands in the place of --unverified */
#define GAPS_SHOWN 20

struct verification {
	struct opening opening;
	bool json;
	const char *path;
	struct bundle_facts facts;
	struct text receipt, collection; /* as read; empty: none */
	bool files_good, content_good;
	size_t rows;
};

static void make_options(struct verification *verification, struct option options[OPTIONS])
{
	trust_options(&verification->opening.trust, options);
	options[OPTIONS - 1] = (struct option){
	    .name = "json",
	    .kind = OPTION_FLAG,
	    .to = &verification->json,
	    .help = "print the result as one JSON object",
	};
}

static void help(struct text *out)
{
	struct verification verification = {0};
	struct option options[OPTIONS];

	make_options(&verification, options);
	text_adds(out,
	    tr("Example: kanshiki verify nocase_PC1_20261120T220000Z_01234567 --keys keys\n\n"));
	options_help(options, OPTIONS, out);
}

static bool read_meta(
    const struct verification *verification, const char *name, struct text *out, struct err *err)
{
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(free_memory) uint8_t *bytes = NULL;
	struct err why = {0};

	if (!bundle_meta_open(verification->opening.reader, name, &source, &why)) {
		if (why.kind != ERR_MISSING)
			*err = why;
		return why.kind == ERR_MISSING;
	}
	if (source->size > RECEIPT_BYTES)
		return fail(err, ERR_LIMIT, "'meta/%s' has %llu bytes", name,
		    (unsigned long long)source->size);
	bytes = malloc((size_t)source->size + 1);
	if (!bytes)
		return fail(err, ERR_MEMORY, "no memory for 'meta/%s'", name);
	if (!source_read_exact(source, 0, bytes, (size_t)source->size, err))
		return false;
	text_add(out, (struct bytes){bytes, (size_t)source->size});
	return text_ok(out, err);
}

/* Everything behind the seal. False: refused, and said. */
static bool check(struct verification *verification, struct err *err)
{
	struct bundle_reader *reader = verification->opening.reader;

	if (!bundle_check_files(reader, true, err))
		return false;
	verification->files_good = true;
	if (verification->opening.trust.identities.count == 0)
		return true;
	if (!bundle_open_content(reader, err) || !bundle_check_entries(reader, err) ||
	    !bundle_check_journal(reader, err) || !bundle_check_toc(reader, err) ||
	    !read_meta(verification, "receipt.json", &verification->receipt, err) ||
	    !read_meta(verification, "collection.json", &verification->collection, err))
		return false;
	verification->rows = bundle_row_count(reader);
	verification->content_good = true;
	return true;
}

static void add_number(struct text *out, const char *number)
{
	for (size_t i = 0; number[i]; i++) {
		if (i && i % 8 == 0)
			text_addc(out, ' ');
		text_addc(out, number[i]);
	}
}

static void add_line(struct text *out, const char *label, const char *value)
{
	text_adds(out, label);
	text_add_printable(out, bytes_of(value));
	text_addc(out, '\n');
}

static void show_intake(const struct bundle_facts *facts, struct text *out)
{
	char time[TIME_ISO_ROOM];

	if (facts->stamped_at) {
		time_iso(facts->stamped_at, time);
		text_addf(out, tr("time stamp: %.19sZ, by %s\n"), time, facts->stamped_by);
	}
	if (*facts->countersigned_by)
		text_addf(out,
		    tr("countersigned by: %s (SHA-256 of the certificate: %s; whose it is was not "
		       "checked)\n"),
		    facts->countersigned_by, facts->countersigner);
}

/* A certificate that is over by now is good only because it is judged at an earlier time: that is said. */
static void show_judged(const struct bundle_facts *facts, const char *claimed, struct text *out)
{
	char judged[TIME_ISO_ROOM], over[TIME_ISO_ROOM];

	time_iso(facts->judged_at, judged);
	time_iso(facts->revoked ? facts->revoked : facts->not_after, over);
	if (facts->revoked)
		text_addf(out, tr("revoked from %.19sZ on: judged at %.19sZ, which is before it\n"),
		    over, judged);
	else if (clock_now() > facts->not_after)
		text_addf(out, tr("over since %.19sZ: judged at %.19sZ, which is before it\n"),
		    over, judged);
	if (claimed)
		text_addf(out,
		    tr("judged at %.19sZ because --at says so: whether it existed then is not "
		       "proven here\n"),
		    judged);
}

/* To whom: who else could have read it matters as much as who can. */
static void show_recipients(const struct verification *verification, struct text *out)
{
	const struct text_list *list = verification->facts.recipients;

	for (size_t i = 0; i < list->count; i++) {
		CLEANUP(text_free) struct text name = {0};

		receipt_add_recipient(text_bytes(&verification->collection), list->at[i], &name);
		text_adds(out, tr("encrypted to: "));
		text_add_printable(out, bytes_of(list->at[i]));
		if (name.len)
			text_addf(out, " (%s)", text_string(&name));
		text_addc(out, '\n');
	}
}

static void show_facts(const struct verification *verification, struct text *out)
{
	const struct bundle_facts *facts = &verification->facts;
	char time[TIME_ISO_ROOM];

	text_adds(out, tr("number: "));
	add_number(out, facts->number);
	text_addc(out, '\n');
	add_line(out, tr("collection: "), facts->collection_id);
	add_line(out, tr("case: "), facts->case_id);
	add_line(out, tr("host: "), facts->host);
	add_line(out, tr("started (by that PC's clock): "), facts->started);
	add_line(out, tr("sealed (by that PC's clock): "), facts->sealed);
	add_line(out, tr("sealed by: "), facts->signer);
	add_line(out, tr("issued by: "), facts->issuer);
	time_iso(facts->not_after, time);
	add_line(out, tr("seal certificate valid until: "), time);
	show_judged(facts, verification->opening.trust.at, out);
	show_recipients(verification, out);
	show_intake(facts, out);
	text_addf(out, tr("files: %zu listed, %lu of them volumes, all as they were sealed\n"),
	    facts->files, (unsigned long)facts->volumes);
}

static void show_sealed_volumes(const struct verification *verification, struct text *out)
{
	const char *name;

	text_adds(out, tr("sealed so far:\n"));
	for (size_t i = 0; (name = bundle_volume_name(verification->opening.reader, i)); i++)
		text_addf(out, "  %s\n", name);
	text_addf(out,
	    tr("The collection had not ended when this was sealed (%s): nothing after it is "
	       "proven.\n"),
	    verification->facts.sealed);
}

/* A row that may be one of a gap: those that were taken whole need no second look. */
static bool may_be_gap(const struct bundle_row_view *view)
{
	static const char partial[] = "\"partial\"";
	const size_t len = sizeof(partial) - 1;

	if (!view->taken)
		return view->same_as.len == 0;
	for (size_t i = 0; view->json.len >= len && i <= view->json.len - len; i++)
		if (memcmp(view->json.at + i, partial, len) == 0)
			return true;
	return false;
}

static bool is_gap(const struct row *row)
{
	return bytes_equal(row->status, bytes_of("not_taken")) ||
	       bytes_equal(row->status, bytes_of("partial"));
}

static void add_gap(const struct row *row, struct text *out)
{
	text_adds(out, "    ");
	text_add_printable(out, row->path);
	text_adds(
	    out, tr(bytes_equal(row->status, bytes_of("partial")) ? ": in part" : ": not taken"));
	if (row->reason.len) {
		text_adds(out, " (");
		receipt_add_reason(out, row->reason);
		text_addc(out, ')');
	}
	text_addc(out, '\n');
}

/* The first objects that were not taken, or not whole, and how many more there are. */
static bool show_gaps(const struct verification *verification, struct text *out, struct err *err)
{
	struct bundle_reader *reader = verification->opening.reader;
	size_t gaps = 0;

	for (size_t i = 0; i < verification->rows; i++) {
		CLEANUP(row_free) struct row row = {0};
		struct bundle_row_view view;

		if (!bundle_row_at(reader, i, &view, err))
			return false;
		if (!may_be_gap(&view))
			continue;
		if (!row_parse(view.json, &row, err))
			return false;
		if (is_gap(&row) && gaps++ < GAPS_SHOWN)
			add_gap(&row, out);
	}
	if (gaps > GAPS_SHOWN)
		text_addf(
		    out, tr("    and %zu more: kanshiki ls --all --long\n"), gaps - GAPS_SHOWN);
	return true;
}

static bool show(const struct verification *verification, struct err *err)
{
	CLEANUP(text_free) struct text out = {0};

	show_facts(verification, &out);
	if (verification->content_good)
		text_addf(&out, tr("entries: %zu, each as its row says\n"), verification->rows);
	else
		text_adds(&out, tr("The content was not opened, because no identity was given: "
				   "only seal and files were checked.\n"));
	if (verification->collection.len &&
	    !receipt_show_collection(text_bytes(&verification->collection), &out, err))
		return false;
	if (verification->receipt.len) {
		text_adds(&out, tr("receipt:\n"));
		if (!receipt_show(text_bytes(&verification->receipt), &out, err) ||
		    !show_gaps(verification, &out, err))
			return false;
	}
	if (verification->facts.complete && verification->content_good)
		text_adds(&out, tr("Intact and complete.\n"));
	else if (verification->facts.complete)
		text_adds(&out, tr("Intact as far as it was checked, and complete.\n"));
	else
		show_sealed_volumes(verification, &out);
	return text_ok(&out, err) && console_write(text_bytes(&out), err);
}

/* What was sealed as such and is none: refused whatever is to be printed of it. */
static bool are_readable(const struct verification *verification, struct err *err)
{
	CLEANUP(text_free) struct text shown = {0};

	return (!verification->collection.len ||
		   receipt_show_collection(text_bytes(&verification->collection), &shown, err)) &&
	       (!verification->receipt.len ||
		   receipt_show(text_bytes(&verification->receipt), &shown, err));
}

static void json_list(struct json *json, const char *key, const struct text_list *list)
{
	json_key(json, key);
	json_begin_array(json);
	for (size_t i = 0; i < list->count; i++)
		json_string(json, bytes_of(list->at[i]));
	json_end_array(json);
}

static void json_facts(struct json *json, const struct bundle_facts *facts)
{
	json_string_field(json, "number", facts->number);
	json_string_field(json, "collection_id", facts->collection_id);
	json_string_field(json, "status", facts->complete ? "complete" : "in-progress");
	json_string_field(json, "case", facts->case_id);
	json_string_field(json, "host", facts->host);
	json_string_field(json, "started", facts->started);
	json_string_field(json, "sealed", facts->sealed);
	json_string_field(json, "seal", facts->seal_file);
	json_string_field(json, "signer", facts->signer);
	json_string_field(json, "issuer", facts->issuer);
	json_time_field(json, "not_before", facts->not_before);
	json_time_field(json, "not_after", facts->not_after);
	json_time_field(json, "judged_at", facts->judged_at);
	json_key(json, "revoked");
	if (facts->revoked)
		json_time(json, facts->revoked);
	else
		json_null(json);
	json_time_field(json, "signed_at", facts->signed_at);
	json_key(json, "stamped_at");
	if (facts->stamped_at)
		json_time(json, facts->stamped_at);
	else
		json_null(json);
	json_string_field(json, "stamped_by", facts->stamped_at ? facts->stamped_by : NULL);
	json_string_field(
	    json, "countersigned_by", *facts->countersigned_by ? facts->countersigned_by : NULL);
	json_string_field(
	    json, "countersigner", *facts->countersigned_by ? facts->countersigner : NULL);
	json_list(json, "recipients", facts->recipients);
	json_unsigned_field(json, "volumes", facts->volumes);
	json_unsigned_field(json, "files", facts->files);
}

static bool show_json(
    const struct verification *verification, const struct err *why, int code, struct err *err)
{
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(text_free) struct text shown = {0};
	struct json json = {.to = &out};
	const char *verdict = code == EXIT_COMPLETE ? "intact"
			      : code == EXIT_GAPS   ? "in-progress"
						    : "refused";

	json_begin(&json);
	json_string_field(&json, "bundle", verification->path);
	json_string_field(&json, "verdict", why && why->kind == ERR_STOPPED ? "stopped" : verdict);
	if (verification->opening.reader)
		json_facts(&json, &verification->facts);
	json_bool_field(&json, "files_checked", verification->files_good);
	json_bool_field(&json, "content_checked", verification->content_good);
	json_unsigned_field(&json, "rows", verification->rows);
	json_string_field(&json, "reason", why ? why->text : NULL);
	json_list(&json, "problems", &verification->opening.problems);
	json_list(&json, "notes", &verification->opening.notes);
	json_key(&json, "receipt");
	if (receipt_show(text_bytes(&verification->receipt), &shown, NULL))
		json_copy(&json, text_bytes(&verification->receipt));
	else
		json_null(&json);
	json_end(&json);
	text_addc(&out, '\n');
	return text_ok(&out, err) && console_write(text_bytes(&out), err);
}

static int verify(struct verification *verification)
{
	struct opening *opening = &verification->opening;
	struct err err = {0}, late = {0};
	int code = EXIT_COMPLETE;
	bool good = opening_seal(opening, verification->path, false, &err) &&
		    check(verification, &err) && are_readable(verification, &err);

	if (!good)
		code = opening_fail(opening, &err);
	if (code == EXIT_STOPPED)
		say(tr("kanshiki: the check did not come to its end: nothing of it says that "
		       "the bundle is intact\n"));
	if (opening->reader)
		bundle_facts(opening->reader, &verification->facts);
	if (good && !verification->facts.complete)
		code = EXIT_GAPS;
	console_progress("");
	if (code == EXIT_USAGE || code == EXIT_NO_INPUT)
		return code;
	if (verification->json ? !show_json(verification, good ? NULL : &err, code, &late)
			       : good && !show(verification, &late)) {
		int failed = command_fail_about(verification->path, &late);

		return code > EXIT_GAPS ? code : failed;
	}
	return code;
}

static int run(int argc, char **argv)
{
	CLEANUP(text_list_free) struct text_list operands = {0};
	struct verification verification = {0};
	struct option options[OPTIONS];
	struct err err = {0};
	int code;

	make_options(&verification, options);
	if (!options_parse(options, OPTIONS, argc, argv, &operands, &err))
		code = command_fail(&err);
	else if (operands.count != 1) {
		fail(&err, ERR_USAGE, "verify takes one bundle, %zu were given", operands.count);
		code = command_fail(&err);
	} else {
		verification.path = operands.at[0];
		code = verify(&verification);
	}
	opening_close(&verification.opening);
	text_free(&verification.receipt);
	text_free(&verification.collection);
	return code;
}

const struct command command_verify = {
    .name = "verify",
    .summary = "check seal, hashes and content of a bundle; say what is missing",
    .usage = "kanshiki verify BUNDLE --keys KEYDIR | --ca FILE [--identity FILE]",
    .run = run,
    .help = help,
};
