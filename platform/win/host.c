/* Facts about a Windows PC. See platform/host.h. */
#include "platform/host.h"

#include "core/time.h"

#include "platform/win/edge.h"
#include "platform/win/host_parts.h"
#include "platform/win/late.h"

#include <stdlib.h>

#define RAW_SMBIOS  0x52534d42u /* 'RSMB' */
#define SMBIOS_MAX  (1u << 20)
#define VALUE_UNITS 512

static void add_computer_name(struct text *out, COMPUTER_NAME_FORMAT which)
{
	wchar_t name[256];
	DWORD len = ARRAY_LEN(name);

	if (GetComputerNameExW(which, name, &len))
		text_add_units(out, name, len);
}

static const char *machine_name(void)
{
	SYSTEM_INFO info;

	GetNativeSystemInfo(&info);
	switch (info.wProcessorArchitecture) {
	case PROCESSOR_ARCHITECTURE_AMD64:
		return "x64";
	case PROCESSOR_ARCHITECTURE_INTEL:
		return "x86";
	case 12: /* PROCESSOR_ARCHITECTURE_ARM64 */
		return "ARM64";
	default:
		return "unknown";
	}
}

static void add_os(struct text *out)
{
	/* Not GetVersionEx, which tells what our manifest claims. */
	LONG(WINAPI * get)
	(OSVERSIONINFOEXW *) =
	    (LONG(WINAPI *)(OSVERSIONINFOEXW *))late_find("ntdll.dll", "RtlGetVersion");
	OSVERSIONINFOEXW version = {.dwOSVersionInfoSize = sizeof(version)};

	if (!get || get(&version) != 0)
		return;
	text_addf(out, "Windows %lu.%lu.%lu", version.dwMajorVersion, version.dwMinorVersion,
	    version.dwBuildNumber);
	if (version.wProductType != VER_NT_WORKSTATION)
		text_adds(out, " Server");
	if (version.szCSDVersion[0]) {
		text_addc(out, ' ');
		text_add_wide(out, version.szCSDVersion);
	}
	text_addf(out, " (%s)", machine_name());
}

static void add_value(struct text *out, const wchar_t *key, const wchar_t *name)
{
	wchar_t value[VALUE_UNITS] = L"";
	DWORD len = sizeof(value) - sizeof(*value);
	DWORD type = 0;
	HKEY opened;

	/* 64-bit view: from a 32-bit program the other one would answer. */
	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &opened) !=
	    ERROR_SUCCESS)
		return;
	if (RegQueryValueExW(opened, name, NULL, &type, (BYTE *)value, &len) == ERROR_SUCCESS &&
	    type == REG_SZ)
		text_add_wide(out, value); /* ends: the last unit was never offered */
	RegCloseKey(opened);
}

static void add_user(struct text *out)
{
	wchar_t name[257];
	DWORD len = ARRAY_LEN(name);

	if (GetUserNameW(name, &len))
		text_add_wide(out, name);
}

static void add_zone(struct text *out)
{
	DYNAMIC_TIME_ZONE_INFORMATION zone = {0};

	if (GetDynamicTimeZoneInformation(&zone) == TIME_ZONE_ID_INVALID)
		return;
	zone.TimeZoneKeyName[ARRAY_LEN(zone.TimeZoneKeyName) - 1] = 0;
	zone.StandardName[ARRAY_LEN(zone.StandardName) - 1] = 0;
	text_add_wide(out, zone.TimeZoneKeyName[0] ? zone.TimeZoneKeyName : zone.StandardName);
}

/* String number n (from 1) behind a structure of an SMBIOS table (DSP0134, 6.1.3). */
static void add_smbios_string(struct text *out, struct bytes strings, unsigned number)
{
	while (number > 1 && strings.len && strings.at[0]) {
		size_t len = strnlen((const char *)strings.at, strings.len);

		if (len == strings.len)
			return;
		strings.at += len + 1;
		strings.len -= len + 1;
		number--;
	}
	if (number == 1)
		text_add(out,
		    (struct bytes){strings.at, strnlen((const char *)strings.at, strings.len)});
}

/* Length of the strings of a structure up to and with the two NULs that end them. */
static size_t strings_len(struct bytes rest)
{
	for (size_t i = 0; i + 1 < rest.len; i++)
		if (rest.at[i] == 0 && rest.at[i + 1] == 0)
			return i + 2;
	return rest.len;
}

/* Type 1, System Information: serial number at 7, UUID at 8; type 3, Enclosure: asset tag at 8 (DSP0134, 7.2, 7.4). The
 * first of each counts. */
static void take_smbios(struct host_facts *out, struct bytes structure, struct bytes strings)
{
	uint8_t type = structure.at[0];

	if (type == 1 && structure.len > 7 && !out->serial.len)
		add_smbios_string(&out->serial, strings, structure.at[7]);
	if (type == 1 && structure.len >= 24 && !out->uuid.len)
		text_add_guid(&out->uuid, structure.at + 8);
	if (type == 3 && structure.len > 8 && !out->asset_tag.len)
		add_smbios_string(&out->asset_tag, strings, structure.at[8]);
}

static void walk_smbios(struct host_facts *out, struct bytes table)
{
	while (table.len >= 4 && table.at[1] >= 4 && table.at[1] <= table.len) {
		struct bytes rest = {table.at + table.at[1], table.len - table.at[1]};
		size_t len = strings_len(rest);

		take_smbios(
		    out, (struct bytes){table.at, table.at[1]}, (struct bytes){rest.at, len});
		table = (struct bytes){rest.at + len, rest.len - len};
	}
}

static void add_smbios(struct host_facts *out)
{
	enum { HEADER = 8 }; /* RawSMBIOSData: four bytes, then the length of the table */
	UINT len = GetSystemFirmwareTable(RAW_SMBIOS, 0, NULL, 0);

	if (len <= HEADER || len > SMBIOS_MAX)
		return;
	CLEANUP(free_memory) uint8_t *raw = calloc(1, len);

	if (!raw || GetSystemFirmwareTable(RAW_SMBIOS, 0, raw, len) != len)
		return;
	uint32_t table = le32(raw + 4);

	if (table > len - HEADER)
		table = len - HEADER;
	walk_smbios(out, (struct bytes){raw + HEADER, table});
}

static uint32_t number_value(HKEY key, const wchar_t *name)
{
	DWORD value = 0;
	DWORD len = sizeof(value);
	DWORD type = 0;

	return RegQueryValueExW(key, name, NULL, &type, (BYTE *)&value, &len) == ERROR_SUCCESS &&
		       type == REG_DWORD
		   ? value
		   : 0;
}

/* "23H2, 22631.4460": as winver shows it. */
static void add_installation(struct host_facts *out)
{
	static const wchar_t current[] = L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";
	HKEY key;

	add_value(&out->build, current, L"DisplayVersion");
	if (out->build.len)
		text_adds(&out->build, ", ");
	add_value(&out->build, current, L"CurrentBuild");
	if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, current, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY,
		&key) != ERROR_SUCCESS)
		return;
	uint32_t revision = number_value(key, L"UBR");
	uint32_t installed = number_value(key, L"InstallDate"); /* seconds since 1970 */

	RegCloseKey(key);
	if (revision)
		text_addf(&out->build, ".%lu", (unsigned long)revision);
	if (installed)
		out->installed = time_from_unix(installed, 0);
}

void host_facts(struct host_facts *out)
{
	static const wchar_t bios[] = L"HARDWARE\\DESCRIPTION\\System\\BIOS";

	*out = (struct host_facts){0};
	add_computer_name(&out->name, ComputerNamePhysicalDnsHostname);
	add_computer_name(&out->domain, ComputerNamePhysicalDnsDomain);
	add_os(&out->os);
	add_user(&out->user);
	add_zone(&out->zone);
	add_value(&out->manufacturer, bios, L"SystemManufacturer");
	add_value(&out->model, bios, L"SystemProductName");
	add_computer_name(&out->fqdn, ComputerNamePhysicalDnsFullyQualified);
	add_installation(out);
	add_smbios(out);
	host_add_addresses(&out->ip, &out->mac);
	host_add_sessions(&out->logged_on);
	add_value(&out->machine_guid, L"SOFTWARE\\Microsoft\\Cryptography", L"MachineGuid");
}
