/* Rows of what was in a volume that could not be closed: they lose their place. See writer_state.h. */
#include "bundle/writer_state.h"

#include "bundle/document.h"

#include <stdlib.h>

struct settling {
	struct bundle_writer *writer;
	void (*tell)(void *context, struct bytes row); /* may be NULL */
	void *context;
	struct rows *settled;
	struct text line; /* a line that is not yet whole */
	bool is_second;   /* time that the rows are gone through */
	struct resume_items
	    lost; /* paths without their bytes, and then rows that were the same as one of them */
	size_t holders; /* of them, the first: sorted for the second time */
};

static void settling_free_at(struct settling *settling)
{
	rows_free(settling->settled);
	text_free(&settling->line);
	free(settling->lost.at);
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

/* Whether its bytes are those of an entry that is. */
static bool is_same_as_lost(const struct settling *settling, yyjson_mut_val *root)
{
	yyjson_mut_val *same = yyjson_mut_obj_get(root, "same_as");
	struct resume_items holders = {.at = settling->lost.at, .count = settling->holders};
	uint8_t key[RESUME_KEY_LEN];
	size_t at;

	if (!yyjson_mut_is_str(same))
		return false;
	resume_path_key(
	    (struct bytes){(const uint8_t *)yyjson_mut_get_str(same), yyjson_mut_get_len(same)},
	    key);
	return resume_items_find(&holders, key, &at) != NULL;
}

static bool note_lost(struct settling *settling, yyjson_mut_val *root, struct err *err)
{
	yyjson_mut_val *path = yyjson_mut_obj_get(root, "path");
	struct resume_item item = {0};

	resume_path_key(
	    (struct bytes){(const uint8_t *)yyjson_mut_get_str(path), yyjson_mut_get_len(path)},
	    item.key);
	return !yyjson_mut_is_str(path) || resume_items_add(&settling->lost, &item, err);
}

static bool note_row(struct settling *settling, struct bytes line, struct err *err)
{
	struct resume_item item = {0};

	resume_row_key(line, item.key);
	return resume_items_add(&settling->lost, &item, err);
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
	yyjson_mut_obj_remove_key(root, "same_as");
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
	yyjson_mut_val *root = doc ? yyjson_mut_doc_get_root(doc) : NULL;
	bool lost = root && is_lost(settling->writer, root);

	if (!settling->is_second)
		return !lost || note_lost(settling, root, err);
	bool is_same = !lost && root && is_same_as_lost(settling, root);

	if (!lost && !is_same)
		return rows_add(settling->settled, line, err);
	if (settling->tell)
		settling->tell(settling->context, line);
	return (!is_same || (note_lost(settling, root, err) && note_row(settling, line, err))) &&
	       add_lost(settling, doc, err);
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

/* A run that goes on writes the rows that were the same as one that is lost: nothing of them is sealed. */
static void forget_items(struct bundle_writer *writer, const struct settling *settling)
{
	struct resume_items same = {.at = settling->lost.at + settling->holders,
	    .count = settling->lost.count - settling->holders};
	struct resume_items *fresh = &writer->fresh;
	size_t left = writer->rowed.items, at;

	if (same.count == 0)
		return;
	resume_items_sort(&same);
	for (size_t i = left; i < fresh->count; i++)
		if ((fresh->at[i].kind != RESUME_SAME && fresh->at[i].kind != RESUME_ROW) ||
		    !resume_items_find(&same, fresh->at[i].key, &at))
			fresh->at[left++] = fresh->at[i];
	fresh->count = left;
}

/* Takes the place from every row whose bytes are not in a closed volume. */
bool bundle_settle_lost(struct bundle_writer *writer, void (*lost)(void *context, struct bytes row),
    void *context, struct err *err)
{
	CLEANUP(settling_free)
	struct settling settling = {.writer = writer, .tell = lost, .context = context};

	if (writer->is_broken)
		writer_drop_volume(writer);
	if (!writer->has_lost)
		return true;
	if (!rows_new(writer_rows_ceiling(writer), &settling.settled, err) ||
	    !rows_replay(writer->rows, settle_piece, &settling, err))
		return false;
	resume_items_sort(&settling.lost);
	settling.holders = settling.lost.count;
	settling.is_second = true;
	if (!rows_replay(writer->rows, settle_piece, &settling, err))
		return false;
	forget_items(writer, &settling);
	rows_free(writer->rows);
	writer->rows = TAKE(settling.settled);
	writer->has_lost = false;
	return true;
}
