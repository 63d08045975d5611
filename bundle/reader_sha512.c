/* MANIFEST.sha512 against the volumes: whoever checks with sha512sum must come to the same end. */
#include "bundle/reader_parts.h"

#include <stdlib.h>

#define HEX_LEN  ((size_t)2 * SHA512_LEN)
#define NAME_AT  (HEX_LEN + 2)
#define LIST_MAX ((size_t)4 << 20)

static void free_pointers(const uint8_t **at)
{
	free((void *)at);
}
CLEANUP_POINTER(const uint8_t *, free_pointers);

static bool is_volume(const struct manifest_file *file)
{
	struct volume_name volume;

	return file && volume_name_parse(bytes_of(file->name), &volume) && !volume.is_part;
}

bool reader_wants_sha512(const struct bundle_reader *reader, size_t index)
{
	return is_volume(&reader->manifest.files[index]) &&
	       manifest_find(&reader->manifest, bytes_of(MANIFEST_SHA512_NAME));
}

/* Puts where the hexadecimal digits of each volume stand into said[], by the files of the MANIFEST. */
static bool read_lines(
    struct bundle_reader *reader, struct bytes list, const uint8_t **said, struct err *err)
{
	for (size_t number = 1; list.len; number++) {
		const uint8_t *newline = memchr(list.at, '\n', list.len);
		size_t len = newline ? (size_t)(newline - list.at) : 0;
		const struct manifest_file *file = NULL;

		if (len > NAME_AT && memcmp(list.at + HEX_LEN, "  ", 2) == 0)
			file = manifest_find(
			    &reader->manifest, (struct bytes){list.at + NAME_AT, len - NAME_AT});
		if (!is_volume(file))
			return fail(err, ERR_DAMAGED, "line %zu is not of a sealed volume", number);
		if (said[file - reader->manifest.files])
			return fail(err, ERR_DAMAGED, "'%s' is there twice", file->name);
		said[file - reader->manifest.files] = list.at;
		list = (struct bytes){newline + 1, list.len - len - 1};
	}
	return true;
}

static bool compare(struct bundle_reader *reader, const struct file_hash *hash, const uint8_t *said,
    struct err *err)
{
	const char *name = reader->manifest.files[hash->index].name;
	char hex[SHA512_HEX_ROOM];

	if (hash->why.kind != ERR_NONE) {
		*err = hash->why;
		return false;
	}
	if (!said)
		return fail(err, ERR_DAMAGED, "it has no line of '%s'", name);
	hash_hex((struct bytes){hash->digest, SHA512_LEN}, hex);
	return memcmp(hex, said, HEX_LEN) == 0 ||
	       fail(err, ERR_DAMAGED, "'%s' has another SHA-512 than its line", name);
}

static bool check_list(
    struct bundle_reader *reader, const struct file_hash *hashes, size_t count, struct err *err)
{
	CLEANUP(text_free) struct text list = {0};
	CLEANUP(free_pointers)
	const uint8_t **said = calloc(reader->manifest.file_count + 1, sizeof(*said));

	if (!said)
		return fail(err, ERR_MEMORY, "no memory for hashes");
	if (!reader_small(reader->store, MANIFEST_SHA512_NAME, LIST_MAX, &list, err) ||
	    !read_lines(reader, text_bytes(&list), said, err))
		return false;
	/* What is wrong with the others was said by their SHA-256. */
	for (size_t i = 0; i < count; i++)
		if (hashes[i].kind == HASH_SHA512 && reader->file_good[hashes[i].index] &&
		    !compare(reader, &hashes[i], said[hashes[i].index], err))
			return false;
	return true;
}

bool reader_check_sha512(
    struct bundle_reader *reader, const struct file_hash *hashes, size_t count, struct err *err)
{
	const struct manifest_file *file =
	    manifest_find(&reader->manifest, bytes_of(MANIFEST_SHA512_NAME));

	if (!file)
		return !reader->manifest.complete ||
		       fail(err, ERR_DAMAGED, "'%s' is not listed, as in each complete bundle",
			   MANIFEST_SHA512_NAME);
	/* Another than was sealed is not worth reading. */
	return !reader->file_good[file - reader->manifest.files] ||
	       check_list(reader, hashes, count, err) || fail_in(err, "'%s'", MANIFEST_SHA512_NAME);
}
