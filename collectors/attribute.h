/* Attributes other than $DATA as members of their own, called "path:name:$TYPE" as NTFS writes them: what makes the content of a
 * file readable or tells more of it ($EFS, $EA) comes with what is taken of the file, the indexes of metafiles by patterns that
 * name the type. */
#ifndef KANSHIKI_COLLECTORS_ATTRIBUTE_H
#define KANSHIKI_COLLECTORS_ATTRIBUTE_H

#include "core/text.h"
#include "formats/ntfs/ntfs.h"

#define ATTRIBUTE_BYTES_MAX ((size_t)1 << 30) /* of one; more than the index of 10^7 descriptors */

/* Of extended attributes a row shows as many, of each value so many bytes. */
#define ATTRIBUTE_EA_SHOWN_MAX 64
#define ATTRIBUTE_EA_VALUE_MAX 1024

/* "$EA"; NULL for $DATA and whatever is no member. */
const char *attribute_type(const struct ntfs_stream *stream);
/* Adds ":name" of a stream, nothing of the unnamed one; ":name:$TYPE" of an attribute. spell adds the name. */
void attribute_add_name(struct text *out, const struct ntfs_stream *stream,
    void (*spell)(struct text *out, struct bytes utf16));

struct attribute_company { /* who wants what of a file; zero before the first stream */
	uint32_t any, encrypted;
};
/* Notes who wants a stream of the file. */
void attribute_company_add(
    struct attribute_company *company, const struct ntfs_stream *stream, uint32_t mask);
/* Who gets the attribute with what they want: $EFS with an encrypted stream; $EA, of which a row does not show all or whose clusters
 * may be unreadable, with any. */
uint32_t attribute_company_mask(
    const struct attribute_company *company, const struct ntfs_stream *stream);

#endif
