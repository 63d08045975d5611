/* kanshiki kit new, renew, list, revoke: field kits and the keys behind them. */
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

#define OPTIONS      11
#define DEFAULT_DAYS 90

enum { NEW = 1, RENEW = 2, LIST = 4, REVOKE = 8 }; /* subcommands, as a set */

struct request {
	struct kit_order order;
	uint64_t days;
	const char *public; /* "names", "ids" */
	const char *since;  /* of a revocation */
	uint64_t revoked_from;
	unsigned word; /* which subcommand */
};

static void request_free_at(struct request *request)
{
	text_list_free(&request->order.recipients);
	text_list_free(&request->order.programs);
	text_list_free(&request->order.unlocks);
	passphrase_free(&request->order.passphrase);
}

static const struct word {
	const char *name;
	unsigned is;
	size_t operands; /* itself counted */
	const char *needs;
} words[] = {
    {"new", NEW, 2, "DIR"},
    {"renew", RENEW, 2, "DIR"},
    {"list", LIST, 1, NULL},
    {"revoke", REVOKE, 2, "NAME"},
};

/* takers[i]: the subcommands that take options[i]. */
static void make_options(
    struct request *request, struct option options[OPTIONS], unsigned takers[OPTIONS])
{
	struct kit_order *order = &request->order;
	const struct {
		struct option option;
		unsigned takers;
	} rows[OPTIONS] = {
	    {{"keys", 0, OPTION_TEXT, &order->keys, "KEYDIR",
		 "where the office keeps its keys; made if missing, never part of the kit"},
		NEW | RENEW | LIST | REVOKE},
	    {{"name", 0, OPTION_TEXT, &order->name, "NAME",
		 "name of the kit, as its seals will show it (default: kit-DATE-RANDOM)"},
		NEW},
	    {{"recipient", 0, OPTION_LIST, &order->recipients, "[NAME=]AGE1...",
		 "who may open the bundles too, beside the recipient of KEYDIR; may be repeated"},
		NEW},
	    {{"unlock", 0, OPTION_LIST, &order->unlocks, "WHO",
		 "put in a key for WHO to open bundles with, under a passphrase; may be repeated"},
		NEW},
	    {{"seal-passphrase", 0, OPTION_FLAG, &order->locks_seal, NULL,
		 "put the seal's key under a passphrase: who finds the kit cannot seal"},
		NEW | RENEW},
	    {PASSPHRASE_OPTION(&order->passphrase), NEW | RENEW},
	    {{"days", 0, OPTION_NUMBER, &request->days, "N",
		 "how long the kit may seal (default: 90 days)"},
		NEW | RENEW},
	    {{"profile", 0, OPTION_TEXT, &order->profile, "NAME",
		 "what the kit collects unless told otherwise (default: default)"},
		NEW},
	    {{"public", 0, OPTION_TEXT, &request->public, "WHAT",
		 "what shows outside of its bundles: names (default), or ids alone"},
		NEW},
	    {{"exe", 0, OPTION_LIST, &order->programs, "FILE",
		 "kanshiki.exe to put in, for x64 and x86 (default: found beside this program)"},
		NEW},
	    {{"since", 0, OPTION_TEXT, &request->since, "TIME",
		 "revoke: from when on its seals are not to be believed (default: now)"},
		REVOKE},
	};

	for (size_t i = 0; i < OPTIONS; i++) {
		options[i] = rows[i].option;
		takers[i] = rows[i].takers;
	}
}

static void help(struct text *out)
{
	struct request request = {0};
	struct option options[OPTIONS];
	unsigned takers[OPTIONS];

	make_options(&request, options, takers);
	text_adds(
	    out, tr("Example: kanshiki kit new /media/usb --keys ~/soc-keys --name team-3\n\n"));
	text_adds(
	    out, tr("kit list shows the kits that were issued, kit renew gives one a new seal, "
		    "kit revoke ends one that was lost; all take --keys.\n\n"));
	options_help(options, OPTIONS, out);
}

static const struct word *find_word(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(name, words[i].name) == 0)
			return &words[i];
	return NULL;
}

static bool take_word(struct request *request, const struct text_list *operands, struct err *err)
{
	if (operands->count == 0)
		return fail(err, ERR_USAGE,
		    "kanshiki kit new DIR --keys KEYDIR, kit renew DIR, kit list or kit revoke "
		    "NAME");
	const struct word *word = find_word(operands->at[0]);

	if (!word)
		return fail(err, ERR_USAGE, "no 'kit %s'; there are new, renew, list and revoke",
		    operands->at[0]);
	if (operands->count < word->operands)
		return fail(err, ERR_USAGE, "kit %s needs a %s", word->name, word->needs);
	if (operands->count > word->operands)
		return fail(err, ERR_USAGE, "kit %s takes no '%s'", word->name,
		    operands->at[word->operands]);
	request->word = word->is;
	return true;
}

static bool is_given(const struct option *option)
{
	switch (option->kind) {
	case OPTION_FLAG:
		return *(const bool *)option->to;
	case OPTION_TEXT:
		return *(const char *const *)option->to != NULL;
	case OPTION_LIST:
		return ((const struct text_list *)option->to)->count != 0;
	case OPTION_NUMBER:
		return *(const uint64_t *)option->to != DEFAULT_DAYS; /* the only one */
	}
	return false;
}

static bool check_options(const struct request *request, const struct option options[OPTIONS],
    const unsigned takers[OPTIONS], const char *word, struct err *err)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (!(takers[i] & request->word) && is_given(&options[i]))
			return fail(
			    err, ERR_USAGE, "kit %s does not take --%s", word, options[i].name);
	return true;
}

static bool take_values(struct request *request, const char *directory, struct err *err)
{
	struct kit_order *order = &request->order;

	if (!order->keys || !*order->keys)
		return fail(err, ERR_USAGE, "--keys KEYDIR is missing: where the keys are kept");
	if (request->days < 1 || request->days > ISSUE_DAYS_MAX)
		return fail(err, ERR_USAGE, "--days takes 1 to %d", ISSUE_DAYS_MAX);
	if (!order->profile)
		order->profile = "default";
	order->now = clock_now();
	order->directory = directory;
	order->days = (unsigned)request->days;
	request->revoked_from = order->now;
	if (request->since && !time_parse_zoned(request->since, &request->revoked_from, err))
		return fail_in(err, "--since");
	if (request->public && !kit_public_parse(request->public, &order->ids_only, err))
		return false;
	/* On site it would be too late. */
	return collection_check_profile(order->profile, err);
}

static bool parse(
    int argc, char **argv, struct request *request, struct text_list *operands, struct err *err)
{
	struct option options[OPTIONS];
	unsigned takers[OPTIONS];

	request->days = DEFAULT_DAYS;
	make_options(request, options, takers);
	return options_parse(options, OPTIONS, argc, argv, operands, err) &&
	       take_word(request, operands, err) &&
	       check_options(request, options, takers, operands->at[0], err) &&
	       take_values(request, operands->count > 1 ? operands->at[1] : "", err);
}

static int revoke(const struct request *request)
{
	CLEANUP(text_free) struct text shown = {0};
	const struct kit_order *order = &request->order;
	char since[TIME_ISO_ROOM];
	struct err err = {0};

	if (!kit_revoke(order->keys, order->directory, request->revoked_from, order->now, &err))
		return command_fail(&err);
	text_add_printable(&shown, bytes_of(order->directory));
	time_iso(request->revoked_from, since);
	say(tr("kit '%s' is revoked from %.19sZ on. Send evidence-ca.crl to all who verify with "
	       "their own copy of the keys\n"),
	    text_string(&shown), since);
	return EXIT_COMPLETE;
}

/* Also when the kit failed: keys that were made are there, if not all. */
static void say_made(const struct kit_order *order, const struct kit_made *made, bool has_all)
{
	if (made->new_ca)
		say(tr(
		    "made: evidence-ca.pem and evidence-ca.key, the evidence CA of the office\n"));
	if (made->new_recipient)
		say(tr("made: recipient.key, the key that opens the bundles\n"));
	if (!has_all)
		return;
	say(tr("\nSecret, and never to travel with the kit or be sent: evidence-ca.key and "
	       "recipient.key\n"
	       "in '%s'. Keep a copy of recipient.key in a safe: without it no bundle opens.\n"),
	    order->keys);
}

static void say_keys(const struct kit_order *order, const struct kit_made *made)
{
	say_made(order, made, true);
	say(order->locks_seal ? tr("In the kit only seal.key is secret: whoever has it and its "
				   "passphrase can seal in the kit's name.\n")
			      : tr("In the kit only seal.key is secret: whoever has it can seal in "
				   "the kit's name.\n"));
	say(order->unlocks.count
		? tr("The kit holds keys that open bundles, each under the passphrase you chose: "
		     "unlock.WHO.age.\n")
		: tr("The kit holds no key that opens a bundle.\n"));
}

/* stdout gets the kit's directory. */
static int tell(const struct request *request, const struct kit_made *made)
{
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(text_free) struct text path = {0};
	const struct kit_order *order = &request->order;
	char expires[TIME_ISO_ROOM];

	text_add_printable(&name, text_bytes(&made->name));
	text_addf(&path, "%s\n", order->directory);
	time_iso(made->expires, expires);
	if (request->word == RENEW) {
		say(tr("kit '%s' is renewed; it can seal until %.10s (UTC)\n"), text_string(&name),
		    expires);
	} else {
		say(tr("kit '%s' is ready; it can seal until %.10s (UTC)\n"), text_string(&name),
		    expires);
		if (made->programs == 0)
			say(tr("no kanshiki.exe was found to put into it; give it with --exe "
			       "FILE\n"));
		say_keys(order, made);
	}
	DISCARD(console_write(text_bytes(&path), NULL));
	return EXIT_COMPLETE; /* main tells what did not go out */
}

static int run(int argc, char **argv)
{
	CLEANUP(request_free) struct request request = {0};
	CLEANUP(text_list_free) struct text_list operands = {0};
	CLEANUP(kit_made_free) struct kit_made made = {0};
	struct kit_order *order = &request.order;
	struct err err = {0};

	if (!parse(argc, argv, &request, &operands, &err))
		return command_fail(&err);
	if (request.word == LIST)
		return kit_list(order->keys);
	if (request.word == REVOKE)
		return revoke(&request);
	if (request.word == NEW ? kit_new(order, &made, &err) : kit_renew(order, &made, &err))
		return tell(&request, &made);
	int code = command_fail(&err);

	/* A disk that is read-only, or a place that cannot be: as collect and extract say it. */
	if (made.is_writing && (err.kind == ERR_DENIED || err.kind == ERR_MISSING))
		code = EXIT_CANNOT_CREATE;
	if (made.new_ca || made.new_recipient)
		say_made(order, &made, made.new_recipient);
	return code;
}

const struct command command_kit = {
    .name = "kit",
    .summary =
	"make, list, renew and revoke field kits: the folders that responders carry on USB disks",
    .usage = "kanshiki kit new DIR --keys KEYDIR [--name NAME] [--recipient [NAME=]AGE1...]... "
	     "[--unlock WHO]... [--seal-passphrase] [--passphrase-file FILE] [--days N] "
	     "[--profile NAME] [--public WHAT] [--exe FILE]...\n"
	     "kanshiki kit renew DIR --keys KEYDIR [--days N] [--seal-passphrase] "
	     "[--passphrase-file FILE]\n"
	     "kanshiki kit list --keys KEYDIR\n"
	     "kanshiki kit revoke NAME --keys KEYDIR [--since TIME]",
    .run = run,
    .stop_is_gap = true,
    .help = help,
};
