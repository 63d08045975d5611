/* Collector "network-connections": sockets that this program opens are among the rows. Natively there is
 * nothing to list, and it says so. */
#include "tests/unit.h"

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#endif

#include "collectors/live_rows.h"
#include "core/text.h"
#include "platform/process.h"
#include "tests/fixture_rows.h"

#include <stdlib.h>
#include <yyjson.h>

#ifdef _WIN32
static bool field_is(yyjson_val *row, const char *key, const char *want)
{
	const char *value = yyjson_get_str(yyjson_obj_get(row, key));

	return want ? value && strcmp(value, want) == 0 : !value;
}

/* Whether a row has these; want NULL is JSON's null. */
static bool has_row(const struct rows *rows, const char *protocol, unsigned version,
    const char *local, unsigned port, const char *remote, const char *state)
{
	bool found = false;

	for (size_t at = 0; at < rows->lines.len && !found;) {
		const char *line = rows->lines.at + at;
		yyjson_doc *doc = yyjson_read(line, strlen(line), 0);

		assert_non_null(doc);
		yyjson_val *row = yyjson_doc_get_root(doc);
		uint64_t pid = yyjson_get_uint(yyjson_obj_get(row, "pid"));

		found = field_is(row, "protocol", protocol) && field_is(row, "local", local) &&
			field_is(row, "remote", remote) && field_is(row, "state", state) &&
			yyjson_get_uint(yyjson_obj_get(row, "ip")) == version &&
			yyjson_get_uint(yyjson_obj_get(row, "local_port")) == port &&
			(pid == process_own_id() || pid == 0); /* Wine 8 tells 0 */
		yyjson_doc_free(doc);
		at += strlen(line) + 1;
	}
	if (!found) {
		print_error("no %s row for %s port %u; there are:\n", protocol, local, port);
		for (size_t at = 0; at < rows->lines.len; at += strlen(rows->lines.at + at) + 1)
			print_error("%s\n", rows->lines.at + at);
	}
	return found;
}

static SOCKET open_socket(int type, bool v6, unsigned *port)
{
	SOCKET socket_ = socket(v6 ? AF_INET6 : AF_INET, type, 0);
	struct sockaddr_in four = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr *address = v6 ? (struct sockaddr *)&six : (struct sockaddr *)&four;
	int len = v6 ? sizeof(six) : sizeof(four);

	if (socket_ == INVALID_SOCKET || bind(socket_, address, len) != 0)
		return INVALID_SOCKET;
	assert_int_equal(getsockname(socket_, address, &len), 0);
	*port = ntohs(v6 ? six.sin6_port : four.sin_port);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(socket_, 1), 0);
	return socket_;
}

static void collect(struct rows *rows)
{
	const struct row_taker to = {rows_take, NULL, rows};
	struct err err = {0};
	bool ok = network_connections_rows(&to, &err);

	if (!ok)
		print_error("%s\n", err.text);
	assert_true(ok);
}

static void test_sockets(void **state)
{
	struct rows rows = {0};
	unsigned listening = 0, udp = 0, listening6 = 0;
	SOCKET tcp_socket = open_socket(SOCK_STREAM, false, &listening);
	SOCKET udp_socket = open_socket(SOCK_DGRAM, false, &udp);
	SOCKET tcp6_socket = open_socket(SOCK_STREAM, true, &listening6);
	SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)listening)};
	struct sockaddr_in from = {0};
	int len = sizeof(from);

	(void)state;
	assert_true(tcp_socket != INVALID_SOCKET && udp_socket != INVALID_SOCKET);
	assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(getsockname(client, (struct sockaddr *)&from, &len), 0);
	collect(&rows);
	assert_true(has_row(&rows, "tcp", 4, "127.0.0.1", listening, NULL, "LISTEN"));
	assert_true(has_row(
	    &rows, "tcp", 4, "127.0.0.1", ntohs(from.sin_port), "127.0.0.1", "ESTABLISHED"));
	assert_true(has_row(&rows, "udp", 4, "127.0.0.1", udp, NULL, NULL));
	if (tcp6_socket != INVALID_SOCKET)
		assert_true(has_row(&rows, "tcp", 6, "::1", listening6, NULL, "LISTEN"));
	else
		print_message("skipped: IPv6 (this machine has none)\n");
	closesocket(client);
	closesocket(tcp_socket);
	closesocket(udp_socket);
	closesocket(tcp6_socket);
	text_free(&rows.lines);
}

static int start(void **state)
{
	WSADATA data;

	(void)state;
	return WSAStartup(MAKEWORD(2, 2), &data);
}
#else
static void test_not_on_this_system(void **state)
{
	struct rows rows = {0};
	const struct row_taker to = {rows_take, NULL, &rows};
	struct err err = {0};

	(void)state;
	assert_false(network_connections_rows(&to, &err));
	assert_int_equal(err.kind, ERR_UNSUPPORTED);
	assert_int_equal(rows.count, 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef _WIN32
	    cmocka_unit_test_setup(test_sockets, start),
#else
	    cmocka_unit_test(test_not_on_this_system),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
