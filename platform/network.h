/* The network connections of the running system with their process, through its API. */
#ifndef KANSHIKI_PLATFORM_NETWORK_H
#define KANSHIKI_PLATFORM_NETWORK_H

#include "core/err.h"

struct connection {
	bool is_udp;
	bool is_v6;
	char local[64];  /* address, without port */
	char remote[64]; /* "" for UDP and listeners */
	uint16_t local_port;
	uint16_t remote_port;
	const char *state; /* "ESTABLISHED", "LISTEN" ...; "" for UDP */
	uint32_t pid;
	uint64_t created; /* ticks, 0 when unknown */
};

/* TCP and UDP, IPv4 and IPv6. ERR_UNSUPPORTED on Linux. */
bool network_connections(
    bool (*each)(void *context, const struct connection *connection, struct err *err),
    void *context, struct err *err) MUST_CHECK;

#endif
