/* kanshiki stamp: a time stamp over a bundle's seal (RFC 3161), over HTTP or exchanged by hand. */
#include "bundle/stamp.h"
#include "cli/command.h"
#include "cli/keydir.h"
#include "cli/opening.h"
#include "core/options.h"
#include "core/time.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/file.h"
#include "platform/http.h"

#include <string.h>

#define OPTIONS     6
#define TSA_CA      "tsa-ca.pem"
#define TSA_CRL     "tsa-ca.crl"
#define PEM_BYTES   ((size_t)1 << 20)
#define CRL_BYTES   ((size_t)16 << 20)
#define SECONDS     60 /* for all of an exchange */
#define SECONDS_MAX 600

struct request {
	const char *request, *response, *keys, *url, *tls_ca;
	uint64_t seconds;
	bool creating; /* what goes wrong now is with the file that was asked for */
};

static void make_options(struct request *request, struct option options[OPTIONS])
{
	const struct option rows[OPTIONS] = {
	    {"request", 0, OPTION_TEXT, &request->request, "FILE",
		"write the request to send to the authority; with --response: the one it answers"},
	    {"response", 0, OPTION_TEXT, &request->response, "FILE",
		"check the authority's answer and put it into the bundle"},
	    {"keys", 0, OPTION_TEXT, &request->keys, "KEYDIR",
		"directory with tsa-ca.pem, the CA of the time stamp authority"},
	    {"url", 0, OPTION_TEXT, &request->url, "URL",
		"ask the authority there: http:// or https://"},
	    {"tls-ca", 0, OPTION_TEXT, &request->tls_ca, "FILE",
		"whose certificates a server of https:// may show (default: the system's)"},
	    {"timeout", 0, OPTION_NUMBER, &request->seconds, "SECONDS",
		"how long the exchange may take (default: 60)"},
	};

	memcpy(options, rows, sizeof(rows));
}

static void help(struct text *out)
{
	struct request request = {0};
	struct option options[OPTIONS];

	make_options(&request, options);
	text_adds(
	    out, tr("Example: kanshiki stamp BUNDLE --url http://tsa.example.jp/ --keys keys\n"
		    "or by hand: kanshiki stamp BUNDLE --request seal.tsq\n"
		    "         kanshiki stamp BUNDLE --request seal.tsq --response seal.tsr --keys "
		    "keys\n\n"));
	options_help(options, OPTIONS, out);
}

static bool write_request(struct request *request, const char *bundle, struct err *err)
{
	CLEANUP(text_free) struct text sealed = {0};
	CLEANUP(text_free) struct text tsq = {0};

	if (!opening_seal_bytes(bundle, &sealed, err) ||
	    !stamp_request(text_bytes(&sealed), &tsq, err))
		return false;
	request->creating = true;
	if (!file_write_all(request->request, text_bytes(&tsq), false, err))
		return false;
	say(tr("'%s' is the request; send it to the authority and give its answer with "
	       "--response\n"),
	    request->request);
	return true;
}

struct authority { /* what is trusted: files of KEYDIR */
	struct text ca, crl;
};

static void authority_free_at(struct authority *authority)
{
	text_free(&authority->ca);
	text_free(&authority->crl);
}

static bool read_authority(
    const struct request *request, struct authority *authority, struct err *err)
{
	CLEANUP(text_free) struct text ca = {0};

	file_join(&ca, request->keys, TSA_CA);
	return text_ok(&ca, err) &&
	       file_read_all(text_string(&ca), PEM_BYTES, &authority->ca, err) &&
	       keydir_read(request->keys, TSA_CRL, CRL_BYTES, &authority->crl, err);
}

static bool check_unstamped(const char *path, struct err *err)
{
	return file_kind(path) == FILE_KIND_MISSING ||
	       fail(err, ERR_EXISTS, "'%s' is there already", path);
}

/* An answer is checked before it is put into the bundle. */
static bool put_stamp(const char *path, struct bytes sealed, struct bytes tsr, struct bytes tsq,
    const struct authority *authority, struct err *err)
{
	CLEANUP(stamp_facts_free) struct stamp_facts facts = {0};
	const struct stamp_trust trust = {text_bytes(&authority->ca), text_bytes(&authority->crl)};
	char when[TIME_ISO_ROOM];

	if (!stamp_verify(sealed, tsr, tsq, &trust, &facts, err) ||
	    !file_write_all(path, tsr, false, err))
		return false;
	time_iso(facts.at, when);
	say(tr("stamped: this seal existed at %.19sZ, says %s\n"), when,
	    text_string(&facts.authority));
	return true;
}

static bool ask_server(
    const struct request *request, struct bytes tsq, struct text *tsr, struct err *err)
{
	const struct http_request http = {
	    .url = request->url,
	    .type = "application/timestamp-query",
	    .wants = "application/timestamp-reply",
	    .tls_ca = request->tls_ca,
	    .seconds = (unsigned)request->seconds,
	    .limit = STAMP_BYTES,
	    .body = tsq,
	};

	return http_post(&http, tsr, err);
}

static bool take_stamp(const struct request *request, const char *bundle, struct err *err)
{
	CLEANUP(authority_free) struct authority authority = {0};
	CLEANUP(text_free) struct text sealed = {0};
	CLEANUP(text_free) struct text tsq = {0};
	CLEANUP(text_free) struct text tsr = {0};
	CLEANUP(text_free) struct text path = {0};
	const char *from = request->url ? request->url : request->response;

	file_join(&path, bundle, STAMP_NAME);
	if (!text_ok(&path, err) || !opening_seal_bytes(bundle, &sealed, err) ||
	    !check_unstamped(text_string(&path), err) || !read_authority(request, &authority, err))
		return false;
	bool ok = request->url ? stamp_request(text_bytes(&sealed), &tsq, err) &&
				     ask_server(request, text_bytes(&tsq), &tsr, err)
			       : file_read_all(request->response, STAMP_BYTES, &tsr, err) &&
				     (!request->request ||
					 file_read_all(request->request, STAMP_BYTES, &tsq, err));

	return ok && (put_stamp(text_string(&path), text_bytes(&sealed), text_bytes(&tsr),
			  text_bytes(&tsq), &authority, err) ||
			 fail_in(err, "'%s'", from));
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
	if (!request->request && !request->response && !request->url)
		return fail(
		    err, ERR_USAGE, "give --url URL, or --request FILE, then --response FILE");
	if (request->url && (request->request || request->response))
		return fail(err, ERR_USAGE, "--url does all: no --request and no --response");
	if (!request->url && (request->tls_ca || request->seconds != SECONDS))
		return fail(err, ERR_USAGE, "--tls-ca and --timeout are for --url");
	if (request->seconds < 1 || request->seconds > SECONDS_MAX)
		return fail(err, ERR_USAGE, "--timeout takes 1 to %d seconds", SECONDS_MAX);
	if (!request->keys && (request->response || request->url))
		return fail(err, ERR_USAGE,
		    "whose stamp is to be trusted? give --keys KEYDIR with tsa-ca.pem");
	return true;
}

static int run(int argc, char **argv)
{
	CLEANUP(text_list_free) struct text_list operands = {0};
	struct request request = {.seconds = SECONDS};
	struct err err = {0};

	if (!parse(argc, argv, &request, &operands, &err))
		return command_fail(&err);
	if (request.response || request.url ? take_stamp(&request, operands.at[0], &err)
					    : write_request(&request, operands.at[0], &err))
		return EXIT_COMPLETE;
	if (!request.creating)
		return command_fail_about(operands.at[0], &err);
	(void)command_fail(&err);
	return opening_cannot_create(&err);
}

const struct command command_stamp = {
    .name = "stamp",
    .summary = "have the time of a bundle's seal vouched for by a time stamp authority",
    .usage = "kanshiki stamp BUNDLE --url URL --keys KEYDIR [--tls-ca FILE] [--timeout SECONDS]\n"
	     "kanshiki stamp BUNDLE --request FILE\n"
	     "kanshiki stamp BUNDLE --response FILE --keys KEYDIR [--request FILE]",
    .run = run,
    .help = help,
};
