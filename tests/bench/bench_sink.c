/* The sink stack (hash, zstd, age, hash, write) against each of its stages alone, in one run over the same input. Wanted of
 * all cores: 85 % of what the slowest stage does alone on its share of the cores, which is the time of the stages one
 * after the other, divided by the cores. Of two cores, to which it binds itself where there are more: 1.7 times one thread.
 * usage: bench_sink [DIRECTORY [FILE]]   DIRECTORY gets files of half a GiB and loses them again (default: .); FILE is the input,
 * else 64 MiB that compress about as a Windows disk does. Each stage is timed over 512 MiB of it, the median of five. */
#define _GNU_SOURCE
#include "tests/bench/input.h"
#include "tests/bench/judge.h"
#include "tests/bench/two_processors.h"
#include "tests/fixture_seal.h"

#include "bundle/age.h"
#include "bundle/frames.h"
#include "bundle/volume.h"
#include "bundle/writer.h"
#include "core/hash.h"
#include "platform/clock.h"
#include "platform/conveyor.h"
#include "platform/file.h"
#include "platform/store.h"
#include "platform/thread.h"

#include <stdio.h>
#include <stdlib.h>

#define INPUT_LEN BENCH_INPUT_LEN
#define TOTAL_LEN ((uint64_t)512 << 20)
#define PIECE_LEN ((size_t)1 << 20)
#define WANTED    0.85

struct bench {
	struct text input;
	struct text packed; /* the input's frames, for the stages behind zstd */
	struct fixture_seal keys;
	const char *directory;
	struct conveyor *conveyor, *beside; /* of the stack */
};

/* Counts and forgets. */
struct null_sink {
	struct sink sink;
	uint64_t bytes;
};

static bool null_write(struct sink *self, struct bytes data, struct err *err)
{
	(void)err;
	((struct null_sink *)self)->bytes += data.len;
	return true;
}

static bool null_finish(struct sink *self, struct err *err)
{
	(void)self;
	(void)err;
	return true;
}

static void null_free(struct sink *self)
{
	(void)self;
}

static struct null_sink null_sink(void)
{
	return (struct null_sink){.sink = {null_write, null_finish, null_free}};
}

/* Gives `total` bytes of the text, from the beginning again and again, to the sink. */
static bool feed(const struct text *text, uint64_t total, struct sink *to, struct err *err)
{
	while (total) {
		size_t at = 0;

		for (; at < text->len && total; at += PIECE_LEN) {
			size_t len = text->len - at < PIECE_LEN ? text->len - at : PIECE_LEN;

			len = len < total ? len : (size_t)total;
			if (!to->write(
				to, (struct bytes){(const uint8_t *)text->at + at, len}, err))
				return false;
			total -= len;
		}
	}
	return to->finish(to, err);
}

struct hash_sink {
	struct sink sink;
	struct hash *hash;
};

static bool hash_write(struct sink *self, struct bytes data, struct err *err)
{
	(void)err;
	hash_add(((struct hash_sink *)self)->hash, data);
	return true;
}

static bool run_hash(struct bench *bench, enum hash_kind kind, uint64_t total, struct err *err)
{
	CLEANUP(hash_free) struct hash *hash = hash_new(kind);
	struct hash_sink sink = {.sink = {hash_write, null_finish, null_free}, .hash = hash};

	return feed(&bench->input, total, &sink.sink, err);
}

static bool run_sha256(struct bench *bench, uint64_t total, struct err *err)
{
	return run_hash(bench, HASH_SHA256, total, err);
}

static bool run_sha512(struct bench *bench, uint64_t total, struct err *err)
{
	return run_hash(bench, HASH_SHA512, total, err);
}

struct frames_sink {
	struct sink sink;
	struct frames *frames;
};

static bool frames_sink_write(struct sink *self, struct bytes data, struct err *err)
{
	return frames_write(((struct frames_sink *)self)->frames, data, err);
}

static bool frames_sink_finish(struct sink *self, struct err *err)
{
	return frames_finish(((struct frames_sink *)self)->frames, err);
}

static bool pack(struct bench *bench, uint64_t total, struct sink *below, struct err *err)
{
	CLEANUP(frames_free) struct frames *frames = NULL;
	struct frames_sink sink = {.sink = {frames_sink_write, frames_sink_finish, null_free}};

	if (!frames_new(1, NULL, &frames, err) || !frames_start(frames, bytes_of("{}"), below, err))
		return false;
	sink.frames = frames;
	return feed(&bench->input, total, &sink.sink, err);
}

static bool run_zstd(struct bench *bench, uint64_t total, struct err *err)
{
	struct null_sink below = null_sink();

	return pack(bench, total, &below.sink, err);
}

static bool run_age(struct bench *bench, uint64_t total, struct err *err)
{
	CLEANUP(sink_free) struct sink *age = NULL;
	struct null_sink below = null_sink();

	return age_encrypt(&bench->keys.recipients, &below.sink, &age, err) &&
	       feed(&bench->packed, total, age, err);
}

static bool run_write(struct bench *bench, uint64_t total, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(sink_free) struct sink *file = NULL;

	file_join(&path, bench->directory, "bench.out");
	bool ok =
	    file_create(text_string(&path), &file, err) && feed(&bench->packed, total, file, err);

	(void)!file_remove(text_string(&path), NULL);
	return ok;
}

struct entry_sink {
	struct sink sink;
	struct bundle_writer *writer;
};

static bool entry_write(struct sink *self, struct bytes data, struct err *err)
{
	return bundle_entry_write(((struct entry_sink *)self)->writer, data, err);
}

static bool remove_one(void *context, const char *name, enum file_kind kind, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	(void)kind;
	file_join(&path, context, name);
	return file_remove(text_string(&path), err);
}

static bool free_space(void *context, uint64_t *bytes)
{
	return file_free_space(((struct bench *)context)->directory, bytes, NULL);
}

static bool write_bundle(struct bench *bench, struct store *store, uint64_t total, struct err *err)
{
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct bundle_plan plan = {
	    .recipients = &bench->keys.recipients,
	    .seal = bench->keys.seal,
	    .started = FIXTURE_NOW,
	    .now = clock_now,
	    .monotonic_ms = clock_monotonic_ms,
	    .free_space = free_space,
	    .context = bench,
	    .conveyor = bench->conveyor,
	    .beside = bench->conveyor ? bench->beside : NULL,
	};
	struct bundle_member member = {.name = "fs/C/bench", .size = total};
	struct entry_sink sink = {.sink = {entry_write, null_finish, null_free}};
	struct bundle_place place;
	char number[SHA256_HEX_ROOM];

	if (!bundle_new_id(FIXTURE_NOW, plan.collection_id, err) ||
	    !bundle_create(store, &plan, &writer, err) ||
	    !bundle_entry_begin(writer, BUNDLE_FILES, &member, err))
		return false;
	sink.writer = writer;
	return feed(&bench->input, total, &sink.sink, err) &&
	       bundle_entry_end(writer, &place, err) &&
	       bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, err);
}

static bool run_stack(struct bench *bench, uint64_t total, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(store_free) struct store *store = NULL;

	file_join(&path, bench->directory, "bench-bundle");
	bool ok = file_make_directory(text_string(&path), false, err) &&
		  store_open_directory(text_string(&path), &store, err) &&
		  write_bundle(bench, store, total, err);

	(void)!file_list(text_string(&path), remove_one, path.at, NULL);
	return ok;
}

enum stage {
	STAGE_HASH,
	STAGE_ZSTD,
	STAGE_AGE,
	STAGE_SHA256,
	STAGE_SHA512,
	STAGE_WRITE,
	STAGES,
	STAGE_ALONE = STAGES,
	STAGE_SPREAD,
	STEPS
};

struct step {
	const char *name;
	bool (*run)(struct bench *bench, uint64_t total, struct err *err);
	bool of_packed; /* its input is what zstd made */
	struct judge_time time;
};

static void run_step(struct bench *bench, struct step *step, uint64_t total, int round)
{
	struct err err = {0};
	uint64_t start = clock_monotonic_ms();

	if (!step->run(bench, total, &err)) {
		fprintf(stderr, "bench_sink: %s\n", err.text);
		exit(1);
	}
	step->time.at[round] = (double)(clock_monotonic_ms() - start + 1) / 1000;
}

static double seconds_of(const struct step *step, uint64_t bytes)
{
	double seconds = judge_median(&step->time);

	printf("%-34s %7.0f MiB %8.3f s %8.0f MB/s  (spread %.0f %%)\n", step->name,
	    (double)bytes / (1 << 20), seconds, (double)bytes / 1e6 / seconds,
	    judge_spread(&step->time) * 100);
	return seconds;
}

static bool judge_two(const struct step *alone, const struct step *spread)
{
	double value = judge_median(&alone->time) / judge_median(&spread->time);
	double a = judge_spread(&alone->time), b = judge_spread(&spread->time);

	return judge_print("one thread / two cores", value, ">= 1.7", value >= 1.7, a > b ? a : b);
}

static bool new_crew(struct bench *bench, struct conveyor **out, struct err *err)
{
	return conveyor_new(0, out, err) &&
	       conveyor_new_beside(*out, VOLUME_BESIDE_DEPTH, &bench->beside, err);
}

/* Once more on two processors of many; stays bound to them. */
static bool run_bound(struct bench *bench)
{
	struct step steps[] = {
	    {"the whole stack, on one thread", run_stack, false, {{0}}},
	    {"the whole stack, on two cores", run_stack, false, {{0}}},
	};
	CLEANUP(conveyor_free) struct conveyor *conveyor = NULL;
	struct err err = {0};

	if (!two_processors()) {
		printf("one thread / two cores   not judged: cannot bind to two processors\n");
		return true;
	}
	if (!new_crew(bench, &conveyor, &err)) {
		fprintf(stderr, "bench_sink: %s\n", err.text);
		return false;
	}
	for (int round = 0; round < JUDGE_ROUNDS; round++)
		for (int i = 0; i < 2; i++) {
			bench->conveyor = i ? conveyor : NULL;
			run_step(bench, &steps[i], TOTAL_LEN, round);
		}
	for (int i = 0; i < 2; i++)
		seconds_of(&steps[i], TOTAL_LEN);
	conveyor_free(bench->beside);
	return judge_two(&steps[0], &steps[1]);
}

static bool run_all(struct bench *bench, struct conveyor *conveyor, uint64_t packed)
{
	struct step steps[STEPS] = {
	    [STAGE_HASH] = {"hash the entry (SHA-256)", run_sha256, false, {{0}}},
	    [STAGE_ZSTD] = {"zstd -1 in frames", run_zstd, false, {{0}}},
	    [STAGE_AGE] = {"age (ChaCha20-Poly1305)", run_age, true, {{0}}},
	    [STAGE_SHA256] = {"hash the volume (SHA-256)", run_sha256, true, {{0}}},
	    [STAGE_SHA512] = {"hash the volume (SHA-512)", run_sha512, true, {{0}}},
	    [STAGE_WRITE] = {"write, flushed", run_write, true, {{0}}},
	    [STAGE_ALONE] = {"the whole stack, on one thread", run_stack, false, {{0}}},
	    [STAGE_SPREAD] = {"the whole stack, on all cores", run_stack, false, {{0}}},
	};
	double sum = 0, worst = 0, seconds[STEPS];
	unsigned cores = thread_processors();

	cores = cores < CONVEYOR_HANDS_MAX ? cores : CONVEYOR_HANDS_MAX;
	for (int round = 0; round < JUDGE_ROUNDS; round++)
		for (int i = 0; i < STEPS; i++) {
			bench->conveyor = i == STAGE_SPREAD ? conveyor : NULL;
			run_step(bench, &steps[i], steps[i].of_packed ? packed : TOTAL_LEN, round);
		}
	for (int i = 0; i < STEPS; i++) {
		double spread = judge_spread(&steps[i].time);

		seconds[i] = seconds_of(&steps[i], steps[i].of_packed ? packed : TOTAL_LEN);
		sum += i < STAGES ? seconds[i] : 0;
		/* What takes next to no time may vary. */
		worst = spread > worst && seconds[i] > 0.1 ? spread : worst;
	}
	double value = sum / cores / seconds[STAGE_SPREAD];

	printf("compression ratio                  %.2f\n", (double)TOTAL_LEN / (double)packed);
	printf("one thread / sum of its stages     %.2f\n", seconds[STAGE_ALONE] / sum);
	bool ok = true;

	if (thread_processors() == 2)
		ok = judge_two(&steps[STAGE_ALONE], &steps[STAGE_SPREAD]);
	else
		printf("one thread / all cores             %.2f\n",
		    seconds[STAGE_ALONE] / seconds[STAGE_SPREAD]);
	return judge_print("stages on their share of the cores / all cores", value, ">= 0.85",
		   value >= WANTED, worst) &&
	       ok;
}

int main(int argc, char **argv)
{
	struct bench bench = {.directory = argc > 1 ? argv[1] : "."};
	struct null_sink below = null_sink();
	CLEANUP(sink_free) struct sink *to = NULL;
	struct err err = {0};

	bench.packed.ceiling = 2 * INPUT_LEN;
	to = sink_to_text(&bench.packed);
	if (argc > 2 && !file_read_all(argv[2], (size_t)1 << 30, &bench.input, &err)) {
		fprintf(stderr, "bench_sink: %s\n", err.text);
		return 1;
	}
	if (argc <= 2)
		bench_input(&bench.input);
	if (bench.input.len == 0 || !fixture_seal_make(&bench.keys, &err) ||
	    !pack(&bench, bench.input.len < INPUT_LEN ? bench.input.len : INPUT_LEN, to, &err) ||
	    !pack(&bench, TOTAL_LEN, &below.sink, &err)) {
		fprintf(stderr, "bench_sink: %s\n", err.text);
		return 1;
	}
	CLEANUP(conveyor_free) struct conveyor *conveyor = NULL;

	if (!new_crew(&bench, &conveyor, &err)) {
		fprintf(stderr, "bench_sink: %s\n", err.text);
		return 1;
	}
	bool ok = run_all(&bench, conveyor, below.bytes);

	conveyor_free(bench.beside);
	if (thread_processors() == 1)
		printf("one thread / two cores   not judged: there is one processor\n");
	else if (thread_processors() > 2)
		ok = run_bound(&bench) && ok;
	fixture_seal_free(&bench.keys);
	text_free(&bench.input);
	text_free(&bench.packed);
	return ok ? 0 : 1;
}
