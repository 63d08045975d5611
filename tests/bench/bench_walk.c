/* The walk over an MFT without output: fix-ups, attributes, names and parents resolved, nothing printed; alone, and with
 * patterns as collect has them. Against the rate at which the same bytes can be copied.
 * usage: bench_walk [MFT]         $MFT file in memory, else one of 64 MiB is made
 *        bench_walk --records N   walks over N records made on the way: records, seconds of a walk, peak bytes
 *        bench_walk --hold N MB   a test: N records in so much memory, none much dearer than one of ten thousand */
#include "tests/bench/judge.h"
#include "tests/fixture_mft.h"

#include "collectors/match.h"
#include "core/array.h"
#include "formats/ntfs/ntfs.h"
#include "platform/file.h"
#include "platform/process.h"

#include <limits.h>
#include <sys/resource.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define MADE_RECORDS  65536u
#define DIRECTORY_PER 16u /* every so many records is a directory */
#define PATTERNS      1500u
#define PIECE         ((size_t)1 << 20)
#define HELD          (16u << 20)
#define FEW           10000u /* records */
#define DEARER        5.0 /* of a cost in squares it would be a hundred; a busy machine makes less of it */

/* Files below a tree of directories, names of the usual length. */
static void make_record(uint8_t *to, uint64_t number)
{
	uint32_t i = (uint32_t)number;
	bool is_directory = i % DIRECTORY_PER == 5;
	uint32_t parent = i < 64 ? 5 : i / DIRECTORY_PER / DIRECTORY_PER * DIRECTORY_PER + 5;
	struct fixture_record r = fixture_mft_begin(to, 0, i == 5 ? 5 : 1, is_directory ? 3 : 1);
	char name[64];

	put_le32(to + 44, i);
	snprintf(name, sizeof(name), i == 5 ? "." : "amd64_component-%08x.dll", i * 7919u);
	fixture_mft_add_standard(&r);
	fixture_mft_add_name(
	    &r, parent == 5 ? FIXTURE_ROOT : parent | 1ull << 48, i == 5 ? 3 : 1, name);
	fixture_mft_add(&r, is_directory ? 0x90 : 0x80, is_directory ? "$I30" : "", name, 48);
}

/* Makes the records that are read: so ten million of them need no room. */
static bool made_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	uint8_t record[FIXTURE_RECORD];
	uint8_t *at = to;

	(void)err;
	*got = 0;
	while (*got < len && offset < self->size) {
		size_t from = (size_t)(offset % FIXTURE_RECORD);
		size_t piece = FIXTURE_RECORD - from;

		if (piece > len - *got)
			piece = len - *got;
		make_record(record, offset / FIXTURE_RECORD);
		memcpy(at + *got, record + from, piece);
		*got += piece;
		offset += piece;
	}
	return true;
}

static void made_close(struct source *self)
{
	(void)self;
}

struct bench {
	struct source *source;
	struct bytes bytes; /* of the source */
	uint8_t *copy;      /* as large */
	struct matcher matcher;
	uint64_t records, found;
};

/* Each byte is read once and copied once. */
static bool do_copy(struct bench *bench)
{
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);
	size_t got = 0;

	for (uint64_t at = 0; piece && at < bench->source->size; at += got) {
		if (!bench->source->read(bench->source, at, piece, PIECE, &got, NULL) || got == 0)
			return false;
		memcpy(bench->copy + at, piece, got);
	}
	return piece != NULL;
}

/* The same bytes from memory to memory, and nothing else. */
static bool do_memcpy(struct bench *bench)
{
	memcpy(bench->copy, bench->bytes.at, bench->bytes.len);
	return true;
}

static bool see_names(struct bench *bench, const struct ntfs_entry *entry, struct ntfs_paths *paths,
    struct text *path)
{
	struct err err = {0};
	bool is_orphan;

	for (size_t i = 0; i < entry->name_count; i++) {
		text_clear(path);
		if (!ntfs_path(paths, &entry->names[i], path, &is_orphan, &err))
			return false;
		if (bench->matcher.count)
			bench->found += matcher_mask(&bench->matcher, 'C', text_bytes(path)) != 0;
	}
	return true;
}

static bool do_walk(struct bench *bench)
{
	CLEANUP(ntfs_mft_close) struct ntfs_mft *mft = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *paths = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(text_free) struct text path = {0};
	struct err err = {0};
	bool whole;

	if (!ntfs_mft_open(bench->source, &mft, &err) || !ntfs_paths_new(mft, &paths, &err)) {
		printf("the walk failed: %s\n", err.text);
		return false;
	}
	bench->records = bench->found = 0;
	for (uint64_t i = 0; i < ntfs_mft_count(mft); i++) {
		if (!ntfs_entry_load_quick(mft, ntfs_mft_first(mft) + i, &entry, &whole, &err))
			continue;
		if (!ntfs_paths_learn(paths, &entry, &err) ||
		    !see_names(bench, &entry, paths, &path)) {
			printf("the walk failed at record %llu: %s\n", (unsigned long long)i,
			    err.text);
			return false;
		}
		bench->records++;
	}
	return true;
}

static bool set_patterns(struct bench *bench, unsigned count)
{
	struct err err = {0};

	matcher_free(&bench->matcher);
	for (unsigned i = 0; i < count; i++) {
		char pattern[64];

		if (i % 3 == 0)
			snprintf(
			    pattern, sizeof(pattern), "Windows/System32/component-%04x*.evtx", i);
		else if (i % 3 == 1)
			snprintf(pattern, sizeof(pattern), "Users/*/Documents/%04x/**", i);
		else
			snprintf(pattern, sizeof(pattern), "**/name-%04x.exe", i);
		if (!matcher_add(&bench->matcher, 0, pattern, &err))
			return false;
	}
	return true;
}

struct step {
	const char *name;
	bool (*run)(struct bench *bench);
	unsigned patterns;
};

enum { MEMCPY, COPY, WALK, WALK_ONE, WALK_MANY };

static const struct step steps[] = {
    {"memcpy", do_memcpy, 0},
    {"read and copied", do_copy, 0},
    {"walk", do_walk, 0},
    {"walk with 1 pattern", do_walk, 1},
    {"walk with 1,500 patterns", do_walk, PATTERNS},
};

/* A round lasts a while, so that the grain of the clock does not count. */
static double run_round(struct bench *bench, const struct step *step)
{
	double start = judge_clock();
	unsigned runs = 0;
	double spent;

	do {
		if (!step->run(bench))
			return 0;
		runs++;
		spent = judge_clock() - start;
	} while (spent < 0.5);
	return spent / runs;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static int compare_all(struct bench *bench)
{
	struct judge_time times[ARRAY_LEN(steps)];
	double median[ARRAY_LEN(steps)];
	double spread[ARRAY_LEN(steps)];

	/* The first round finds no memory that was used before: it does not count. */
	for (int round = -1; round < JUDGE_ROUNDS; round++)
		for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
			double seconds = set_patterns(bench, steps[i].patterns)
					     ? run_round(bench, &steps[i])
					     : 0;

			if (seconds <= 0) {
				printf("%s failed\n", steps[i].name);
				return 1;
			}
			times[i].at[round < 0 ? 0 : round] = seconds;
		}
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		median[i] = judge_median(&times[i]);
		spread[i] = judge_spread(&times[i]);
		printf("%-52s %8.0f  MB/s (spread %.0f %%)\n", steps[i].name,
		    (double)bench->source->size / 1e6 / median[i], spread[i] * 100);
	}
	double walk = median[MEMCPY] / median[WALK];
	double patterns = median[WALK_MANY] / median[WALK_ONE];

	bool ok = judge_print("walk / rate of memcpy", walk, ">= 0.25", walk >= 0.25,
	    larger(spread[MEMCPY], spread[WALK]));

	printf("%-52s %8.2f\n", "walk / rate of read and copy", median[COPY] / median[WALK]);
	ok = judge_print("time with 1,500 patterns / with 1", patterns, "<= 1.3", patterns <= 1.3,
		 larger(spread[WALK_ONE], spread[WALK_MANY])) &&
	     ok;
	return ok ? 0 : 1;
}

/* Seconds of a walk over made records, of several when it is short; 0 when it fails. */
static double time_made(uint64_t records)
{
	static const struct step walk = {"walk", do_walk, 0};
	struct source made = {
	    .size = records * FIXTURE_RECORD, .read = made_read, .close = made_close};
	struct bench bench = {.source = &made};
	double seconds = run_round(&bench, &walk);

	return bench.records == records ? seconds : 0;
}

static int walk_made(uint64_t records)
{
	double seconds = time_made(records);

	if (seconds <= 0)
		return 1;
	printf("%llu %.6f %llu\n", (unsigned long long)records, seconds,
	    (unsigned long long)process_peak_memory());
	return 0;
}

static int hold(uint64_t records, uint64_t megabytes)
{
	struct rlimit limit = {megabytes * 1000000, megabytes * 1000000};
	char wanted[32];

	if (setrlimit(RLIMIT_DATA, &limit) != 0)
		return 1;
	double few = time_made(FEW) / FEW;
	double many = time_made(records) / (double)records;

	if (few <= 0 || many <= 0)
		return 1;
	double mb = (double)process_peak_memory() / 1e6;

	snprintf(wanted, sizeof(wanted), "<= %llu", (unsigned long long)megabytes);
	bool ok = judge_print("MB of memory", mb, wanted, mb <= (double)megabytes, 0);

	return judge_print(
		   "time each / of ten thousand", many / few, "<= 5", many / few <= DEARER, 0) &&
		       ok
		   ? 0
		   : 1;
}

int main(int argc, char **argv)
{
	CLEANUP(text_free) struct text file = {.ceiling = (size_t)4 << 30};
	CLEANUP(free_memory) uint8_t *made = NULL;
	CLEANUP(free_memory) uint8_t *copy = NULL;
	struct bytes mft = {.len = (size_t)MADE_RECORDS * FIXTURE_RECORD};
	struct err err = {0};

	if (argc > 3)
		return hold(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
	if (argc > 2)
		return walk_made(strtoull(argv[2], NULL, 10));
#ifdef __GLIBC__
	/* What one walk gives back to the system the next one has cleared for it anew: sometimes, so no round is as the other. */
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_MMAP_THRESHOLD, (int)HELD);
#endif
	if (argc > 1) {
		if (!file_read_all(argv[1], file.ceiling, &file, &err)) {
			printf("%s\n", err.text);
			return 1;
		}
		mft = text_bytes(&file);
	} else {
		made = malloc(mft.len);
		for (uint64_t i = 0; made && i < MADE_RECORDS; i++)
			make_record(made + i * FIXTURE_RECORD, i);
		mft.at = made;
	}
	copy = mft.len ? malloc(mft.len) : NULL;
	CLEANUP(source_close) struct source *source = source_of_bytes(mft);

	if (!mft.at || !copy || !source) {
		printf("no memory, or nothing to read\n");
		return 1;
	}
	struct bench bench = {.source = source, .bytes = mft, .copy = copy};
	int code = compare_all(&bench);

	matcher_free(&bench.matcher);
	return code;
}
