/* Mapping pairs: where the clusters of a stream lie. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_RUNS_H
#define KANSHIKI_FORMATS_NTFS_RUNS_H

#include "formats/ntfs/ntfs.h"

struct ntfs_run_list { /* grows up to NTFS_LIMIT_RUNS; at may move */
	struct ntfs_run *at;
	size_t count;
	size_t room;
};

/* Adds the runs of one extent that begins at first_vcn and should end before end_vcn (runs beyond it are
 * cut: damage). On ERR_DAMAGED the runs before the damage are in the list; on others too, but stop. */
bool ntfs_runs_add(struct ntfs_run_list *list, struct bytes mapping, uint64_t first_vcn,
    uint64_t end_vcn, struct err *err) MUST_CHECK;

/* How many clusters the pairs are of in all; 0 when they are damaged. */
uint64_t ntfs_runs_total(struct bytes mapping);

/* The index of the run that holds vcn, or of the first one after it; count when there is none. */
size_t ntfs_runs_find(const struct ntfs_run *runs, size_t count, uint64_t vcn);

#endif
