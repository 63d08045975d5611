/* JSON as yyjson reads it: documents that free themselves, and their texts. */
#ifndef KANSHIKI_BUNDLE_DOCUMENT_H
#define KANSHIKI_BUNDLE_DOCUMENT_H

#include "core/bytes.h"

#include <yyjson.h>

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

#endif
