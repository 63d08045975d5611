/* What a process asks of Windows about itself. See platform/process.h. */
#include "platform/process.h"

#include "platform/file.h"
#include "platform/win/edge.h"
#include "platform/win/late.h"

#include <psapi.h>
#include <shellapi.h>
#include <stdio.h>

/* NtSetInformationProcess class 33, ProcessIoPriority; 1 is low. */
#define PROCESS_IO_PRIORITY 33
#define IO_PRIORITY_LOW     1

bool process_is_elevated(void)
{
	CLEANUP(handle_close) HANDLE token = NULL;
	TOKEN_ELEVATION elevation = {0};
	DWORD n = 0;

	return OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) &&
	       GetTokenInformation(token, TokenElevation, &elevation, sizeof(elevation), &n) &&
	       elevation.TokenIsElevated != 0;
}

void process_enable_privileges(void)
{
	static const wchar_t *const names[] = {L"SeBackupPrivilege", L"SeRestorePrivilege",
	    L"SeDebugPrivilege", L"SeSecurityPrivilege", L"SeManageVolumePrivilege"};
	CLEANUP(handle_close) HANDLE token = NULL;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_ADJUST_PRIVILEGES, &token))
		return;
	/* One by one: in one call a single missing privilege would hide which were given. */
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		TOKEN_PRIVILEGES privilege = {.PrivilegeCount = 1};

		if (!LookupPrivilegeValueW(NULL, names[i], &privilege.Privileges[0].Luid))
			continue;
		privilege.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
		(void)AdjustTokenPrivileges(token, FALSE, &privilege, 0, NULL, NULL);
	}
}

void process_go_background(void)
{
	/* Not PROCESS_MODE_BACKGROUND_BEGIN: it also caps the working set at 32 MiB, and a collection
	 * would then spend its time paging. */
	LONG(WINAPI * set_information)
	(HANDLE, int, void *, ULONG) = (LONG(WINAPI *)(HANDLE, int, void *, ULONG))late_find(
	    "ntdll.dll", "NtSetInformationProcess");
	ULONG low = IO_PRIORITY_LOW;

	(void)SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS);
	if (set_information)
		(void)set_information(GetCurrentProcess(), PROCESS_IO_PRIORITY, &low, sizeof(low));
}

bool process_keep_awake(bool awake)
{
	/* Not the display: it may go dark. */
	EXECUTION_STATE before =
	    SetThreadExecutionState(ES_CONTINUOUS | (awake ? ES_SYSTEM_REQUIRED : 0));

	return (before & ES_CONTINUOUS) && (before & ES_SYSTEM_REQUIRED);
}

bool process_start_elevated(struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	if (!file_program_path(&path, err))
		return false;
	CLEANUP(free_memory) wchar_t *program = wide_of(text_string(&path), err);
	SHELLEXECUTEINFOW start = {
	    .cbSize = sizeof(start),
	    .fMask = SEE_MASK_NOASYNC | SEE_MASK_FLAG_NO_UI,
	    .lpVerb = L"runas",
	    .lpFile = program,
	    .nShow = SW_SHOWNORMAL,
	};

	if (!program)
		return false;
	return ShellExecuteExW(&start) || fail(err, ERR_DENIED, "Windows did not start it anew");
}

uint32_t process_own_id(void)
{
	return GetCurrentProcessId();
}

uint64_t process_peak_memory(void)
{
	PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof(counters)};

	return GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters))
		   ? counters.PeakWorkingSetSize
		   : 0;
}

void process_io(struct process_io *out)
{
	IO_COUNTERS counters = {0};

	*out = (struct process_io){0};
	if (GetProcessIoCounters(GetCurrentProcess(), &counters))
		*out = (struct process_io){counters.ReadTransferCount, counters.WriteTransferCount};
}

/* "C:\Windows\Prefetch\KANSHIKI.EXE-1A2B3C4D.pf", written some ten seconds after the start. */
bool process_own_prefetch(struct text *path, uint64_t *modified)
{
	wchar_t program[MAX_PATH + 1] = L"";
	wchar_t directory[MAX_PATH + 1] = L"";
	wchar_t pattern[2 * MAX_PATH + 32];
	UINT len = GetWindowsDirectoryW(directory, MAX_PATH);
	DWORD used = GetModuleFileNameW(NULL, program, MAX_PATH);
	const wchar_t *name = wcsrchr(program, L'\\');
	WIN32_FIND_DATAW found;
	uint64_t newest = 0;

	if (len == 0 || len >= MAX_PATH || used == 0 || used >= MAX_PATH || !name)
		return false;
	(void)swprintf(
	    pattern, ARRAY_LEN(pattern), L"%ls\\Prefetch\\%ls-*.pf", directory, name + 1);
	HANDLE search = FindFirstFileW(pattern, &found);

	if (search == INVALID_HANDLE_VALUE)
		return false;
	do {
		uint64_t time = (uint64_t)found.ftLastWriteTime.dwHighDateTime << 32 |
				found.ftLastWriteTime.dwLowDateTime;

		if (time < newest)
			continue;
		newest = time;
		text_clear(path);
		text_add_wide(path, directory);
		text_adds(path, "\\Prefetch\\");
		text_add_wide(path, found.cFileName);
	} while (FindNextFileW(search, &found));
	FindClose(search);
	*modified = newest;
	return true;
}
