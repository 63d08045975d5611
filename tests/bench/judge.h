/* Medians of five and verdicts: a limit that was wanted is judged only when the rounds of one run agree. */
#ifndef KANSHIKI_TESTS_BENCH_JUDGE_H
#define KANSHIKI_TESTS_BENCH_JUDGE_H

#include "core/compiler.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define JUDGE_ROUNDS 5
#define JUDGE_SPREAD 0.10 /* more than this between the rounds, and nothing is judged */

struct judge_time { /* processor seconds of each round */
	double at[JUDGE_ROUNDS];
};

static inline double judge_clock(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static int judge_compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static inline double judge_median(const struct judge_time *time)
{
	struct judge_time sorted = *time;

	qsort(sorted.at, JUDGE_ROUNDS, sizeof(*sorted.at), judge_compare);
	return sorted.at[JUDGE_ROUNDS / 2];
}

/* (largest - smallest) / median, of all rounds. */
static inline double judge_spread(const struct judge_time *time)
{
	struct judge_time sorted = *time;

	qsort(sorted.at, JUDGE_ROUNDS, sizeof(*sorted.at), judge_compare);
	return (sorted.at[JUDGE_ROUNDS - 1] - sorted.at[0]) / sorted.at[JUDGE_ROUNDS / 2];
}

/* Prints "WHAT  VALUE (wanted ...) pass|FAIL|not judged". False: it failed, and so has the program. */
static inline bool judge_print(
    const char *what, double value, const char *wanted, bool pass, double spread)
{
	printf("%-52s %8.2f  wanted %-8s ", what, value, wanted);
	if (spread > JUDGE_SPREAD)
		printf("not judged: the rounds vary by %.0f %%\n", spread * 100);
	else
		printf("%s\n", pass ? "pass" : "FAIL");
	return pass || spread > JUDGE_SPREAD;
}

#endif
