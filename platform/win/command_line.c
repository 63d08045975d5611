/* The command line of a process: asked for where Windows tells it (8.1 and later), else read from its
 * memory: PEB, process parameters, UNICODE_STRING. Offsets are those of the public symbols of
 * ntdll.dll (_PEB.ProcessParameters, _RTL_USER_PROCESS_PARAMETERS.CommandLine), the same from
 * Windows XP to 11. See command_line.h. */
#include "platform/win/command_line.h"

#include "platform/win/late.h"

#include <stdlib.h>

#define QUERY_BASIC        0      /* ProcessBasicInformation */
#define QUERY_WOW64        26     /* ProcessWow64Information: the 32-bit PEB, or 0 */
#define QUERY_COMMAND_LINE 60     /* ProcessCommandLineInformation */
#define COMMAND_LINE_MAX   65536u /* bytes: what a UNICODE_STRING holds */

struct layout {
	size_t pointer;    /* bytes of a pointer */
	size_t parameters; /* offset of PEB.ProcessParameters */
	size_t line;       /* offset of CommandLine in them */
};
static const struct layout layout64 = {8, 0x20, 0x70};
static const struct layout layout32 = {4, 0x10, 0x40};

struct basic_information { /* PROCESS_BASIC_INFORMATION in our own word size */
	uintptr_t exit_status;
	uintptr_t peb;
	uintptr_t rest[4];
};

struct basic_information64 { /* the same of a 64-bit process, for a 32-bit program */
	uint64_t exit_status;
	uint64_t peb;
	uint64_t rest[4];
};

/* Reads the memory of a process, of either word size. */
struct memory {
	HANDLE process;
	LONG(WINAPI *read64)(HANDLE, uint64_t, void *, uint64_t, uint64_t *); /* or NULL */
};

static LONG query(HANDLE process, int what, void *out, ULONG len, ULONG *need)
{
	LONG(WINAPI * ask)
	(HANDLE, int, void *, ULONG, ULONG *) = (LONG(WINAPI *)(HANDLE, int, void *, ULONG,
	    ULONG *))late_find("ntdll.dll", "NtQueryInformationProcess");

	return ask ? ask(process, what, out, len, need) : -1;
}

static bool read_memory(
    const struct memory *from, uint64_t address, void *to, size_t len, struct err *err)
{
	SIZE_T n = 0;
	uint64_t n64 = 0;

	if (from->read64) {
		if (from->read64(from->process, address, to, len, &n64) == 0 && n64 == len)
			return true;
		return fail(err, ERR_IO, "its memory cannot be read");
	}
	if (address > UINTPTR_MAX)
		return fail(err, ERR_UNSUPPORTED, "its memory lies above our addresses");
	if (!ReadProcessMemory(from->process, (const void *)(uintptr_t)address, to, len, &n))
		return system_fail(err, GetLastError());
	return n == len || fail(err, ERR_IO, "its memory cannot be read");
}

static bool read_pointer(const struct memory *from, const struct layout *layout, uint64_t address,
    uint64_t *out, struct err *err)
{
	uint8_t bytes[8] = {0};

	if (!read_memory(from, address, bytes, layout->pointer, err))
		return false;
	*out = le64(bytes);
	return true;
}

static bool read_peb(const struct memory *from, const struct layout *layout, uint64_t peb,
    struct text *out, struct err *err)
{
	uint64_t parameters = 0;
	uint64_t buffer = 0;
	uint8_t length[2];

	if (peb == 0)
		return fail(err, ERR_MISSING, "it has no process environment block");
	if (!read_pointer(from, layout, peb + layout->parameters, &parameters, err))
		return false;
	if (parameters == 0)
		return fail(err, ERR_MISSING, "it has no process parameters");
	if (!read_memory(from, parameters + layout->line, length, sizeof(length), err) ||
	    !read_pointer(from, layout, parameters + layout->line + layout->pointer, &buffer, err))
		return false;
	size_t len = le16(length);
	CLEANUP(free_memory) uint8_t *units = malloc(len + 1);

	if (!units)
		return fail(err, ERR_MEMORY, "no memory for its command line");
	if (len && !read_memory(from, buffer, units, len, err))
		return false;
	text_add_utf16(out, (struct bytes){units, len});
	return text_ok(out, err);
}

#ifndef _WIN64
/* Whether we are a 32-bit program on a 64-bit system and the process is a 64-bit one. */
static bool needs_64(HANDLE process)
{
	BOOL we = FALSE;
	BOOL it = FALSE;

	return IsWow64Process(GetCurrentProcess(), &we) && we && IsWow64Process(process, &it) &&
	       !it;
}

static bool read_from_64(HANDLE process, struct text *out, struct err *err)
{
	LONG(WINAPI * ask)
	(HANDLE, int, void *, ULONG, ULONG *) = (LONG(WINAPI *)(HANDLE, int, void *, ULONG,
	    ULONG *))late_find("ntdll.dll", "NtWow64QueryInformationProcess64");
	struct memory from = {
	    process, (LONG(WINAPI *)(HANDLE, uint64_t, void *, uint64_t, uint64_t *))late_find(
			 "ntdll.dll", "NtWow64ReadVirtualMemory64")};
	struct basic_information64 basic = {0};

	if (!ask || !from.read64 || ask(process, QUERY_BASIC, &basic, sizeof(basic), NULL) != 0)
		return fail(err, ERR_UNSUPPORTED, "a 64-bit process cannot be asked from here");
	return read_peb(&from, &layout64, basic.peb, out, err);
}
#endif

static bool read_from_memory(HANDLE process, struct text *out, struct err *err)
{
	struct memory from = {process, NULL};
	struct basic_information basic = {0};
	const struct layout *own = sizeof(void *) == 8 ? &layout64 : &layout32;
	uintptr_t peb32 = 0;

#ifdef _WIN64
	if (query(process, QUERY_WOW64, &peb32, sizeof(peb32), NULL) == 0 && peb32)
		return read_peb(&from, &layout32, peb32, out, err);
#else
	(void)peb32;
	if (needs_64(process))
		return read_from_64(process, out, err);
#endif
	if (query(process, QUERY_BASIC, &basic, sizeof(basic), NULL) != 0)
		return fail(err, ERR_DENIED, "it may not be asked for its environment block");
	return read_peb(&from, own, basic.peb, out, err);
}

/* A UNICODE_STRING followed by its units. */
static bool ask_system(HANDLE process, struct text *out, struct err *err)
{
	CLEANUP(free_memory) uint8_t *answer = NULL;
	ULONG need = 0;

	(void)query(process, QUERY_COMMAND_LINE, NULL, 0, &need);
	if (need < 2 * sizeof(void *) || need > COMMAND_LINE_MAX + 64)
		return fail(err, ERR_DENIED, "the system does not tell");
	answer = calloc(1, need);
	if (!answer)
		return fail(err, ERR_MEMORY, "no memory for its command line");
	if (query(process, QUERY_COMMAND_LINE, answer, need, &need) != 0)
		return fail(err, ERR_DENIED, "the system does not tell");
	size_t len = le16(answer);

	if (len > need - 2 * sizeof(void *))
		return fail(err, ERR_DAMAGED, "it is longer than the answer");
	text_add_utf16(out, (struct bytes){answer + 2 * sizeof(void *), len});
	return text_ok(out, err);
}

/* Windows 8.1 and later tell the command line of any process; our own answers whether this one does. */
static bool system_tells(void)
{
	static int known; /* 0 not yet, 1 yes, -1 no */
	ULONG need = 0;

	if (!known) {
		(void)query(GetCurrentProcess(), QUERY_COMMAND_LINE, NULL, 0, &need);
		known = need >= 2 * sizeof(void *) ? 1 : -1;
	}
	return known > 0;
}

bool command_line_read(DWORD pid, HANDLE process, struct text *out, struct err *err)
{
	CLEANUP(handle_close) HANDLE opened = NULL;

	if (system_tells())
		return ask_system(process, out, err);
	opened = OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, pid);
	if (!opened)
		return system_fail(err, GetLastError());
	return read_from_memory(opened, out, err);
}
