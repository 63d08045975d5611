/* The map of clusters in use as the running file system has it (FSCTL_GET_VOLUME_BITMAP). See platform/volume.h. */
#include "platform/volume.h"

#include "platform/os.h"
#include "platform/win/edge.h"

#include <stddef.h>
#include <stdlib.h>
#include <winioctl.h>

#define PIECE ((size_t)64 << 10) /* bytes of the map asked for at once */
#define LEAST ((size_t)64)       /* an answer smaller than VOLUME_BITMAP_BUFFER is refused */
#define HEAD  offsetof(VOLUME_BITMAP_BUFFER, Buffer)

struct bitmap_source {
	struct source source;
	HANDLE device;
	VOLUME_BITMAP_BUFFER *answer; /* of HEAD + PIECE bytes */
};

/* Asks for the map from a byte on: *got bytes of it are in answer, *total clusters are from there to the end. */
static bool ask(struct bitmap_source *bitmap, uint64_t offset, size_t len, size_t *got,
    uint64_t *total, struct err *err)
{
	STARTING_LCN_INPUT_BUFFER from = {0};
	DWORD filled = 0;

	from.StartingLcn.QuadPart = (LONGLONG)(offset * 8);
	if (!DeviceIoControl(bitmap->device, FSCTL_GET_VOLUME_BITMAP, &from, sizeof(from),
		bitmap->answer, (DWORD)(HEAD + len), &filled, NULL) &&
	    GetLastError() != ERROR_MORE_DATA)
		return system_fail(err, GetLastError());
	if (filled < HEAD || bitmap->answer->StartingLcn.QuadPart != from.StartingLcn.QuadPart ||
	    bitmap->answer->BitmapSize.QuadPart < 0)
		return fail(err, ERR_DAMAGED, "the system answered another question");
	*got = filled - HEAD;
	*total = (uint64_t)bitmap->answer->BitmapSize.QuadPart;
	return true;
}

static bool bitmap_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct bitmap_source *bitmap = (struct bitmap_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;

	*got = 0;
	if (len > left)
		len = (size_t)left;
	while (*got < len) {
		size_t want = len - *got < PIECE ? len - *got : PIECE;
		uint64_t total;
		size_t n = 0;

		if (!ask(bitmap, offset + *got, want < LEAST ? LEAST : want, &n, &total, err))
			return fail_in(err, "map of clusters in use");
		if (n == 0)
			return true;
		n = n < want ? n : want;
		memcpy((uint8_t *)to + *got, bitmap->answer->Buffer, n);
		*got += n;
	}
	return true;
}

static void bitmap_close(struct source *self)
{
	struct bitmap_source *bitmap = (struct bitmap_source *)self;

	if (bitmap->device != INVALID_HANDLE_VALUE)
		CloseHandle(bitmap->device);
	free(bitmap->answer);
	free(bitmap);
}

static bool open_device(struct bitmap_source *bitmap, const char *path, struct err *err)
{
	CLEANUP(text_free) struct text device = {0};
	CLEANUP(free_memory) wchar_t *wide = NULL;
	size_t got = 0;
	uint64_t clusters = 0;

	/* A bare "X:" means the volume. */
	text_addf(&device, "%s%s", os_is_separator(path[0]) ? "" : "\\\\.\\", path);
	if (!text_ok(&device, err))
		return false;
	wide = wide_path(text_string(&device), err);
	if (!wide)
		return false;
	bitmap->device =
	    CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
		NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	if (bitmap->device == INVALID_HANDLE_VALUE)
		return system_fail(err, GetLastError());
	if (!ask(bitmap, 0, PIECE, &got, &clusters, err))
		return false;
	bitmap->source.size = clusters / 8 + (clusters % 8 != 0);
	return true;
}

bool volume_bitmap_open(const char *path, struct source **out, struct err *err)
{
	struct bitmap_source *bitmap = calloc(1, sizeof(*bitmap));

	if (!bitmap)
		return fail(err, ERR_MEMORY, "no memory for the map of clusters in use");
	bitmap->source = (struct source){.size = 0, .read = bitmap_read, .close = bitmap_close};
	bitmap->device = INVALID_HANDLE_VALUE;
	bitmap->answer = malloc(HEAD + PIECE);
	if (bitmap->answer ? !open_device(bitmap, path, err)
			   : !fail(err, ERR_MEMORY, "no memory for the map of clusters in use")) {
		bitmap_close(&bitmap->source);
		return fail_in(err, "map of clusters in use of '%s'", path);
	}
	*out = &bitmap->source;
	return true;
}
