/* Whether a document says one thing to every reader. See document.h. */
#include "bundle/document.h"

/* What tells most keys apart at once: length, first and last byte. */
static uint32_t mark_of(struct bytes key)
{
	return key.len ? (uint32_t)key.len << 16 | (uint32_t)key.at[0] << 8 | key.at[key.len - 1]
		       : 0;
}

struct seen { /* of one object */
	struct bytes keys[DOCUMENT_KEYS];
	uint32_t marks[DOCUMENT_KEYS];
	uint64_t bits[4]; /* by mark: of a key whose bit is not set there is no other */
};

static bool is_second(struct seen *seen, size_t count, struct bytes key)
{
	uint32_t mark = mark_of(key), bit = mark * 0x9e3779b1u >> 24;
	uint64_t *word = &seen->bits[bit / 64], mask = (uint64_t)1 << bit % 64;

	for (size_t i = 0; *word & mask && i < count; i++)
		if (seen->marks[i] == mark && bytes_equal(seen->keys[i], key))
			return true;
	*word |= mask;
	seen->keys[count] = key;
	seen->marks[count] = mark;
	return false;
}

static bool check_keys(yyjson_val *object, struct err *err)
{
	struct seen seen;
	size_t i, max;
	yyjson_val *key, *value;

	if (yyjson_obj_size(object) > DOCUMENT_KEYS)
		return fail(err, ERR_LIMIT, "a JSON object of %zu keys", yyjson_obj_size(object));
	memset(seen.bits, 0, sizeof(seen.bits));
	yyjson_obj_foreach(object, i, max, key, value)
	{
		if (is_second(&seen, i, document_text(key)))
			return fail(err, ERR_DAMAGED, "a key twice in one JSON object");
	}
	return true;
}

bool document_check_keys(yyjson_doc *document, struct err *err)
{
	yyjson_val *value = yyjson_doc_get_root(document);

	/* A document's values lie one behind the other, so that no depth of theirs costs a stack. */
	for (size_t left = yyjson_doc_get_val_count(document); left; left--, value++)
		if (yyjson_is_obj(value) && !check_keys(value, err))
			return false;
	return true;
}
