/* Connections are read through the Windows API only. See platform/network.h. */
#include "platform/network.h"

bool network_connections(
    bool (*each)(void *context, const struct connection *connection, struct err *err),
    void *context, struct err *err)
{
	(void)each;
	(void)context;
	return fail(err, ERR_UNSUPPORTED, "connections are listed on Windows only");
}
