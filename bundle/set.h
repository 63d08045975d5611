/* One set of a bundle ("files"): its volumes opened together as the one tar that they hold, readable at any
 * offset. Frames are decrypted and unpacked as needed, few are kept. */
#ifndef KANSHIKI_BUNDLE_SET_H
#define KANSHIKI_BUNDLE_SET_H

#include "core/conveyor.h"
#include "core/store.h"
#include "bundle/age.h"
#include "bundle/frame_cache.h"
#include "bundle/manifest.h"

struct set_plan { /* all borrowed as long as the set lives */
	struct store *store;
	const struct manifest *manifest; /* lists the volumes */
	const struct age_identities *identities;
	unsigned set;              /* enum bundle_set */
	struct conveyor *conveyor; /* unpacks what will be asked for on its threads; NULL: none */
	/* A volume that does not open: reported here once, its part of the tar stays unreadable, the rest goes on.
	 * NULL: it fails the one who needs it. */
	void (*problem)(void *context, const struct err *why);
	void *context;
};

/* Lists the volumes of the set and opens none: *out is a source of the tar in which nothing can be read yet, size 0. */
bool set_open(const struct set_plan *plan, struct source **out, struct err *err) MUST_CHECK;

/* Opens volumes, once each, and checks their header frames: collection, set, index, the hash of the volume before as the
 * MANIFEST has it, and the place in the tar among those that are open. The source then ends where the last of them does.
 * set_need: those from volume `index` (from 1) on that are needed to read up to byte `until`. ERR_KEY: no identity opens
 * them. */
bool set_open_all(struct source *set, struct err *err) MUST_CHECK;
bool set_need(struct source *set, uint32_t index, uint64_t until, struct err *err) MUST_CHECK;

/* The frame that holds byte `offset` of the tar, for one who unpacks it himself on any thread; *at is where it begins
 * there. out->plain is good until the next call about another volume, or any read: those wait for what is under way
 * on the plan's conveyor. */
bool set_frame_at(struct source *set, uint64_t offset, struct frame_place *out, uint64_t *at,
    struct err *err) MUST_CHECK;

/* Says that all up to `until` will be asked for, rising: it is then read ahead. At first nothing is. */
void set_read_ahead(struct source *set, uint64_t until);

/* Where the first frame behind the one that holds byte `offset` begins; size at the end. For one who goes on behind what does not
 * open. */
uint64_t set_frame_after(const struct source *set, uint64_t offset);

/* Opens one volume and says what it really is, against what its name says: "comes from another collection (…)",
 * "is files.002…". False when nothing can be said. For a volume whose hash is wrong. */
bool set_explain(const struct set_plan *plan, const char *name, struct text *out);

/* What the header of that volume says of the next header. False as the one below. */
bool set_volume_next_header(const struct source *set, uint32_t index, uint64_t *at) MUST_CHECK;
/* Where in the tar volume `index` (from 1) begins and how much it holds; false when there is no such volume or it
 * does not open. `set` is a source from set_open. */
bool set_volume_extent(
    const struct source *set, uint32_t index, uint64_t *at, uint64_t *len) MUST_CHECK;

#endif
