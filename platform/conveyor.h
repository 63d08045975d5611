/* A conveyor (core/conveyor.h) on threads of the system. */
#ifndef KANSHIKI_PLATFORM_CONVEYOR_H
#define KANSHIKI_PLATFORM_CONVEYOR_H

#include "core/conveyor.h"

#define CONVEYOR_HANDS_MAX 4 /* more would only wait for the disk, and hold memory */

/* One with so many threads (0: one a processor, CONVEYOR_HANDS_MAX at most). */
bool conveyor_new(unsigned hands, struct conveyor **out, struct err *err) MUST_CHECK;

#endif
