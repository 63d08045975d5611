/* Collector "network-connections": TCP and UDP sockets with the process that holds them. */
#include "collectors/collection.h"
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

static void add_line(void *context, struct bytes json)
{
	collect_lines_add(context, json);
}

static bool is_stopped(void *context)
{
	return collect_stopped(((struct collect_lines *)context)->collection);
}

static void run(struct collection *collection)
{
	struct collect_lines lines;
	const struct row_taker to = {add_line, is_stopped, &lines};
	struct err err = {0};

	collect_lines_begin(&lines, collection, "live/network.jsonl");
	if (!network_connections_rows(&to, &err))
		collect_problem(collection, "live/network.jsonl", &err);
	collect_lines_end(&lines);
}

const struct collector collect_network_connections = {
    .name = "network-connections",
    .summary = "the network connections with their processes",
    .kind = KIND_MEMORY,
    .volatility = 0,
    .needs = NEEDS_LIVE,
    .run = run,
};
