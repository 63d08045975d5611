/* kanshiki kit new, list, revoke: field kits and the keys behind them. */
#include "cli/command.h"
#include "cli/kit_new.h"
#include "cli/kit_office.h"
#include "core/options.h"
#include "core/time.h"
#include "core/tr.h"
#include "bundle/issue.h"
#include "bundle/kit.h"
#include "collectors/collection.h"
#include "platform/clock.h"
#include "platform/console.h"

#include <string.h>

#define OPTIONS      8
#define DEFAULT_DAYS 90

struct request {
	struct kit_order order;
	uint64_t days;
	const char *public; /* "names", "ids" */
	const char *since;  /* of a revocation */
	uint64_t revoked_from;
};

static void request_free_at(struct request *request)
{
	text_list_free(&request->order.recipients);
	text_list_free(&request->order.programs);
}

static void make_options(struct request *request, struct option options[OPTIONS])
{
	struct kit_order *order = &request->order;
	const struct option rows[OPTIONS] = {
	    {"keys", 0, OPTION_TEXT, &order->keys, "KEYDIR",
		"where the office keeps its keys; made if missing, never part of the kit"},
	    {"name", 0, OPTION_TEXT, &order->name, "NAME",
		"name of the kit, as its seals will show it (default: kit-DATE-RANDOM)"},
	    {"recipient", 0, OPTION_LIST, &order->recipients, "AGE1...",
		"who may open the bundles too, beside the recipient of KEYDIR; may be repeated"},
	    {"days", 0, OPTION_NUMBER, &request->days, "N",
		"how long the kit may seal (default: 90 days)"},
	    {"profile", 0, OPTION_TEXT, &order->profile, "NAME",
		"what the kit collects unless told otherwise (default: default)"},
	    {"public", 0, OPTION_TEXT, &request->public, "WHAT",
		"what shows outside of its bundles: names (default), or ids alone"},
	    {"exe", 0, OPTION_LIST, &order->programs, "FILE",
		"kanshiki.exe to put in, for x64 and x86 (default: found beside this program)"},
	    {"since", 0, OPTION_TEXT, &request->since, "TIME",
		"revoke: from when on its seals are not to be believed (default: now)"},
	};

	memcpy(options, rows, sizeof(rows));
}

static void help(struct text *out)
{
	struct request request = {0};
	struct option options[OPTIONS];

	make_options(&request, options);
	text_adds(
	    out, tr("Example: kanshiki kit new /media/usb --keys ~/soc-keys --name team-3\n\n"));
	text_adds(out, tr("kit list shows the kits that were issued, kit revoke ends one that was "
			  "lost; both take --keys.\n\n"));
	options_help(options, OPTIONS, out);
}

static bool is_word(const struct text_list *operands, const char *word, size_t count)
{
	return operands->count == count && strcmp(operands->at[0], word) == 0;
}

/* list and revoke take --keys, revoke also --since. */
static bool parse_office(struct request *request, const struct text_list *operands, struct err *err)
{
	const struct kit_order *order = &request->order;

	if (order->name || order->profile || request->public || order->recipients.count ||
	    order->programs.count || request->days != DEFAULT_DAYS ||
	    (request->since && operands->count == 1))
		return fail(err, ERR_USAGE, "kit %s does not take that option", operands->at[0]);
	request->revoked_from = order->now;
	if (request->since && !time_parse(request->since, &request->revoked_from, NULL))
		return fail(err, ERR_USAGE,
		    "--since takes a time like 2026-11-20T22:00:00Z, not '%s'", request->since);
	return true;
}

static int revoke(const struct request *request, const char *name)
{
	CLEANUP(text_free) struct text shown = {0};
	char since[TIME_ISO_ROOM];
	struct err err = {0};

	if (!kit_revoke(request->order.keys, name, request->revoked_from, request->order.now, &err))
		return command_fail(&err);
	text_add_printable(&shown, bytes_of(name));
	time_iso(request->revoked_from, since);
	say(tr("kit '%s' is revoked from %.19sZ on. Send evidence-ca.crl to all who verify with "
	       "their own copy of the keys\n"),
	    text_string(&shown), since);
	return EXIT_COMPLETE;
}

static bool parse(
    int argc, char **argv, struct request *request, struct text_list *operands, struct err *err)
{
	struct option options[OPTIONS];

	request->days = DEFAULT_DAYS;
	make_options(request, options);
	if (!options_parse(options, OPTIONS, argc, argv, operands, err))
		return false;
	request->order.now = clock_now();
	if (!request->order.keys || !*request->order.keys)
		return fail(err, ERR_USAGE, "--keys KEYDIR is missing: where the keys are kept");
	if (is_word(operands, "list", 1) || is_word(operands, "revoke", 2))
		return parse_office(request, operands, err);
	if (!is_word(operands, "new", 2) || request->since)
		return fail(err, ERR_USAGE,
		    "kanshiki kit new DIR --keys KEYDIR, kit list or kit revoke NAME");
	if (!request->order.profile)
		request->order.profile = "default";
	if (request->days < 1 || request->days > ISSUE_DAYS_MAX)
		return fail(err, ERR_USAGE, "--days takes 1 to %d", ISSUE_DAYS_MAX);
	/* On site it would be too late. */
	if ((request->public &&
		!kit_public_parse(request->public, &request->order.ids_only, err)) ||
	    !collection_check_profile(request->order.profile, err))
		return false;
	request->order.directory = operands->at[1];
	request->order.days = (unsigned)request->days;
	return true;
}

static void say_keys(const struct kit_order *order, const struct kit_made *made)
{
	if (made->new_ca)
		say(tr(
		    "made: evidence-ca.pem and evidence-ca.key, the evidence CA of the office\n"));
	if (made->new_recipient)
		say(tr("made: recipient.key, the key that opens the bundles\n"));
	say(tr("\nSecret, and never to travel with the kit or be sent: evidence-ca.key and "
	       "recipient.key\n"
	       "in '%s'. Keep a copy of recipient.key in a safe: without it no bundle opens.\n"),
	    order->keys);
	say(tr("In the kit only seal.key is secret: whoever has it can seal in the kit's name.\n"
	       "The kit holds no key that opens a bundle.\n"));
}

static int tell(const struct kit_order *order, const struct kit_made *made)
{
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(text_free) struct text path = {0};
	char expires[TIME_ISO_ROOM];

	text_add_printable(&name, text_bytes(&made->name));
	text_addf(&path, "%s\n", order->directory);
	time_iso(made->expires, expires);
	say(tr("kit '%s' is ready; it can seal until %.10s (UTC)\n"), text_string(&name), expires);
	if (made->programs == 0)
		say(tr("no kanshiki.exe was found to put into it; give it with --exe FILE\n"));
	say_keys(order, made);
	return console_write(text_bytes(&path), NULL) ? EXIT_COMPLETE : EXIT_IO;
}

static int run(int argc, char **argv)
{
	CLEANUP(request_free) struct request request = {0};
	CLEANUP(text_list_free) struct text_list operands = {0};
	CLEANUP(kit_made_free) struct kit_made made = {0};
	struct err err = {0};

	if (!parse(argc, argv, &request, &operands, &err))
		return command_fail(&err);
	if (is_word(&operands, "list", 1))
		return kit_list(request.order.keys);
	if (is_word(&operands, "revoke", 2))
		return revoke(&request, operands.at[1]);
	if (!kit_new(&request.order, &made, &err))
		return command_fail(&err);
	return tell(&request.order, &made);
}

const struct command command_kit = {
    .name = "kit",
    .summary = "make, list and revoke field kits: the folders that responders carry on USB disks",
    .usage = "kanshiki kit new DIR --keys KEYDIR [--name NAME] [--recipient AGE1...]...\n"
	     "                 [--days N] [--profile NAME] [--exe FILE]...\n"
	     "kanshiki kit list --keys KEYDIR\n"
	     "kanshiki kit revoke NAME --keys KEYDIR [--since TIME]",
    .run = run,
    .help = help,
};
