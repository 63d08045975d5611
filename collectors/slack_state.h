/* Whether a directory of a shadow copy is the same in a newer state, told by the places alone: then it need not be read. */
#ifndef KANSHIKI_COLLECTORS_SLACK_STATE_H
#define KANSHIKI_COLLECTORS_SLACK_STATE_H

#include "collectors/volumes.h"

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
