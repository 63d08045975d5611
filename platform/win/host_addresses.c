/* Addresses and sessions of a Windows PC. See platform/win/host_parts.h. */
#include "platform/win/host_parts.h"

#include <winsock2.h>

#include "platform/win/edge.h"
#include "platform/win/late.h"

#include <iphlpapi.h>
#include <stdlib.h>
#include <ws2tcpip.h>
#include <wtsapi32.h>

#define ADAPTERS_ROOM ((ULONG)256 << 10)
#define ADAPTERS_MAX  256
#define ADDRESS_ROOM  64
#define SESSIONS_MAX  256u

static void add_once(struct text_list *list, const struct text *value)
{
	if (!value->len || value->failed || list->count >= ADAPTERS_MAX)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i], text_string(value)) == 0)
			return;
	(void)!text_list_add(list, text_bytes(value), NULL);
}

static void add_address(struct text_list *ip, const SOCKADDR *address)
{
	PSTR(NTAPI * to_text)
	(const struct in6_addr *, PSTR) = (PSTR(NTAPI *)(const struct in6_addr *, PSTR))late_find(
	    "ntdll.dll", "RtlIpv6AddressToStringA");
	CLEANUP(text_free) struct text value = {0};
	char room[ADDRESS_ROOM] = "";

	if (address->sa_family == AF_INET) {
		const uint8_t *at =
		    (const uint8_t *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;

		text_addf(&value, "%u.%u.%u.%u", at[0], at[1], at[2], at[3]);
	} else if (address->sa_family == AF_INET6 && to_text) {
		to_text(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, room);
		text_adds(&value, room);
	}
	add_once(ip, &value);
}

static void add_adapter(
    const IP_ADAPTER_ADDRESSES *adapter, struct text_list *ip, struct text_list *mac)
{
	CLEANUP(text_free) struct text value = {0};
	ULONG len = adapter->PhysicalAddressLength;

	if (adapter->IfType == IF_TYPE_SOFTWARE_LOOPBACK || adapter->OperStatus != IfOperStatusUp)
		return;
	for (ULONG i = 0; i < len && i < MAX_ADAPTER_ADDRESS_LENGTH; i++)
		text_addf(&value, "%s%02x", i ? "-" : "", adapter->PhysicalAddress[i]);
	add_once(mac, &value);
	for (const IP_ADAPTER_UNICAST_ADDRESS *at = adapter->FirstUnicastAddress; at; at = at->Next)
		if (at->Address.lpSockaddr)
			add_address(ip, at->Address.lpSockaddr);
}

void host_add_addresses(struct text_list *ip, struct text_list *mac)
{
	__typeof__(&GetAdaptersAddresses) get = LATE("iphlpapi.dll", GetAdaptersAddresses);
	ULONG room = ADAPTERS_ROOM;
	CLEANUP(free_memory) IP_ADAPTER_ADDRESSES *list = calloc(1, room);

	if (!get || !list ||
	    get(AF_UNSPEC,
		GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER, NULL,
		list, &room) != ERROR_SUCCESS)
		return;
	for (const IP_ADAPTER_ADDRESSES *at = list; at; at = at->Next)
		add_adapter(at, ip, mac);
}

struct sessions { /* functions of wtsapi32.dll */
	__typeof__(&WTSQuerySessionInformationW) query;
	__typeof__(&WTSFreeMemory) release;
};

static void add_value(
    const struct sessions *wts, DWORD session, WTS_INFO_CLASS which, struct text *out)
{
	wchar_t *value = NULL;
	DWORD len = 0;

	if (!wts->query(WTS_CURRENT_SERVER_HANDLE, session, which, &value, &len))
		return;
	if (value) {
		text_add_wide(out, value);
		wts->release(value);
	}
}

static void add_session(const struct sessions *wts, DWORD session, struct text_list *users)
{
	CLEANUP(text_free) struct text user = {0};
	CLEANUP(text_free) struct text whole = {0};

	add_value(wts, session, WTSUserName, &user);
	if (!user.len)
		return; /* services, a screen where nobody is logged on */
	add_value(wts, session, WTSDomainName, &whole);
	text_addf(&whole, "%s%s", whole.len ? "\\" : "", text_string(&user));
	add_once(users, &whole);
}

void host_add_sessions(struct text_list *users)
{
	const struct sessions wts = {
	    LATE("wtsapi32.dll", WTSQuerySessionInformationW), LATE("wtsapi32.dll", WTSFreeMemory)};
	__typeof__(&WTSEnumerateSessionsW) enumerate = LATE("wtsapi32.dll", WTSEnumerateSessionsW);
	WTS_SESSION_INFOW *list = NULL;
	DWORD count = 0;

	if (!wts.query || !wts.release || !enumerate ||
	    !enumerate(WTS_CURRENT_SERVER_HANDLE, 0, 1, &list, &count) || !list)
		return;
	for (DWORD i = 0; i < count && i < SESSIONS_MAX; i++)
		add_session(&wts, list[i].SessionId, users);
	wts.release(list);
}
