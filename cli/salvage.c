/* kanshiki salvage: what a damaged bundle still holds, and exactly what became of each entry. */
#include "bundle/salvage.h"

#include "bundle/target.h"
#include "cli/command.h"
#include "cli/opening.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/tree.h"

#include <string.h>

#define OPTIONS     TRUST_OPTIONS
#define REPORT_NAME "SALVAGE.tsv"
#define REPORT_ROOM ((size_t)1 << 20) /* written out when it holds more */

struct salvaging {
	struct trust trust;
	const char *directory;
	struct text_list operands;
	struct store *store;
	struct tree *tree;
	struct tree_file *report, *file; /* file: the one that is being written */
	struct text lines;               /* of the report, not written yet */
	uint64_t report_at;
	uint64_t file_size;
	struct err file_why; /* why the entry being written could not be; ERR_NONE */
	uint64_t failed;
	unsigned headers_said;
	unsigned shown_percent;
	size_t locked; /* volumes that no key opens: said once */
	size_t refused_said;
	unsigned apart; /* the next number for names that are there already */
	struct salvage_totals totals;
	struct bundle_reader
	    *sealed; /* seal, MANIFEST and the volumes of rows that it lists are good; else NULL */
};

static size_t make_options(struct salvaging *salvaging, struct option options[OPTIONS])
{
	const struct option own = {"directory", 'C', OPTION_TEXT, &salvaging->directory, "DIR",
	    "put the files below this directory; made if missing"};

	trust_options(&salvaging->trust, options);
	/* The last of them is --unverified: here nothing else is possible. */
	options[TRUST_OPTIONS - 1] = own;
	return TRUST_OPTIONS;
}

static void help(struct text *out)
{
	struct salvaging salvaging = {0};
	struct option options[OPTIONS];
	size_t count = make_options(&salvaging, options);

	text_adds(out, tr("Example: kanshiki salvage BUNDLE --keys keys -C out\n\n"));
	options_help(options, count, out);
}

static bool flush_report(struct salvaging *salvaging, struct err *err)
{
	bool ok =
	    text_ok(&salvaging->lines, err) &&
	    tree_write(salvaging->report, salvaging->report_at, text_bytes(&salvaging->lines), err);

	salvaging->report_at += salvaging->lines.len;
	text_clear(&salvaging->lines);
	return ok;
}

/* What ends the run; anything else costs its entry alone. */
static bool is_end(const struct err *err)
{
	return err->kind == ERR_FULL || err->kind == ERR_STOPPED || err->kind == ERR_MEMORY;
}

static bool create(struct salvaging *salvaging, struct bytes member, struct err *err)
{
	enum target_rules rules = tree_has_windows_names() ? TARGET_WINDOWS : TARGET_POSIX;
	CLEANUP(text_free) struct text path = {0};
	struct err why = {0};

	(void)target_path(member, rules, &path);
	if (!text_ok(&path, err))
		return false;
	if (tree_create(salvaging->tree, text_string(&path), false, &salvaging->file, &why))
		return true;
	if (why.kind != ERR_EXISTS) {
		*err = why;
		return false;
	}
	/* An older copy of a meta file, a name that differs only in case, or one that was taken twice. The tenth and those
	 * behind it get a number that nobody had: thousands of one name must not cost millions of tries. */
	for (unsigned i = 2; i < 100; i++) {
		CLEANUP(text_free) struct text numbered = {0};
		CLEANUP(text_free) struct text again = {0};

		text_add(&numbered, member);
		text_addf(&numbered, "~%u", i < 10 ? i : salvaging->apart++);
		(void)target_path(text_bytes(&numbered), rules, &again);
		if (!text_ok(&numbered, err) || !text_ok(&again, err))
			return false;
		if (tree_create(salvaging->tree, text_string(&again), false, &salvaging->file, err))
			return true;
		if (err->kind != ERR_EXISTS)
			return false;
	}
	return false;
}

static bool on_begin(void *context, struct bytes path, uint64_t size, struct err *err)
{
	struct salvaging *salvaging = context;
	struct err why = {0};

	salvaging->file_size = size;
	salvaging->file_why = (struct err){0};
	if (create(salvaging, path, &why))
		return true;
	salvaging->file = NULL;
	salvaging->file_why = why;
	if (!is_end(&why))
		return true;
	*err = why;
	return false;
}

static bool on_write(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	struct salvaging *salvaging = context;
	struct err why = {0};

	if (console_stopped())
		return fail(err, ERR_STOPPED, "stopped by you");
	if (!salvaging->file || tree_write(salvaging->file, at, piece, &why))
		return true;
	tree_abandon(TAKE(salvaging->file));
	salvaging->file_why = why;
	if (!is_end(&why))
		return true;
	*err = why;
	return false;
}

static const char *state_word(const struct salvage_entry *entry)
{
	switch (entry->state) {
	case SALVAGE_LOST:
		return "lost";
	case SALVAGE_SAME:
		return "same_as";
	case SALVAGE_PARTIAL:
		return entry->is_other ? "changed" : "partial";
	case SALVAGE_WHOLE:
		break;
	}
	if (!entry->has_row)
		return "whole, unproven: no row tells of it";
	return entry->is_row_sealed ? "whole, proven" : "whole, its hash agrees";
}

/* Whoever opens the bundle with stock tools gets what the header says, not what was sealed as the row. */
static void say_header(struct salvaging *salvaging, struct bytes path, struct text *line)
{
	struct err why = {0};

	fail(&why, ERR_DAMAGED, "its tar header does not say what %s", "its row says");
	text_addf(line, "\t%s", why.text);
	if (salvaging->headers_said++ >= PROBLEMS_SAID)
		return;
	text_fail_in(&why, path);
	(void)command_fail_about(salvaging->operands.at[0], &why);
}

static void add_line(struct salvaging *salvaging, const struct salvage_entry *entry)
{
	struct text *line = &salvaging->lines;

	text_addf(line, "%s\t%llu\t", state_word(entry), (unsigned long long)entry->size);
	for (size_t i = 0; i < entry->range_count; i++)
		text_addf(line, "%s%llu+%llu", i ? "," : "",
		    (unsigned long long)entry->ranges[i].at,
		    (unsigned long long)entry->ranges[i].len);
	if (entry->range_count == SALVAGE_RANGES)
		text_adds(line, ",...");
	text_addc(line, '\t');
	text_add_printable(line, entry->path);
	if (entry->same_as.len) {
		text_addc(line, '\t');
		text_add_printable(line, entry->same_as);
	}
	if (entry->from)
		text_addf(line, "\tfrom '%s'", entry->from);
	if (entry->is_unchecked)
		text_adds(line, "\tthe block after it is damaged, and no row tells its hash");
	if (entry->is_header_other)
		say_header(salvaging, entry->path, line);
	if (salvaging->file_why.kind != ERR_NONE)
		text_addf(line, "\tnot written: %s", salvaging->file_why.text);
	text_addc(line, '\n');
}

/* Of the rows; where there are none nobody knows how much there is. */
static void show_progress(struct salvaging *salvaging)
{
	const struct salvage_totals *totals = &salvaging->totals;
	uint64_t done = totals->whole + totals->partial + totals->lost - totals->without_row -
			totals->lost_without_row;

	if (totals->rows_taken)
		opening_percent(
		    &salvaging->shown_percent, tr("salvaging"), done, totals->rows_taken);
}

static bool on_end(void *context, const struct salvage_entry *entry, struct err *err)
{
	struct salvaging *salvaging = context;
	const struct tree_times times = {0};
	bool has_file = salvaging->file != NULL;

	if (has_file &&
	    !tree_finish(
		TAKE(salvaging->file), salvaging->file_size, &times, &salvaging->file_why) &&
	    is_end(&salvaging->file_why)) {
		*err = salvaging->file_why;
		return false;
	}
	salvaging->failed += salvaging->file_why.kind != ERR_NONE;
	show_progress(salvaging);
	add_line(salvaging, entry);
	salvaging->file_why = (struct err){0};
	return salvaging->lines.len < REPORT_ROOM || flush_report(salvaging, err);
}

static bool on_refused(void *context, const char *set, const struct err *why, struct err *err)
{
	struct salvaging *salvaging = context;
	struct err named = *why;

	text_addf(&salvaging->lines, "refused\t\t\t%s\t%s\n", set, why->text);
	fail_in(&named, "'%s'", set);
	if (salvaging->refused_said++ < PROBLEMS_SAID)
		(void)command_fail_about(salvaging->operands.at[0], &named);
	return salvaging->lines.len < REPORT_ROOM || flush_report(salvaging, err);
}

static void on_volume(void *context, const char *name, const struct err *why)
{
	struct salvaging *salvaging = context;
	CLEANUP(text_free) struct text printable = {0};
	struct err named = *why;

	text_add_printable(&printable, bytes_of(name));
	fail_in(&named, "'%s'", name);
	if (why->kind == ERR_KEY)
		salvaging->locked++;
	else
		(void)command_fail_about(salvaging->operands.at[0], &named);
	text_addf(&salvaging->lines, "volume\t\t\t%s\t%s\n", text_string(&printable), why->text);
}

/* Which rows can be believed: those of the listed volumes of meta, where seal, MANIFEST and all of these are as they were sealed. */
static void check_seal(struct salvaging *salvaging)
{
	struct bundle_trust trust = salvaging->trust.bundle;
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL; /* its rows are not kept */
	CLEANUP(text_free) struct text line = {0};
	struct err why = {0};

	trust.unverified = false;
	if (trust.ca_pem.len == 0)
		fail(&why, ERR_USAGE, "no --keys or --ca says whose seal is to be trusted");
	else if (bundle_open(salvaging->store, &trust, &reader, &why))
		(void)!bundle_open_seal(salvaging->store, &trust, NULL, &salvaging->sealed, &why);
	command_line_about(salvaging->operands.at[0], why.text, &line);
	if (salvaging->sealed)
		say("%s\n", tr("The seal and the list of entries are good: what agrees with it is "
			       "proven."));
	else
		say(tr("Nothing here can be proven by the seal: %s\n"), text_string(&line));
}

static bool open_all(
    struct salvaging *salvaging, struct age_identities *identities, struct err *err)
{
	if (salvaging->operands.count != 1)
		return fail(
		    err, ERR_USAGE, "salvage takes one bundle; see kanshiki salvage --help");
	if (!salvaging->directory)
		return fail(err, ERR_USAGE, "where to? give -C DIR");
	salvaging->trust.unverified = true;
	if (!opening_store(salvaging->operands.at[0], &salvaging->store, err) ||
	    !trust_load(&salvaging->trust, true, err))
		return false;
	for (size_t i = 0; i < salvaging->trust.identities.count; i++)
		if (!age_identities_add(
			identities, bytes_of(salvaging->trust.identities.at[i]), err))
			return false;
	return true;
}

static bool start_report(struct salvaging *salvaging, struct err *err)
{
	if (!opening_directory(salvaging->directory, err) ||
	    !tree_open(salvaging->directory, &salvaging->tree, err))
		return false;
	if (!tree_create(salvaging->tree, REPORT_NAME, false, &salvaging->report, err))
		return err->kind == ERR_EXISTS
			   ? fail(err, ERR_EXISTS,
				 "there is a '%s' in '%s' already: give an empty directory",
				 REPORT_NAME, salvaging->directory)
			   : fail_in(err, "'%s/%s'", salvaging->directory, REPORT_NAME);
	text_adds(&salvaging->lines, "state\tbytes\tbad ranges\tpath\tsame as, from where, why\n");
	return true;
}

/* Each entry is counted once, all that are lost together; the files of meta have no row. */
static void say_counts(const struct salvage_totals *totals)
{
	uint64_t whole_without_row = totals->without_row - totals->partial_without_row;

	say(tr("Whole: %llu. In part: %llu. Lost: %llu. Besides, without a row, as our own lists "
	       "are: %llu.\n"),
	    (unsigned long long)(totals->whole - whole_without_row),
	    (unsigned long long)(totals->partial - totals->partial_without_row),
	    (unsigned long long)totals->lost, (unsigned long long)totals->without_row);
	if (totals->left)
		say(tr("Stopped: not looked at: %llu.\n"), (unsigned long long)totals->left);
}

static void say_result(const struct salvaging *salvaging, bool is_written)
{
	const struct salvage_totals *totals = &salvaging->totals;

	say_counts(totals);
	if (totals->headers_other > PROBLEMS_SAID)
		say(tr("kanshiki: and %zu more like these\n"),
		    (size_t)totals->headers_other - PROBLEMS_SAID);
	if (salvaging->refused_said)
		say(tr("kanshiki: rows and names that were refused: %zu\n"),
		    salvaging->refused_said);
	if (salvaging->failed)
		say(tr("kanshiki: files that could not be written: %zu\n"),
		    (size_t)salvaging->failed);
	if (is_written)
		say(tr("'%s' there tells what became of each.\n"), REPORT_NAME);
}

static int salvage(struct salvaging *salvaging)
{
	CLEANUP(age_identities_free) struct age_identities identities = {0};
	const struct tree_times times = {0};
	const struct salvage_output output = {
	    salvaging, on_begin, on_write, on_end, on_refused, on_volume};
	struct err err = {0};

	if (!open_all(salvaging, &identities, &err))
		return command_fail(&err);
	const char *bundle = salvaging->operands.at[0];

	console_catch_stop();
	check_seal(salvaging);
	if (!start_report(salvaging, &err)) {
		(void)command_fail_about(bundle, &err);
		return opening_cannot_create(&err);
	}
	bool ok = salvage_run(
	    salvaging->store, &identities, salvaging->sealed, &output, &salvaging->totals, &err);
	struct err late = {0};

	if (!ok && err.kind == ERR_STOPPED)
		text_addf(&salvaging->lines, "stopped\t\t\t\tnot looked at: %llu\n",
		    (unsigned long long)salvaging->totals.left);
	bool written = flush_report(salvaging, &late) &&
		       tree_finish(TAKE(salvaging->report), salvaging->report_at, &times, &late);

	say_result(salvaging, written);
	if (ok && salvaging->locked) {
		fail(&err, ERR_KEY, "volumes that none of the keys given opens: %zu",
		    salvaging->locked);
		(void)command_fail_about(bundle, &err);
	}
	if (!ok && err.kind == ERR_FULL)
		fail_in(&err, "'%s'", salvaging->directory);
	if (!ok)
		return command_fail_about(bundle, &err);
	if (!written) {
		fail_in(&late, "'%s/%s'", salvaging->directory, REPORT_NAME);
		return command_fail_about(bundle, &late);
	}
	const struct salvage_totals *totals = &salvaging->totals;
	bool is_good = salvaging->sealed && !totals->partial && !totals->lost &&
		       totals->unproven == 0 && totals->volumes_unlisted == 0 &&
		       totals->volumes_bad == 0 && totals->volumes_missing == 0 &&
		       totals->rows_bad == 0 && totals->names_bad == 0 &&
		       totals->headers_other == 0 && salvaging->failed == 0;

	return is_good ? EXIT_COMPLETE : EXIT_GAPS;
}

static int run(int argc, char **argv)
{
	struct salvaging salvaging = {.apart = 10};
	struct option options[OPTIONS];
	size_t count = make_options(&salvaging, options);
	struct err err = {0};
	int code;

	salvaging.lines.ceiling = 4 * REPORT_ROOM;
	if (!options_parse(options, count, argc, argv, &salvaging.operands, &err))
		code = command_fail(&err);
	else
		code = salvage(&salvaging);
	if (salvaging.file)
		tree_abandon(salvaging.file);
	if (salvaging.report)
		tree_abandon(salvaging.report);
	tree_close(salvaging.tree);
	bundle_close(salvaging.sealed);
	store_free(salvaging.store);
	trust_free(&salvaging.trust);
	text_list_free(&salvaging.operands);
	text_free(&salvaging.lines);
	return code;
}

const struct command command_salvage = {
    .name = "salvage",
    .summary = "take what a damaged bundle still holds",
    .usage = "kanshiki salvage BUNDLE -C DIR --keys KEYDIR | --identity FILE",
    .run = run,
    .stop_is_gap = true,
    .help = help,
};
