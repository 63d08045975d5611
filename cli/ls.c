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
	struct listing listing;
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
		    !listing_matches(&request->listing, view.path))
			continue;
		text_clear(&line);
		if (!add_row(request, &view, &line, err) ||
		    !sink->write(sink, text_bytes(&line), err))
			return false;
	}
	return sink->finish(sink, err);
}

static bool ls(struct request *request, struct err *err)
{
	CLEANUP(sink_free) struct sink *sink = NULL;

	if (request->operands.count == 0)
		return fail(err, ERR_USAGE, "ls takes a bundle, none was given");
	if (!listing_start(&request->listing, &request->operands, err) ||
	    !opening_rows(&request->opening, request->operands.at[0], err))
		return false;
	sink = console_sink();
	return sink ? list(request, sink, err) : fail(err, ERR_MEMORY, "no memory for output");
}

static int list_all(struct request *request)
{
	struct err err = {0};

	if (!ls(request, &err))
		return opening_fail(&request->opening, &err);
	size_t missed = listing_say_missed(&request->listing, request->opening.path);

	if (missed && missed == request->listing.count)
		return EXIT_NO_INPUT;
	if (request->opening.problems.count)
		return EXIT_BAD_INPUT;
	return missed || request->opening.is_unfinished ? EXIT_GAPS : EXIT_COMPLETE;
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	struct option options[OPTIONS];
	struct err err = {0};
	int code;

	make_options(&request, options);
	if (!options_parse(options, OPTIONS, argc, argv, &request.operands, &err))
		code = opening_fail(&request.opening, &err);
	else
		code = list_all(&request);
	opening_close(&request.opening);
	listing_free(&request.listing);
	text_list_free(&request.operands);
	return code;
}

const struct command command_ls = {
    .name = "ls",
    .summary = "list what a bundle holds, one path per line",
    .usage = "kanshiki ls BUNDLE [PATTERN...] --keys KEYDIR | --ca FILE --identity FILE",
    .run = run,
    .help = help,
};
