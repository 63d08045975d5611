/* Work spread over threads whose results come out in order: what the bundle is handed so that it compresses on
 * all cores and knows nothing of threads (platform/conveyor.h makes one). */
#ifndef KANSHIKI_CORE_CONVEYOR_H
#define KANSHIKI_CORE_CONVEYOR_H

#include "core/compiler.h"
#include "core/err.h"

/* Put first into a struct of your own. It belongs to the conveyor from put() until it is delivered. */
struct conveyor_job {
	/* On any thread, also on one that waits in put, wait or drain; beside other jobs. NULL: nothing to do. */
	bool (*work)(struct conveyor_job *self, struct err *err) MUST_CHECK;
	/* After work, in the order of put(), one at a time; on any thread. Left out for all jobs after a failure. */
	bool (*deliver)(
	    struct conveyor_job *self, struct err *err) MUST_CHECK; /* NULL: nothing to do */
	uint64_t number; /* put() sets it: the how many-th job it is */
};

struct conveyor {
	unsigned depth; /* jobs that may be under way: with one more of them, put() waits */

	/* From one thread at a time. False with the failure of a job before; the new one is then not taken. On return at
	 * most `depth` jobs are not yet delivered (or left out): older ones may be used again. */
	bool (*put)(struct conveyor *self, struct conveyor_job *job, struct err *err) MUST_CHECK;
	/* Waits until that job, put before, is delivered or left out. */
	void (*wait)(struct conveyor *self, const struct conveyor_job *job);
	/* Waits until nothing is under way. False with the first failure since the last drain, and forgets it. */
	bool (*drain)(struct conveyor *self, struct err *err) MUST_CHECK;
	void (*free)(struct conveyor *self); /* drains first */
};

static inline void conveyor_free(struct conveyor *conveyor)
{
	if (conveyor)
		conveyor->free(conveyor);
}
CLEANUP_POINTER(struct conveyor, conveyor_free);

#endif
