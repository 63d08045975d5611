/* Small volumes with deleted files, and what the claims say of them. */
#ifndef KANSHIKI_TESTS_FIXTURE_CLAIMS_H
#define KANSHIKI_TESTS_FIXTURE_CLAIMS_H

#include "formats/ntfs/deleted.h"
#include "tests/fixture_ntfs.h"

#define CLUSTER  512u
#define CLUSTERS 256u
#define RECORDS  24u
#define BITMAP   6u /* record */

/* A volume whose files a test puts in place one by one. */
struct claims_disk {
	struct fixture_volume v;
	struct source *raw;
	struct ntfs_volume *volume;
	struct ntfs_bitmap *bitmap;
	struct ntfs_claims *claims;
	uint8_t bits[CLUSTERS / 8];
};

struct claims_file {
	unsigned record, flags; /* flags: 1 in use */
	uint64_t lsn, usn, base_time;
	struct ntfs_run runs[4];
	size_t run_count;
	uint64_t size, initialized;
	unsigned stream_flags, unit;
};

struct claims_found {
	struct ntfs_entry entry;
	struct ntfs_deleted deleted;
	struct ntfs_deleted_stream of;
};

/* An empty volume; cluster n from 100 on is filled with the byte n. */
void claims_begin(struct claims_disk *d);
/* Marks clusters as in use, for claims_ready. */
void claims_use(struct claims_disk *d, unsigned first, unsigned count);
void claims_put(struct claims_disk *d, const struct claims_file *f);
/* Writes $Bitmap, which is resident. */
void claims_put_bitmap(struct claims_disk *d);
/* $Bitmap is written, and all is read and settled. */
void claims_ready(struct claims_disk *d);
/* The same, with a log. */
void claims_ready_with(struct claims_disk *d, const struct logfile_clusters *log);
void claims_end(struct claims_disk *d);

/* The unnamed stream of the record; claims_forget it. */
void claims_judge(struct claims_disk *d, unsigned record, struct claims_found *found);
void claims_forget(struct claims_found *found);
void claims_expect(struct claims_disk *d, unsigned record, enum ntfs_deleted_result result,
    uint64_t own, uint64_t used, uint64_t later, uint64_t unknown);

#endif
