/* A directory as a store. See store.h. */
#include "platform/store.h"

#include "platform/file.h"
#include "platform/file_sink.h"
#include "platform/os.h"

#include <stdlib.h>

struct directory_store {
	struct store store;
	char path[];
};

/* A store is flat: a name with a separator or a colon would leave it (or name a stream). */
static bool place(struct store *self, const char *name, struct text *path, struct err *err)
{
	const char *base = ((struct directory_store *)self)->path;

	for (const char *p = name; *p; p++)
		if (*p == '/' || *p == '\\' || *p == ':')
			return fail(err, ERR_UNSUPPORTED, "'%s' is not a plain file name", name);
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fail(err, ERR_UNSUPPORTED, "'%s' is not a plain file name", name);
	file_join(path, base, name);
	return text_ok(path, err);
}

static bool store_create(struct store *self, const char *name, struct sink **out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	return place(self, name, &path, err) && file_create(path.at, out, err);
}

static bool store_rename(struct store *self, const char *from, const char *to, struct err *err)
{
	CLEANUP(text_free) struct text old = {0};
	CLEANUP(text_free) struct text new = {0};

	return place(self, from, &old, err) && place(self, to, &new, err) &&
	       file_rename(old.at, new.at, err);
}

static bool store_remove(struct store *self, const char *name, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	return place(self, name, &path, err) && file_remove(path.at, err);
}

static bool store_open(struct store *self, const char *name, struct source **out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	return place(self, name, &path, err) && file_open(path.at, out, err);
}

static bool store_open_medium(
    struct store *self, const char *name, struct source **out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	return place(self, name, &path, err) && file_open_medium(path.at, out, err);
}

static bool list_one(void *context, const char *name, enum file_kind kind, struct err *err)
{
	(void)kind;
	return text_list_add(context, bytes_of(name), err);
}

static bool store_list(struct store *self, struct text_list *names, struct err *err)
{
	return file_list(((struct directory_store *)self)->path, list_one, names, err);
}

static void store_free_directory(struct store *self)
{
	free(self);
}

bool store_open_directory(const char *path, struct store **out, struct err *err)
{
	enum file_kind kind = file_kind(path);
	size_t room = strlen(path) + 1;

	if (kind == FILE_KIND_MISSING)
		return fail(err, ERR_MISSING, "no such directory '%s'", path);
	if (kind != FILE_KIND_DIRECTORY)
		return fail(err, ERR_UNSUPPORTED, "'%s' is not a directory", path);
	struct directory_store *directory = calloc(1, sizeof(*directory) + room);

	if (!directory)
		return fail(err, ERR_MEMORY, "no memory to open '%s'", path);
	directory->store = (struct store){store_create, store_rename, store_remove, store_open,
	    store_open_medium, store_list, store_free_directory, FILE_SINK_HOLDS};
	memcpy(directory->path, path, room);
	*out = &directory->store;
	return true;
}
