/* Windows files behind platform/os.h. */
#include "platform/os.h"

#include "platform/win/edge.h"

#include <sddl.h>
#include <stdlib.h>

#define IO_PIECE     ((size_t)16 << 20) /* some network redirectors fail above 64 MiB */
#define RENAME_TRIES 20
#define RENAME_WAIT  100 /* ms */

/* Everything else may go on with the file: reading must never get in the way of the PC. */
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static bool check_opened(HANDLE file, uint64_t *size, struct err *err)
{
	BY_HANDLE_FILE_INFORMATION info;

	if (GetFileType(file) != FILE_TYPE_DISK || !GetFileInformationByHandle(file, &info))
		return fail(err, ERR_UNSUPPORTED, "it is not a regular file");
	if (info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
		return fail(err, ERR_UNSUPPORTED, "it is a directory");
	*size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
	return true;
}

static bool open_with(const char *path, DWORD flags, intptr_t *out, uint64_t *size, struct err *err)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, err);

	if (!wide)
		return false;
	CLEANUP(redirection) struct redirection redirection UNUSED = redirection_off();
	HANDLE file = CreateFileW(wide, GENERIC_READ, SHARE_ALL, NULL, OPEN_EXISTING,
	    FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return system_fail(err, GetLastError());
	if (!check_opened(file, size, err)) {
		CloseHandle(file);
		return false;
	}
	*out = (intptr_t)file;
	return true;
}

bool os_open(const char *path, intptr_t *out, uint64_t *size, struct err *err)
{
	return open_with(path, 0, out, size, err);
}

void os_allow_files(size_t count)
{
	(void)count; /* handles have no limit that an image could meet */
}

bool os_open_medium(const char *path, intptr_t *out, uint64_t *size, struct err *err)
{
	return open_with(path, FILE_FLAG_NO_BUFFERING, out, size, err);
}

static void local_free_at(PSECURITY_DESCRIPTOR *descriptor)
{
	LocalFree(*descriptor);
}

bool os_create(const char *path, bool is_private, intptr_t *out, struct err *err)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, err);
	CLEANUP(local_free) PSECURITY_DESCRIPTOR descriptor = NULL;
	SECURITY_ATTRIBUTES security = {.nLength = sizeof(security)};

	if (!wide)
		return false;
	/* Protected (nothing inherited): all access for owner rights, Administrators and SYSTEM. */
	if (is_private &&
	    !ConvertStringSecurityDescriptorToSecurityDescriptorW(
		L"D:P(A;;FA;;;OW)(A;;FA;;;BA)(A;;FA;;;SY)", SDDL_REVISION_1, &descriptor, NULL))
		return system_fail(err, GetLastError());
	security.lpSecurityDescriptor = descriptor;
	HANDLE file = CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE,
	    is_private ? &security : NULL, CREATE_NEW,
	    FILE_ATTRIBUTE_NORMAL | FILE_FLAG_WRITE_THROUGH | FILE_FLAG_SEQUENTIAL_SCAN, NULL);

	if (file == INVALID_HANDLE_VALUE)
		return system_fail(err, GetLastError());
	*out = (intptr_t)file;
	return true;
}

bool os_read(intptr_t file, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	uint8_t *at = to;

	*got = 0;
	while (*got < len) {
		size_t left = len - *got;
		OVERLAPPED where = {
		    .Offset = (DWORD)(offset + *got), .OffsetHigh = (DWORD)((offset + *got) >> 32)};
		DWORD n = 0;

		if (!ReadFile((HANDLE)file, at + *got, (DWORD)(left < IO_PIECE ? left : IO_PIECE),
			&n, &where)) {
			DWORD code = GetLastError();

			return code == ERROR_HANDLE_EOF || system_fail(err, code);
		}
		if (n == 0)
			break;
		*got += n;
	}
	return true;
}

bool os_write(intptr_t file, struct bytes bytes, struct err *err)
{
	while (bytes.len) {
		DWORD n = 0;

		if (!WriteFile((HANDLE)file, bytes.at,
			(DWORD)(bytes.len < IO_PIECE ? bytes.len : IO_PIECE), &n, NULL))
			return system_fail(err, GetLastError());
		if (n == 0)
			return system_fail(err, ERROR_DISK_FULL);
		bytes.at += n;
		bytes.len -= n;
	}
	return true;
}

bool os_flush(intptr_t file, struct err *err)
{
	return FlushFileBuffers((HANDLE)file) || system_fail(err, GetLastError());
}

bool os_flush_entry(const char *path, struct err *err)
{
	/* FlushFileBuffers also writes the metadata of the file (NTFS), MOVEFILE_WRITE_THROUGH the
	 * rename; a directory cannot be flushed without administrator rights. */
	(void)path;
	(void)err;
	return true;
}

/* A virus scanner or an indexer often holds a new file for some moments: that passes. */
static bool move_patiently(const wchar_t *from, const wchar_t *to, struct err *err)
{
	for (int i = 0;; i++) {
		if (MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
			return true;
		DWORD code = GetLastError();

		if ((code != ERROR_SHARING_VIOLATION && code != ERROR_ACCESS_DENIED) ||
		    i + 1 == RENAME_TRIES)
			return system_fail(err, code);
		Sleep(RENAME_WAIT);
	}
}

bool os_rename(const char *from, const char *to, struct err *err)
{
	CLEANUP(free_memory) wchar_t *old = wide_path(from, err);
	CLEANUP(free_memory) wchar_t *new = old ? wide_path(to, err) : NULL;

	return old && new &&move_patiently(old, new, err);
}

bool os_remove(const char *path, struct err *err)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, err);

	if (!wide)
		return false;
	DWORD attributes = GetFileAttributesW(wide);
	bool is_directory =
	    attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;

	return (is_directory ? RemoveDirectoryW(wide) : DeleteFileW(wide)) ||
	       system_fail(err, GetLastError());
}

bool os_make_directory(const char *path, struct err *err)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, err);

	return wide && (CreateDirectoryW(wide, NULL) || system_fail(err, GetLastError()));
}

bool os_close(intptr_t file, struct err *err)
{
	return CloseHandle((HANDLE)file) || system_fail(err, GetLastError());
}

bool os_is_separator(char c)
{
	return c == '/' || c == '\\';
}
