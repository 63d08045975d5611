/* Event logs. Page: docs/collectors/event-logs.md. */
#include "collectors/collector.h"

static const char *const patterns[] = {
    "*/System32/winevt/Logs/**.evtx",
    "Windows.old/*/System32/winevt/Logs/**.evtx",
    "*/System32/config/*.evt", /* XP, 2003 */
    "Windows.old/*/System32/config/*.evt",
    NULL,
};

const struct collector collect_event_logs = {
    .name = "event-logs",
    .summary = "event logs",
    .kind = KIND_EVENT_LOG,
    .volatility = 210,
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .patterns = patterns,
};
