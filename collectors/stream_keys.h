/* How a stream of a file is found again when the file's record is read anew: by a number made from its name. Streams whose
 * names have one hash (somebody can choose them so), and streams of one name, which a damaged record can have, get
 * numbers of their own, in the order in which they lie. */
#ifndef KANSHIKI_COLLECTORS_STREAM_KEYS_H
#define KANSHIKI_COLLECTORS_STREAM_KEYS_H

#include "formats/ntfs/ntfs.h"

/* No stream has it: it stands for those that were lost with a record or an attribute list. */
#define STREAM_KEY_LOST UINT32_MAX

struct stream_keys { /* zero before the first use; free once */
	/* Of the entry's streams: no two of type $DATA, or attributes that can be members (attribute.h), have the same; 0: the (first)
	 * unnamed one, and all else. */
	uint32_t *at;
	size_t room;
	uint32_t *taken; /* open addressing, 0: free */
	size_t taken_room, slots;
};

/* A hash of a stream's name without case, never 0 for a name. */
uint32_t stream_hash(struct bytes utf16);
/* Of the entry, until it is loaded anew. False: no memory; then there are none. */
bool stream_keys_make(
    struct stream_keys *keys, const struct ntfs_entry *entry, struct err *err) MUST_CHECK;
uint32_t stream_key(const struct stream_keys *keys, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream);
/* The $DATA stream or attribute with that key; NULL: there is none. */
const struct ntfs_stream *stream_of_key(
    const struct stream_keys *keys, const struct ntfs_entry *entry, uint32_t key);
void stream_keys_free(struct stream_keys *keys);
static inline void stream_keys_free_at(struct stream_keys *keys)
{
	stream_keys_free(keys);
}

#endif
