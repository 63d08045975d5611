/* A conveyor (core/conveyor.h) on threads of the system: its crew. Whoever waits in put, wait or drain does jobs of the crew's
 * conveyors meanwhile, of any of them. */
#ifndef KANSHIKI_PLATFORM_CONVEYOR_H
#define KANSHIKI_PLATFORM_CONVEYOR_H

#include "core/conveyor.h"

#define CONVEYOR_HANDS_MAX    3 /* four with the caller: more would only wait for the disk */
#define CONVEYOR_BELTS_MAX    4 /* conveyors of one crew */
#define CONVEYOR_DEPTH_MAX    16
#define CONVEYOR_DEPTH(HANDS) ((HANDS) + 2) /* so many hands never wait for the caller */

/* One with so many threads beside the caller's (0: one a processor that the caller leaves, 1 at least; CONVEYOR_HANDS_MAX at
 * most). */
bool conveyor_new(unsigned hands, struct conveyor **out, struct err *err) MUST_CHECK;

/* One more, of the same crew, on which so many jobs (CONVEYOR_DEPTH_MAX at most) may be under way. What there is to deliver on
 * the first comes before it. A job of the first may put jobs on it, never the other way. Each is freed by itself. */
bool conveyor_new_beside(
    struct conveyor *conveyor, unsigned depth, struct conveyor **out, struct err *err) MUST_CHECK;

#endif
