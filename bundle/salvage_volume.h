/* One volume of a damaged bundle: whichever of its frames can still be found. */
#ifndef KANSHIKI_BUNDLE_SALVAGE_VOLUME_H
#define KANSHIKI_BUNDLE_SALVAGE_VOLUME_H

#include "bundle/age.h"
#include "bundle/manifest.h"
#include "bundle/unpack.h"
#include "core/store.h"

#define SALVAGE_PROBES 4096 /* places in one volume where a frame is looked for after a gap */

struct salvage_run {         /* frames without an unknown gap between them */
	size_t first, count; /* in the volume's frames */
	uint64_t base;       /* of its content in the set's tar, when is_placed */
	uint64_t size;       /* bytes of content */
	bool is_placed;
};

/* Frames of which nobody knows where they lie. */
static inline bool salvage_run_is_loose(const struct salvage_run *run)
{
	return !run->is_placed && run->count != 0;
}

struct salvage_volume {
	char name[VOLUME_NAME_ROOM + 8]; /* of the file */
	size_t number;                   /* its own among all that are looked into */
	unsigned set;
	uint32_t index;
	bool is_part;
	unsigned cut;   /* N of NAME.cutN, or NAME.unreadN; 0: it is neither */
	bool is_listed; /* the MANIFEST has its name, whoever may have written that */
	bool is_sealed; /* of meta, and the seal vouches for every byte of it */
	bool is_open;   /* it could be decrypted */
	struct err why; /* what is wrong with it; ERR_NONE: nothing seen yet */
	bool has_header, has_table;
	struct frames_header header; /* valid with has_header */
	struct seek_entry *frames;   /* plain_at counts from the start of their run */
	size_t count, room;
	struct salvage_run *runs;
	size_t run_count, run_room;
};
void salvage_volume_free(struct salvage_volume *volume);

/* Opens the file, to be read in pieces of any size. NULL with why in the volume when it cannot be decrypted. */
struct source *salvage_volume_open(
    struct salvage_volume *volume, struct store *store, const struct age_identities *identities);
/* Finds the frames of the open volume: by its seek table, else one after the other and again behind each gap. Where a run
 * lies in the tar is known for all runs with a seek table, else for the first; expected: where the volume begins if
 * its header does not say (UINT64_MAX: not known). Of more frames than a volume may have the first are taken. False only without memory. */
bool salvage_volume_scan(struct salvage_volume *volume, struct source *plain,
    struct unpack *unpacker, uint64_t expected, struct err *err) MUST_CHECK;

#endif
