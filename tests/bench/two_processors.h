/* Binding to two processors, for what is wanted of two. Its user defines _GNU_SOURCE. */
#ifndef KANSHIKI_TESTS_BENCH_TWO_PROCESSORS_H
#define KANSHIKI_TESTS_BENCH_TWO_PROCESSORS_H

#include "core/compiler.h"

#include <sched.h>
#include <stdio.h>

/* The number of the core that a processor is a thread of; its own where the system does not tell. */
static inline long two_core_of(int processor)
{
	char path[80];
	long package = 0, core = 0;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/core_id", processor);
	FILE *file = fopen(path, "re");
	bool ok = file && fscanf(file, "%ld", &core) == 1;

	if (file)
		fclose(file);
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/physical_package_id",
	    processor);
	file = fopen(path, "re");
	ok = ok && file && fscanf(file, "%ld", &package) == 1;
	if (file)
		fclose(file);
	return ok ? package << 16 | core : processor;
}

/* Binds this thread, and those that it starts, to the first of its processors and the next one of another core. False: there are no
 * two, or the system does not let us. */
static inline bool two_processors(void)
{
	cpu_set_t all, two;
	int first = -1, second = -1;

	if (sched_getaffinity(0, sizeof(all), &all) != 0)
		return false;
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		if (first < 0)
			first = i;
		else if (second < 0 || (two_core_of(second) == two_core_of(first) &&
					   two_core_of(i) != two_core_of(first)))
			second = i;
	}
	if (second < 0)
		return false;
	CPU_ZERO(&two);
	CPU_SET(first, &two);
	CPU_SET(second, &two);
	return sched_setaffinity(0, sizeof(two), &two) == 0;
}

#endif
