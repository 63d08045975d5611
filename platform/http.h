/* One HTTP or HTTPS POST, for time stamps. On Linux alone (docs/adr/0010-libcurl.md); on Windows it is ERR_UNSUPPORTED. */
#ifndef KANSHIKI_PLATFORM_HTTP_H
#define KANSHIKI_PLATFORM_HTTP_H

#include "core/text.h"

struct http_request {
	const char *url;    /* http:// or https://, without user and password */
	const char *type;   /* Content-Type of the body */
	const char *wants;  /* the only Content-Type that the answer may have */
	const char *tls_ca; /* PEM; whose certificates servers may show; NULL: the system's */
	unsigned seconds;   /* for all of it */
	size_t limit;       /* bytes of the answer */
	struct bytes body;
};

/* ERR_USAGE: the address; ERR_IO: nobody there, too slow, a status other than 200; ERR_UNTRUSTED: the server's certificate;
 * ERR_UNSUPPORTED: it sends us elsewhere, which is not followed; ERR_LIMIT, ERR_DAMAGED: the answer is too large or of another type.
 * No proxy, no cookies, nothing out of the environment. */
bool http_post(const struct http_request *request, struct text *out, struct err *err) MUST_CHECK;

#endif
