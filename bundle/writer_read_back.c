/* What the medium gives back of the closed volumes. See writer.h. */
#include "bundle/writer_state.h"

#include "core/array.h"

#include <stdlib.h>

#define PIECE ((size_t)1 << 20)

struct reading {
	struct bundle_writer *writer;
	bool (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
	uint64_t done, total;
	uint8_t *piece;
};

static bool hash_volume(
    struct reading *reading, struct source *file, uint8_t sha256[SHA256_LEN], struct err *err)
{
	CLEANUP(hash_free) struct hash *hash = hash_new(HASH_SHA256);

	if (!hash)
		return fail(err, ERR_MEMORY, "no memory for hashing");
	for (uint64_t at = 0; at < file->size;) {
		size_t want = file->size - at < PIECE ? (size_t)(file->size - at) : PIECE;

		if (!source_read_exact(file, at, reading->piece, want, err))
			return false;
		hash_add(hash, (struct bytes){reading->piece, want});
		at += want;
		reading->done += want;
		if (reading->progress &&
		    !reading->progress(reading->context, reading->done, reading->total))
			return fail(err, ERR_STOPPED, "stopped while reading back");
	}
	hash_take(hash, sha256);
	return true;
}

static bool check_volume(
    struct reading *reading, const struct closed_volume *volume, struct err *err)
{
	struct store *store = reading->writer->store;
	CLEANUP(source_close) struct source *file = NULL;
	uint8_t sha256[SHA256_LEN];

	if (!store->open_medium(store, volume->name, &file, err) ||
	    !hash_volume(reading, file, sha256, err))
		return false;
	if (file->size == volume->hashes.bytes &&
	    memcmp(sha256, volume->hashes.sha256, SHA256_LEN) == 0)
		return true;
	return fail(err, ERR_DAMAGED,
	    "'%s' was read back and is not what was written: this medium cannot be trusted",
	    volume->name);
}

bool bundle_read_back(struct bundle_writer *writer,
    bool (*progress)(void *context, uint64_t done, uint64_t total), void *context,
    struct bundle_read_back *out, struct err *err)
{
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);
	struct reading reading = {writer, progress, context, 0, 0, piece};

	if (!piece)
		return fail(err, ERR_MEMORY, "no memory for reading back");
	for (size_t i = 0; i < writer->closed_count; i++)
		if (!writer->closed[i].was_read_back)
			reading.total += writer->closed[i].hashes.bytes;
	for (size_t i = 0; i < writer->closed_count; i++) {
		struct closed_volume *volume = &writer->closed[i];

		if (volume->was_read_back)
			continue;
		if (!check_volume(&reading, volume, err))
			return false;
		volume->was_read_back = true;
		out->volumes++;
		out->bytes += volume->hashes.bytes;
	}
	return true;
}
