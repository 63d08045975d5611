/* Whether a collector's patterns take what they should. */
#ifndef KANSHIKI_TESTS_FIXTURE_PATTERNS_H
#define KANSHIKI_TESTS_FIXTURE_PATTERNS_H

#include "collectors/collector.h"
#include "collectors/match.h"

#include <stdio.h>

/* Prints the first path (both lists are NULL-ended) that is not judged as it should be; true when all are. */
static inline bool fixture_patterns_hold(
    const struct collector *collector, const char *const *wanted, const char *const *unwanted)
{
	struct matcher matcher = {0};
	const char *wrong = NULL;

	for (const char *const *p = collector->patterns; p && *p; p++)
		if (!matcher_add(&matcher, 0, *p, NULL))
			wrong = *p;
	for (; *wanted && !wrong; wanted++)
		if (!matcher_mask(&matcher, 'C', bytes_of(*wanted)))
			wrong = *wanted;
	for (; *unwanted && !wrong; unwanted++)
		if (matcher_mask(&matcher, 'C', bytes_of(*unwanted)))
			wrong = *unwanted;
	matcher_free(&matcher);
	if (wrong)
		fprintf(stderr, "%s: wrong about '%s'\n", collector->name, wrong);
	return !wrong;
}

#endif
