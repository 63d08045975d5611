/* The conveyor: a ring of jobs, threads that work on them, and whoever ends the one whose turn it is delivers. See
 * conveyor.h. */
#include "platform/conveyor.h"

#include "platform/thread.h"

#include <stdlib.h>

#define DEPTH_MAX (CONVEYOR_HANDS_MAX + 2)

enum { WORK_CAME, WORK_LEFT }; /* conditions of the lock */

struct belt {
	struct conveyor conveyor;
	struct thread_lock *lock; /* guards all that follows */
	struct thread *threads[CONVEYOR_HANDS_MAX];
	unsigned hands;
	struct conveyor_job *jobs[DEPTH_MAX];
	bool worked[DEPTH_MAX];
	uint64_t put, taken, delivered; /* jobs so far; job n stands at n % DEPTH_MAX */
	bool is_delivering, is_over, has_failed;
	struct err why; /* of has_failed */
};

/* Runs one half of a job without the lock; its failure is everybody's. */
static void run(struct belt *belt, struct conveyor_job *job,
    bool (*half)(struct conveyor_job *self, struct err *err))
{
	struct err why = {0};

	if (belt->has_failed || !half)
		return;
	thread_lock_give(belt->lock);
	bool ok = half(job, &why);

	thread_lock_take(belt->lock);
	if (ok || belt->has_failed)
		return;
	belt->has_failed = true;
	belt->why = why;
}

/* Delivers whatever has its turn, unless another thread does already. */
static void deliver(struct belt *belt)
{
	if (belt->is_delivering)
		return;
	belt->is_delivering = true;
	while (belt->delivered < belt->taken && belt->worked[belt->delivered % DEPTH_MAX]) {
		struct conveyor_job *job = belt->jobs[belt->delivered % DEPTH_MAX];

		run(belt, job, job->deliver);
		belt->worked[belt->delivered % DEPTH_MAX] = false;
		belt->delivered++;
		thread_lock_wake_all(belt->lock, WORK_LEFT);
	}
	belt->is_delivering = false;
}

static void hand(void *context)
{
	struct belt *belt = context;

	thread_lock_take(belt->lock);
	for (;;) {
		while (!belt->is_over && belt->taken == belt->put)
			thread_lock_wait(belt->lock, WORK_CAME);
		if (belt->taken == belt->put)
			break;
		size_t at = (size_t)(belt->taken++ % DEPTH_MAX);
		struct conveyor_job *job = belt->jobs[at];

		run(belt, job, job->work);
		belt->worked[at] = true;
		deliver(belt);
	}
	thread_lock_give(belt->lock);
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

	thread_lock_take(belt->lock);
	while (belt->put - belt->delivered >= self->depth)
		thread_lock_wait(belt->lock, WORK_LEFT);
	bool ok = !belt->has_failed || failed(belt, err);

	if (ok) {
		job->number = belt->put;
		belt->jobs[belt->put++ % DEPTH_MAX] = job;
		thread_lock_wake_all(belt->lock, WORK_CAME);
	}
	thread_lock_give(belt->lock);
	return ok;
}

static void belt_wait(struct conveyor *self, const struct conveyor_job *job)
{
	struct belt *belt = (struct belt *)self;

	thread_lock_take(belt->lock);
	while (belt->delivered <= job->number)
		thread_lock_wait(belt->lock, WORK_LEFT);
	thread_lock_give(belt->lock);
}

static bool belt_drain(struct conveyor *self, struct err *err)
{
	struct belt *belt = (struct belt *)self;

	thread_lock_take(belt->lock);
	while (belt->delivered < belt->put)
		thread_lock_wait(belt->lock, WORK_LEFT);
	bool ok = !belt->has_failed || failed(belt, err);

	belt->has_failed = false;
	thread_lock_give(belt->lock);
	return ok;
}

static void belt_free(struct conveyor *self)
{
	struct belt *belt = (struct belt *)self;

	if (belt->lock) {
		thread_lock_take(belt->lock);
		belt->is_over = true;
		thread_lock_wake_all(belt->lock, WORK_CAME);
		thread_lock_give(belt->lock);
	}
	for (unsigned i = 0; i < belt->hands; i++)
		thread_join(belt->threads[i]);
	thread_lock_free(belt->lock);
	free(belt);
}

bool conveyor_new(unsigned hands, struct conveyor **out, struct err *err)
{
	CLEANUP(conveyor_free) struct conveyor *made = NULL;
	struct belt *belt = calloc(1, sizeof(*belt));

	if (!belt)
		return fail(err, ERR_MEMORY, "no memory for a conveyor");
	hands = hands ? hands : thread_processors();
	hands = hands < CONVEYOR_HANDS_MAX ? hands : CONVEYOR_HANDS_MAX;
	made = &belt->conveyor;
	belt->conveyor = (struct conveyor){hands + 1, belt_put, belt_wait, belt_drain, belt_free};
	if (!thread_lock_new(&belt->lock, err))
		return false;
	for (; belt->hands < hands; belt->hands++)
		if (!thread_start(hand, belt, &belt->threads[belt->hands], err))
			return false;
	*out = TAKE(made);
	return true;
}
