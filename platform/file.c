/* What files are on both systems: reading, whole reads, directories, paths. See file.h. */
#include "platform/file.h"

#include "core/array.h"
#include "core/wipe.h"
#include "platform/file_sink.h"
#include "platform/os.h"

#include <stdlib.h>

#define READ_PIECE  ((size_t)64 << 10)
#define READ_MEDIUM ((size_t)1 << 20)
#define ENTRIES_MAX ((size_t)4 << 20) /* names of one directory held for sorting */

struct file_source {
	struct source source;
	intptr_t file;
	uint8_t *bounce; /* of a medium: READ_MEDIUM bytes, aligned within it; else NULL */
	char path[];
};

static bool file_source_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct file_source *from = (struct file_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;

	*got = 0;
	if (len > left)
		len = (size_t)left;
	return len == 0 || os_read(from->file, offset, to, len, got, err) ||
	       fail_in(err, "cannot read '%s'", from->path);
}

static bool medium_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct file_source *from = (struct file_source *)self;
	const uint8_t *piece = bytes_page(from->bounce);
	uint64_t left = offset < self->size ? self->size - offset : 0;

	*got = 0;
	if (len > left)
		len = (size_t)left;
	while (*got < len) {
		size_t skip = (size_t)((offset + *got) % OS_MEDIUM_ALIGN), have = 0;

		if (!os_read(from->file, offset + *got - skip, bytes_page(from->bounce),
			READ_MEDIUM, &have, err))
			return fail_in(err, "cannot read '%s'", from->path);
		if (have <= skip)
			break;
		size_t take = have - skip < len - *got ? have - skip : len - *got;

		memcpy((uint8_t *)to + *got, piece + skip, take);
		*got += take;
	}
	return true;
}

static void file_source_close(struct source *self)
{
	struct file_source *from = (struct file_source *)self;

	DISCARD(os_close(from->file, NULL));
	free(from->bounce);
	free(from);
}

static bool open_source(const char *path, bool is_medium, struct source **out, struct err *err)
{
	size_t room = strlen(path) + 1;
	struct file_source *from = calloc(1, sizeof(*from) + room);

	if (from && is_medium)
		from->bounce = malloc(READ_MEDIUM + BYTES_PAGE);
	if (!from || (is_medium && !from->bounce)) {
		free(from);
		return fail(err, ERR_MEMORY, "no memory to open '%s'", path);
	}
	from->source.read = is_medium ? medium_read : file_source_read;
	from->source.close = file_source_close;
	memcpy(from->path, path, room);
	if (!(is_medium ? os_open_medium : os_open)(path, &from->file, &from->source.size, err)) {
		free(from->bounce);
		free(from);
		return fail_in(err, "cannot open '%s'", path);
	}
	*out = &from->source;
	return true;
}

bool file_open(const char *path, struct source **out, struct err *err)
{
	return open_source(path, false, out, err);
}

bool file_open_medium(const char *path, struct source **out, struct err *err)
{
	return open_source(path, true, out, err);
}

static bool read_into(
    struct source *from, const char *path, size_t limit, struct text *into, struct err *err)
{
	CLEANUP(free_memory) uint8_t *piece = malloc(READ_PIECE);
	uint64_t offset = 0;
	size_t got = 0;

	if (!piece)
		return fail(err, ERR_MEMORY, "no memory to read '%s'", path);
	do {
		if (!from->read(from, offset, piece, READ_PIECE, &got, err))
			return false;
		text_add(into, (struct bytes){.at = piece, .len = got});
		offset += got;
		wipe(piece, got);
	} while (got == READ_PIECE && offset <= limit);
	return text_ok(into, err);
}

bool file_read_all(const char *path, size_t limit, struct text *out, struct err *err)
{
	CLEANUP(source_close) struct source *from = NULL;
	/* It may be a key. */
	CLEANUP(text_wipe)
	struct text whole = {.ceiling = limit < SIZE_MAX - 1 ? limit + 1 : limit};

	if (!file_open(path, &from, err))
		return false;
	if (from->size > limit)
		return fail(err, ERR_LIMIT, "'%s' has %llu bytes, more than %zu", path,
		    (unsigned long long)from->size, limit);
	if (!read_into(from, path, limit, &whole, err))
		return false;
	text_clear(out);
	text_add(out, text_bytes(&whole));
	return text_ok(out, err);
}

static uint64_t directories_made; /* from several threads */

void file_made(struct file_made *out)
{
	file_sink_made(&out->files, &out->bytes);
	out->directories = __atomic_load_n(&directories_made, __ATOMIC_RELAXED);
}

bool file_create(const char *path, struct sink **out, struct err *err)
{
	return file_sink_create(path, false, out, err);
}

bool file_create_private(const char *path, struct sink **out, struct err *err)
{
	return file_sink_create(path, true, out, err);
}

bool file_write_all(const char *path, struct bytes bytes, bool is_private, struct err *err)
{
	struct sink *to = NULL;

	if (!file_sink_create(path, is_private, &to, err))
		return false;
	bool ok = to->write(to, bytes, err) && to->finish(to, err);

	sink_free(to);
	if (!ok) /* half of it is nobody's file, and stands in the way of the next try */
		(void)!os_remove(path, NULL);
	return ok;
}

bool file_rename(const char *from, const char *to, struct err *err)
{
	if (!os_rename(from, to, err))
		return fail_in(err, "cannot rename '%s' to '%s'", from, to);
	return os_flush_entry(to, err) || fail_in(err, "cannot flush the directory of '%s'", to);
}

bool file_remove(const char *path, struct err *err)
{
	return os_remove(path, err) || fail_in(err, "cannot remove '%s'", path);
}

bool file_program_directory(struct text *out, struct err *err)
{
	if (!file_program_path(out, err))
		return false;
	while (out->len && !os_is_separator(out->at[out->len - 1]))
		out->at[--out->len] = 0;
	return true;
}

static bool make_one(const char *path, struct err *err)
{
	struct err why = {0};

	if (os_make_directory(path, &why)) {
		(void)__atomic_add_fetch(&directories_made, 1, __ATOMIC_RELAXED);
		return true;
	}
	if (file_kind(path) == FILE_KIND_DIRECTORY)
		return true;
	if (err)
		*err = why;
	return fail_in(err, "cannot make directory '%s'", path);
}

bool file_make_directory(const char *path, bool parents, struct err *err)
{
	size_t len = strlen(path);
	CLEANUP(text_free) struct text parent = {0};

	if (!parents || file_kind(path) == FILE_KIND_DIRECTORY)
		return make_one(path, err);
	for (size_t i = 1; i < len; i++) {
		if (!os_is_separator(path[i]) || os_is_separator(path[i - 1]))
			continue;
		text_clear(&parent);
		text_add(&parent, (struct bytes){(const uint8_t *)path, i});
		if (!text_ok(&parent, err))
			return false;
		/* Roots ("C:", "//server/share") cannot be made and need not be: only what is not there. */
		if (file_kind(parent.at) != FILE_KIND_MISSING)
			continue;
		if (!make_one(parent.at, err) && i > 2)
			return false;
	}
	return make_one(path, err);
}

struct entry {
	char *name;
	enum file_kind kind;
};

struct entries {
	struct entry *at;
	size_t count;
	size_t room;
};

static void entries_free_at(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->at[i].name);
	free(entries->at);
}

static bool add_entry(void *context, const char *name, enum file_kind kind, struct err *err)
{
	struct entries *entries = context;

	if (!array_grow(&entries->at, &entries->room, entries->count + 1, sizeof(*entries->at),
		ENTRIES_MAX, err))
		return false;
	char *copy = strdup(name);

	if (!copy)
		return fail(err, ERR_MEMORY, "no memory for its names");
	entries->at[entries->count++] = (struct entry){copy, kind};
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

bool file_list(const char *path,
    bool (*each)(void *context, const char *name, enum file_kind kind, struct err *err),
    void *context, struct err *err)
{
	CLEANUP(entries_free) struct entries entries = {0};

	if (!os_list(path, add_entry, &entries, err))
		return fail_in(err, "cannot list '%s'", path);
	if (entries.count)
		qsort(entries.at, entries.count, sizeof(*entries.at), by_name);
	for (size_t i = 0; i < entries.count; i++)
		if (!each(context, entries.at[i].name, entries.at[i].kind, err))
			return false;
	return true;
}

void file_join(struct text *out, const char *base, const char *name)
{
	size_t len = strlen(base);

	text_clear(out);
	text_adds(out, base);
	if (len && !os_is_separator(base[len - 1]))
		text_addc(out, '/');
	text_adds(out, name);
}
