/* meta/toc.json against the MANIFEST and the volumes: who opens a bundle without us goes by it. */
#include "bundle/document.h"
#include "bundle/reader_parts.h"

#include "core/array.h"

#include <stdlib.h>

#define TOC_BYTES ((size_t)4 << 20)

static bool has_number(yyjson_val *object, const char *key, uint64_t wanted)
{
	yyjson_val *value = yyjson_obj_get(object, key);

	return yyjson_is_uint(value) && yyjson_get_uint(value) == wanted;
}

static bool has_hash(yyjson_val *object, const uint8_t sha256[SHA256_LEN])
{
	char hex[SHA256_HEX_ROOM];

	hash_hex((struct bytes){sha256, SHA256_LEN}, hex);
	return yyjson_equals_str(yyjson_obj_get(object, "sha256"), hex);
}

/* "hex  name" is a line of MANIFEST.sha512, where there is one: a whole line, or the end of a hash would do. */
static bool is_in_sha512(const struct text *lines, yyjson_val *object, const char *name)
{
	CLEANUP(text_free) struct text line = {0};
	yyjson_val *hex = yyjson_obj_get(object, "sha512");

	if (!lines->len)
		return true;
	if (yyjson_get_len(hex) != (size_t)2 * SHA512_LEN)
		return false;
	text_addf(&line, "%s  %s\n", yyjson_get_str(hex), name);
	if (line.failed)
		return false;
	for (const char *at = text_string(lines); (at = strstr(at, text_string(&line))); at++)
		if (at == text_string(lines) || at[-1] == '\n')
			return true;
	return false;
}

static bool has_size(struct bundle_reader *reader, const char *name, yyjson_val *object)
{
	CLEANUP(source_close) struct source *file = NULL;

	return reader->store->open(reader->store, name, &file, NULL) &&
	       has_number(object, "bytes", file->size);
}

/* One volume of the toc. *next counts them by set: their numbers rise without a gap. */
static bool check_volume(struct bundle_reader *reader, yyjson_val *object, uint32_t *next,
    const struct text *sha512, struct err *err)
{
	const char *name = yyjson_get_str(yyjson_obj_get(object, "name"));
	const struct manifest_file *file =
	    name ? manifest_find(&reader->manifest, bytes_of(name)) : NULL;
	struct volume_name volume;
	struct source *tar;
	uint64_t at = 0, len = 0;

	if (!file || !volume_name_parse(bytes_of(name), &volume) || volume.is_part)
		return fail(err, ERR_DAMAGED, "it tells of a volume that was not sealed");
	if (!reader_set(reader, volume.set, &tar, err))
		return false;
	if (!yyjson_equals_str(yyjson_obj_get(object, "set"), bundle_set_name(volume.set)) ||
	    !has_number(object, "index", volume.index) || volume.index != ++next[volume.set] ||
	    !has_hash(object, file->sha256) || !is_in_sha512(sha512, object, name) ||
	    !has_size(reader, name, object) || !set_volume_extent(tar, volume.index, &at, &len) ||
	    !has_number(object, "tar_offset", at) || !has_number(object, "tar_bytes", len))
		return fail(err, ERR_DAMAGED, "what it says of '%s' is not so", name);
	return true;
}

/* Every volume closed before it: all of the data, and all of meta but the one that it lies in. */
static bool check_count(const struct bundle_reader *reader, const uint32_t *told, struct err *err)
{
	uint32_t listed[BUNDLE_META + 1] = {0};

	for (size_t i = 0; i < reader->manifest.file_count; i++) {
		struct volume_name volume;

		if (volume_name_parse(bytes_of(reader->manifest.files[i].name), &volume) &&
		    !volume.is_part)
			listed[volume.set]++;
	}
	for (unsigned set = 0; set <= BUNDLE_META; set++)
		if (told[set] != listed[set] - (set == BUNDLE_META))
			return fail(err, ERR_DAMAGED, "it tells of %lu volumes of '%s', not %lu",
			    (unsigned long)told[set], bundle_set_name(set),
			    (unsigned long)(listed[set] - (set == BUNDLE_META)));
	return true;
}

static bool check_all(struct bundle_reader *reader, struct bytes json, struct err *err)
{
	CLEANUP(text_free) struct text sha512 = {0};
	CLEANUP(yyjson_doc_free)
	yyjson_doc *document = yyjson_read((const char *)json.at, json.len, 0);
	yyjson_val *root = yyjson_doc_get_root(document);
	yyjson_val *volumes = yyjson_obj_get(root, "volumes");
	uint32_t told[BUNDLE_META + 1] = {0};
	char id[37];
	size_t i, max;
	yyjson_val *volume;

	bundle_id_text(reader->manifest.collection_id, id);
	if (document && !document_check_keys(document, err))
		return false;
	if (!has_number(root, "format", 1) || !yyjson_is_arr(volumes) ||
	    !yyjson_equals_str(yyjson_obj_get(root, "collection_id"), id))
		return fail(err, ERR_DAMAGED, "it is not of this bundle");
	if (manifest_find(&reader->manifest, bytes_of(MANIFEST_SHA512_NAME)) &&
	    !reader_small(reader->store, MANIFEST_SHA512_NAME, TOC_BYTES, &sha512, err))
		return false;
	yyjson_arr_foreach(volumes, i, max, volume)
	{
		if (!check_volume(reader, volume, told, &sha512, err))
			return false;
	}
	return check_count(reader, told, err);
}

bool bundle_check_toc(struct bundle_reader *reader, struct err *err)
{
	CLEANUP(source_close) struct source *toc = NULL;
	CLEANUP(free_memory) uint8_t *json = NULL;
	struct err why = {0};

	if (!bundle_meta_open(reader, "toc.json", &toc, &why)) {
		if (why.kind == ERR_MISSING && !reader->meta_count)
			return true; /* the first seal, before anything was taken */
		if (err)
			*err = why;
		return false;
	}
	if (toc->size > TOC_BYTES)
		return fail(err, ERR_LIMIT, "a 'meta/toc.json' of %llu bytes",
		    (unsigned long long)toc->size);
	json = malloc((size_t)toc->size + 1);
	if (!json)
		return fail(err, ERR_MEMORY, "no memory for 'meta/toc.json'");
	return (source_read_exact(toc, 0, json, (size_t)toc->size, err) &&
		   check_all(reader, (struct bytes){json, (size_t)toc->size}, err)) ||
	       fail_in(err, "'meta/toc.json'");
}
