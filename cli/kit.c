/* kanshiki kit new: a field kit and the keys behind it. */
#include "cli/command.h"
#include "cli/kit_new.h"
#include "core/options.h"
#include "core/time.h"
#include "core/tr.h"
#include "bundle/issue.h"
#include "collectors/collection.h"
#include "platform/clock.h"
#include "platform/console.h"

#include <string.h>

#define OPTIONS      6
#define DEFAULT_DAYS 90

struct request {
	struct kit_order order;
	uint64_t days;
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
	    {"exe", 0, OPTION_LIST, &order->programs, "FILE",
		"kanshiki.exe to put in, for x64 and x86 (default: found beside this program)"},
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
	options_help(options, OPTIONS, out);
}

static bool parse(
    int argc, char **argv, struct request *request, struct text_list *operands, struct err *err)
{
	struct option options[OPTIONS];

	request->days = DEFAULT_DAYS;
	request->order.profile = "default";
	make_options(request, options);
	if (!options_parse(options, OPTIONS, argc, argv, operands, err))
		return false;
	if (operands->count != 2 || strcmp(operands->at[0], "new") != 0)
		return fail(err, ERR_USAGE, "kanshiki kit new DIR --keys KEYDIR");
	if (!request->order.keys || !*request->order.keys)
		return fail(err, ERR_USAGE, "--keys KEYDIR is missing: where the keys are kept");
	if (request->days < 1 || request->days > ISSUE_DAYS_MAX)
		return fail(err, ERR_USAGE, "--days takes 1 to %d", ISSUE_DAYS_MAX);
	/* On site it would be too late. */
	if (!collection_check_profile(request->order.profile, err))
		return false;
	request->order.directory = operands->at[1];
	request->order.days = (unsigned)request->days;
	request->order.now = clock_now();
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

	if (!parse(argc, argv, &request, &operands, &err) || !kit_new(&request.order, &made, &err))
		return command_fail(&err);
	return tell(&request.order, &made);
}

const struct command command_kit = {
    .name = "kit",
    .summary = "make a field kit: the folder that a responder carries on a USB disk",
    .usage = "kanshiki kit new DIR --keys KEYDIR [--name NAME] [--recipient AGE1...]...\n"
	     "                 [--days N] [--profile NAME] [--exe FILE]...",
    .run = run,
    .help = help,
};
