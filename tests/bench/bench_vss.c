/* Reading snapshots against reading the volume itself, in pieces of 1 MiB and of 4 KiB at any place, and loading the
 * largest block list that is taken. usage: bench_vss   Everything is in memory; each is the best of five rounds. */
#include "formats/vss/limits.h"
#include "formats/vss/map.h"
#include "formats/vss/vss.h"
#include "tests/fixture_vss.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS    5
#define BLOCK     ((size_t)FIXTURE_VSS_BLOCK)
#define BLOCKS    4096u /* 64 MiB of data */
#define KEPT      700u  /* written after each snapshot */
#define SNAPSHOTS 4u
#define PIECE     ((size_t)1 << 20)

static uint8_t buffer[PIECE];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* MB/s of reading all of it, in order or not. */
static double rate(struct source *source, size_t piece, bool in_order)
{
	const size_t size = BLOCKS * BLOCK;
	double best = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t random = 1;
		double start = now();

		for (size_t at = 0; at < size; at += piece) {
			size_t offset =
			    in_order ? at : next_random(&random) % (size / piece) * piece;

			if (!source_read_exact(source, offset, buffer, piece, NULL))
				exit(1);
		}
		double mb = (double)size / 1e6 / (now() - start);

		best = mb > best ? mb : best;
	}
	return best;
}

static void bench_reads(void)
{
	const size_t whole = 3 * BLOCKS;
	uint8_t *volume = calloc(whole, BLOCK);
	uint8_t *data = malloc(BLOCK);
	struct fixture_vss f;
	struct vss *vss = NULL;
	uint32_t random = 7;

	if (!volume || !data)
		exit(1);
	memset(volume + BLOCK, 1, (BLOCKS - 1) * BLOCK);
	memset(data, 2, BLOCK);
	fixture_vss_begin(&f, volume, whole * BLOCK, NULL, 0, BLOCKS * BLOCK);
	for (unsigned n = 0; n < SNAPSHOTS; n++) {
		fixture_vss_snapshot(&f, n, 0x40, 0, 0);
		for (unsigned i = 0; i < KEPT; i++)
			fixture_vss_write(&f, 1 + next_random(&random) % (BLOCKS - 1), data);
	}
	struct source *raw = source_of_bytes((struct bytes){volume, whole * BLOCK});

	if (!raw || !vss_open(raw, NULL, &vss, NULL))
		exit(1);
	double plain = rate(raw, PIECE, true), plain_small = rate(raw, 4096, false);

	printf("the volume itself:   %7.0f MB/s, 4 KiB anywhere %7.0f MB/s\n", plain, plain_small);
	for (unsigned n = SNAPSHOTS; n > 0; n--) {
		struct source *source = NULL;

		if (!vss_snapshot_open(vss, n - 1, VSS_KEPT_ONLY, &source, NULL))
			exit(1);
		double mb = rate(source, PIECE, true), small = rate(source, 4096, false);

		printf(
		    "snapshot, %u stores:  %7.0f MB/s (%.2f), 4 KiB anywhere %7.0f MB/s (%.2f)\n",
		    SNAPSHOTS + 1 - n, mb, mb / plain, small, small / plain_small);
		source_close(source);
	}
	vss_close(vss);
	source_close(raw);
	fixture_vss_free(&f);
	free(volume);
	free(data);
}

static void bench_map(void)
{
	enum { PER_BLOCK = 508 };
	static uint8_t list[PER_BLOCK * VSS_DESCRIPTOR_LEN];
	struct vss_map map = {0};
	uint32_t random = 3;
	double start = now();

	for (size_t count = 0; count + PER_BLOCK <= VSS_LIMIT_ENTRIES; count += PER_BLOCK) {
		for (size_t i = 0; i < PER_BLOCK; i++) {
			uint8_t *at = list + i * VSS_DESCRIPTOR_LEN;

			put_le64(
			    at, (uint64_t)next_random(&random) << 18 | (uint64_t)(count + i) << 14);
			put_le64(at + 16, (uint64_t)(count + i + 1) << 14);
		}
		if (!vss_map_add(&map, (struct bytes){list, sizeof(list)}, VSS_LIMIT_ENTRIES, NULL))
			exit(1);
	}
	if (!vss_map_finish(&map, NULL))
		exit(1);
	printf("a list of %zu blocks: %.2f s, %zu MB kept\n", map.count, now() - start,
	    map.room * sizeof(*map.at) / 1000000);
	vss_map_free(&map);
}

int main(void)
{
	bench_reads();
	bench_map();
	return 0;
}
