/* kanshiki cat: the bytes of one member to stdout, its hash checked at the end. */
#include "cli/command.h"
#include "cli/listing.h"
#include "cli/opening.h"
#include "cli/member.h"
#include "core/tr.h"
#include "platform/console.h"

static void help(struct text *out)
{
	struct trust trust = {0};
	struct option options[TRUST_OPTIONS];

	trust_options(&trust, options);
	text_adds(out, tr("Example: kanshiki cat BUNDLE 'fs/C/Windows/System32/config/SYSTEM' "
			  "--keys keys > SYSTEM\n\n"));
	options_help(options, TRUST_OPTIONS, out);
}

static bool copy_to_stdout(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	struct sink *sink = context;

	(void)at;
	return sink->write(sink, piece, err);
}

/* The one path that is meant without regard to case; *out stays empty when none is, or several are. */
static bool find_any_case(
    struct bundle_reader *reader, struct bytes wanted, struct text *out, struct err *err)
{
	for (size_t i = 0; i < bundle_row_count(reader); i++) {
		struct bundle_row_view view;
		struct err why = {0};

		if (console_stopped())
			return fail(err, ERR_STOPPED, "stopped by you");
		if (!bundle_row_at(reader, i, &view, &why) || !text_same_name(view.path, wanted) ||
		    bytes_equal(view.path, text_bytes(out)))
			continue;
		if (out->len) {
			text_clear(out);
			return true;
		}
		text_add(out, view.path);
	}
	return text_ok(out, err);
}

static bool is_meta(const struct bundle_reader *reader, const char *path)
{
	const char *name;

	for (size_t i = 0; (name = bundle_meta_name(reader, i)); i++)
		if (strncmp(path, "meta/", 5) == 0 && strcmp(path + 5, name) == 0)
			return true;
	return false;
}

/* The path in the bundle that was typed, as it is or as Windows writes it. */
static bool find_path(
    struct bundle_reader *reader, const char *typed, struct text *out, struct err *err)
{
	CLEANUP(text_free) struct text wanted = {0};
	struct err why = {0};
	size_t index;

	listing_path(typed, &wanted);
	if (!text_ok(&wanted, err))
		return false;
	if (bundle_row_find(reader, bytes_of(typed), &index, &why))
		text_adds(out, typed);
	else if (bundle_row_find(reader, text_bytes(&wanted), &index, NULL) ||
		 is_meta(reader, text_string(&wanted)))
		text_add(out, text_bytes(&wanted));
	else if (why.kind == ERR_MISSING && !find_any_case(reader, text_bytes(&wanted), out, err))
		return false;
	if (out->len == 0)
		text_adds(out, typed);
	return text_ok(out, err);
}

static bool cat(struct opening *opening, const struct text_list *operands, struct err *err)
{
	CLEANUP(sink_free) struct sink *sink = NULL;
	CLEANUP(member_close) struct member member = {0};
	CLEANUP(text_free) struct text path = {0};

	if (operands->count != 2)
		return fail(err, ERR_USAGE,
		    "cat takes a bundle and a path in it, %zu words were given", operands->count);
	if (!opening_rows(opening, operands->at[0], err) ||
	    !find_path(opening->reader, operands->at[1], &path, err) ||
	    !member_open(opening->reader, text_string(&path), &member, err))
		return false;
	sink = console_sink();
	if (!sink)
		return fail(err, ERR_MEMORY, "no memory for output");
	if (member.is_sparse)
		say(tr("kanshiki: note: only its allocated parts are stored, and printed; extract "
		       "makes "
		       "the file with its holes\n"));
	if (member.reason.len)
		say(tr("kanshiki: note: it was taken only in part: %s\n"),
		    text_string(&member.reason));
	bool copied = member_copy(&member, copy_to_stdout, sink, err);
	struct err late = {0};

	if (!sink->finish(sink, &late) && copied) {
		*err = late;
		return false;
	}
	/* Not whole, or not what it should be. */
	if (!copied && (err->kind == ERR_DAMAGED || err->kind == ERR_STOPPED))
		say(tr("kanshiki: what was printed is not to be used\n"));
	return copied;
}

static int run(int argc, char **argv)
{
	CLEANUP(text_list_free) struct text_list operands = {0};
	struct opening opening = {0};
	struct option options[TRUST_OPTIONS];
	struct err err = {0};
	int code = EXIT_COMPLETE;

	trust_options(&opening.trust, options);
	if (!options_parse(options, TRUST_OPTIONS, argc, argv, &operands, &err) ||
	    !cat(&opening, &operands, &err))
		code = opening_fail(&opening, &err);
	else if (opening.is_wrong)
		code = EXIT_BAD_INPUT;
	opening_close(&opening);
	return code;
}

const struct command command_cat = {
    .name = "cat",
    .summary = "print one file of a bundle",
    .usage = "kanshiki cat BUNDLE PATH --keys KEYDIR | --ca FILE --identity FILE",
    .run = run,
    .help = help,
};
