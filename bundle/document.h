/* JSON as yyjson reads it: documents that free themselves, their texts, and each key once. */
#ifndef KANSHIKI_BUNDLE_DOCUMENT_H
#define KANSHIKI_BUNDLE_DOCUMENT_H

#include "core/bytes.h"
#include "core/err.h"

#include <yyjson.h>

#define DOCUMENT_KEYS 256 /* of one object, at most */

CLEANUP_POINTER(yyjson_doc, yyjson_doc_free);
CLEANUP_POINTER(yyjson_mut_doc, yyjson_mut_doc_free);

/* A value that is a text, as long as its document; empty for NULL and for any other. */
static inline struct bytes document_text(yyjson_val *value)
{
	if (!yyjson_is_str(value))
		return (struct bytes){0};
	return (struct bytes){(const uint8_t *)yyjson_get_str(value), yyjson_get_len(value)};
}

/* The text of an object's field; empty when it has none. */
static inline struct bytes document_field(yyjson_val *object, const char *key)
{
	return document_text(yyjson_obj_get(object, key));
}

/* Whether no object in it, at any depth, has a key twice: one reader takes the first, another the last. ERR_LIMIT: too many
 * keys to look. */
bool document_check_keys(yyjson_doc *document, struct err *err) MUST_CHECK;

#endif
