/* What a person names as an image: a path, maybe one partition of it ("disk.img@2"); and what lies in a partition,
 * for the commands that take disks. */
#ifndef KANSHIKI_CLI_IMAGE_TARGET_H
#define KANSHIKI_CLI_IMAGE_TARGET_H

#include "core/text.h"
#include "formats/disk/disk.h"
#include "formats/volume_kind.h"

struct image_target { /* zero before use */
	struct text path;
	uint32_t partition; /* 0: not said */
};
/* "PATH" or "PATH@N"; a file whose name ends in "@N" is that file. */
bool image_target_parse(const char *word, struct image_target *out, struct err *err) MUST_CHECK;
static inline void image_target_free_at(struct image_target *target)
{
	text_free(&target->path);
}

/* A window of raw; the caller closes it. */
bool image_partition_open(struct source *raw, const struct disk_partition *partition,
    struct source **out, struct err *err) MUST_CHECK;
/* What its first sectors say; VOLUME_UNKNOWN when they cannot be read. */
enum volume_kind image_partition_kind(struct source *raw, const struct disk_partition *partition);
/* Says on stderr what lies on the disk, a line for each partition. letters: as disk_letters gives them. */
void image_say_partitions(
    const char *path, struct source *raw, const struct disk *disk, const char *letters);
/* ERR_USAGE: no such partition. */
bool image_find_partition(const struct disk *disk, const struct image_target *target, size_t *out,
    struct err *err) MUST_CHECK;

#endif
