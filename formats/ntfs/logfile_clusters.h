/* Which clusters were given to files, as far as $LogFile tells: whether something had a cluster after a
 * file was deleted (docs/formats/logfile.md, "Clusters"). */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_CLUSTERS_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_CLUSTERS_H

#include "formats/ntfs/logfile.h"
#include "formats/ntfs/ntfs.h"

struct logfile_clusters; /* opaque; does not change once loaded */

/* Reads the $LogFile of the volume. A volume without a log that can be read has no grants: no failure; damage is jumped
 * over. At most LOGFILE_GRANTS of them are kept, the newest, and as many ends of grants: 16 MiB. ERR_MEMORY. */
#define LOGFILE_GRANTS ((size_t)1 << 18)
bool logfile_clusters_load(
    struct ntfs_volume *volume, struct logfile_clusters **out, struct err *err) MUST_CHECK;
/* The same of a log alone, whose clusters are so large; 0: as its checkpoints say. */
bool logfile_clusters_load_from(struct source *source, uint32_t cluster_size,
    struct logfile_clusters **out, struct err *err) MUST_CHECK;
void logfile_clusters_free(struct logfile_clusters *clusters);
CLEANUP_POINTER(struct logfile_clusters, logfile_clusters_free);

/* The LSN from which on the log tells everything; UINT64_MAX when it tells nothing. That no grant is found after an
 * earlier one means nothing. */
uint64_t logfile_clusters_since(const struct logfile_clusters *clusters);
/* An MFT record of greater LSN was written under an earlier log: this one was begun anew and counts from below, as one may that
 * something else than Windows emptied (ntfs-3g does). What came after that record cannot be told by numbers. */
uint64_t logfile_clusters_until(const struct logfile_clusters *clusters);

/* Whether cluster `first` was given to a file after that LSN (an MFT record's own is that of its last change). Returns how
 * many clusters of [first, first + count) share the answer, 0 when there is too much to look at: so nobody knows. */
uint64_t logfile_clusters_given_after(const struct logfile_clusters *clusters, uint64_t first,
    uint64_t count, uint64_t lsn, bool *given);
/* The same of clusters that a file gave back after it: that one had them last, though the log may no longer tell since when; and
 * of those that an older log gave away, before or after it. */
uint64_t logfile_clusters_freed_after(const struct logfile_clusters *clusters, uint64_t first,
    uint64_t count, uint64_t lsn, bool *freed);

#endif
