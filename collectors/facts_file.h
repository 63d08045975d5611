/* The inside of facts given beforehand, for collectors/facts*.c only. */
#ifndef KANSHIKI_COLLECTORS_FACTS_FILE_H
#define KANSHIKI_COLLECTORS_FACTS_FILE_H

#include "collectors/facts.h"

#include <yyjson.h>

/* The object; NULL when file is. */
yyjson_val *facts_file_root(const struct facts_file *file);
/* Refuses what the copy in collection.json would not show as it was meant: a root that is no object, a key twice
 * (RFC 8259 4), nesting without end, another type than the custody sheet prints. */
bool facts_check(yyjson_val *root, struct err *err) MUST_CHECK;

#endif
