/* The same tests without a conveyor and with ones of several sizes. */
#ifndef KANSHIKI_TESTS_FIXTURE_CONVEYOR_H
#define KANSHIKI_TESTS_FIXTURE_CONVEYOR_H

#include "platform/conveyor.h"

extern struct conveyor *fixture_conveyor; /* of this round; NULL in the first */

/* Calls `run` without a conveyor, then with one of 1, 1 + step, 1 + 2 * step, … hands. What it returned in all; 1 without memory. */
int fixture_conveyor_rounds(unsigned step, int (*run)(void));

#endif
