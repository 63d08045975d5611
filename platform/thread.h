/* Threads, as far as the conveyor needs them. For platform/ alone. */
#ifndef KANSHIKI_PLATFORM_THREAD_H
#define KANSHIKI_PLATFORM_THREAD_H

#include "core/compiler.h"
#include "core/err.h"

/* Processors that this process may use, 1 at least. */
unsigned thread_processors(void);

struct thread; /* opaque */

/* Runs the function on a new thread of the same priority. thread_join waits for its end and frees. */
bool thread_start(
    void (*run)(void *context), void *context, struct thread **out, struct err *err) MUST_CHECK;
void thread_join(struct thread *thread);

/* A lock with two conditions to wait for. */
struct thread_lock; /* opaque */
#define THREAD_CONDITIONS 2

bool thread_lock_new(struct thread_lock **out, struct err *err) MUST_CHECK;
void thread_lock_free(struct thread_lock *lock);
void thread_lock_take(struct thread_lock *lock);
void thread_lock_give(struct thread_lock *lock);
/* Gives the lock, waits until somebody wakes the condition (or for no reason), takes it again. */
void thread_lock_wait(struct thread_lock *lock, unsigned condition);
void thread_lock_wake_all(struct thread_lock *lock, unsigned condition);

#endif
