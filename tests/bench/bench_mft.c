/* The walk over an MFT to lines of text, against the limits of the machine in the same run.
 * usage: bench_mft [MFT]   MFT is a $MFT file, else one of 64 MiB is made. Everything is in memory; each is the best of five rounds. */
#include "tests/fixture_mft.h"

#include "analysis/timeline.h"
#include "core/array.h"
#include "core/hash.h"
#include "formats/ntfs/ntfs.h"
#include "platform/file.h"
#include "platform/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS        5
#define MADE_RECORDS  65536u
#define DIRECTORY_PER 16u /* every so many records is a directory */

struct bench {
	struct bytes mft;
	uint8_t *copy;      /* as large */
	const char *format; /* of the step at work */
	uint64_t written;
	struct timeline_totals totals;
};

/* Files below a tree of directories, names of the usual length. */
static uint8_t *make_mft(size_t *len)
{
	uint8_t *mft = calloc(MADE_RECORDS, FIXTURE_RECORD);

	for (uint32_t i = 0; mft && i < MADE_RECORDS; i++) {
		bool is_directory = i % DIRECTORY_PER == 5;
		uint32_t parent =
		    i < 64 ? 5 : i / DIRECTORY_PER / DIRECTORY_PER * DIRECTORY_PER + 5;
		uint16_t sequence = i == 5 ? 5 : 1;
		struct fixture_record r = fixture_mft_begin(mft, i, sequence, is_directory ? 3 : 1);
		char name[64];

		snprintf(name, sizeof(name), i == 5 ? "." : "amd64_component-%08x.dll", i * 7919u);
		fixture_mft_add_standard(&r);
		fixture_mft_add_name(
		    &r, parent == 5 ? FIXTURE_ROOT : parent | 1ull << 48, i == 5 ? 3 : 1, name);
		fixture_mft_add(
		    &r, is_directory ? 0x90 : 0x80, is_directory ? "$I30" : "", name, 48);
	}
	*len = (size_t)MADE_RECORDS * FIXTURE_RECORD;
	return mft;
}

static bool do_copy(struct bench *bench)
{
	memcpy(bench->copy, bench->mft.at, bench->mft.len);
	return true;
}

static bool do_hash(struct bench *bench)
{
	uint8_t digest[SHA256_LEN];

	hash_sha256(bench->mft, digest);
	return true;
}

static bool do_load(struct bench *bench)
{
	CLEANUP(source_close) struct source *source = source_of_bytes(bench->mft);
	CLEANUP(ntfs_mft_close) struct ntfs_mft *mft = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct err err = {0};

	if (!source || !ntfs_mft_open(source, &mft, &err))
		return false;
	bench->written = 0;
	for (uint64_t i = 0; i < ntfs_mft_count(mft); i++)
		bench->written += ntfs_entry_load(mft, i, &entry, NULL) ? entry.name_count : 0;
	return true;
}

struct counting_sink {
	struct sink sink;
	struct bench *bench;
};

static bool count_bytes(struct sink *self, struct bytes data, struct err *err)
{
	(void)err;
	((struct counting_sink *)self)->bench->written += data.len;
	return true;
}

static bool do_timeline(struct bench *bench)
{
	CLEANUP(source_close) struct source *source = source_of_bytes(bench->mft);
	struct counting_sink sink = {.sink = {.write = count_bytes}, .bench = bench};
	CLEANUP(timeline_free) struct timeline *timeline = NULL;
	struct err err = {0};

	bench->written = 0;
	return source && timeline_new(&sink.sink, bench->format, &timeline, &err) &&
	       timeline_add_files(timeline, &(struct timeline_files){.mft = source}, &err) &&
	       timeline_finish(timeline, &bench->totals, &err);
}

struct step {
	const char *name;
	bool (*run)(struct bench *bench);
	const char *format;
};

/* MB/s of input, the best round; 0 when it fails. Processor time, so that neighbours on the machine do not count;
 * a round lasts a while, so that its grain does not either. */
static double measure(struct bench *bench, const struct step *step)
{
	double best = 0;

	bench->format = step->format;
	for (int round = 0; round < ROUNDS; round++) {
		clock_t start = clock();
		uint64_t runs = 0;
		double spent;

		do {
			if (!step->run(bench))
				return 0;
			runs++;
			spent = (double)(clock() - start) / CLOCKS_PER_SEC;
		} while (spent < 0.2);
		double speed = (double)(runs * bench->mft.len) / 1e6 / spent;

		best = speed > best ? speed : best;
	}
	return best;
}

static int run_all(struct bench *bench)
{
	static const struct step steps[] = {
	    {"memcpy", do_copy, NULL},
	    {"SHA-256", do_hash, NULL},
	    {"records parsed", do_load, NULL},
	    {"timeline jsonl", do_timeline, "jsonl"},
	    {"timeline csv", do_timeline, "csv"},
	    {"timeline bodyfile", do_timeline, "bodyfile"},
	    {"timeline timesketch", do_timeline, "timesketch"},
	};
	double copy = 0;
	double hash = 0;

	printf("%-20s %9s %9s %9s %12s\n", "", "MB/s", "/memcpy", "/SHA-256", "MB out");
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		double speed = measure(bench, &steps[i]);

		if (speed <= 0) {
			printf("%s failed\n", steps[i].name);
			return 1;
		}
		copy = i == 0 ? speed : copy;
		hash = i == 1 ? speed : hash;
		printf("%-20s %9.0f %9.2f %9.2f", steps[i].name, speed, speed / copy,
		    hash > 0 ? speed / hash : 0);
		if (steps[i].format)
			printf(" %12.1f", (double)bench->written / 1e6);
		printf("\n");
	}
	printf("%llu records, %llu names, peak memory %.1f MB\n",
	    (unsigned long long)bench->totals.records, (unsigned long long)bench->totals.names,
	    (double)process_peak_memory() / 1e6);
	return 0;
}

int main(int argc, char **argv)
{
	CLEANUP(text_free) struct text file = {.ceiling = (size_t)1 << 30};
	CLEANUP(free_memory) uint8_t *made = NULL;
	CLEANUP(free_memory) uint8_t *copy = NULL;
	struct bench bench = {0};
	struct err err = {0};

	if (argc > 1) {
		if (!file_read_all(argv[1], file.ceiling, &file, &err)) {
			printf("%s\n", err.text);
			return 1;
		}
		bench.mft = text_bytes(&file);
	} else {
		made = make_mft(&bench.mft.len);
		bench.mft.at = made;
	}
	copy = bench.mft.len ? malloc(bench.mft.len) : NULL;
	if (!bench.mft.at || !copy) {
		printf("no memory, or nothing to read\n");
		return 1;
	}
	bench.copy = copy;
	printf("%s: %.1f MB\n", argc > 1 ? argv[1] : "a made MFT", (double)bench.mft.len / 1e6);
	return run_all(&bench);
}
