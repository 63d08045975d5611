/* errno as an err. For platform/posix alone. */
#ifndef KANSHIKI_PLATFORM_POSIX_OS_H
#define KANSHIKI_PLATFORM_POSIX_OS_H

#include "platform/os.h"

/* Fills *err from an errno value, always in English, and returns false. */
bool errno_fail(struct err *err, int code);

/* Opens for reading without touching the access time where that is allowed. -1 with errno. */
int open_for_reading(const char *path);

#endif
