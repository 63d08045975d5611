/* The conveyor: a ring of jobs, and a crew of threads that does whatever is to be done on any of the crew's conveyors. See
 * conveyor.h.
 *
 * Whoever has to wait works instead: with as many threads as processors nobody sleeps, and how the system wakes and
 * places threads costs nothing (docs/performance.md). */
#include "platform/conveyor.h"

#include "platform/thread.h"

#include <stdlib.h>

enum { WORK_CAME, WORK_LEFT }; /* conditions of the lock: what hands wait for, what callers do */

struct belt {
	struct conveyor conveyor;
	struct crew *crew;
	struct conveyor_job *jobs[CONVEYOR_DEPTH_MAX];
	bool worked[CONVEYOR_DEPTH_MAX];
	uint64_t put, taken, delivered; /* jobs so far; job n stands at n % CONVEYOR_DEPTH_MAX */
	bool is_delivering, has_failed;
	struct err why; /* of has_failed */
};

struct crew {
	struct thread_lock *lock; /* guards all that follows, and the belts */
	struct thread *threads[CONVEYOR_HANDS_MAX];
	unsigned hands;
	struct belt *belts
	    [CONVEYOR_BELTS_MAX]; /* what has to be delivered comes first, then in this order */
	bool is_over;
};

/* Runs one half of a job without the lock; its failure is everybody's. */
static void run(struct belt *belt, struct conveyor_job *job,
    bool (*half)(struct conveyor_job *self, struct err *err))
{
	struct err why = {0};

	if (belt->has_failed || !half)
		return;
	thread_lock_give(belt->crew->lock);
	bool ok = half(job, &why);

	thread_lock_take(belt->crew->lock);
	if (ok || belt->has_failed)
		return;
	belt->has_failed = true;
	belt->why = why;
}

/* Something may be done now that could not be before. */
static void tell(struct crew *crew)
{
	thread_lock_wake_all(crew->lock, WORK_CAME);
	thread_lock_wake_all(crew->lock, WORK_LEFT);
}

/* Delivers the job whose turn it is, if it is ready and no other thread delivers. */
static bool deliver(struct belt *belt)
{
	size_t at = (size_t)(belt->delivered % CONVEYOR_DEPTH_MAX);

	if (belt->is_delivering || belt->delivered == belt->taken || !belt->worked[at])
		return false;
	belt->is_delivering = true;
	run(belt, belt->jobs[at], belt->jobs[at]->deliver);
	belt->is_delivering = false;
	belt->worked[at] = false;
	belt->delivered++;
	tell(belt->crew);
	return true;
}

static bool work(struct belt *belt)
{
	if (belt->taken == belt->put)
		return false;
	size_t at = (size_t)(belt->taken++ % CONVEYOR_DEPTH_MAX);

	run(belt, belt->jobs[at], belt->jobs[at]->work);
	belt->worked[at] = true;
	tell(belt->crew);
	return true;
}

/* Does one thing that is to be done. False when there is none. */
static bool step(struct crew *crew)
{
	for (size_t i = 0; i < CONVEYOR_BELTS_MAX; i++)
		if (crew->belts[i] && deliver(crew->belts[i]))
			return true;
	for (size_t i = 0; i < CONVEYOR_BELTS_MAX; i++)
		if (crew->belts[i] && work(crew->belts[i]))
			return true;
	return false;
}

static void hand(void *context)
{
	struct crew *crew = context;

	thread_lock_take(crew->lock);
	while (!crew->is_over)
		if (!step(crew))
			thread_lock_wait(crew->lock, WORK_CAME);
	thread_lock_give(crew->lock);
}

/* What a caller does instead of waiting. */
static void help(struct crew *crew)
{
	if (!step(crew))
		thread_lock_wait(crew->lock, WORK_LEFT);
}

static bool failed(struct belt *belt, struct err *err)
{
	if (err)
		*err = belt->why;
	return false;
}

static bool belt_put(struct conveyor *self, struct conveyor_job *job, struct err *err)
{
	struct belt *belt = (struct belt *)self;

	thread_lock_take(belt->crew->lock);
	while (belt->put - belt->delivered >= self->depth)
		help(belt->crew);
	bool ok = !belt->has_failed || failed(belt, err);

	if (ok) {
		job->number = belt->put;
		belt->jobs[belt->put++ % CONVEYOR_DEPTH_MAX] = job;
		tell(belt->crew);
	}
	thread_lock_give(belt->crew->lock);
	return ok;
}

static void belt_wait(struct conveyor *self, const struct conveyor_job *job)
{
	struct belt *belt = (struct belt *)self;

	thread_lock_take(belt->crew->lock);
	while (belt->delivered <= job->number)
		help(belt->crew);
	thread_lock_give(belt->crew->lock);
}

static bool belt_drain(struct conveyor *self, struct err *err)
{
	struct belt *belt = (struct belt *)self;

	thread_lock_take(belt->crew->lock);
	while (belt->delivered < belt->put)
		help(belt->crew);
	bool ok = !belt->has_failed || failed(belt, err);

	belt->has_failed = false;
	thread_lock_give(belt->crew->lock);
	return ok;
}

static void crew_free(struct crew *crew)
{
	if (crew->lock) {
		thread_lock_take(crew->lock);
		crew->is_over = true;
		tell(crew);
		thread_lock_give(crew->lock);
	}
	for (unsigned i = 0; i < crew->hands; i++)
		thread_join(crew->threads[i]);
	thread_lock_free(crew->lock);
	free(crew);
}

static void belt_free(struct conveyor *self)
{
	struct belt *belt = (struct belt *)self;
	struct crew *crew = belt->crew;
	bool is_last = true;

	DISCARD(belt_drain(self, NULL));
	thread_lock_take(crew->lock);
	for (size_t i = 0; i < CONVEYOR_BELTS_MAX; i++) {
		if (crew->belts[i] == belt)
			crew->belts[i] = NULL;
		is_last = is_last && !crew->belts[i];
	}
	thread_lock_give(crew->lock);
	free(belt);
	if (is_last)
		crew_free(crew);
}

static bool add_belt(struct crew *crew, unsigned depth, struct conveyor **out, struct err *err)
{
	struct belt *belt = calloc(1, sizeof(*belt));
	size_t at = 0;

	if (!belt)
		return fail(err, ERR_MEMORY, "no memory for a conveyor");
	belt->conveyor = (struct conveyor){depth, belt_put, belt_wait, belt_drain, belt_free};
	belt->crew = crew;
	thread_lock_take(crew->lock);
	while (at < CONVEYOR_BELTS_MAX && crew->belts[at])
		at++;
	if (at < CONVEYOR_BELTS_MAX)
		crew->belts[at] = belt;
	thread_lock_give(crew->lock);
	if (at == CONVEYOR_BELTS_MAX) {
		free(belt);
		return fail(
		    err, ERR_LIMIT, "more than %d conveyors of one crew", CONVEYOR_BELTS_MAX);
	}
	*out = &belt->conveyor;
	return true;
}

static unsigned other_processors(void)
{
	unsigned processors = thread_processors();

	return processors > 1 ? processors - 1 : 1;
}

bool conveyor_new(unsigned hands, struct conveyor **out, struct err *err)
{
	CLEANUP(conveyor_free) struct conveyor *made = NULL;
	struct crew *crew = calloc(1, sizeof(*crew));

	if (!crew)
		return fail(err, ERR_MEMORY, "no memory for a conveyor");
	hands = hands ? hands : other_processors();
	hands = hands < CONVEYOR_HANDS_MAX ? hands : CONVEYOR_HANDS_MAX;
	if (!thread_lock_new(&crew->lock, err) ||
	    !add_belt(crew, CONVEYOR_DEPTH(hands), &made, err)) {
		crew_free(crew);
		return false;
	}
	for (; crew->hands < hands; crew->hands++)
		if (!thread_start(hand, crew, &crew->threads[crew->hands], err))
			return false;
	*out = TAKE(made);
	return true;
}

bool conveyor_new_beside(
    struct conveyor *conveyor, unsigned depth, struct conveyor **out, struct err *err)
{
	struct belt *belt = (struct belt *)conveyor;

	return add_belt(
	    belt->crew, depth < CONVEYOR_DEPTH_MAX ? depth : CONVEYOR_DEPTH_MAX, out, err);
}
