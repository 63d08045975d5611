/* Threads on Windows (Vista and later). See platform/thread.h. */
#include "platform/thread.h"

#include "platform/win/edge.h"

#include <process.h>
#include <stdlib.h>

struct thread {
	HANDLE handle;
	void (*run)(void *context);
	void *context;
};

unsigned thread_processors(void)
{
	DWORD_PTR ours = 0, all = 0;
	unsigned count = 0;

	if (!GetProcessAffinityMask(GetCurrentProcess(), &ours, &all))
		return 1;
	for (; ours; ours &= ours - 1)
		count++;
	return count > 0 ? count : 1;
}

static unsigned __stdcall enter(void *context)
{
	const struct thread *thread = context;

	thread->run(thread->context);
	return 0;
}

bool thread_start(void (*run)(void *context), void *context, struct thread **out, struct err *err)
{
	struct thread *thread = calloc(1, sizeof(*thread));

	if (!thread)
		return fail(err, ERR_MEMORY, "no memory for a thread");
	thread->run = run;
	thread->context = context;
	thread->handle = (HANDLE)_beginthreadex(NULL, 0, enter, thread, 0, NULL);
	if (!thread->handle) {
		free(thread);
		return fail(err, ERR_LIMIT, "no more threads");
	}
	*out = thread;
	return true;
}

void thread_join(struct thread *thread)
{
	WaitForSingleObject(thread->handle, INFINITE);
	CloseHandle(thread->handle);
	free(thread);
}

struct thread_lock {
	SRWLOCK lock;
	CONDITION_VARIABLE conditions[THREAD_CONDITIONS];
};

bool thread_lock_new(struct thread_lock **out, struct err *err)
{
	struct thread_lock *lock = calloc(1, sizeof(*lock));

	if (!lock)
		return fail(err, ERR_MEMORY, "no memory for a lock");
	InitializeSRWLock(&lock->lock);
	for (size_t i = 0; i < THREAD_CONDITIONS; i++)
		InitializeConditionVariable(&lock->conditions[i]);
	*out = lock;
	return true;
}

void thread_lock_free(struct thread_lock *lock)
{
	free(lock);
}

void thread_lock_take(struct thread_lock *lock)
{
	AcquireSRWLockExclusive(&lock->lock);
}

void thread_lock_give(struct thread_lock *lock)
{
	ReleaseSRWLockExclusive(&lock->lock);
}

void thread_lock_wait(struct thread_lock *lock, unsigned condition)
{
	SleepConditionVariableSRW(&lock->conditions[condition], &lock->lock, INFINITE, 0);
}

void thread_lock_wake_all(struct thread_lock *lock, unsigned condition)
{
	WakeAllConditionVariable(&lock->conditions[condition]);
}
