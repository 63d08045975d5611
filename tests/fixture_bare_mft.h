/* A bare $MFT in memory, a few records of 1 KiB, for tests of what they make together. Names: put, begin, open_mft, end, load. */
#ifndef KANSHIKI_TESTS_FIXTURE_BARE_MFT_H
#define KANSHIKI_TESTS_FIXTURE_BARE_MFT_H

#include "formats/ntfs/ntfs.h"
#include "tests/fixture_ntfs.h"
#include "tests/unit.h"

#include <string.h>

/* A bare $MFT of 1 KiB records. */
struct mft {
	uint8_t at[16 * 1024];
	struct source *source;
	struct ntfs_mft *mft;
	struct ntfs_entry entry;
};

static inline void put(struct mft *m, struct fixture_record *r)
{
	fixture_record_end(r);
	memcpy(m->at + r->number * 1024, r->at, 1024);
}

static inline void begin(struct mft *m)
{
	struct fixture_record r;

	memset(m, 0, sizeof(*m));
	fixture_record_begin(&r, 1024, 0, 1, 1);
	put(m, &r);
}

static inline void open_mft(struct mft *m)
{
	m->source = source_of_bytes((struct bytes){.at = m->at, .len = sizeof(m->at)});
	assert_true(ntfs_mft_open(m->source, &m->mft, NULL));
	assert_int_equal(ntfs_mft_count(m->mft), 16);
	assert_int_equal(ntfs_mft_record_size(m->mft), 1024);
}

static inline void end(struct mft *m)
{
	ntfs_entry_free(&m->entry);
	ntfs_mft_close(m->mft);
	source_close(m->source);
}

static inline void load(struct mft *m, uint64_t record)
{
	struct err err = {0};

	if (!ntfs_entry_load(m->mft, record, &m->entry, &err))
		print_error("%s\n", err.text);
	assert_int_equal(err.kind, ERR_NONE);
}

#endif
