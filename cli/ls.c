/* kanshiki ls: what a bundle holds, one path per line. */
#include "bundle/row.h"
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/opening.h"
#include "core/json.h"
#include "core/time.h"
#include "core/tr.h"
#include "platform/console.h"

#define OPTIONS (TRUST_OPTIONS + 3)

struct request {
	struct opening opening;
	bool is_long, json, all;
	struct text_list operands;
	struct text_list patterns; /* operands behind the bundle */
};

static void make_options(struct request *request, struct option options[OPTIONS])
{
	const struct option own[] = {
	    {"long", 'l', OPTION_FLAG, &request->is_long, NULL,
		"also size, time of the last change and status"},
	    {"all", 'a', OPTION_FLAG, &request->all, NULL,
		"also what could not be taken, and directories"},
	    {"json", 0, OPTION_FLAG, &request->json, NULL,
		"print the whole row of each, one JSON object per line"},
	};

	trust_options(&request->opening.trust, options);
	memcpy(options + TRUST_OPTIONS, own, sizeof(own));
}

static void help(struct text *out)
{
	struct request request = {0};
	struct option options[OPTIONS];

	make_options(&request, options);
	text_adds(out, tr("Example: kanshiki ls nocase_PC1_20261120T220000Z_01234567 --keys keys "
			  "'**/*.evtx'\n\n"));
	options_help(options, OPTIONS, out);
}

/* "12345  2026-11-20T22:00:00Z  taken  PATH" */
static bool add_long(const struct bundle_row_view *view, struct text *out, struct err *err)
{
	CLEANUP(row_free) struct row row = {0};
	char time[TIME_ISO_ROOM] = "-                  ";

	if (!row_parse(view->json, &row, err))
		return false;
	if (row.times.modified)
		time_iso(row.times.modified, time);
	time[19] = 0;
	text_addf(out, "%14llu  %s  ", (unsigned long long)view->size, time);
	text_add_printable(out, row.status.len ? row.status : bytes_of("-"));
	text_adds(out, "  ");
	text_add_printable(out, view->path);
	if (view->same_as.len) {
		text_adds(out, "  = ");
		text_add_printable(out, view->same_as);
	} else if (row.reason.len) {
		text_adds(out, "  (");
		text_add_printable(out, row.reason);
		text_addc(out, ')');
	}
	text_addc(out, '\n');
	return true;
}

static bool add_row(const struct request *request, const struct bundle_row_view *view,
    struct text *out, struct err *err)
{
	if (request->json) {
		json_copy(&(struct json){.to = out}, view->json);
		text_addc(out, '\n');
	} else if (request->is_long) {
		if (!add_long(view, out, err))
			return false;
	} else {
		text_add_printable(out, view->path);
		text_addc(out, '\n');
	}
	return text_ok(out, err);
}

static bool list(struct request *request, struct sink *sink, struct err *err)
{
	struct bundle_reader *reader = request->opening.reader;
	CLEANUP(text_free) struct text line = {0};
	bool any = false;

	for (size_t i = 0; i < bundle_row_count(reader); i++) {
		struct bundle_row_view view;
		struct err why = {0};

		if (console_stopped())
			return fail(err, ERR_STOPPED, "stopped by you");
		/* It could be read before; the others may be. */
		if (!bundle_row_at(reader, i, &view, &why)) {
			opening_problem(&request->opening, &why);
			continue;
		}
		if ((!request->all && !view.taken && view.same_as.len == 0) ||
		    !listing_matches(&request->patterns, view.path))
			continue;
		any = true;
		text_clear(&line);
		if (!add_row(request, &view, &line, err) ||
		    !sink->write(sink, text_bytes(&line), err))
			return false;
	}
	if (request->patterns.count && !any)
		return fail(err, ERR_MISSING,
		    request->all ? "nothing in the bundle matches"
				 : "nothing in the bundle matches; --all lists also what was not "
				   "taken");
	return sink->finish(sink, err);
}

static bool ls(struct request *request, struct err *err)
{
	CLEANUP(sink_free) struct sink *sink = NULL;

	if (request->operands.count == 0)
		return fail(err, ERR_USAGE, "ls takes a bundle, none was given");
	for (size_t i = 1; i < request->operands.count; i++)
		if (!text_list_add(&request->patterns, bytes_of(request->operands.at[i]), err))
			return false;
	if (!opening_rows(&request->opening, request->operands.at[0], err))
		return false;
	sink = console_sink();
	return sink ? list(request, sink, err) : fail(err, ERR_MEMORY, "no memory for output");
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	struct option options[OPTIONS];
	struct err err = {0};
	int code = EXIT_COMPLETE;

	make_options(&request, options);
	if (!options_parse(options, OPTIONS, argc, argv, &request.operands, &err) ||
	    !ls(&request, &err))
		code = opening_fail(&request.opening, &err);
	else if (request.opening.problems.count)
		code = EXIT_BAD_INPUT;
	else if (request.opening.is_unfinished)
		code = EXIT_GAPS;
	opening_close(&request.opening);
	text_list_free(&request.operands);
	text_list_free(&request.patterns);
	return code;
}

const struct command command_ls = {
    .name = "ls",
    .summary = "list what a bundle holds, one path per line",
    .usage = "kanshiki ls BUNDLE [PATTERN...] --keys KEYDIR | --ca FILE --identity FILE",
    .run = run,
    .help = help,
};
