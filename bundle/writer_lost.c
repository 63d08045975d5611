/* Rows of what was in a volume that could not be closed: they lose their place. See writer_state.h. */
#include "bundle/writer_state.h"

#include "bundle/document.h"

#include <stdlib.h>

struct settling {
	struct bundle_writer *writer;
	struct rows *settled;
	struct text line; /* a line that is not yet whole */
};

static void settling_free_at(struct settling *settling)
{
	rows_free(settling->settled);
	text_free(&settling->line);
}

/* Whether its bytes reach beyond what is sealed of their set. */
static bool is_lost(const struct bundle_writer *writer, yyjson_mut_val *root)
{
	yyjson_mut_val *place = yyjson_mut_obj_get(root, "place");
	const char *set = yyjson_mut_get_str(yyjson_mut_obj_get(place, "set"));
	uint64_t data = yyjson_mut_get_uint(yyjson_mut_obj_get(place, "data"));
	uint64_t stored = yyjson_mut_get_uint(yyjson_mut_obj_get(root, "stored_size"));

	for (unsigned i = 0; set && i < BUNDLE_META; i++)
		if (strcmp(set, bundle_set_name(i)) == 0)
			return data > writer->sets[i].tar_offset ||
			       stored > writer->sets[i].tar_offset - data;
	return false;
}

static void put_string(yyjson_mut_doc *doc, const char *key, const char *value)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);

	yyjson_mut_obj_put(root, yyjson_mut_str(doc, key), yyjson_mut_str(doc, value));
}

/* The row without its place, and why. */
static bool add_lost(struct settling *settling, yyjson_mut_doc *doc, struct err *err)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	size_t len = 0;

	yyjson_mut_obj_remove_key(root, "place");
	yyjson_mut_obj_remove_key(root, "stored_size");
	yyjson_mut_obj_remove_key(root, "sha256");
	put_string(doc, "status", "not_taken");
	yyjson_mut_obj_put(root, yyjson_mut_str(doc, "left"), yyjson_mut_bool(doc, true));
	put_string(doc, "reason", "the volume that held it could not be closed");
	put_string(doc, "reason_kind", err_kind_name(settling->writer->why.kind));
	char *json = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, &len);

	if (!json)
		return fail(err, ERR_MEMORY, "no memory for a row");
	bool ok = rows_add(settling->settled, (struct bytes){(const uint8_t *)json, len}, err);

	free(json);
	return ok;
}

static bool settle_line(struct settling *settling, struct bytes line, struct err *err)
{
	yyjson_doc *read = yyjson_read((const char *)line.at, line.len, YYJSON_READ_NOFLAG);
	CLEANUP(yyjson_mut_doc_free)
	yyjson_mut_doc *doc = read ? yyjson_doc_mut_copy(read, NULL) : NULL;

	yyjson_doc_free(read);
	if (doc && is_lost(settling->writer, yyjson_mut_doc_get_root(doc)))
		return add_lost(settling, doc, err);
	return rows_add(settling->settled, line, err);
}

static bool settle_piece(void *context, struct bytes piece, struct err *err)
{
	struct settling *settling = context;

	while (piece.len) {
		const uint8_t *end = memchr(piece.at, '\n', piece.len);
		size_t len = end ? (size_t)(end - piece.at) : piece.len;

		text_add(&settling->line, (struct bytes){piece.at, len});
		if (!text_ok(&settling->line, err))
			return false;
		if (!end)
			return true;
		if (!settle_line(settling, text_bytes(&settling->line), err))
			return false;
		text_clear(&settling->line);
		piece.at += len + 1;
		piece.len -= len + 1;
	}
	return true;
}

bool writer_settle_rows(struct bundle_writer *writer, struct err *err)
{
	CLEANUP(settling_free) struct settling settling = {.writer = writer};

	if (!rows_new(writer_rows_ceiling(writer), &settling.settled, err) ||
	    !rows_replay(writer->rows, settle_piece, &settling, err))
		return false;
	rows_free(writer->rows);
	writer->rows = TAKE(settling.settled);
	return true;
}
