/* What FAT and exFAT know of a file, as JSON: for rows and for the listing of a volume (docs/bundle-format.md). */
#ifndef KANSHIKI_COLLECTORS_FAT_ROW_H
#define KANSHIKI_COLLECTORS_FAT_ROW_H

#include "bundle/writer.h"
#include "core/json.h"
#include "formats/fat/fat.h"

/* The value of "fat": an object. layout: how its clusters were found; FAT_LAYOUT_NONE leaves it out. */
void fat_row_write(struct json *json, const struct fat_geometry *geometry,
    const struct fat_entry *entry, enum fat_layout layout);
/* A line of the listing: what the entry is, and of a deleted file what is left. recovered may be NULL. */
void fat_row_list(struct json *json, const struct fat_geometry *geometry,
    const struct fat_entry *entry, const struct fat_recovered *recovered);
/* Of its times those in UTC: only they have a place in the header of a tar. */
void fat_row_times(const struct fat_entry *entry, struct bundle_member *member);
/* "full", "partial", "overwritten". */
const char *fat_row_result(const struct fat_recovered *recovered);
/* "chain", "contiguous", "assumed contiguous"; NULL for none. */
const char *fat_row_layout(enum fat_layout layout);

#endif
