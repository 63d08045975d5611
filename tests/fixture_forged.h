/* Volumes as whoever knows the recipients can make them, and what salvage makes of a store. Tests that use it make fixture_keys
 * first. */
#ifndef KANSHIKI_TESTS_FIXTURE_FORGED_H
#define KANSHIKI_TESTS_FIXTURE_FORGED_H

#include "fixture_bundle.h"

#include "bundle/salvage.h"

/* A header and its bytes; the rest of the last block are zeros. */
void fixture_forged_entry(
    struct text *tar, const char *name, uint64_t modified, struct bytes content);
/* A row of an entry whose header is 512 bytes. */
void fixture_forged_row(struct text *rows, const char *name, uint64_t tar_at, struct bytes content);
/* A frame of a volume's plaintext. */
void fixture_forged_frame(struct text *plain, struct bytes content);
/* The seek table: packed and content size of each frame. */
void fixture_forged_table(struct text *plain, const struct text *sizes);
/* Adds a number of four bytes. */
void fixture_forged_number(struct text *to, uint32_t number);
/* The header of a volume of the bundle in the store, for the beginning of its plaintext. */
void fixture_forged_header(struct fake_store *fake, struct text *plain, enum bundle_set set,
    uint32_t index, uint64_t tar_offset);
/* Encrypts the plaintext. */
void fixture_forged_put(
    struct fake_store *fake, enum bundle_set set, uint32_t index, const struct text *plain);

#define FIXTURE_SALVAGED 256

struct fixture_salvaged { /* of the first FIXTURE_SALVAGED entries */
	struct {
		char path[80];
		struct salvage_entry entry; /* path, same_as, ranges: not valid */
		uint8_t sha256[SHA256_LEN]; /* of what was written */
	} at[FIXTURE_SALVAGED];
	size_t count;
	size_t refused;
	char said[2048]; /* of volumes: "name: why" lines */
	struct salvage_totals totals;
	struct text content;
};
/* sealed: see salvage_run. */
void fixture_salvage(
    struct fake_store *fake, const struct bundle_reader *sealed, struct fixture_salvaged *out);
/* The only entry of that path; NULL: there is none. */
const struct salvage_entry *fixture_salvaged_find(
    const struct fixture_salvaged *salvaged, const char *path);
/* Whether what was written for it are these bytes. */
bool fixture_salvaged_is(
    const struct fixture_salvaged *salvaged, const char *path, struct bytes content);

#endif
