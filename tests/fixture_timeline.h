/* A small $MFT for tests of the timeline, and the timeline of files as text. */
#ifndef KANSHIKI_TESTS_FIXTURE_TIMELINE_H
#define KANSHIKI_TESTS_FIXTURE_TIMELINE_H

#include "analysis/timeline.h"
#include "core/text.h"
#include "tests/fixture_mft.h"

#define FIXTURE_IMAGE_RECORDS 40u

struct fixture_image {
	uint8_t at[FIXTURE_IMAGE_RECORDS * FIXTURE_RECORD];
};

/* $MFT, the root, a directory, files: one plain with streams and a short name, one deleted in a directory whose
 * record was used anew, one with a name that would like to be more than a name, one any, one without even times. */
void fixture_timeline_image(struct fixture_image *image);
struct bytes fixture_timeline_bytes(const struct fixture_image *image);

/* The timeline of files to *out; every MFT and journal has to be told as what it is. */
struct timeline_totals fixture_timeline_write(const char *format, struct bytes mft,
    struct bytes journal, const char *prefix, struct text *out);

/* That the text has the line, or shows both. */
void assert_has(const struct text *text, const char *line);

#endif
