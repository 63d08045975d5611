/* What a run that goes on checks before it changes anything. See resume_parts.h. */
#include "bundle/resume_parts.h"

#include "bundle/reader_parts.h"
#include "core/array.h"

#include <stdlib.h>

#define PIECE ((size_t)1 << 20)

bool resume_check_listed(
    struct resuming *r, const char *name, struct bytes content, struct err *err)
{
	const struct manifest_file *file = manifest_find(&r->manifest, bytes_of(name));
	uint8_t sha256[SHA256_LEN];

	hash_sha256(content, sha256);
	if (memcmp(sha256, file->sha256, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "'%s' is not as it was sealed", name);
	return true;
}

const struct closed_volume *resume_told(const struct resuming *r, const char *name)
{
	for (size_t i = 0; i < r->state.volume_count; i++)
		if (strcmp(r->state.volumes[i].name, name) == 0)
			return &r->state.volumes[i];
	return NULL;
}

bool resume_hash_file(struct resuming *r, const char *name, uint64_t size, bool counts,
    uint8_t sha256[SHA256_LEN], struct err *err)
{
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(hash_free) struct hash *hash = hash_new(HASH_SHA256);
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);

	if (!hash || !piece)
		return fail(err, ERR_MEMORY, "no memory for hashing");
	if (!r->store->open_medium(r->store, name, &file, err))
		return false;
	if (counts && file->size != size)
		return fail(err, ERR_DAMAGED, "'%s' has %llu bytes, not %llu", name,
		    (unsigned long long)file->size, (unsigned long long)size);
	if (counts && r->checking->sizes_only)
		return true;
	for (uint64_t at = 0; at < file->size;) {
		size_t want = file->size - at < PIECE ? (size_t)(file->size - at) : PIECE;

		if (!source_read_exact(file, at, piece, want, err))
			return false;
		hash_add(hash, (struct bytes){piece, want});
		at += want;
		r->done += counts ? want : 0;
		if (counts && r->checking->progress &&
		    !r->checking->progress(r->checking->context, r->done, r->total))
			return fail(err, ERR_STOPPED, "stopped while the sealed volumes were read");
	}
	hash_take(hash, sha256);
	return true;
}

static bool check_volume(struct resuming *r, struct closed_volume *volume, struct err *err)
{
	const struct manifest_file *file = manifest_find(&r->manifest, bytes_of(volume->name));
	uint8_t sha256[SHA256_LEN];

	if (!file || memcmp(file->sha256, volume->hashes.sha256, SHA256_LEN) != 0)
		return fail(
		    err, ERR_DAMAGED, "'%s' is not the volume that was sealed", volume->name);
	if (!resume_hash_file(r, volume->name, volume->hashes.bytes, true, sha256, err))
		return err->kind == ERR_MISSING
			   ? fail(err, ERR_DAMAGED, "'%s' was sealed and is missing", volume->name)
			   : false;
	if (r->checking->sizes_only)
		return true;
	if (memcmp(sha256, file->sha256, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "'%s' is not as it was sealed", volume->name);
	volume->was_read_back = true;
	return true;
}

static bool check_volumes(struct resuming *r, struct err *err)
{
	for (size_t i = 0; i < r->state.volume_count; i++)
		r->total += r->state.volumes[i].hashes.bytes;
	for (size_t i = 0; i < r->state.volume_count; i++)
		if (!check_volume(r, &r->state.volumes[i], err))
			return false;
	return true;
}

static bool check_small(struct resuming *r, const char *name, struct err *err)
{
	CLEANUP(text_free) struct text content = {0};

	return reader_small(r->store, name, MANIFEST_BYTES, &content, err) &&
	       resume_check_listed(r, name, text_bytes(&content), err);
}

static bool starts_with(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

bool resume_is_cut_name(const char *name)
{
	struct volume_name volume;
	unsigned number;

	return volume_cut_parse(bytes_of(name), &volume, &number);
}

bool resume_is_made_anew(const char *name)
{
	return starts_with(name, "CUSTODY.") || strcmp(name, MANIFEST_SHA512_NAME) == 0 ||
	       strcmp(name, BUNDLE_RESERVE_NAME) == 0;
}

/* All that is listed and stays, but the volumes: README.txt, chain.pem, unlock.WHO.age. */
static bool check_others(struct resuming *r, struct err *err)
{
	for (size_t i = 0; i < r->manifest.file_count; i++) {
		const char *name = r->manifest.files[i].name;
		struct volume_name volume;

		if (!volume_name_parse(bytes_of(name), &volume) && !resume_is_cut_name(name) &&
		    !resume_is_made_anew(name) && !starts_with(name, RESUME_PREFIX) &&
		    !check_small(r, name, err))
			return false;
	}
	return true;
}

bool resume_check_files(struct resuming *r, struct err *err)
{
	return check_others(r, err) && check_volumes(r, err);
}
