/* The Windows Time service: its settings in the registry, its state from the service manager. See platform/clock.h. */
#include "platform/clock.h"

#include "platform/win/edge.h"

#define KEY         L"SYSTEM\\CurrentControlSet\\Services\\W32Time\\"
#define VALUE_UNITS 512

static void add_value(struct text *out, const wchar_t *name)
{
	wchar_t value[VALUE_UNITS] = L"";
	DWORD len = sizeof(value) - sizeof(*value);
	DWORD type = 0;
	HKEY key;

	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY L"Parameters", 0,
		KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS)
		return;
	if (RegQueryValueExW(key, name, NULL, &type, (BYTE *)value, &len) == ERROR_SUCCESS &&
	    type == REG_SZ)
		text_add_wide(out, value); /* ends: the last unit was never offered */
	RegCloseKey(key);
}

/* A FILETIME that the service keeps while it runs. */
static uint64_t last_good(void)
{
	uint64_t value = 0;
	DWORD len = sizeof(value);
	DWORD type = 0;
	HKEY key;

	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, KEY L"Config", 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY,
		&key) != ERROR_SUCCESS)
		return 0;
	LONG code = RegQueryValueExW(key, L"LastKnownGoodTime", NULL, &type, (BYTE *)&value, &len);

	RegCloseKey(key);
	return code == ERROR_SUCCESS && len == sizeof(value) &&
		       (type == REG_QWORD || type == REG_BINARY)
		   ? value
		   : 0;
}

static const char *state_name(DWORD state)
{
	switch (state) {
	case SERVICE_RUNNING:
		return "running";
	case SERVICE_STOPPED:
		return "stopped";
	case SERVICE_START_PENDING:
		return "starting";
	case SERVICE_STOP_PENDING:
		return "stopping";
	default:
		return "paused";
	}
}

static const char *service_state(void)
{
	const char *state = "";
	SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
	SC_HANDLE service =
	    manager ? OpenServiceW(manager, L"W32Time", SERVICE_QUERY_STATUS) : NULL;
	SERVICE_STATUS status = {0};

	if (service && QueryServiceStatus(service, &status))
		state = state_name(status.dwCurrentState);
	else if (manager && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST)
		state = "not installed";
	if (service)
		CloseServiceHandle(service);
	if (manager)
		CloseServiceHandle(manager);
	return state;
}

void clock_sync(struct clock_sync *out)
{
	*out = (struct clock_sync){.service = "W32Time", .state = service_state()};
	add_value(&out->type, L"Type");
	add_value(&out->source, L"NtpServer");
	out->last = last_good();
}
