/* The timeline of a disk: of every partition on it that holds something to read. */
#ifndef KANSHIKI_CLI_TIMELINE_DISK_H
#define KANSHIKI_CLI_TIMELINE_DISK_H

#include "analysis/timeline.h"
#include "cli/image_target.h"

/* Adds the volume in raw as what it is. ERR_UNSUPPORTED says what it is instead. */
bool timeline_add_kind(struct timeline *timeline, struct source *raw, enum volume_kind kind,
    struct err *err) MUST_CHECK;

/* Adds the partitions of a disk (or the one that the target names) with their letters in front of their paths ("C/"),
 * as the registry on the disk has them, else their numbers ("p2/"). What holds nothing to read is said on stderr;
 * *gaps counts those whose files are missing because of it. ERR_UNSUPPORTED when there is nothing at all. */
bool timeline_disk(struct timeline *timeline, struct source *raw, const struct disk *disk,
    const struct image_target *target, size_t *gaps, struct err *err) MUST_CHECK;

#endif
