/* The connections of a running Windows: GetExtendedTcpTable and GetExtendedUdpTable, class OWNER_MODULE,
 * which also tells when a socket was made. See platform/network.h. */
#include "platform/network.h"

#include <winsock2.h>

#include "platform/win/edge.h"
#include "platform/win/late.h"

#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <ws2tcpip.h>

#define TABLE_MAX   (64u << 20)
#define TABLE_TRIES 8 /* the table grows between asking for its size and reading it */

/* Where the fields of a row lie; ABSENT where a row has none. */
#define ABSENT ((size_t)-1)
struct layout {
	bool is_udp;
	bool is_v6;
	size_t first; /* of the first row in the table */
	size_t size;  /* of a row */
	size_t local, local_scope, local_port;
	size_t remote, remote_scope, remote_port;
	size_t state, pid, created;
};

#define TABLE_LAYOUT(table_type, row_type)                                                     \
	.first = offsetof(table_type, table), .size = sizeof(row_type),                        \
	.local_port = offsetof(row_type, dwLocalPort), .pid = offsetof(row_type, dwOwningPid), \
	.created = offsetof(row_type, liCreateTimestamp)

static const struct layout tcp4 = {
    TABLE_LAYOUT(MIB_TCPTABLE_OWNER_MODULE, MIB_TCPROW_OWNER_MODULE),
    .local = offsetof(MIB_TCPROW_OWNER_MODULE, dwLocalAddr),
    .local_scope = ABSENT,
    .remote = offsetof(MIB_TCPROW_OWNER_MODULE, dwRemoteAddr),
    .remote_scope = ABSENT,
    .remote_port = offsetof(MIB_TCPROW_OWNER_MODULE, dwRemotePort),
    .state = offsetof(MIB_TCPROW_OWNER_MODULE, dwState),
};
static const struct layout tcp6 = {
    TABLE_LAYOUT(MIB_TCP6TABLE_OWNER_MODULE, MIB_TCP6ROW_OWNER_MODULE),
    .is_v6 = true,
    .local = offsetof(MIB_TCP6ROW_OWNER_MODULE, ucLocalAddr),
    .local_scope = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwLocalScopeId),
    .remote = offsetof(MIB_TCP6ROW_OWNER_MODULE, ucRemoteAddr),
    .remote_scope = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwRemoteScopeId),
    .remote_port = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwRemotePort),
    .state = offsetof(MIB_TCP6ROW_OWNER_MODULE, dwState),
};
static const struct layout udp4 = {
    TABLE_LAYOUT(MIB_UDPTABLE_OWNER_MODULE, MIB_UDPROW_OWNER_MODULE),
    .is_udp = true,
    .local = offsetof(MIB_UDPROW_OWNER_MODULE, dwLocalAddr),
    .local_scope = ABSENT,
    .remote = ABSENT,
    .remote_scope = ABSENT,
    .remote_port = ABSENT,
    .state = ABSENT,
};
static const struct layout udp6 = {
    TABLE_LAYOUT(MIB_UDP6TABLE_OWNER_MODULE, MIB_UDP6ROW_OWNER_MODULE),
    .is_udp = true,
    .is_v6 = true,
    .local = offsetof(MIB_UDP6ROW_OWNER_MODULE, ucLocalAddr),
    .local_scope = offsetof(MIB_UDP6ROW_OWNER_MODULE, dwLocalScopeId),
    .remote = ABSENT,
    .remote_scope = ABSENT,
    .remote_port = ABSENT,
    .state = ABSENT,
};

/* MIB_TCP_STATE_*, as netstat calls them. */
static const char *state_name(uint32_t state)
{
	static const char *const names[] = {"", "CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED",
	    "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK",
	    "TIME_WAIT", "DELETE_TCB"};

	return state < ARRAY_LEN(names) ? names[state] : "UNKNOWN";
}

/* Asks for a table; *table is from malloc, *len what the system filled. */
static bool read_table(const struct layout *layout, uint8_t **table, DWORD *len, struct err *err)
{
	__typeof__(&GetExtendedTcpTable) ask_tcp = LATE("iphlpapi.dll", GetExtendedTcpTable);
	__typeof__(&GetExtendedUdpTable) ask_udp = LATE("iphlpapi.dll", GetExtendedUdpTable);
	ULONG family = layout->is_v6 ? AF_INET6 : AF_INET;
	DWORD code = ERROR_INSUFFICIENT_BUFFER;
	CLEANUP(free_memory) uint8_t *rows = NULL;
	DWORD need = 0;

	if (!ask_tcp || !ask_udp)
		return fail(err, ERR_UNSUPPORTED, "this Windows has no table of them");
	for (int i = 0; i < TABLE_TRIES && code == ERROR_INSUFFICIENT_BUFFER; i++) {
		if (need > TABLE_MAX)
			return fail(err, ERR_LIMIT, "its table has over %u bytes", TABLE_MAX);
		free(rows);
		rows = calloc(1, (size_t)need + 4);
		if (!rows)
			return fail(err, ERR_MEMORY, "no memory for its table");
		code = layout->is_udp
			   ? ask_udp(rows, &need, FALSE, family, UDP_TABLE_OWNER_MODULE, 0)
			   : ask_tcp(rows, &need, FALSE, family, TCP_TABLE_OWNER_MODULE_ALL, 0);
	}
	if (code != NO_ERROR)
		return system_fail(err, code);
	*table = TAKE(rows);
	*len = need;
	return true;
}

/* fe80::/10 alone is ambiguous without its zone (RFC 4007, 6). */
static bool needs_zone(const uint8_t *v6)
{
	return v6[0] == 0xfe && (v6[1] & 0xc0) == 0x80;
}

static void format_address(
    const struct layout *layout, const uint8_t *row, size_t at, size_t scope_at, char out[64])
{
	char address[48] = "";

	out[0] = 0;
	if (at == ABSENT ||
	    !inet_ntop(layout->is_v6 ? AF_INET6 : AF_INET, row + at, address, sizeof(address)))
		return;
	if (scope_at != ABSENT && needs_zone(row + at))
		snprintf(out, 64, "%s%%%u", address, le32(row + scope_at));
	else
		snprintf(out, 64, "%s", address);
}

/* Ports stand in network order in the low half of a DWORD. */
static uint16_t port_at(const uint8_t *row, size_t at)
{
	return at == ABSENT ? 0 : (uint16_t)(row[at] << 8 | row[at + 1]);
}

static void read_row(const struct layout *layout, const uint8_t *row, struct connection *out)
{
	uint32_t state = layout->state == ABSENT ? 0 : le32(row + layout->state);
	bool is_listener = layout->is_udp || state == MIB_TCP_STATE_LISTEN;

	*out = (struct connection){.is_udp = layout->is_udp,
	    .is_v6 = layout->is_v6,
	    .local_port = port_at(row, layout->local_port),
	    .remote_port = is_listener ? 0 : port_at(row, layout->remote_port),
	    .state = state_name(state),
	    .pid = le32(row + layout->pid),
	    .created = le64(row + layout->created)};
	format_address(layout, row, layout->local, layout->local_scope, out->local);
	if (!is_listener)
		format_address(layout, row, layout->remote, layout->remote_scope, out->remote);
}

static bool read_rows(const struct layout *layout,
    bool (*each)(void *context, const struct connection *connection, struct err *err),
    void *context, struct err *err)
{
	CLEANUP(free_memory) uint8_t *table = NULL;
	DWORD len = 0;

	if (!read_table(layout, &table, &len, err))
		return fail_in(err, "cannot list the %s connections over IPv%c",
		    layout->is_udp ? "UDP" : "TCP", layout->is_v6 ? '6' : '4');
	if (len < layout->first)
		return true;
	size_t count = le32(table);
	size_t fits = (len - layout->first) / layout->size;

	for (size_t i = 0; i < count && i < fits; i++) {
		struct connection connection;

		read_row(layout, table + layout->first + i * layout->size, &connection);
		if (!each(context, &connection, err))
			return false;
	}
	return true;
}

bool network_connections(
    bool (*each)(void *context, const struct connection *connection, struct err *err),
    void *context, struct err *err)
{
	static const struct layout *const tables[] = {&tcp4, &tcp6, &udp4, &udp6};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		if (!read_rows(tables[i], each, context, err))
			return false;
	return true;
}
