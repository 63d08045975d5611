/* Prefetch: which programs ran. Page: docs/collectors/prefetch.md. */
#include "collectors/collector.h"

static const char *const patterns[] = {
    "*/Prefetch/*.pf",
    "*/Prefetch/Layout.ini",
    "*/Prefetch/Ag*.db",
    "*/Prefetch/Ag*.7db",
    "*/Prefetch/*.ebd",
    "*/Prefetch/*.7db",
    "*/Prefetch:*", /* streams of the directory itself */
    "Windows.old/*/Prefetch/*.pf",
    NULL,
};

const struct collector collect_prefetch = {
    .name = "prefetch",
    .summary = "Prefetch: programs that ran",
    .kind = KIND_FILE_SYSTEM,
    .volatility = 190, /* each program start overwrites one */
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .patterns = patterns,
};
