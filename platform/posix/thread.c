/* Threads on POSIX. See platform/thread.h. */
#include "platform/thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

struct thread {
	pthread_t handle;
	void (*run)(void *context);
	void *context;
};

unsigned thread_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return CPU_COUNT(&set) > 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static void *enter(void *context)
{
	const struct thread *thread = context;

	thread->run(thread->context);
	return NULL;
}

bool thread_start(void (*run)(void *context), void *context, struct thread **out, struct err *err)
{
	struct thread *thread = calloc(1, sizeof(*thread));

	if (!thread)
		return fail(err, ERR_MEMORY, "no memory for a thread");
	thread->run = run;
	thread->context = context;
	int code = pthread_create(&thread->handle, NULL, enter, thread);

	if (code != 0) {
		free(thread);
		return fail(err, ERR_LIMIT, "no more threads: %s", strerror(code));
	}
	*out = thread;
	return true;
}

void thread_join(struct thread *thread)
{
	pthread_join(thread->handle, NULL);
	free(thread);
}

struct thread_lock {
	pthread_mutex_t mutex;
	pthread_cond_t conditions[THREAD_CONDITIONS];
};

bool thread_lock_new(struct thread_lock **out, struct err *err)
{
	struct thread_lock *lock = calloc(1, sizeof(*lock));

	if (!lock)
		return fail(err, ERR_MEMORY, "no memory for a lock");
	pthread_mutex_init(&lock->mutex, NULL);
	for (size_t i = 0; i < THREAD_CONDITIONS; i++)
		pthread_cond_init(&lock->conditions[i], NULL);
	*out = lock;
	return true;
}

void thread_lock_free(struct thread_lock *lock)
{
	if (!lock)
		return;
	for (size_t i = 0; i < THREAD_CONDITIONS; i++)
		pthread_cond_destroy(&lock->conditions[i]);
	pthread_mutex_destroy(&lock->mutex);
	free(lock);
}

void thread_lock_take(struct thread_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

void thread_lock_give(struct thread_lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

void thread_lock_wait(struct thread_lock *lock, unsigned condition)
{
	pthread_cond_wait(&lock->conditions[condition], &lock->mutex);
}

void thread_lock_wake_all(struct thread_lock *lock, unsigned condition)
{
	pthread_cond_broadcast(&lock->conditions[condition]);
}
