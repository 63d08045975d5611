/* What writes collection.json, for collectors/facts*.c only. */
#ifndef KANSHIKI_COLLECTORS_FACTS_PARTS_H
#define KANSHIKI_COLLECTORS_FACTS_PARTS_H

#include "collectors/facts.h"

/* The fields without a source, for `why`. */
struct missing {
	struct text fields;
	struct json json;
};
void facts_missing(struct missing *missing, const char *field, const char *why);

/* The value that a person gave under `from`, as it stands; null when there is none. */
bool facts_given(struct json *json, const struct facts *facts, const char *key, const char *from);

/* facts_target.c: "target", the PC that the evidence is of. */
void facts_target(struct json *json, const struct facts *facts, struct missing *missing);
/* facts_disks.c: "disks" and "bitlocker" of the target. */
void facts_disks(struct json *json, const struct facts *facts, struct missing *missing);
/* {vendor, model, serial, bus, size, …}, without braces; what is not known is null. */
struct storage_disk;
void facts_disk_fields(struct json *json, const struct storage_disk *disk);
/* facts_footprint.c: "media", what is written to; "footprint", what the run itself did. */
void facts_media(struct json *json, const struct facts *facts, struct missing *missing);
void facts_footprint(struct json *json, const struct facts *facts);

#endif
