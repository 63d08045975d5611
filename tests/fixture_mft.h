/* MFT records made by hand, with a comment for each field: for tests and benchmarks. */
#ifndef KANSHIKI_TESTS_FIXTURE_MFT_H
#define KANSHIKI_TESTS_FIXTURE_MFT_H

#include "core/text.h"

#define FIXTURE_RECORD 1024u                 /* bytes of a record */
#define FIXTURE_STAMP  131665797712345678ull /* 2018-03-26T23:16:11.2345678Z */
#define FIXTURE_ROOT   (5 | 5ull << 48)      /* the reference of the root directory */

/* A record under construction: what comes next goes to at[used]. */
struct fixture_record {
	uint8_t *at;
	uint32_t used;
};

/* Begins record `number` in the table at mft. flags: 1 in use, 2 directory. */
struct fixture_record fixture_mft_begin(
    uint8_t *mft, uint32_t number, uint16_t sequence, uint16_t flags);
/* Adds a resident attribute (ASCII name). What does not fit the record is the test's mistake. */
void fixture_mft_add(struct fixture_record *record, uint32_t type, const char *name,
    const void *content, size_t len);
/* $STANDARD_INFORMATION: created at FIXTURE_STAMP, modified and changed 1 and 2 seconds, accessed an hour later;
 * hidden, archive. */
void fixture_mft_add_standard(struct fixture_record *record);
/* $FILE_NAME with four times FIXTURE_STAMP. */
void fixture_mft_add_name(
    struct fixture_record *record, uint64_t parent, uint8_t name_space, const char *utf8);
/* Makes it an extension record of that file. */
void fixture_mft_set_base(struct fixture_record *record, uint64_t base);
/* $ATTRIBUTE_LIST in one cluster of the volume. */
void fixture_mft_add_far_list(struct fixture_record *record);

#endif
