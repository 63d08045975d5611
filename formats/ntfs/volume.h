/* An open NTFS volume. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_VOLUME_H
#define KANSHIKI_FORMATS_NTFS_VOLUME_H

#include "formats/ntfs/mft.h"

struct ntfs_volume {
	struct source *raw; /* borrowed */
	struct ntfs_geometry geometry;
	struct ntfs_mft *mft;
	struct source *live_bitmap; /* borrowed; NULL: none */
	bool knows_upcase;          /* read, when first needed */
	uint16_t *upcase;           /* 65,536 units; NULL: the volume has no good one */
	unsigned searches;          /* of the whole $MFT for a name whose directory is damaged */
};

#endif
