/* Keys of a file's line for what its small attributes say: reparse point, WOF, extended attributes, object id. */
#ifndef KANSHIKI_ANALYSIS_ATTRIBUTE_FIELDS_H
#define KANSHIKI_ANALYSIS_ATTRIBUTE_FIELDS_H

#include "analysis/timeline_line.h"
#include "formats/ntfs/ntfs.h"

#define ATTRIBUTE_FIELDS_MAX 5

/* Puts them at `to` and returns how many. Only of attributes in the MFT record itself, so that a bare $MFT gives the
 * same as its volume. The fields borrow from *text, which is cleared first. */
size_t attribute_fields(
    const struct ntfs_entry *entry, struct text *text, struct timeline_field *to);

#endif
