/* Recycle bin: where deleted files came from. Page: docs/collectors/recycle-bin.md. */
#include "collectors/collector.h"

static const char *const patterns[] = {
    "$Recycle.Bin/*/$I*",
    "$Recycle.Bin/$I*", /* FAT and exFAT, which know no owners */
    "RECYCLER/*/INFO2", /* XP */
    "RECYCLED/INFO2",   /* FAT volumes converted to NTFS */
    "RECYCLED/*/INFO2",
    NULL,
};

const struct collector collect_recycle_bin = {
    .name = "recycle-bin",
    .summary = "recycle bin: names and times of deleted files",
    .kind = KIND_FILE_SYSTEM,
    .volatility = 230,
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .patterns = patterns,
};
