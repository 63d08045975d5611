/* POST through libcurl. See platform/http.h. */
#include "platform/http.h"

#include "platform/file.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_SECONDS 15

CLEANUP_POINTER(CURL, curl_easy_cleanup);
CLEANUP_POINTER(CURLU, curl_url_cleanup);
CLEANUP_POINTER(struct curl_slist, curl_slist_free_all);

/* Where distributions keep the authorities of servers. */
static const char *const authorities[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

struct answer {
	struct text *to;
	size_t limit;
	bool is_over;
};

static size_t take_piece(char *piece, size_t one, size_t len, void *context)
{
	struct answer *answer = context;

	(void)one; /* always 1 */
	if (len > answer->limit - answer->to->len) {
		answer->is_over = true;
		return 0;
	}
	text_add(answer->to, (struct bytes){(const uint8_t *)piece, len});
	return answer->to->failed ? 0 : len;
}

/* A password in an address would stand in the list of processes, and in logs. */
static bool check_url(const char *given, bool *is_tls, struct err *err)
{
	CLEANUP(curl_url_cleanup) CURLU *url = curl_url();
	char *scheme = NULL, *part = NULL;

	if (!url)
		return fail(err, ERR_MEMORY, "no memory for an address");
	if (curl_url_set(url, CURLUPART_URL, given, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
		return fail(err, ERR_USAGE, "'%s' is no address of http:// or https://", given);
	*is_tls = strcmp(scheme, "https") == 0;
	bool ok = *is_tls || strcmp(scheme, "http") == 0;
	bool has_user = curl_url_get(url, CURLUPART_USER, &part, 0) == CURLUE_OK;

	curl_free(scheme);
	curl_free(part);
	if (!ok)
		return fail(err, ERR_USAGE, "'%s' is no address of http:// or https://", given);
	return !has_user || fail(err, ERR_USAGE, "an address with a user or password is not taken");
}

static const char *find_authorities(const char *given)
{
	if (given)
		return given;
	for (size_t i = 0; i < ARRAY_LEN(authorities); i++)
		if (file_kind(authorities[i]) == FILE_KIND_FILE)
			return authorities[i];
	return NULL;
}

static bool add_headers(
    const struct http_request *request, struct curl_slist **out, struct err *err)
{
	CLEANUP(text_free) struct text type = {0};
	CLEANUP(text_free) struct text accept = {0};
	const char *all[] = {NULL, NULL, "Expect:"};

	text_addf(&type, "Content-Type: %s", request->type);
	text_addf(&accept, "Accept: %s", request->wants);
	all[0] = text_string(&type);
	all[1] = text_string(&accept);
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct curl_slist *longer = curl_slist_append(*out, all[i]);

		if (!longer)
			return fail(err, ERR_MEMORY, "no memory for a request");
		*out = longer;
	}
	return true;
}

static bool set_options(CURL *curl, const struct http_request *request, struct answer *answer,
    struct curl_slist *headers)
{
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
	    {CURLOPT_FOLLOWLOCATION, 0},
	    {CURLOPT_NOSIGNAL, 1},
	    {CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS},
	    {CURLOPT_TIMEOUT, (long)request->seconds},
	    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
	    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	    {CURLOPT_SSL_VERIFYPEER, 1},
	    {CURLOPT_SSL_VERIFYHOST, 2},
	    {CURLOPT_POST, 1},
	    {CURLOPT_POSTFIELDSIZE, (long)request->body.len},
	};

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		if (curl_easy_setopt(curl, numbers[i].option, numbers[i].value) != CURLE_OK)
			return false;
	return curl_easy_setopt(curl, CURLOPT_URL, request->url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERAGENT, "kanshiki") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.at) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_piece) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer) == CURLE_OK;
}

static bool say_failure(
    CURLcode code, const struct http_request *request, const struct answer *answer, struct err *err)
{
	const char *why = curl_easy_strerror(code);

	if (answer->is_over)
		return fail(err, ERR_LIMIT, "the answer has more than %zu bytes", request->limit);
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
		return fail(err, ERR_UNTRUSTED, "the server's certificate is not trusted");
	case CURLE_SSL_CACERT_BADFILE:
		return fail(err, ERR_DAMAGED, "'%s' holds no certificates in PEM", request->tls_ca);
	case CURLE_OPERATION_TIMEDOUT:
		return fail(err, ERR_IO, "no answer within %u seconds", request->seconds);
	case CURLE_COULDNT_RESOLVE_HOST:
		return fail(err, ERR_IO, "no such host");
	case CURLE_COULDNT_CONNECT:
		return fail(err, ERR_IO, "nobody answers there");
	default:
		return fail(err, ERR_IO, "the exchange failed: %s", why);
	}
}

/* The type without its parameters, without regard to case. */
static bool is_type(const char *type, const char *wanted)
{
	size_t len = type ? strcspn(type, "; \t") : 0;

	return type && text_same_name((struct bytes){(const uint8_t *)type, len}, bytes_of(wanted));
}

static bool check_answer(CURL *curl, const struct http_request *request, struct err *err)
{
	const char *type = NULL, *to = NULL;
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &to);
	if (status >= 300 && status < 400)
		return fail(err, ERR_UNSUPPORTED,
		    "it sends us to '%s', which is not followed; give that address if you trust it",
		    to ? to : "");
	if (status != 200)
		return fail(err, ERR_IO, "the server says HTTP %ld", status);
	if (!is_type(type, request->wants))
		return fail(err, ERR_DAMAGED, "the answer is '%s', not '%s'", type ? type : "",
		    request->wants);
	return true;
}

static bool post(CURL *curl, const struct http_request *request, struct answer *answer, bool is_tls,
    struct err *err)
{
	CLEANUP(curl_slist_free_all) struct curl_slist *headers = NULL;
	const char *ca = find_authorities(request->tls_ca);

	if (!add_headers(request, &headers, err))
		return false;
	if (!set_options(curl, request, answer, headers))
		return fail(err, ERR_MEMORY, "no memory for a request");
	if (is_tls && !ca)
		return fail(err, ERR_MISSING,
		    "this system has no list of authorities; give one with --tls-ca FILE");
	if (is_tls && curl_easy_setopt(curl, CURLOPT_CAINFO, ca) != CURLE_OK)
		return fail(err, ERR_MEMORY, "no memory for a request");
	CURLcode code = curl_easy_perform(curl);

	return code == CURLE_OK ? check_answer(curl, request, err) && text_ok(answer->to, err)
				: say_failure(code, request, answer, err);
}

bool http_post(const struct http_request *request, struct text *out, struct err *err)
{
	CLEANUP(curl_easy_cleanup) CURL *curl = NULL;
	CLEANUP(text_free) struct text body = {0};
	struct answer answer = {.to = &body, .limit = request->limit};
	bool is_tls;

	/* Also what libcurl reads out of the environment: it would write down the keys of the connection there. */
	unsetenv("SSLKEYLOGFILE");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(curl = curl_easy_init()))
		return fail(err, ERR_MEMORY, "no memory for a request");
	if (!check_url(request->url, &is_tls, err))
		return false;
	if (!post(curl, request, &answer, is_tls, err))
		return fail_in(err, "'%s'", request->url);
	text_add(out, text_bytes(&body));
	return text_ok(out, err);
}
