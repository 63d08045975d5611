/* Collector "network-connections": TCP and UDP sockets with the process that holds them. */
#include "collectors/collector.h"
#include "collectors/live_rows.h"
#include "core/json.h"
#include "platform/network.h"

static bool add_connection(void *context, const struct connection *connection, struct err *err)
{
	const struct row_taker *to = context;
	CLEANUP(text_free) struct text line = {0};
	struct json json = {.to = &line};

	if (to->stopped && to->stopped(to->context))
		return fail(err, ERR_STOPPED, "stopped while listing the connections");
	json_begin(&json);
	json_string_field(&json, "protocol", connection->is_udp ? "udp" : "tcp");
	json_unsigned_field(&json, "ip", connection->is_v6 ? 6 : 4);
	json_string_field(&json, "local", connection->local);
	json_unsigned_field(&json, "local_port", connection->local_port);
	if (connection->remote[0]) {
		json_string_field(&json, "remote", connection->remote);
		json_unsigned_field(&json, "remote_port", connection->remote_port);
	} else {
		json_string_field(&json, "remote", NULL);
		json_string_field(&json, "remote_port", NULL);
	}
	json_string_field(&json, "state", connection->state[0] ? connection->state : NULL);
	json_unsigned_field(&json, "pid", connection->pid);
	if (connection->created)
		json_time_field(&json, "created", connection->created);
	else
		json_string_field(&json, "created", NULL);
	json_end(&json);
	if (!text_ok(&line, err))
		return false;
	to->add(to->context, text_bytes(&line));
	return true;
}

bool network_connections_rows(const struct row_taker *to, struct err *err)
{
	struct row_taker copy = *to;

	return network_connections(add_connection, &copy, err);
}

static void run(struct collection *collection)
{
	live_rows_collect(collection, "live/network.jsonl", network_connections_rows);
}

const struct collector collect_network_connections = {
    .name = "network-connections",
    .summary = "the network connections with their processes",
    .kind = KIND_MEMORY,
    .volatility = 0,
    .needs = NEEDS_LIVE,
    .run = run,
};
