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

#endif
