/* Files and directories on Windows. See platform/file.h. */
#include "platform/file.h"

#include "platform/os.h"
#include "platform/win/edge.h"
#include "platform/win/late.h"

#include <stdlib.h>
#include <string.h>

static enum file_kind kind_of(DWORD attributes)
{
	if (attributes & FILE_ATTRIBUTE_DEVICE)
		return FILE_KIND_OTHER;
	return attributes & FILE_ATTRIBUTE_DIRECTORY ? FILE_KIND_DIRECTORY : FILE_KIND_FILE;
}

enum file_kind file_kind(const char *path)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, NULL);

	if (!wide)
		return FILE_KIND_MISSING;
	CLEANUP(redirection) struct redirection redirection UNUSED = redirection_off();
	DWORD attributes = GetFileAttributesW(wide);

	if (attributes != INVALID_FILE_ATTRIBUTES)
		return kind_of(attributes);
	DWORD code = GetLastError();

	/* What is there but may not be looked at is something else, not nothing. */
	return code == ERROR_ACCESS_DENIED || code == ERROR_SHARING_VIOLATION ? FILE_KIND_OTHER
									      : FILE_KIND_MISSING;
}

static enum file_kind kind_of_found(const WIN32_FIND_DATAW *found)
{
	DWORD attributes = found->dwFileAttributes;
	bool is_junction =
	    (attributes & FILE_ATTRIBUTE_REPARSE_POINT) && (attributes & FILE_ATTRIBUTE_DIRECTORY);

	return is_junction ? FILE_KIND_OTHER : kind_of(attributes);
}

bool os_list(const char *path,
    bool (*each)(void *context, const char *name, enum file_kind kind, struct err *err),
    void *context, struct err *err)
{
	CLEANUP(text_free) struct text pattern = {0};
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(free_memory) wchar_t *wide = NULL;
	WIN32_FIND_DATAW found;
	bool ok = true;

	file_join(&pattern, path, "*");
	if (!text_ok(&pattern, err))
		return false;
	wide = wide_path(pattern.at, err);
	if (!wide)
		return false;
	CLEANUP(redirection) struct redirection redirection UNUSED = redirection_off();
	HANDLE search = FindFirstFileW(wide, &found);
	DWORD code = GetLastError();

	if (search == INVALID_HANDLE_VALUE) /* an empty root has not even "." */
		return code == ERROR_FILE_NOT_FOUND || system_fail(err, code);
	do {
		text_clear(&name);
		text_add_wide(&name, found.cFileName);
		ok = text_ok(&name, err) &&
		     (strcmp(name.at, ".") == 0 || strcmp(name.at, "..") == 0 ||
			 each(context, name.at, kind_of_found(&found), err));
	} while (ok && FindNextFileW(search, &found));
	code = GetLastError();
	FindClose(search);
	return ok && (code == ERROR_NO_MORE_FILES || system_fail(err, code));
}

bool file_free_space(const char *path, uint64_t *bytes, struct err *err)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, err);
	CLEANUP(free_memory) wchar_t *directory = NULL;
	size_t len = wide ? wcslen(wide) : 0;
	ULARGE_INTEGER mine;

	if (!wide)
		return false;
	directory = calloc(len + 2, sizeof(*directory));
	if (!directory)
		return fail(err, ERR_MEMORY, "no memory for '%s'", path);
	memcpy(directory, wide, len * sizeof(*wide));
	if (wide[len - 1] != L'\\')
		directory[len] = L'\\'; /* network paths need it */
	if (!GetDiskFreeSpaceExW(directory, &mine, NULL, NULL)) {
		system_fail(err, GetLastError());
		return fail_in(err, "cannot tell the free space of '%s'", path);
	}
	*bytes = mine.QuadPart;
	return true;
}

bool file_program_path(struct text *out, struct err *err)
{
	for (DWORD room = 512; room <= 32768; room *= 4) {
		CLEANUP(free_memory) wchar_t *wide = calloc(room, sizeof(*wide));

		if (!wide)
			return fail(err, ERR_MEMORY, "no memory for the path of this program");
		DWORD len = GetModuleFileNameW(NULL, wide, room);

		if (len == 0) {
			system_fail(err, GetLastError());
			return fail_in(err, "cannot tell the path of this program");
		}
		if (len >= room)
			continue;
		text_clear(out);
		text_add_units(out, wide, len);
		return text_ok(out, err);
	}
	return fail(err, ERR_LIMIT, "the path of this program is over 32767 characters");
}

struct file_hold {
	HANDLE file;
};

bool file_hold(const char *path, struct file_hold **out, struct err *err)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, err);
	CLEANUP(free_memory) struct file_hold *hold = calloc(1, sizeof(*hold));

	if (!wide)
		return false;
	if (!hold)
		return fail(err, ERR_MEMORY, "no memory to hold '%s'", path);
	/* Who holds it may write to it, which none of the others allows. */
	hold->file = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL,
	    OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
	if (hold->file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_SHARING_VIOLATION)
		return fail(err, ERR_DENIED, "another program holds it");
	*out = TAKE(hold);
	return true;
}

void file_hold_free(struct file_hold *hold)
{
	if (hold && hold->file != INVALID_HANDLE_VALUE)
		CloseHandle(hold->file);
	free(hold);
}

bool file_full_path(const char *path, struct text *out, struct err *err)
{
	static const char whole[] = "\\\\?\\", unc[] = "\\\\?\\UNC\\";
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, err);
	CLEANUP(text_free) struct text full = {0};

	if (!wide)
		return false;
	text_add_wide(&full, wide);
	if (!text_ok(&full, err))
		return false;
	text_clear(out);
	if (strncmp(full.at, unc, strlen(unc)) == 0)
		text_addf(out, "\\\\%s", full.at + strlen(unc));
	else
		text_adds(out,
		    full.at + (strncmp(full.at, whole, strlen(whole)) == 0 ? strlen(whole) : 0));
	return text_ok(out, err);
}

/* Every full path is without them; not so one of \\?\, which is taken as it is. */
bool file_real_path(const char *path, struct text *out, struct err *err)
{
	return file_full_path(path, out, err);
}

/* FILE_ID_INFO of Windows 8 and later: 128 bits, which ReFS needs. The class is number 18. */
struct id_info {
	uint64_t volume;
	uint64_t number[2];
};

static bool wide_identity(HANDLE file, struct file_identity *out)
{
	struct id_info id = {0};

	if (!GetFileInformationByHandleEx(file, (FILE_INFO_BY_HANDLE_CLASS)18, &id, sizeof(id)))
		return false;
	*out = (struct file_identity){.volume = id.volume, .number = {id.number[0], id.number[1]}};
	return true;
}

bool file_identity(const char *path, struct file_identity *out, struct err *err)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, err);
	CLEANUP(handle_close) HANDLE file = INVALID_HANDLE_VALUE;
	BY_HANDLE_FILE_INFORMATION info;

	if (!wide)
		return false;
	CLEANUP(redirection) struct redirection redirection UNUSED = redirection_off();

	/* No access right is needed to ask for it, so a file that others lock is no obstacle. */
	file = CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
	    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (file != INVALID_HANDLE_VALUE && wide_identity(file, out))
		return true;
	if (file == INVALID_HANDLE_VALUE || !GetFileInformationByHandle(file, &info)) {
		system_fail(err, GetLastError());
		return fail_in(err, "cannot identify '%s'", path);
	}
	*out = (struct file_identity){.volume = info.dwVolumeSerialNumber,
	    .number = {(uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow, 0}};
	return true;
}
