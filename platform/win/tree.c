/* Trees on Windows: every directory on the way is opened as itself, not through a reparse point, and held open
 * without sharing deletion while files are made below it. See platform/tree.h. */
#include "platform/tree.h"

#include "core/text.h"
#include "platform/file.h"
#include "platform/win/edge.h"

#include <stdlib.h>
#include <winioctl.h>

#define COMPONENT_MAX 255 /* UTF-16 units */

struct tree {
	struct text root;
	HANDLE held[TREE_DEPTH + 1]; /* the root and the directories of `last` */
	unsigned held_count;
	struct text last;
};

struct tree_file {
	HANDLE file;
	wchar_t *path; /* for removing */
};

bool tree_has_windows_names(void)
{
	return true;
}

/* Opens a directory so that nobody can put another in its place. */
static bool hold(struct tree *tree, const char *path, struct err *err)
{
	CLEANUP(free_memory) wchar_t *wide = wide_path(path, err);
	BY_HANDLE_FILE_INFORMATION info;

	if (!wide)
		return false;
	HANDLE handle = CreateFileW(wide, FILE_READ_ATTRIBUTES | FILE_TRAVERSE,
	    FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
	    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);

	if (handle == INVALID_HANDLE_VALUE)
		return system_fail(err, GetLastError());
	if (!GetFileInformationByHandle(handle, &info) ||
	    !(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) ||
	    (tree->held_count && (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT))) {
		CloseHandle(handle);
		return fail(err, ERR_EXISTS, "something that is no directory stands in the way");
	}
	tree->held[tree->held_count++] = handle;
	return true;
}

static void let_go(struct tree *tree, unsigned keep)
{
	while (tree->held_count > keep)
		CloseHandle(tree->held[--tree->held_count]);
	text_clear(&tree->last);
}

bool tree_open(const char *path, struct tree **out, struct err *err)
{
	if (!file_make_directory(path, true, err))
		return false;
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return fail(err, ERR_MEMORY, "no memory for '%s'", path);
	text_adds(&tree->root, path);
	if (!text_ok(&tree->root, err) || !hold(tree, path, err)) {
		tree_close(tree);
		return fail_in(err, "cannot open '%s'", path);
	}
	*out = tree;
	return true;
}

void tree_close(struct tree *tree)
{
	if (!tree)
		return;
	let_go(tree, 0);
	text_free(&tree->root);
	text_free(&tree->last);
	free(tree);
}

/* Names that mean what they say: no separator, stream, wildcard or control, no dot or space at the end. */
static bool check_component(struct bytes name, struct err *err)
{
	CLEANUP(text_free) struct text units = {0};

	text_to_utf16(name, &units);
	bool good = text_ok(&units, NULL) && units.len && units.len / 2 <= COMPONENT_MAX &&
		    name.at[name.len - 1] != '.' && name.at[name.len - 1] != ' ';

	for (size_t i = 0; good && i < name.len; i++)
		good = name.at[i] >= ' ' && !strchr("\\:*?\"<>|", name.at[i]);
	return good || fail(err, ERR_DENIED, "a name that Windows reads otherwise");
}

/* Makes it when missing, and holds it; of what has its name and is no directory hold() says so. */
static bool enter(struct tree *tree, const char *path, struct err *err)
{
	struct err why = {0};

	if (file_make_directory(path, false, &why) || why.kind == ERR_EXISTS)
		return hold(tree, path, err);
	if (err)
		*err = why;
	return false;
}

/* Makes and holds the directories of `directory` (may be ""); *path is then its full path. */
static bool enter_path(
    struct tree *tree, struct bytes directory, struct text *path, struct err *err)
{
	bool same = directory.len && bytes_equal(directory, text_bytes(&tree->last));

	if (directory.len && directory.at[directory.len - 1] == '/')
		return fail(err, ERR_DENIED, "a name of no bytes in the path");
	if (tree_is_too_deep(directory))
		return fail(err, ERR_LIMIT, "more than %d directories", TREE_DEPTH);
	text_add(path, text_bytes(&tree->root));
	if (!same)
		let_go(tree, 1);
	for (size_t at = 0; at < directory.len;) {
		const uint8_t *slash = memchr(directory.at + at, '/', directory.len - at);
		size_t end = slash ? (size_t)(slash - directory.at) : directory.len;
		struct bytes name = {directory.at + at, end - at};

		if (!check_component(name, err))
			return false;
		text_addc(path, '/');
		text_add(path, name);
		if (!text_ok(path, err))
			return false;
		at = end + 1;
		if (same)
			continue;
		if (!enter(tree, text_string(path), err))
			return false;
	}
	if (!same)
		text_add(&tree->last, directory);
	return text_ok(&tree->last, err);
}

static HANDLE create_new(const wchar_t *path, bool replace)
{
	const DWORD flags = FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT;
	const DWORD access = GENERIC_WRITE | DELETE;
	HANDLE file = CreateFileW(path, access, FILE_SHARE_READ, NULL, CREATE_NEW, flags, NULL);

	if (file == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_EXISTS && replace &&
	    DeleteFileW(path))
		file = CreateFileW(path, access, FILE_SHARE_READ, NULL, CREATE_NEW, flags, NULL);
	return file;
}

bool tree_create(
    struct tree *tree, const char *path, bool replace, struct tree_file **out, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct bytes above = {(const uint8_t *)path, slash ? (size_t)(slash - path) : 0};
	CLEANUP(text_free) struct text full = {0};
	DWORD done;

	if (slash == path)
		return fail(err, ERR_DENIED, "the path begins with '/'");
	if (!check_component(bytes_of(name), err) || !enter_path(tree, above, &full, err))
		return false;
	text_addc(&full, '/');
	text_adds(&full, name);
	struct tree_file *file = calloc(1, sizeof(*file));

	if (!text_ok(&full, err) || !file || !(file->path = wide_path(text_string(&full), err))) {
		free(file);
		return fail(err, ERR_MEMORY, "no memory for a file");
	}
	file->file = create_new(file->path, replace);
	if (file->file == INVALID_HANDLE_VALUE) {
		system_fail(err, GetLastError());
		free(file->path);
		free(file);
		return false;
	}
	/* Holes take no room where the file system can; where not, they are zeros. */
	(void)DeviceIoControl(file->file, FSCTL_SET_SPARSE, NULL, 0, NULL, 0, &done, NULL);
	*out = file;
	return true;
}

/* Where it is set for a directory, most programs would not find the second file. */
bool tree_tells_case(struct tree *tree, const char *path)
{
	(void)tree;
	(void)path;
	return false;
}

bool tree_write(struct tree_file *file, uint64_t at, struct bytes bytes, struct err *err)
{
	if (tree_is_hole(bytes))
		return true;
	while (bytes.len) {
		OVERLAPPED where = {.Offset = (DWORD)at, .OffsetHigh = (DWORD)(at >> 32)};
		DWORD put = 0, want = bytes.len > 1u << 30 ? 1u << 30 : (DWORD)bytes.len;

		if (!WriteFile(file->file, bytes.at, want, &put, &where) || put == 0)
			return system_fail(err, GetLastError());
		bytes.at += put;
		bytes.len -= put;
		at += put;
	}
	return true;
}

static const FILETIME *file_time(FILETIME *to, uint64_t ticks)
{
	to->dwLowDateTime = (DWORD)ticks;
	to->dwHighDateTime = (DWORD)(ticks >> 32);
	return ticks && ticks <= INT64_MAX ? to : NULL;
}

static void remove_open(struct tree_file *file)
{
	CloseHandle(file->file);
	DeleteFileW(file->path);
	free(file->path);
	free(file);
}

bool tree_finish(
    struct tree_file *file, uint64_t size, const struct tree_times *times, struct err *err)
{
	LARGE_INTEGER end = {.QuadPart = (LONGLONG)size};
	FILETIME created, modified, accessed;

	if (size > INT64_MAX || !SetFilePointerEx(file->file, end, NULL, FILE_BEGIN) ||
	    !SetEndOfFile(file->file) ||
	    !SetFileTime(file->file, file_time(&created, times->created),
		file_time(&accessed, times->accessed), file_time(&modified, times->modified))) {
		system_fail(err, GetLastError());
		remove_open(file);
		return false;
	}
	CloseHandle(file->file);
	free(file->path);
	free(file);
	return true;
}

void tree_abandon(struct tree_file *file)
{
	if (file)
		remove_open(file);
}
