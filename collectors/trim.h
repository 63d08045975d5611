/* Whether a drive has emptied what was deleted (TRIM): told by clusters that were a deleted file's and are free now. Page:
 * docs/collectors/deleted-files.md. */
#ifndef KANSHIKI_COLLECTORS_TRIM_H
#define KANSHIKI_COLLECTORS_TRIM_H

#include "core/json.h"
#include "core/source.h"

struct collection;

#define TRIM_SAMPLES 256u /* clusters looked at */

struct collection_volume;

struct trim {                      /* zero before use */
	uint64_t at[TRIM_SAMPLES]; /* offsets of clusters on the volume */
	size_t count;
	uint64_t seen, every;    /* clusters offered; each so many'th is kept */
	uint64_t sampled, blank; /* read; of them emptied */
	bool looks_trimmed;      /* half of the samples or more */
	bool has_setting;
	uint32_t setting;                   /* DisableDeleteNotification */
	bool is_device_known, device_trims; /* what the disk of a live volume says */
};

/* Offers a cluster by its offset: free now, and with content before. */
void trim_see(struct trim *trim, uint64_t offset);
/* Reads the samples of the volume, and asks its disk when it is live. */
void trim_judge(struct trim *trim, struct collection *collection,
    const struct collection_volume *volume, uint32_t cluster_size);
/* "hopeless", "possible", "unknown". */
const char *trim_word(const struct trim *trim);
/* Whether one byte, 0x00 or 0xff, stands there throughout; at least one byte. */
bool trim_is_blank(const uint8_t *at, size_t len);

/* Adds the object "trim". left: what is left where it is hopeless, "MFT records". */
void trim_write(struct json *json, const struct trim *trim, const char *left);
/* On the screen and in the journal, when it is hopeless. */
void trim_say(const struct trim *trim, struct collection *collection, const char *volume);

#endif
