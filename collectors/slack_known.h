/* What is told already of names in directory slack, so that the listings of shadow copies hold only what no newer state has. */
#ifndef KANSHIKI_COLLECTORS_SLACK_KNOWN_H
#define KANSHIKI_COLLECTORS_SLACK_KNOWN_H

#include "collectors/volumes.h"
#include "formats/ntfs/index_slack.h"

/* Names of a collection: 8 bytes each, 32 MiB at most; what comes after that is not remembered, so told again. */
struct slack_known;                        /* opaque */
struct slack_known *slack_known_new(void); /* NULL: no memory */
void slack_known_free(struct slack_known *known);

/* Whether the entry, wherever it lies, is new for the volume of that number in the set; remembers it. */
bool slack_known_is_new(struct slack_known *known, size_t volume, const struct ntfs_slack *slack);

struct slack_state { /* a state of a volume: where its records lie */
	const struct collection_volume *volume;
	size_t index; /* of the shadow copy; VSS_PRESENT: the volume itself */
	struct ntfs_entry mft;
	const struct ntfs_stream *data;
	uint64_t left; /* clusters that may still be compared: in all as many as the volume has */
};
bool slack_state_open(struct collection_volume *volume, struct slack_state *out);
void slack_state_close(struct slack_state *state);

/* Whether a directory of a shadow copy, with all its records and blocks, is certainly the same in a newer state: read from the same
 * places, and kept. Reads nothing. */
bool slack_state_is_same(const struct vss *vss, struct slack_state *state,
    const struct slack_state *newer, const struct ntfs_entry *directory);

#endif
