/* A store in memory. See fake_store.h. */
#include "fake_store.h"

#include <stdio.h>
#include <stdlib.h>

#define FILES_MAX 4096
#define NAME_ROOM 160

struct fake_file {
	char name[NAME_ROOM]; /* "": gone */
	struct text content;
	uint64_t bad_at, bad_end; /* that cannot be read */
};

struct fake_sink {
	struct sink sink;
	struct fake_store *fake;
	size_t file;
};

static struct fake_file *find(struct fake_store *fake, const char *name)
{
	for (size_t i = 0; i < fake->count; i++)
		if (strcmp(fake->files[i].name, name) == 0)
			return &fake->files[i];
	return NULL;
}

static bool change(struct fake_store *fake, struct err *err)
{
	fake->changes++;
	if (fake->dies_at && fake->changes >= fake->dies_at)
		return fail(err, ERR_IO, "dead");
	if (fake->fail_at == 0 || fake->changes < fake->fail_at ||
	    (fake->changes > fake->fail_at && !fake->fails_on))
		return true;
	return fail(err, fake->kind, "told to fail");
}

static bool sink_write(struct sink *self, struct bytes data, struct err *err)
{
	struct fake_sink *to = (struct fake_sink *)self;
	struct fake_store *fake = to->fake;
	struct fake_file *file = &fake->files[to->file];
	bool fits = fake->capacity == 0 || data.len <= fake->capacity - fake->used;

	bool ok = change(fake, err);

	if (!ok)
		data.len /= 2; /* a failed write may have written something */
	else if (!fits)
		ok = fail(err, ERR_FULL, "no space left");
	if (!fits && data.len > fake->capacity - fake->used)
		data.len = (size_t)(fake->capacity - fake->used);
	text_add(&file->content, data);
	fake->used += data.len;
	return ok;
}

static bool sink_finish(struct sink *self, struct err *err)
{
	return change(((struct fake_sink *)self)->fake, err);
}

static void sink_done(struct sink *self)
{
	free(self);
}

static bool store_create(struct store *self, const char *name, struct sink **out, struct err *err)
{
	struct fake_store *fake = (struct fake_store *)self;

	if (find(fake, name))
		return fail(err, ERR_EXISTS, "'%s' is there already", name);
	if (!change(fake, err))
		return false;
	if (fake->refused && fake->changes >= fake->refused_from &&
	    strncmp(name, fake->refused, strlen(fake->refused)) == 0)
		return fail(err, ERR_FULL, "told to refuse '%s'", name);
	struct fake_sink *sink = calloc(1, sizeof(*sink));

	if (!sink || fake->count == FILES_MAX) {
		free(sink);
		return fail(err, ERR_MEMORY, "too many files");
	}
	sink->sink = (struct sink){sink_write, sink_finish, sink_done};
	sink->fake = fake;
	sink->file = fake->count;
	fake->files[fake->count] = (struct fake_file){.content = {.ceiling = (size_t)1 << 30}};
	snprintf(fake->files[fake->count].name, NAME_ROOM, "%s", name);
	fake->count++;
	*out = &sink->sink;
	return true;
}

static void drop(struct fake_store *fake, struct fake_file *file)
{
	fake->used -= file->content.len;
	text_free(&file->content);
	file->name[0] = 0;
}

static bool store_rename(struct store *self, const char *from, const char *to, struct err *err)
{
	struct fake_store *fake = (struct fake_store *)self;
	struct fake_file *file = find(fake, from);
	struct fake_file *over = find(fake, to);

	if (!file)
		return fail(err, ERR_MISSING, "no '%s'", from);
	if (!change(fake, err))
		return false;
	if (fake->blocked && strcmp(fake->blocked, to) == 0) {
		fake->blocked = NULL;
		return fail(err, ERR_IO, "told not to rename");
	}
	if (over && over != file)
		drop(fake, over);
	snprintf(file->name, NAME_ROOM, "%s", to);
	return true;
}

static bool store_remove(struct store *self, const char *name, struct err *err)
{
	struct fake_store *fake = (struct fake_store *)self;
	struct fake_file *file = find(fake, name);

	if (!file)
		return fail(err, ERR_MISSING, "no '%s'", name);
	if (!change(fake, err))
		return false;
	drop(fake, file);
	return true;
}

struct fake_open {
	struct source source, *bytes;
	struct fake_store *fake;
	uint64_t bad_at, bad_end;
};

static bool open_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct fake_open *file = (struct fake_open *)self;
	bool is_bad = offset < file->bad_end && offset + len > file->bad_at;

	/* What lies before the bad sector comes, as from a disk. */
	if (is_bad)
		len = offset < file->bad_at ? (size_t)(file->bad_at - offset) : 0;
	bool ok = file->bytes->read(file->bytes, offset, to, len, got, err);

	(void)__atomic_add_fetch(&file->fake->bytes_read, *got, __ATOMIC_RELAXED);
	return ok && (!is_bad || fail(err, ERR_IO, "a bad sector"));
}

static void open_close(struct source *self)
{
	source_close(((struct fake_open *)self)->bytes);
	free(self);
}

static bool store_open(struct store *self, const char *name, struct source **out, struct err *err)
{
	struct fake_store *fake = (struct fake_store *)self;
	struct fake_file *file = find(fake, name);

	if (!file)
		return fail(err, ERR_MISSING, "no '%s'", name);
	struct fake_open *open = calloc(1, sizeof(*open));
	struct source *bytes = source_of_bytes(text_bytes(&file->content));

	if (!open || !bytes) {
		free(open);
		source_close(bytes);
		return fail(err, ERR_MEMORY, "no memory");
	}
	open->source = (struct source){.size = bytes->size, .read = open_read, .close = open_close};
	open->bytes = bytes;
	open->fake = fake;
	open->bad_at = file->bad_at;
	open->bad_end = file->bad_end;
	(void)__atomic_add_fetch(&fake->opens, 1, __ATOMIC_RELAXED);
	*out = &open->source;
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool store_list(struct store *self, struct text_list *names, struct err *err)
{
	struct fake_store *fake = (struct fake_store *)self;

	for (size_t i = 0; i < fake->count; i++)
		if (*fake->files[i].name &&
		    !text_list_add(names, bytes_of(fake->files[i].name), err))
			return false;
	if (names->count)
		qsort(names->at, names->count, sizeof(*names->at), by_bytes);
	return true;
}

static void free_store(struct store *self)
{
	struct fake_store *fake = (struct fake_store *)self;

	for (size_t i = 0; i < fake->count; i++)
		text_free(&fake->files[i].content);
	free(fake->files);
	free(fake);
}

struct fake_store *fake_store_new(void)
{
	struct fake_store *fake = calloc(1, sizeof(*fake));

	if (!fake)
		return NULL;
	fake->files = calloc(FILES_MAX, sizeof(*fake->files));
	if (!fake->files) {
		free(fake);
		return NULL;
	}
	fake->store = (struct store){store_create, store_rename, store_remove, store_open,
	    store_open, store_list, free_store, 0};
	fake->kind = ERR_IO;
	return fake;
}

struct bytes fake_store_bytes(struct fake_store *fake, const char *name)
{
	struct fake_file *file = find(fake, name);

	return file ? text_bytes(&file->content) : (struct bytes){0};
}

void fake_store_spoil(struct fake_store *fake, const char *name)
{
	fake_store_spoil_at(fake, name, fake_store_bytes(fake, name).len / 2, UINT64_MAX);
}

void fake_store_spoil_at(struct fake_store *fake, const char *name, uint64_t at, uint64_t len)
{
	struct fake_file *file = find(fake, name);

	if (!file)
		return;
	file->bad_at = at;
	file->bad_end = len > UINT64_MAX - at ? UINT64_MAX : at + len;
}

bool fake_store_free_space(void *context, uint64_t *bytes)
{
	struct fake_store *fake = context;

	*bytes = fake->capacity ? fake->capacity - fake->used : (uint64_t)1 << 40;
	return true;
}
