/* Volume files. See volume.h. */
#include "bundle/volume.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_MAX_LEN 128

struct volume {
	struct sink sink;
	struct store *store;
	struct sink *file;
	struct hash *sha256, *sha512;
	struct volume_hashes *hashes;
	uint64_t bytes;
	char name[NAME_MAX_LEN];
	char part[NAME_MAX_LEN + sizeof(VOLUME_PART_SUFFIX)];
};

static bool volume_write(struct sink *self, struct bytes data, struct err *err)
{
	struct volume *volume = (struct volume *)self;

	if (!volume->file->write(volume->file, data, err))
		return fail_in(err, "'%s'", volume->part);
	hash_add(volume->sha256, data);
	hash_add(volume->sha512, data);
	volume->bytes += data.len;
	return true;
}

static bool volume_finish(struct sink *self, struct err *err)
{
	struct volume *volume = (struct volume *)self;

	if (!volume->file->finish(volume->file, err))
		return fail_in(err, "'%s'", volume->part);
	sink_free(TAKE(volume->file));
	if (!volume->store->rename(volume->store, volume->part, volume->name, err))
		return fail_in(err, "'%s'", volume->part);
	hash_take(volume->sha256, volume->hashes->sha256);
	hash_take(volume->sha512, volume->hashes->sha512);
	volume->hashes->bytes = volume->bytes;
	return true;
}

static void volume_free(struct sink *self)
{
	struct volume *volume = (struct volume *)self;

	sink_free(volume->file);
	hash_free(volume->sha256);
	hash_free(volume->sha512);
	free(volume);
}

bool volume_create(struct store *store, const char *name, struct volume_hashes *hashes,
    struct sink **out, struct err *err)
{
	CLEANUP(sink_free) struct sink *made = NULL;
	struct volume *volume = calloc(1, sizeof(*volume));

	if (!volume)
		return fail(err, ERR_MEMORY, "no memory for a volume");
	volume->sink = (struct sink){volume_write, volume_finish, volume_free};
	made = &volume->sink;
	volume->store = store;
	volume->hashes = hashes;
	volume->sha256 = hash_new(HASH_SHA256);
	volume->sha512 = hash_new(HASH_SHA512);
	if (!volume->sha256 || !volume->sha512)
		return fail(err, ERR_MEMORY, "no memory for a volume");
	if (strlen(name) >= sizeof(volume->name))
		return fail(err, ERR_LIMIT, "'%s' is too long a name", name);
	snprintf(volume->name, sizeof(volume->name), "%s", name);
	snprintf(volume->part, sizeof(volume->part), "%s%s", volume->name, VOLUME_PART_SUFFIX);
	if (!store->create(store, volume->part, &volume->file, err))
		return false;
	*out = TAKE(made);
	return true;
}

bool volume_put_file(struct store *store, const char *name, struct bytes content,
    uint8_t sha256[SHA256_LEN], struct err *err)
{
	CLEANUP(sink_free) struct sink *file = NULL;

	if (!store->create(store, name, &file, err))
		return false;
	if (!file->write(file, content, err) || !file->finish(file, err))
		return fail_in(err, "'%s'", name);
	hash_sha256(content, sha256);
	return true;
}
