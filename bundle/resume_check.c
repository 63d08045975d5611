/* What a run that goes on checks before it changes anything. See resume_parts.h. */
#include "bundle/resume_parts.h"

#include "bundle/reader_parts.h"
#include "core/array.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECE    ((size_t)1 << 20)
#define LEFT_MAX MANIFEST_FILES

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

static bool starts_with(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool is_cut_name(const char *name)
{
	struct volume_name volume;
	unsigned number;

	return volume_cut_parse(bytes_of(name), &volume, &number);
}

/* What stays ---------------------------------------------------------------------------------------- */

static bool hash_file(
    struct resuming *r, struct source *file, uint8_t sha256[SHA256_LEN], struct err *err)
{
	const struct bundle_checking *checking = r->checking;
	CLEANUP(hash_free) struct hash *hash = hash_new(HASH_SHA256);
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);

	if (!hash || !piece)
		return fail(err, ERR_MEMORY, "no memory for hashing");
	for (uint64_t at = 0; at < file->size;) {
		size_t want = file->size - at < PIECE ? (size_t)(file->size - at) : PIECE;

		if (!source_read_patiently(file, at, piece, want, err))
			return false;
		hash_add(hash, (struct bytes){piece, want});
		at += want;
		r->done += want;
		if (checking->progress && !checking->progress(checking->context, r->done, r->total))
			return fail(err, ERR_STOPPED, "stopped while what is there was checked");
	}
	hash_take(hash, sha256);
	return true;
}

static bool check_volume(struct resuming *r, struct closed_volume *volume, struct err *err)
{
	const struct manifest_file *file = manifest_find(&r->manifest, bytes_of(volume->name));
	CLEANUP(source_close) struct source *content = NULL;
	uint64_t bytes = volume->hashes.bytes;
	uint8_t sha256[SHA256_LEN];
	struct err why = {0};

	if (!file || memcmp(file->sha256, volume->hashes.sha256, SHA256_LEN) != 0)
		return fail(
		    err, ERR_DAMAGED, "'%s' is not the volume that was sealed", volume->name);
	if (!r->store->open_medium(r->store, volume->name, &content, &why)) {
		if (why.kind == ERR_MISSING)
			fail(&why, ERR_DAMAGED, "'%s' was sealed and is missing", volume->name);
		if (err)
			*err = why;
		return false;
	}
	if (content->size != bytes)
		return fail(err, ERR_DAMAGED, "'%s' has %llu bytes, not %llu", volume->name,
		    (unsigned long long)content->size, (unsigned long long)bytes);
	if (r->checking->sizes_only)
		return true;
	if (!hash_file(r, content, sha256, err))
		return false;
	if (memcmp(sha256, file->sha256, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "'%s' is not as it was sealed", volume->name);
	volume->was_read_back = true;
	return true;
}

static bool check_volumes(struct resuming *r, struct err *err)
{
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

/* What the run makes anew at its end. */
static bool is_made_anew(const char *name)
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

		if (!volume_name_parse(bytes_of(name), &volume) && !is_cut_name(name) &&
		    !is_made_anew(name) && !starts_with(name, RESUME_PREFIX) &&
		    !check_small(r, name, err))
			return false;
	}
	return true;
}

/* What is set aside ---------------------------------------------------------------------------------- */

static bool is_there(const struct resuming *r, const char *name)
{
	for (size_t i = 0; i < r->names.count; i++)
		if (strcmp(r->names.at[i], name) == 0)
			return true;
	return manifest_find(&r->manifest, bytes_of(name)) != NULL;
}

static bool is_free(const struct resuming *r, const char *base, const char *suffix, unsigned number)
{
	char name[RESUME_LEFT_ROOM];

	snprintf(name, sizeof(name), "%s%s%u", base, suffix, number);
	return !is_there(r, name);
}

/* Both kinds are numbered as one: the larger number is the newer. */
static bool choose_number(struct resuming *r, struct resume_left *left, const char *base)
{
	if (left->is_cut && is_free(r, base, VOLUME_UNREAD_SUFFIX, left->number))
		return true;
	for (left->number = 1; left->number <= VOLUME_CUT_MAX; left->number++)
		if (is_free(r, base, VOLUME_CUT_SUFFIX, left->number) &&
		    is_free(r, base, VOLUME_UNREAD_SUFFIX, left->number))
			return true;
	return false;
}

/* A name that no file has, none will have, and none had that was sealed. */
static bool choose_name(struct resuming *r, struct resume_left *left, struct err *err)
{
	const char *suffix = left->is_unread ? VOLUME_UNREAD_SUFFIX : VOLUME_CUT_SUFFIX;
	char base[VOLUME_NAME_ROOM];

	volume_name_format(left->volume.set, left->volume.index, base);
	if (!choose_number(r, left, base))
		return fail(err, ERR_LIMIT,
		    "of '%s' interruptions left %d files: no number is free for one more", base,
		    VOLUME_CUT_MAX);
	snprintf(left->to, sizeof(left->to), "%s%s%u", base, suffix, left->number);
	return text_list_add(&r->names, bytes_of(left->to), err);
}

/* Its hash, unless the medium does not give it: nobody needs what is in it, so that it must not keep the run from going on. */
static bool read_left(struct resuming *r, struct resume_left *left, struct err *err)
{
	CLEANUP(source_close) struct source *file = NULL;
	struct err why = {0};

	if (r->store->open_medium(r->store, left->name, &file, &why) &&
	    hash_file(r, file, left->sha256, &why))
		return true;
	if (why.kind == ERR_IO || (file && why.kind == ERR_DAMAGED)) {
		left->is_unread = true;
		left->why = why;
		return true;
	}
	if (err)
		*err = why;
	return fail_in(err, "'%s'", left->name);
}

static bool check_left(struct resuming *r, struct resume_left *left, struct err *err)
{
	if (left->is_sealed && r->checking->sizes_only)
		return true;
	if (!read_left(r, left, err))
		return false;
	if (left->is_sealed && !left->is_unread &&
	    memcmp(left->sha256, manifest_find(&r->manifest, bytes_of(left->name))->sha256,
		SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "'%s' is not as it was sealed", left->name);
	return (left->is_cut && !left->is_unread) || choose_name(r, left, err);
}

/* The others that are empty have nothing to keep. */
static bool add_left(struct resuming *r, const char *name, struct err *err)
{
	CLEANUP(source_close) struct source *file = NULL;
	struct resume_left left = {0};
	bool is_listed = manifest_find(&r->manifest, bytes_of(name)) != NULL;

	left.is_cut = volume_cut_parse(bytes_of(name), &left.volume, &left.number);
	left.is_sealed = left.is_cut && is_listed;
	if (!left.is_cut && (!volume_name_parse(bytes_of(name), &left.volume) ||
				(!left.volume.is_part && resume_told(r, name))))
		return true;
	bool is_open = r->store->open(r->store, name, &file, NULL);

	if (is_open && file->size == 0 && !left.is_cut && !is_listed)
		return text_list_add(&r->to_remove, bytes_of(name), err);
	if (is_open && !(left.is_sealed && r->checking->sizes_only))
		r->total += file->size;
	if (!array_grow(
		&r->left, &r->left_room, r->left_count + 1, sizeof(*r->left), LEFT_MAX, err))
		return false;
	snprintf(left.name, sizeof(left.name), "%s", name);
	memcpy(left.to, left.name, sizeof(left.to));
	r->left[r->left_count++] = left;
	return true;
}

static bool add_unread(struct resuming *r, const char *name, struct err *err)
{
	struct volume_name volume;
	unsigned number;

	return !volume_unread_parse(bytes_of(name), &volume, &number) ||
	       text_list_add(&r->unread, bytes_of(name), err);
}

static bool find_left(struct resuming *r, struct err *err)
{
	if (!r->store->list(r->store, &r->names, err))
		return false;
	for (size_t i = 0; i < r->names.count; i++) {
		const char *name = r->names.at[i];
		bool is_anew =
		    is_made_anew(name) || (starts_with(name, RESUME_PREFIX) &&
					      !manifest_find(&r->manifest, bytes_of(name)));

		if (is_anew ? !text_list_add(&r->to_remove, bytes_of(name), err)
			    : !add_left(r, name, err) || !add_unread(r, name, err))
			return false;
	}
	return true;
}

/* Whoever removes one of those that are sealed to make room leaves a bundle that nobody can verify. */
static bool check_sealed_cuts(const struct resuming *r, struct err *err)
{
	for (size_t i = 0; i < r->manifest.file_count; i++) {
		const char *name = r->manifest.files[i].name;
		size_t at = 0;

		if (!is_cut_name(name))
			continue;
		while (at < r->left_count && strcmp(r->left[at].name, name) != 0)
			at++;
		if (at == r->left_count)
			return fail(err, ERR_DAMAGED, "'%s' was sealed and is missing", name);
	}
	return true;
}

bool resume_check_files(struct resuming *r, struct err *err)
{
	if (!check_others(r, err) || !find_left(r, err) || !check_sealed_cuts(r, err))
		return false;
	for (size_t i = 0; i < r->state.volume_count && !r->checking->sizes_only; i++)
		r->total += r->state.volumes[i].hashes.bytes;
	if (!check_volumes(r, err))
		return false;
	for (size_t i = 0; i < r->left_count; i++)
		if (!check_left(r, &r->left[i], err))
			return false;
	return true;
}
