/* A whole collection from a source in memory into a bundle in memory, and what the reader finds in it. Make fixture_keys first. */
#ifndef KANSHIKI_TESTS_FIXTURE_COLLECT_H
#define KANSHIKI_TESTS_FIXTURE_COLLECT_H

#include "collectors/collection.h"
#include "tests/fake_source.h"
#include "tests/fake_store.h"

#define MEMBERS_MAX  64
#define FIXTURE_LIST "fs/C/list.jsonl"

struct member { /* of a bundle that was read back */
	char path[96];
	struct text content;
	bool is_whole, is_encrypted, has_reason;
	bool may_be_elsewhere; /* a deleted file of FAT32, of which all clusters are free */
};

struct outcome {
	struct member at[MEMBERS_MAX];
	size_t count;
	size_t not_taken; /* rows without content */
	struct collection_counts counts;
	bool has_gaps, ran;
	uint64_t reads;
	uint64_t bad_from; /* of the source */
	struct text receipt, problems;
};

void outcome_free_at(struct outcome *outcome);
/* NULL: there is none. */
const struct member *outcome_find(const struct outcome *outcome, const char *path);
bool member_is_same(const struct member *a, const struct member *b);

/* Runs a collection from source, with the limits of the store; read call_at of the source stops it. Asserts what a test cannot do without. */
void fixture_collect_into(struct fake_source *source, struct fake_store *store, const char *profile,
    const char *take, struct outcome *out);
void fixture_read_back(struct store *store, struct outcome *out);
/* Nothing of source but list, called FIXTURE_LIST, and reads it back; read call_at of the list stops it. */
void fixture_collect_list(
    struct fake_source *source, struct fake_source *list, struct outcome *out);
/* Everything, and reads it back. */
void fixture_collect_all(struct fake_source *source, struct outcome *out);
/* Reads that opening the volume takes. */
uint64_t fixture_opening_reads(struct fake_source *source);
/* One read of the device fails, once: at most one thing suffers, and then it is said. (Since a read is tried
 * twice, nothing does.) Returns how many reads there were. */
uint64_t fixture_fail_each_read(struct fake_source *(*open)(void));

#endif
