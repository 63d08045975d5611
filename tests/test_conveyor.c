/* The conveyor: results in the order of the jobs, one at a time, and failures. */
#include "unit.h"

#include "platform/clock.h"
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

/* Two that are only through when the other one has begun: with one hand the caller must do one of them. */
struct meeting {
	struct conveyor_job job;
	unsigned *begun;
};

static bool meet(struct conveyor_job *self, struct err *err)
{
	unsigned *begun = ((struct meeting *)self)->begun;
	uint64_t until = clock_monotonic_ms() + 60000;

	(void)__atomic_add_fetch(begun, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(begun, __ATOMIC_RELAXED) < 2)
		if (clock_monotonic_ms() > until)
			return fail(err, ERR_LIMIT, "the other one never began");
	return true;
}

static void caller_helps(void **state)
{
	CLEANUP(conveyor_free) struct conveyor *conveyor = NULL;
	unsigned begun = 0;
	struct meeting jobs[2] = {{{.work = meet}, &begun}, {{.work = meet}, &begun}};

	(void)state;
	assert_true(conveyor_new(1, &conveyor, NULL));
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
		assert_true(conveyor->put(conveyor, &jobs[i].job, NULL));
	assert_true(conveyor->drain(conveyor, NULL));
}

/* A job that hands on three to the conveyor beside as it is delivered. */
#define EACH 3

struct handing {
	struct conveyor_job job;
	struct conveyor *beside;
	struct test_job *jobs;
};

static bool hand_on(struct conveyor_job *self, struct err *err)
{
	struct handing *handing = (struct handing *)self;

	for (unsigned i = 0; i < EACH; i++)
		if (!handing->beside->put(handing->beside, &handing->jobs[i].job, err))
			return false;
	return true;
}

static void one_beside_another(void **state)
{
	static struct handing handing[JOBS];
	static struct test_job jobs[JOBS * EACH];

	(void)state;
	for (unsigned hands = 1; hands <= CONVEYOR_HANDS_MAX; hands++) {
		CLEANUP(conveyor_free) struct conveyor *conveyor = NULL, *beside = NULL;
		struct run run = {.fails_at = JOBS * EACH};

		assert_true(conveyor_new(hands, &conveyor, NULL));
		assert_true(conveyor_new_beside(conveyor, hands, &beside, NULL));
		assert_int_equal(beside->depth, hands);
		for (unsigned i = 0; i < JOBS * EACH; i++)
			jobs[i] = (struct test_job){{i % 2 ? work : NULL, deliver, 0}, &run, i, 1};
		for (unsigned i = 0; i < JOBS; i++) {
			handing[i] =
			    (struct handing){{.deliver = hand_on}, beside, &jobs[i * EACH]};
			assert_true(conveyor->put(conveyor, &handing[i].job, NULL));
		}
		assert_true(conveyor->drain(conveyor, NULL));
		assert_true(beside->drain(beside, NULL));
		assert_int_equal(run.next, JOBS * EACH);
	}
}

/* The failure of one is not the other's, and there is an end to their number. */
static void each_fails_alone(void **state)
{
	CLEANUP(conveyor_free) struct conveyor *conveyor = NULL, *beside = NULL;
	struct conveyor *more[CONVEYOR_BELTS_MAX] = {0};
	struct run run = {.fails_at = 0}, good = {.fails_at = JOBS};
	struct test_job bad = {{work, deliver, 0}, &run, 0, 0};
	struct test_job fine = {{work, deliver, 0}, &good, 0, 0};

	(void)state;
	assert_true(conveyor_new(1, &conveyor, NULL));
	assert_true(conveyor_new_beside(conveyor, 1000, &beside, NULL));
	assert_int_equal(beside->depth, CONVEYOR_DEPTH_MAX);
	assert_true(beside->put(beside, &bad.job, NULL));
	assert_true(conveyor->put(conveyor, &fine.job, NULL));
	assert_true(conveyor->drain(conveyor, NULL));
	assert_int_equal(good.next, 1);
	assert_false(beside->drain(beside, NULL));
	for (size_t i = 2; i < CONVEYOR_BELTS_MAX; i++)
		assert_true(conveyor_new_beside(conveyor, 1, &more[i], NULL));
	assert_false(conveyor_new_beside(conveyor, 1, &more[0], NULL));
	for (size_t i = 0; i < CONVEYOR_BELTS_MAX; i++)
		conveyor_free(more[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_failure),
	    cmocka_unit_test(caller_helps),
	    cmocka_unit_test(one_beside_another),
	    cmocka_unit_test(each_fails_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
