/* Files of KEYDIR that may be missing. */
#ifndef KANSHIKI_CLI_KEYDIR_H
#define KANSHIKI_CLI_KEYDIR_H

#include "core/err.h"
#include "core/text.h"

/* What is in the file of that name; *out stays empty where there is none. One that is there and empty is ERR_DAMAGED: a revocation
 * list of which nothing is left must not pass for none. */
bool keydir_read(
    const char *keys, const char *name, size_t limit, struct text *out, struct err *err) MUST_CHECK;

#endif
