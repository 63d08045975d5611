/* What tells of a FAT or exFAT volume as a whole. Page: docs/collectors/fat-metafiles.md. */
#include "collectors/state.h"

static const char *const patterns[] = {
    COLLECTION_FAT_IMAGE,
    COLLECTION_FAT_LISTING,
    "autorun.inf",
    "System Volume Information/IndexerVolumeGuid",
    "System Volume Information/WPSettings.dat",
    NULL,
};

const struct collector collect_fat_metafiles = {
    .name = "fat-metafiles",
    .summary = "FAT and exFAT: every entry, live and deleted",
    .kind = KIND_FILE_SYSTEM,
    .volatility = 105,
    .needs = NEEDS_VOLUME | NEEDS_ADMIN,
    .patterns = patterns,
};
