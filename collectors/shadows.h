/* The shadow copies of a collection's volumes: each that is chosen becomes one more volume. */
#ifndef KANSHIKI_COLLECTORS_SHADOWS_H
#define KANSHIKI_COLLECTORS_SHADOWS_H

#include "collectors/volumes.h"

#define SHADOW_CHOICE_DEFAULT "newest,oldest"

/* Looks for the shadow copies of every volume of the set, usable or not, and adds those that are chosen, the newest first: named
 * "$vss$/C/2" (numbered from 1, the oldest), with their volume's letter. One that cannot be read is added with
 * the reason, chosen or not. A store on another volume is found when that one is in the set. False: no memory. */
bool volume_set_add_shadows(
    struct volume_set *set, const struct vss_choice *choice, struct err *err) MUST_CHECK;

/* What is known of the shadow copy that the volume is; NULL: it is none. */
const struct vss_info *shadow_info(
    const struct volume_set *set, const struct collection_volume *volume);
static inline unsigned shadow_number(const struct collection_volume *volume)
{
	return (unsigned)volume->shadow_index + 1;
}

/* Whether `other` is a newer state of the shadow copy: its volume, or a later shadow copy of that. */
bool shadow_is_newer(const struct volume_set *set, const struct collection_volume *other,
    const struct collection_volume *volume);

/* Whether a stream of a shadow copy certainly has the same stored bytes as one on `other`, its volume or another shadow
 * copy of it: the same runs, each cluster read from the same place, and kept. */
bool shadow_is_same(const struct volume_set *set, const struct collection_volume *volume,
    const struct ntfs_stream *stream, const struct collection_volume *other,
    const struct ntfs_stream *others);

/* Of a shadow copy of a running Windows, which goes on keeping blocks: brings its map up to date, and returns a hash of
 * where the stream is read from. Another one afterwards: a block of it was overwritten while it was read. Of an image
 * always 0. False: the map cannot be read any more. */
bool shadow_places(const struct volume_set *set, const struct collection_volume *volume,
    const struct ntfs_stream *stream, uint64_t *out, struct err *err) MUST_CHECK;

/* The same map alone. *changed: what was read of the shadow copy since the last time may be of two states. */
bool shadow_refresh(const struct volume_set *set, const struct collection_volume *volume,
    bool *changed, struct err *err) MUST_CHECK;

/* On a way through the file table of a shadow copy, called before each record is loaded: of a running Windows reads the next ones ahead
 * so that they are as they were, though their blocks be overwritten meanwhile. False: they were, each time; or as above. */
bool shadow_read_ahead(const struct volume_set *set, const struct collection_volume *volume,
    uint64_t record, struct err *err) MUST_CHECK;

/* How many bytes that were written to a stream the shadow copy did not keep. */
uint64_t shadow_unkept(const struct volume_set *set, const struct collection_volume *volume,
    const struct ntfs_stream *stream);

#endif
