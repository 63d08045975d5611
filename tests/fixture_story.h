/* The life of a file as a $LogFile tells it: for tests and seeds. Clusters of 4096 bytes, MFT records of 1024. */
#ifndef KANSHIKI_TESTS_FIXTURE_STORY_H
#define KANSHIKI_TESTS_FIXTURE_STORY_H

#include "tests/fixture_log.h"

#define STORY_FILE      40u               /* MFT record, sequence 3 */
#define STORY_DIRECTORY (30 | 2ull << 48) /* reference */
#define STORY_CLUSTER   100u              /* the first of 8 */
#define STORY_JOURNAL   0xc8u             /* key of the open attribute */

/* LSNs of what happened, in this order. */
struct fixture_story {
	uint64_t created;    /* "new.txt" in the directory */
	uint64_t extended;   /* clusters, then a stream in them */
	uint64_t touched;    /* its times: modified in part, before all four were told */
	uint64_t listed;     /* times of its name in the directory */
	uint64_t renamed;    /* to "other.txt" */
	uint64_t moved;      /* to the root */
	uint64_t journalled; /* a record of the change journal tells the rename */
	uint64_t deleted;
	uint64_t undone; /* a transaction that was rolled back */
};

/* Begins the log and fills it; the caller ends it. */
void fixture_story_tell(struct fixture_log *log, struct fixture_story *story);

#endif
