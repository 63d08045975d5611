/* Hashes of listed files, as many at once as the conveyor has hands. One file alone cannot be hashed by two: there the others
 * read ahead for the one that hashes. */
#include "bundle/reader_parts.h"

#include "core/array.h"

#include <stdlib.h>

#define PIECE     ((size_t)1 << 20)
#define STEP      ((uint64_t)4 << 20) /* of each file between two looks at the clock and at Ctrl-C */
#define STEP_512  ((uint64_t)2 << 20) /* the same for SHA-512, which takes twice the time */
#define LANES_MAX 8
#define RING      16 /* pieces read ahead, at most */

struct lane { /* one file under way */
	struct conveyor_job job;
	struct file_hash *result; /* NULL: the lane is free */
	struct source *file;
	struct hash *hash;
	uint8_t *piece;
	uint64_t at;
};

struct ahead { /* a piece of the one file that is left */
	struct conveyor_job job;
	struct lane *lane;
	uint8_t *piece;
	uint64_t at;
	size_t len;
	struct err why; /* it could not be read */
};

struct hashing {
	struct bundle_reader *reader;
	struct file_hash *files;
	size_t count, next;
	struct lane lanes[LANES_MAX];
	size_t lane_count;
	struct ahead ring[RING];
	uint64_t done, total;
};

static void lane_close(struct lane *lane)
{
	source_close(TAKE(lane->file));
	hash_free(TAKE(lane->hash));
	lane->result = NULL;
}

static void hashing_free_at(struct hashing *hashing)
{
	for (size_t i = 0; i < hashing->lane_count; i++) {
		lane_close(&hashing->lanes[i]);
		free(hashing->lanes[i].piece);
	}
	for (size_t i = 0; i < RING; i++)
		free(hashing->ring[i].piece);
}

static uint64_t step_len(const struct lane *lane)
{
	uint64_t left = lane->file->size - lane->at;
	uint64_t most = lane->result->kind == HASH_SHA512 ? STEP_512 : STEP;

	return left < most ? left : most;
}

/* A step of one file; what goes wrong is kept with the file. */
static bool step(struct conveyor_job *self, struct err *err)
{
	struct lane *lane = (struct lane *)self;
	uint64_t end = lane->at + step_len(lane);

	(void)err;
	while (lane->at < end) {
		size_t want = end - lane->at < PIECE ? (size_t)(end - lane->at) : PIECE;

		if (!source_read_exact(lane->file, lane->at, lane->piece, want, &lane->result->why))
			return true;
		hash_add(lane->hash, (struct bytes){lane->piece, want});
		lane->at += want;
	}
	return true;
}

/* Puts the next file that opens into the lane. False without memory. */
static bool fill(struct hashing *hashing, struct lane *lane, struct err *err)
{
	struct bundle_reader *reader = hashing->reader;

	while (!lane->result && hashing->next < hashing->count) {
		struct file_hash *file = &hashing->files[hashing->next++];

		if (!reader->store->open(reader->store, reader->manifest.files[file->index].name,
			&lane->file, &file->why))
			continue;
		lane->result = file;
		lane->at = 0;
		lane->job = (struct conveyor_job){.work = step};
		lane->hash = hash_new(file->kind);
		if (!lane->hash)
			return fail(err, ERR_MEMORY, "no memory for hashing");
	}
	return true;
}

/* A step in every lane that has a file. */
static bool step_all(struct hashing *hashing, struct err *err)
{
	struct conveyor *conveyor = hashing->reader->trust.conveyor;

	for (size_t i = 0; i < hashing->lane_count; i++) {
		struct lane *lane = &hashing->lanes[i];

		if (!lane->result)
			continue;
		hashing->done += step_len(lane);
		if (hashing->lane_count > 1 ? !conveyor->put(conveyor, &lane->job, err)
					    : !step(&lane->job, err))
			return false;
	}
	return hashing->lane_count == 1 || conveyor->drain(conveyor, err);
}

static bool read_ahead(struct conveyor_job *self, struct err *err)
{
	struct ahead *ahead = (struct ahead *)self;

	(void)err; /* what goes wrong is kept with the file, below */
	if (!source_read_exact(
		ahead->lane->file, ahead->at, ahead->piece, ahead->len, &ahead->why) &&
	    ahead->why.kind == ERR_NONE)
		fail(&ahead->why, ERR_IO, "it could not be read");
	return true;
}

static bool hash_ahead(struct conveyor_job *self, struct err *err)
{
	struct ahead *ahead = (struct ahead *)self;
	struct lane *lane = ahead->lane;

	(void)err;
	if (lane->result->why.kind == ERR_NONE)
		lane->result->why = ahead->why;
	if (lane->result->why.kind == ERR_NONE)
		hash_add(lane->hash, (struct bytes){ahead->piece, ahead->len});
	return true;
}

/* The next piece of the lane, read by one thread and then hashed in its turn. */
static bool put_ahead(
    struct hashing *hashing, struct lane *lane, struct ahead *ahead, struct err *err)
{
	struct conveyor *conveyor = hashing->reader->trust.conveyor;
	uint64_t left = lane->file->size - lane->at;

	if (!ahead->piece)
		ahead->piece = malloc(PIECE);
	if (!ahead->piece)
		return fail(err, ERR_MEMORY, "no memory for hashing");
	ahead->job = (struct conveyor_job){read_ahead, hash_ahead, 0};
	ahead->lane = lane;
	ahead->at = lane->at;
	ahead->len = left < PIECE ? (size_t)left : PIECE;
	ahead->why = (struct err){0};
	lane->at += ahead->len;
	hashing->done += ahead->len;
	return conveyor->put(conveyor, &ahead->job, err);
}

/* All that is left of the file, unless a piece of it cannot be read. */
static bool hash_alone(struct hashing *hashing, struct lane *lane, struct err *err)
{
	struct conveyor *conveyor = hashing->reader->trust.conveyor;
	bool ok = true;

	for (size_t turn = 0; ok && lane->at < lane->file->size; turn++) {
		struct ahead *ahead = &hashing->ring[turn % (conveyor->depth + 1)];

		/* It is through since the put before: no more than `depth` are under way. */
		if (ahead->why.kind != ERR_NONE)
			break;
		ok = put_ahead(hashing, lane, ahead, err) &&
		     reader_progress(hashing->reader, "hash", hashing->done,
			 hashing->done > hashing->total ? hashing->done : hashing->total, err);
	}
	return conveyor->drain(conveyor, ok ? err : NULL) && ok;
}

/* The lane of the one file that is left; NULL when there are more, or little of it. */
static struct lane *last_lane(struct hashing *hashing)
{
	struct lane *last = NULL;

	const struct conveyor *conveyor = hashing->reader->trust.conveyor;

	if (!conveyor || conveyor->depth >= RING || hashing->next < hashing->count)
		return NULL;
	for (size_t i = 0; i < hashing->lane_count; i++) {
		if (!hashing->lanes[i].result)
			continue;
		if (last)
			return NULL;
		last = &hashing->lanes[i];
	}
	return last && last->file->size - last->at > STEP ? last : NULL;
}

/* Takes the files out that are through. False when none is left. */
static bool settle(struct hashing *hashing)
{
	bool is_left = hashing->next < hashing->count;

	for (size_t i = 0; i < hashing->lane_count; i++) {
		struct lane *lane = &hashing->lanes[i];

		if (!lane->result)
			continue;
		if (lane->result->why.kind == ERR_NONE && lane->at < lane->file->size) {
			is_left = true;
			continue;
		}
		if (lane->result->why.kind == ERR_NONE)
			hash_take(lane->hash, lane->result->digest);
		lane_close(lane);
	}
	return is_left;
}

static void add_sizes(struct hashing *hashing)
{
	const struct bundle_reader *reader = hashing->reader;

	for (size_t i = 0; i < hashing->count; i++) {
		CLEANUP(source_close) struct source *file = NULL;

		if (reader->store->open(reader->store,
			reader->manifest.files[hashing->files[i].index].name, &file, NULL))
			hashing->total += file->size;
	}
}

bool reader_hash_files(
    struct bundle_reader *reader, struct file_hash *files, size_t count, struct err *err)
{
	CLEANUP(hashing_free)
	struct hashing hashing = {.reader = reader, .files = files, .count = count};
	size_t lanes = reader->trust.conveyor && count > 1 ? reader->trust.conveyor->depth : 1;
	bool is_left = count > 0;

	add_sizes(&hashing);
	for (; hashing.lane_count < lanes && hashing.lane_count < LANES_MAX; hashing.lane_count++) {
		hashing.lanes[hashing.lane_count].piece = malloc(PIECE);
		if (!hashing.lanes[hashing.lane_count].piece)
			return fail(err, ERR_MEMORY, "no memory for hashing");
	}
	while (is_left) {
		for (size_t i = 0; i < hashing.lane_count; i++)
			if (!fill(&hashing, &hashing.lanes[i], err))
				return false;
		struct lane *last = last_lane(&hashing);

		if (last ? !hash_alone(&hashing, last, err) : !step_all(&hashing, err))
			return false;
		if (!reader_progress(reader, "hash", hashing.done,
			hashing.done > hashing.total ? hashing.done : hashing.total, err))
			return false;
		is_left = settle(&hashing);
	}
	return true;
}
