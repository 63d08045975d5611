/* kanshiki countersign: a second person signs a bundle's seal, in a file of its own. */
#include "bundle/countersign.h"
#include "cli/command.h"
#include "cli/opening.h"
#include "core/options.h"
#include "core/tr.h"
#include "platform/clock.h"
#include "platform/console.h"
#include "platform/file.h"

#include <string.h>

#define OPTIONS   2
#define PEM_BYTES ((size_t)256 << 10)

struct request {
	const char *key, *certificate;
};

static void make_options(struct request *request, struct option options[OPTIONS])
{
	const struct option rows[OPTIONS] = {
	    {"key", 0, OPTION_TEXT, &request->key, "FILE",
		"private key of the second signer (PEM, ECDSA P-256, not encrypted)"},
	    {"cert", 0, OPTION_TEXT, &request->certificate, "FILE",
		"certificate of the second signer (PEM)"},
	};

	memcpy(options, rows, sizeof(rows));
}

static void help(struct text *out)
{
	struct request request = {0};
	struct option options[OPTIONS];

	make_options(&request, options);
	text_adds(out,
	    tr("Example: kanshiki countersign BUNDLE --key witness.key --cert witness.pem\n\n"));
	options_help(options, OPTIONS, out);
}

static bool sign(const struct request *request, const char *bundle, struct err *err)
{
	CLEANUP(text_free) struct text out = {0};
	CLEANUP(text_free) struct text sealed = {0};
	CLEANUP(text_free) struct text certificate = {0};
	CLEANUP(text_wipe) struct text key = {0};
	CLEANUP(text_free) struct text p7s = {0};

	file_join(&out, bundle, COUNTERSIGN_NAME);
	if (!text_ok(&out, err) || !opening_seal_bytes(bundle, &sealed, err) ||
	    !file_read_all(request->certificate, PEM_BYTES, &certificate, err) ||
	    !file_read_all(request->key, PEM_BYTES, &key, err))
		return false;
	if (!countersign(text_bytes(&sealed), text_bytes(&certificate), text_bytes(&key),
		clock_now(), &p7s, err)) {
		trust_blame_choice(err, text_bytes(&certificate), "-----BEGIN CERT");
		trust_blame_choice(err, text_bytes(&key), "PRIVATE KEY-----");
		return fail_in(err, "'%s' with '%s'", request->key, request->certificate);
	}
	return file_write_all(text_string(&out), text_bytes(&p7s), false, err);
}

/* As people mostly get it wrong: one of three is missing. */
static bool check(const struct request *request, const struct text_list *operands, struct err *err)
{
	if (operands->count > 1)
		return fail(err, ERR_USAGE, "countersign takes no '%s'", operands->at[1]);
	if (operands->count == 1 && request->key && request->certificate)
		return true;
	return fail(err, ERR_USAGE,
	    "%s is missing: kanshiki countersign BUNDLE --key FILE --cert FILE",
	    operands->count == 0 ? "BUNDLE"
	    : !request->key      ? "--key"
				 : "--cert");
}

static int run(int argc, char **argv)
{
	CLEANUP(text_list_free) struct text_list operands = {0};
	struct request request = {0};
	struct option options[OPTIONS];
	struct err err = {0};

	make_options(&request, options);
	if (!options_parse(options, OPTIONS, argc, argv, &operands, &err))
		return command_fail(&err);
	if (!check(&request, &operands, &err))
		return command_fail(&err);
	if (!sign(&request, operands.at[0], &err))
		return command_fail_about(operands.at[0], &err);
	say(tr("countersigned: '%s' was added\n"), COUNTERSIGN_NAME);
	return EXIT_COMPLETE;
}

const struct command command_countersign = {
    .name = "countersign",
    .summary = "add the signature of a second person to a bundle",
    .usage = "kanshiki countersign BUNDLE --key FILE --cert FILE",
    .run = run,
    .help = help,
};
