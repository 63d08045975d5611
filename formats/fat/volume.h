/* What the files of formats/fat share. */
#ifndef KANSHIKI_FORMATS_FAT_VOLUME_H
#define KANSHIKI_FORMATS_FAT_VOLUME_H

#include "formats/fat/fat.h"
#include "formats/fat/limits.h"

struct fat_run {
	uint32_t index; /* of its first cluster among those of the file */
	uint32_t first; /* cluster */
	uint32_t count;
};

/* Zero before use. */
struct fat_runs {
	struct fat_run *at;
	size_t count, room;
	uint32_t clusters; /* in all */
};
void fat_runs_free(struct fat_runs *runs);
static inline void fat_runs_free_at(struct fat_runs *runs)
{
	fat_runs_free(runs);
}
/* Appends clusters, joined to the last run where they go on. */
bool fat_runs_add(
    struct fat_runs *runs, uint32_t first, uint32_t count, struct err *err) MUST_CHECK;
/* Cuts them before the first cluster that stands in them twice. */
bool fat_runs_cut(struct fat_runs *runs, bool *was_cut, struct err *err) MUST_CHECK;

#define FAT_PAGE  ((size_t)32 << 10)
#define FAT_PAGES 64u

struct fat_page {        /* a piece of a FAT, or of the allocation bitmap */
	uint64_t offset; /* on the volume */
	size_t len;      /* that is there */
	uint8_t *at;
	uint64_t bad;   /* a bit for each FAT_LIMIT_SECTOR_MIN bytes that could not be read */
	struct err why; /* why not, for the last of them */
};

struct fat_claims;

struct fat_lost {
	uint32_t cluster;
	uint32_t parent; /* FAT: as its ".." says */
	uint32_t
	    inside;   /* a piece of an earlier layout: bytes into the cluster; 0: it begins there */
	uint32_t len; /* bytes of that piece */
};

struct fat_start {
	uint64_t place;   /* of the entry; 0: empty */
	uint32_t cluster; /* 0: none was found */
};

struct fat_volume {
	struct source *raw;
	struct fat_geometry geometry;
	struct fat_page pages[FAT_PAGES];
	struct fat_runs bitmap; /* exFAT: where the allocation bitmap lies */
	uint64_t bitmap_size;
	uint64_t repaired;         /* links that only another copy of the FAT had */
	uint64_t links;            /* followed, of all chains */
	struct fat_claims *claims; /* NULL until asked for */
	struct fat_lost *lost;     /* directories that no entry leads to, by cluster */
	size_t lost_count, lost_room;
	uint64_t lost_over; /* of them over the limit */
	bool looked_for_lost;
	struct fat_start *starts; /* found for deleted directories, by a hash of the place */
	size_t start_count, start_room;
	uint64_t directory_reads, file_reads; /* of clusters that a lost high half may mean */
	struct err damage;                    /* what was wrong when it was opened */
};

/* Whether the number is that of a cluster on the volume. */
static inline bool fat_is_cluster(const struct fat_volume *volume, uint32_t cluster)
{
	return cluster >= FAT_FIRST_CLUSTER &&
	       cluster - FAT_FIRST_CLUSTER < volume->geometry.clusters;
}
/* The first number behind the clusters that begin inside the image: hostile sizes must not be counted through. */
uint32_t fat_clusters_end(const struct fat_volume *volume);
static inline uint64_t fat_cluster_offset(const struct fat_volume *volume, uint32_t cluster)
{
	return volume->geometry.data +
	       (uint64_t)(cluster - FAT_FIRST_CLUSTER) * volume->geometry.cluster_size;
}

/* boot_find.c ------------------------------------------------------------------------------------ */

/* The geometry of the volume, from its boot sector or the backup of it; *damage of the volume says what is wrong with them. */
bool fat_boot_find(struct fat_volume *volume, struct err *err) MUST_CHECK;

/* table.c ---------------------------------------------------------------------------------------- */

enum fat_link { FAT_LINK_NEXT, FAT_LINK_END, FAT_LINK_FREE, FAT_LINK_BAD, FAT_LINK_NONSENSE };

/* Bytes of the volume through the cache; false when they cannot be read. */
bool fat_peek(struct fat_volume *volume, uint64_t offset, uint8_t *to, size_t len,
    struct err *err) MUST_CHECK;
/* The entry of a cluster in one copy of the FAT. */
bool fat_table_get(struct fat_volume *volume, uint32_t copy, uint32_t cluster, enum fat_link *link,
    uint32_t *next, struct err *err) MUST_CHECK;
/* Whether a copy begins as one does: with the medium, and the second entry with the mark of an end. What does not was written
 * over. */
bool fat_table_begins(struct fat_volume *volume, uint32_t copy);
/* What follows a cluster of a chain: by the active copy, by another one where that makes no sense. */
bool fat_table_next(struct fat_volume *volume, uint32_t cluster, enum fat_link *link,
    uint32_t *next, struct err *err) MUST_CHECK;

/* chain.c ---------------------------------------------------------------------------------------- */

/* Follows the chain from first for at most `most` clusters. False: damage, what was good until there is in
 * *out all the same; or ERR_MEMORY. *ended: the chain ended by itself. */
bool fat_chain_follow(struct fat_volume *volume, uint32_t first, uint32_t most,
    struct fat_runs *out, bool *ended, struct err *err) MUST_CHECK;
/* One run, cut at the end of the volume (then false). */
bool fat_chain_straight(struct fat_volume *volume, uint32_t first, uint32_t count,
    struct fat_runs *out, struct err *err) MUST_CHECK;
/* Reads from the clusters of runs. */
bool fat_runs_read(struct fat_volume *volume, const struct fat_runs *runs, uint64_t offset,
    void *to, size_t len, size_t *got, struct err *err) MUST_CHECK;
/* How many links one pass over a volume may follow in chains of deleted files: each could name the same chain anew. */
uint64_t fat_links_max(const struct fat_volume *volume);
/* The run that holds a cluster of the file; NULL when none does. */
const struct fat_run *fat_runs_find(const struct fat_runs *runs, uint32_t index);
/* How many clusters hold size bytes; UINT32_MAX when more than fit. */
uint32_t fat_clusters_for(const struct fat_volume *volume, uint64_t size);

/* content.c -------------------------------------------------------------------------------------- */

/* The clusters of a file as its entry and the FAT tell. False as fat_chain_follow. */
bool fat_content_runs(struct fat_volume *volume, const struct fat_entry *entry,
    struct fat_runs *out, enum fat_layout *layout, struct err *err) MUST_CHECK;

/* starts.c --------------------------------------------------------------------------------------- */

/* Whether the high half of this deleted entry's first cluster may be lost. */
bool fat_start_is_lost(const struct fat_volume *volume, const struct fat_entry *entry);
/* Whether that can be on this volume at all. */
bool fat_may_lose_start(const struct fat_volume *volume);
/* Whether a directory of FAT that lies in that cluster begins with these two entries, its own and its parent's; *parent is then where
 * that one begins. */
bool fat_start_is_directory(
    const struct fat_volume *volume, const uint8_t *head, uint32_t cluster, uint32_t *parent);
/* The cluster with that low half in which the deleted directory of this entry begins, below the one at parent (0: the root);
 * 0 when there is none, or more than one. Asked again, it says the same. */
bool fat_start_of_directory(struct fat_volume *volume, const struct fat_entry *entry,
    uint32_t parent, uint32_t *out, struct err *err) MUST_CHECK;
/* The same for a file, by the first bytes that its name makes one expect. */
uint32_t fat_start_of_file(struct fat_volume *volume, const struct fat_entry *entry);

/* recovery.c ------------------------------------------------------------------------------------- */

void fat_claims_free(struct fat_claims *claims);
/* The ranges of a deleted file's runs that are not its own. The caller frees. */
bool fat_claims_lost(struct fat_volume *volume, uint64_t place, const struct fat_runs *runs,
    struct range **out, size_t *count, struct err *err) MUST_CHECK;

/* time.c ----------------------------------------------------------------------------------------- */

/* No zone when there is no such date. fine: 10 ms, 0 to 199. */
void fat_time_set(struct fat_time *time, uint16_t date, uint16_t clock, uint8_t fine);
/* exFAT's offset byte: bit 7 says that it is valid, the rest counts quarters of an hour. */
void fat_time_set_zone(struct fat_time *time, uint8_t offset);

/* oem.c ------------------------------------------------------------------------------------------ */

/* Appends text in the PC's code page as UTF-8: CP932 when all of it is valid, else CP437. Bit 3 of lower makes
 * the ASCII letters small (as the NT case flags do), is_cut says that the first byte is lost and shown as '_'. */
void fat_oem_add(struct text *out, struct bytes oem, bool lower, bool is_cut);
/* "NAME.EXT" of the eleven bytes of a directory entry. */
void fat_short_name_add(struct text *out, const uint8_t raw[11], uint8_t case_flags, bool is_cut);

#endif
