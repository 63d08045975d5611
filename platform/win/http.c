/* No network from the PC in question. See platform/http.h. */
#include "platform/http.h"

bool http_post(const struct http_request *request, struct text *out, struct err *err)
{
	(void)request;
	(void)out;
	return fail(err, ERR_UNSUPPORTED,
	    "time stamps over the network are asked for on Linux; here exchange --request and "
	    "--response");
}
