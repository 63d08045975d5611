/* The inside of facts given beforehand, for collectors/facts*.c only. */
#ifndef KANSHIKI_COLLECTORS_FACTS_FILE_H
#define KANSHIKI_COLLECTORS_FACTS_FILE_H

#include "collectors/facts.h"

#include <yyjson.h>

/* The object; NULL when file is. */
yyjson_val *facts_file_root(const struct facts_file *file);

#endif
