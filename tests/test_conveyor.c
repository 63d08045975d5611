/* The conveyor: results in the order of the jobs, one at a time, and failures. */
#include "unit.h"

#include "platform/conveyor.h"

#define JOBS 500

struct run {
	unsigned next, at_once; /* delivered so far; in deliver now */
	unsigned fails_at, late;
};

struct test_job {
	struct conveyor_job job;
	struct run *run;
	unsigned number;
	uint32_t result;
};

/* Takes longer for some than for others, so that they end in another order. */
static bool work(struct conveyor_job *self, struct err *err)
{
	struct test_job *job = (struct test_job *)self;
	uint32_t seed = job->number;

	for (unsigned i = 0; i < (job->number * 7919 % 13) * 2000; i++)
		seed = seed * 1664525 + 1013904223;
	job->result = seed | 1;
	if (job->number == job->run->fails_at)
		return fail(err, ERR_DAMAGED, "job %u", job->number);
	return true;
}

static bool deliver(struct conveyor_job *self, struct err *err)
{
	struct test_job *job = (struct test_job *)self;
	struct run *run = job->run;

	(void)err;
	assert_int_equal(run->at_once++, 0);
	assert_int_equal(run->next, job->number);
	assert_true(job->result);
	run->next++;
	run->late += job->number > run->fails_at;
	run->at_once--;
	return true;
}

static void test_order(void **state)
{
	static struct test_job jobs[JOBS];

	(void)state;
	for (unsigned hands = 1; hands <= CONVEYOR_HANDS_MAX; hands++) {
		CLEANUP(conveyor_free) struct conveyor *conveyor = NULL;
		struct run run = {.fails_at = JOBS};

		assert_true(conveyor_new(hands, &conveyor, NULL));
		for (unsigned i = 0; i < JOBS; i++) {
			jobs[i] = (struct test_job){{work, deliver, 0}, &run, i, 0};
			assert_true(conveyor->put(conveyor, &jobs[i].job, NULL));
			assert_int_equal(jobs[i].job.number, i);
			if (i % 100 == 99) {
				conveyor->wait(conveyor, &jobs[i].job);
				assert_int_equal(run.next, i + 1);
			}
		}
		assert_true(conveyor->drain(conveyor, NULL));
		assert_int_equal(run.next, JOBS);
	}
}

/* Those before the failure are delivered, those after it never, and after a drain it goes on. */
static void test_failure(void **state)
{
	static struct test_job jobs[JOBS];
	CLEANUP(conveyor_free) struct conveyor *conveyor = NULL;
	struct run run = {.fails_at = 100};
	struct err err = {0};
	unsigned i = 0;

	(void)state;
	assert_true(conveyor_new(0, &conveyor, NULL));
	for (; i < JOBS; i++) {
		jobs[i] = (struct test_job){{work, deliver, 0}, &run, i, 0};
		if (!conveyor->put(conveyor, &jobs[i].job, &err))
			break;
	}
	assert_true(i > 100 && i < JOBS);
	assert_int_equal(err.kind, ERR_DAMAGED);
	assert_false(conveyor->drain(conveyor, &err));
	assert_true(run.next <= 100);
	assert_int_equal(run.late, 0);
	run = (struct run){.fails_at = JOBS};
	jobs[0] = (struct test_job){{work, deliver, 0}, &run, 0, 0};
	assert_true(conveyor->put(conveyor, &jobs[0].job, NULL));
	assert_true(conveyor->drain(conveyor, NULL));
	assert_int_equal(run.next, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
