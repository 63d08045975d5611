/* One set of a bundle ("files"): its volumes opened together as the one tar that they hold, readable at any
 * offset. Frames are decrypted and unpacked as needed, few are kept. */
#ifndef KANSHIKI_BUNDLE_SET_H
#define KANSHIKI_BUNDLE_SET_H

#include "core/conveyor.h"
#include "core/store.h"
#include "bundle/age.h"
#include "bundle/manifest.h"

struct set_plan { /* all borrowed as long as the set lives */
	struct store *store;
	const struct manifest *manifest; /* lists the volumes */
	const struct age_identities *identities;
	unsigned set;              /* enum bundle_set */
	struct conveyor *conveyor; /* unpacks what will be asked for on its threads; NULL: none */
	/* A volume that does not open: reported here, its part of the tar stays unreadable, the rest goes on.
	 * NULL: the first such volume fails set_open. */
	void (*problem)(void *context, const struct err *why);
	void *context;
};

/* Opens every listed volume of the set once and checks its header frame: collection, set, index, the hash of the
 * volume before it as the MANIFEST has it, and its place in the tar. *out is a source of the tar; size 0 when no
 * volume is listed. ERR_KEY: no identity opens them. */
bool set_open(const struct set_plan *plan, struct source **out, struct err *err) MUST_CHECK;

/* Says that all up to `until` will be asked for, rising: it is then read ahead. At first nothing is. */
void set_read_ahead(struct source *set, uint64_t until);

/* Opens one volume and says what it really is, against what its name says: "comes from another collection (…)",
 * "is files.002…". False when nothing can be said. For a volume whose hash is wrong. */
bool set_explain(const struct set_plan *plan, const char *name, struct text *out);

/* Where in the tar volume `index` (from 1) begins and how much it holds; false when there is no such volume or it
 * does not open. `set` is a source from set_open. */
bool set_volume_extent(
    const struct source *set, uint32_t index, uint64_t *at, uint64_t *len) MUST_CHECK;

#endif
