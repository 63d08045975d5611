/* Scheduled tasks. Page: docs/collectors/scheduled-tasks.md. */
#include "collectors/collector.h"

#define TASKS(windows)                                                                      \
	windows "/System32/Tasks/**", windows "/SysWOW64/Tasks/**", windows "/Tasks/*.job", \
	    windows "/SchedLgU.txt", windows "/Tasks/SchedLgU.txt", windows "/Tasks/SA.DAT"

static const char *const patterns[] = {
    TASKS("*"),
    TASKS("Windows.old/*"),
    NULL,
};

const struct collector collect_scheduled_tasks = {
    .name = "scheduled-tasks",
    .summary = "scheduled tasks",
    .kind = KIND_STARTUP,
    .volatility = 240,
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .patterns = patterns,
};
