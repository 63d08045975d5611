/* kanshiki stamp: a time stamp over a bundle's seal, exchanged by hand (RFC 3161). */
#include "bundle/stamp.h"
#include "bundle/seal_verify.h"
#include "cli/command.h"
#include "core/options.h"
#include "core/time.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/file.h"

#include <string.h>

#define OPTIONS   3
#define SEAL_NAME "MANIFEST.p7s"
#define TSA_CA    "tsa-ca.pem"
#define PEM_BYTES ((size_t)1 << 20)

struct request {
	const char *request, *response, *keys;
};

static void make_options(struct request *request, struct option options[OPTIONS])
{
	const struct option rows[OPTIONS] = {
	    {"request", 0, OPTION_TEXT, &request->request, "FILE",
		"write the request to send to the authority; with --response: the one it answers"},
	    {"response", 0, OPTION_TEXT, &request->response, "FILE",
		"check the authority's answer and put it into the bundle"},
	    {"keys", 0, OPTION_TEXT, &request->keys, "KEYDIR",
		"directory with tsa-ca.pem, the CA of the time stamp authority; for --response"},
	};

	memcpy(options, rows, sizeof(rows));
}

static void help(struct text *out)
{
	struct request request = {0};
	struct option options[OPTIONS];

	make_options(&request, options);
	text_adds(
	    out, tr("Example: kanshiki stamp BUNDLE --request seal.tsq\n"
		    "         kanshiki stamp BUNDLE --request seal.tsq --response seal.tsr --keys "
		    "keys\n\n"));
	options_help(options, OPTIONS, out);
}

static bool read_seal(const char *bundle, struct text *sealed, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	if (file_kind(bundle) == FILE_KIND_MISSING)
		return fail(err, ERR_MISSING, "no such bundle '%s'", bundle);
	file_join(&path, bundle, SEAL_NAME);
	if (!text_ok(&path, err))
		return false;
	if (file_kind(text_string(&path)) != FILE_KIND_FILE)
		return fail(err, ERR_DAMAGED, "not a sealed bundle: there is no '%s' in '%s'",
		    SEAL_NAME, bundle);
	return file_read_all(text_string(&path), SEAL_BYTES, sealed, err);
}

static bool write_request(const struct request *request, const char *bundle, struct err *err)
{
	CLEANUP(text_free) struct text sealed = {0};
	CLEANUP(text_free) struct text tsq = {0};

	if (!read_seal(bundle, &sealed, err) || !stamp_request(text_bytes(&sealed), &tsq, err) ||
	    !file_write_all(request->request, text_bytes(&tsq), false, err))
		return false;
	say(tr("'%s' is the request; send it to the authority and give its answer with "
	       "--response\n"),
	    request->request);
	return true;
}

static bool read_tsa(const struct request *request, struct text *tsa, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, request->keys, TSA_CA);
	return text_ok(&path, err) && file_read_all(text_string(&path), PEM_BYTES, tsa, err);
}

static bool take_response(const struct request *request, const char *bundle, struct err *err)
{
	CLEANUP(text_free) struct text sealed = {0};
	CLEANUP(text_free) struct text tsq = {0};
	CLEANUP(text_free) struct text tsr = {0};
	CLEANUP(text_free) struct text tsa = {0};
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(stamp_facts_free) struct stamp_facts facts = {0};
	char when[TIME_ISO_ROOM];

	if (!read_seal(bundle, &sealed, err) || !read_tsa(request, &tsa, err) ||
	    !file_read_all(request->response, STAMP_BYTES, &tsr, err) ||
	    (request->request && !file_read_all(request->request, STAMP_BYTES, &tsq, err)))
		return false;
	if (!stamp_verify(text_bytes(&sealed), text_bytes(&tsr), text_bytes(&tsq), text_bytes(&tsa),
		&facts, err))
		return fail_in(err, "'%s'", request->response);
	file_join(&path, bundle, STAMP_NAME);
	if (!text_ok(&path, err) ||
	    !file_write_all(text_string(&path), text_bytes(&tsr), false, err))
		return false;
	time_iso(facts.at, when);
	say(tr("stamped: this seal existed at %.19sZ, says %s\n"), when,
	    text_string(&facts.authority));
	return true;
}

static bool parse(
    int argc, char **argv, struct request *request, struct text_list *operands, struct err *err)
{
	struct option options[OPTIONS];

	make_options(request, options);
	if (!options_parse(options, OPTIONS, argc, argv, operands, err))
		return false;
	if (operands->count != 1)
		return fail(
		    err, ERR_USAGE, "stamp takes one bundle, %zu were given", operands->count);
	if (!request->request && !request->response)
		return fail(err, ERR_USAGE, "give --request FILE, then --response FILE");
	if (request->response && !request->keys)
		return fail(err, ERR_USAGE,
		    "whose stamp is to be trusted? give --keys KEYDIR with tsa-ca.pem");
	return true;
}

static int run(int argc, char **argv)
{
	CLEANUP(text_list_free) struct text_list operands = {0};
	struct request request = {0};
	struct err err = {0};

	if (!parse(argc, argv, &request, &operands, &err) ||
	    !(request.response ? take_response(&request, operands.at[0], &err)
			       : write_request(&request, operands.at[0], &err)))
		return command_fail(&err);
	return EXIT_COMPLETE;
}

const struct command command_stamp = {
    .name = "stamp",
    .summary = "have the time of a bundle's seal vouched for by a time stamp authority",
    .usage = "kanshiki stamp BUNDLE --request FILE\n"
	     "kanshiki stamp BUNDLE --response FILE --keys KEYDIR [--request FILE]",
    .run = run,
    .help = help,
};
