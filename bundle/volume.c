/* Volume files. See volume.h. */
#include "bundle/volume.h"

#include <stdio.h>
#include <stdlib.h>

#define NAME_MAX_LEN 128
#define BLOCKS       (VOLUME_BESIDE_DEPTH + 1) /* one is filled while the others are under way */
#define BLOCK_LEN    ((size_t)256 << 10)

struct block { /* bytes written, on their way to SHA-512 */
	struct conveyor_job job;
	struct hash *sha512;
	uint8_t *bytes;
	size_t held;
};

struct volume {
	struct sink sink;
	struct store *store;
	struct sink *file;
	struct hash *sha256, *sha512;
	struct conveyor *beside;
	struct block blocks[BLOCKS];
	size_t open; /* the block that is filled */
	struct volume_hashes *hashes;
	uint64_t bytes;
	char name[NAME_MAX_LEN];
	char part[NAME_MAX_LEN + sizeof(VOLUME_PART_SUFFIX)];
};

static bool hash_block(struct conveyor_job *self, struct err *err)
{
	struct block *block = (struct block *)self;

	(void)err;
	hash_add(block->sha512, (struct bytes){block->bytes, block->held});
	return true;
}

/* Sets the open block going; the next one is then free: no more than the conveyor's depth are under way. */
static bool put_block(struct volume *volume, struct err *err)
{
	struct block *block = &volume->blocks[volume->open];

	if (!volume->beside->put(volume->beside, &block->job, err))
		return false;
	volume->open = (volume->open + 1) % BLOCKS;
	volume->blocks[volume->open].held = 0;
	return true;
}

static bool add_sha512(struct volume *volume, struct bytes data, struct err *err)
{
	if (!volume->beside) {
		hash_add(volume->sha512, data);
		return true;
	}
	while (data.len) {
		struct block *block = &volume->blocks[volume->open];
		size_t take =
		    BLOCK_LEN - block->held < data.len ? BLOCK_LEN - block->held : data.len;

		memcpy(block->bytes + block->held, data.at, take);
		block->held += take;
		data.at += take;
		data.len -= take;
		if (block->held == BLOCK_LEN && !put_block(volume, err))
			return false;
	}
	return true;
}

static bool take_sha512(struct volume *volume, uint8_t out[SHA512_LEN], struct err *err)
{
	if (volume->beside &&
	    (!put_block(volume, err) || !volume->beside->drain(volume->beside, err)))
		return false;
	hash_take(volume->sha512, out);
	return true;
}

static bool volume_write(struct sink *self, struct bytes data, struct err *err)
{
	struct volume *volume = (struct volume *)self;

	if (!volume->file->write(volume->file, data, err))
		return fail_in(err, "'%s'", volume->part);
	if (!add_sha512(volume, data, err))
		return false;
	hash_add(volume->sha256, data);
	volume->bytes += data.len;
	return true;
}

static bool volume_finish(struct sink *self, struct err *err)
{
	struct volume *volume = (struct volume *)self;
	uint8_t sha512[SHA512_LEN];

	if (!take_sha512(volume, sha512, err) || !volume->file->finish(volume->file, err))
		return fail_in(err, "'%s'", volume->part);
	sink_free(TAKE(volume->file));
	if (!volume->store->rename(volume->store, volume->part, volume->name, err))
		return fail_in(err, "'%s'", volume->part);
	hash_take(volume->sha256, volume->hashes->sha256);
	memcpy(volume->hashes->sha512, sha512, SHA512_LEN);
	volume->hashes->bytes = volume->bytes;
	return true;
}

static void volume_free(struct sink *self)
{
	struct volume *volume = (struct volume *)self;

	if (volume->beside)
		DISCARD(volume->beside->drain(volume->beside, NULL));
	sink_free(volume->file);
	hash_free(volume->sha256);
	hash_free(volume->sha512);
	for (size_t i = 0; i < BLOCKS; i++)
		free(volume->blocks[i].bytes);
	free(volume);
}

static bool make_blocks(struct volume *volume, struct err *err)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		volume->blocks[i] = (struct block){
		    .job = {.deliver = hash_block}, /* in order, whoever does it */
		    .sha512 = volume->sha512,
		    .bytes = malloc(BLOCK_LEN),
		};
		if (!volume->blocks[i].bytes)
			return fail(err, ERR_MEMORY, "no memory for a volume");
	}
	return true;
}

bool volume_create(struct store *store, const char *name, struct conveyor *beside,
    struct volume_hashes *hashes, struct sink **out, struct err *err)
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
	/* With more under way than there are blocks it would have to wait for each. */
	volume->beside = beside && beside->depth < BLOCKS ? beside : NULL;
	if (volume->beside && !make_blocks(volume, err))
		return false;
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
