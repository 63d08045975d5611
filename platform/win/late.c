/* Loading at run time from the system directory only. See late.h. */
#include "platform/win/late.h"

#include "platform/win/edge.h"

#include <stdlib.h>

#ifndef LOAD_LIBRARY_SEARCH_SYSTEM32
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800
#endif

static HMODULE kernel32(void)
{
	return GetModuleHandleW(L"kernel32.dll");
}

/* Windows 7 without KB2533623 does not know the SYSTEM32 flag: the full path says the same for the
 * module, and the altered search path for what the module itself imports. */
static HMODULE load_by_path(const char *module)
{
	CLEANUP(free_memory) wchar_t *name = wide_of(module, NULL);
	wchar_t path[MAX_PATH + 64];
	UINT len = GetSystemDirectoryW(path, MAX_PATH);

	if (!name || len == 0 || len >= MAX_PATH || wcslen(name) > 60)
		return NULL;
	path[len] = L'\\';
	memcpy(path + len + 1, name, (wcslen(name) + 1) * sizeof(*name));
	return LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
}

/* What the libraries of Windows 7 load by bare name while we run: once here, they are not looked for. */
static void load_ahead(void)
{
	static const char *const modules[] = {"cryptbase.dll", "cryptsp.dll", "rsaenh.dll",
	    "bcryptprimitives.dll", "bcrypt.dll", "sspicli.dll", "ntmarta.dll", "profapi.dll",
	    "winnsi.dll", "iphlpapi.dll", "version.dll", "winsta.dll", "wtsapi32.dll"};

	for (size_t i = 0; i < ARRAY_LEN(modules); i++)
		(void)load_by_path(modules[i]);
}

/* Before every other constructor: libssp's asks advapi32 for random bytes, which loads cryptsp.dll, which
 * loads more, and would take them from the program's directory. */
__attribute__((constructor(101))) static void start(void)
{
	/* Declared for Windows 8 and later; Windows 7 has it with KB2533623. */
	BOOL(WINAPI * set_directories)
	(DWORD) = (BOOL(WINAPI *)(DWORD))(void (*)(void))GetProcAddress(
	    kernel32(), "SetDefaultDllDirectories");

	SetDllDirectoryW(L"");
	SetSearchPathMode(BASE_SEARCH_PATH_ENABLE_SAFE_SEARCHMODE | BASE_SEARCH_PATH_PERMANENT);
	if (!set_directories || !set_directories(LOAD_LIBRARY_SEARCH_SYSTEM32))
		load_ahead();
}

void late_start(void)
{
	/* The work is done; this call makes the linker take this file in. */
}

static HMODULE load(const char *module)
{
	CLEANUP(free_memory) wchar_t *name = wide_of(module, NULL);

	if (!name)
		return NULL;
	if (!GetProcAddress(kernel32(), "AddDllDirectory")) /* the update's own mark */
		return load_by_path(module);
	return LoadLibraryExW(name, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
}

void (*late_find(const char *module, const char *function))(void)
{
	HMODULE loaded = load(module);

	return loaded ? (void (*)(void))GetProcAddress(loaded, function) : NULL;
}
