/* Writing of a volume's plaintext. See frames.h. */
#include "bundle/frames.h"

#include "core/array.h"

#include <stdlib.h>
#include <zstd.h>

#define SEEK_ENTRY_LEN  8
#define SEEK_FOOTER_LEN 9
#define SKIPPABLE_LEN   8 /* magic and size in front of a skippable frame's content */

struct frame_size {
	uint32_t packed, plain;
};

/* One frame, from input to below. */
struct frame_job {
	struct conveyor_job job;
	struct frames *frames;
	ZSTD_CCtx *context;
	uint8_t *input;
	size_t held;
	uint8_t *output;
	size_t output_room, packed;
};

struct frames {
	struct conveyor *conveyor; /* NULL: none */
	struct frame_job *jobs;    /* a ring: those under way, then the open one */
	size_t job_count, open, under_way;
	struct frame_size *sizes; /* of the frames written, for the seek table */
	size_t count, room;
	uint64_t written;
	struct sink *below;
};

static struct frame_job *open_frame(const struct frames *frames)
{
	return &frames->jobs[frames->open];
}

void frames_free(struct frames *frames)
{
	if (!frames)
		return;
	frames_abandon(frames);
	for (size_t i = 0; i < frames->job_count; i++) {
		ZSTD_freeCCtx(frames->jobs[i].context);
		free(frames->jobs[i].input);
		free(frames->jobs[i].output);
	}
	free(frames->jobs);
	free(frames->sizes);
	free(frames);
}

static bool compress(struct conveyor_job *self, struct err *err)
{
	struct frame_job *job = (struct frame_job *)self;
	size_t len =
	    ZSTD_compress2(job->context, job->output, job->output_room, job->input, job->held);

	if (ZSTD_isError(len))
		return fail(err, ERR_MEMORY, "zstd: %s", ZSTD_getErrorName(len));
	job->packed = len;
	return true;
}

static bool deliver(struct conveyor_job *self, struct err *err)
{
	struct frame_job *job = (struct frame_job *)self;
	struct sink *below = job->frames->below;

	return below->write(below, (struct bytes){job->output, job->packed}, err);
}

static bool make_job(struct frames *frames, struct frame_job *job, int level, struct err *err)
{
	job->job = (struct conveyor_job){compress, deliver, 0};
	job->frames = frames;
	job->output_room = ZSTD_compressBound(FRAMES_INPUT_FULL);
	job->context = ZSTD_createCCtx();
	job->input = malloc(FRAMES_INPUT_FULL);
	job->output = malloc(job->output_room);
	if (!job->context || !job->input || !job->output)
		return fail(err, ERR_MEMORY, "no memory to compress");
	if (ZSTD_isError(ZSTD_CCtx_setParameter(job->context, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(job->context, ZSTD_c_checksumFlag, 1)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(job->context, ZSTD_c_contentSizeFlag, 1)))
		return fail(err, ERR_UNSUPPORTED, "zstd level %d", level);
	return true;
}

bool frames_new(int level, struct conveyor *conveyor, struct frames **out, struct err *err)
{
	CLEANUP(frames_free) struct frames *frames = calloc(1, sizeof(*frames));
	size_t jobs = conveyor ? conveyor->depth + (size_t)1 : 1;

	if (!frames)
		return fail(err, ERR_MEMORY, "no memory to compress");
	frames->conveyor = conveyor;
	frames->jobs = calloc(jobs, sizeof(*frames->jobs));
	if (!frames->jobs)
		return fail(err, ERR_MEMORY, "no memory to compress");
	for (; frames->job_count < jobs; frames->job_count++)
		if (!make_job(frames, &frames->jobs[frames->job_count], level, err)) {
			frames->job_count++;
			return false;
		}
	*out = TAKE(frames);
	return true;
}

static bool put(struct frames *frames, struct bytes data, struct err *err)
{
	if (!frames->below->write(frames->below, data, err))
		return false;
	frames->written += data.len;
	return true;
}

bool frames_start(
    struct frames *frames, struct bytes header_json, struct sink *below, struct err *err)
{
	uint8_t start[SKIPPABLE_LEN];

	if (header_json.len > FRAMES_HEADER_MAX)
		return fail(err, ERR_LIMIT, "volume header of %zu bytes", header_json.len);
	frames_abandon(frames);
	frames->count = 0;
	frames->written = 0;
	frames->below = below;
	put_le32(start, FRAMES_HEADER_MAGIC);
	put_le32(start + 4, (uint32_t)header_json.len);
	return put(frames, (struct bytes){start, sizeof(start)}, err) &&
	       put(frames, header_json, err);
}

/* The oldest frame under way is written: its bytes count from here on. */
static void reap(struct frames *frames)
{
	size_t oldest = (frames->open + frames->job_count - frames->under_way) % frames->job_count;
	struct frame_job *job = &frames->jobs[oldest];

	frames->sizes[frames->count++] =
	    (struct frame_size){(uint32_t)job->packed, (uint32_t)job->held};
	frames->written += job->packed;
	frames->under_way--;
	job->held = 0;
}

/* Compresses and writes the open frame here and now. */
static bool pass(struct frames *frames, struct err *err)
{
	struct conveyor_job *job = &open_frame(frames)->job;

	return job->work(job, err) && job->deliver(job, err);
}

bool frames_flush(struct frames *frames, struct err *err)
{
	struct frame_job *job = open_frame(frames);

	if (!job->held)
		return true;
	if (!array_grow(&frames->sizes, &frames->room, frames->count + frames->under_way + 1,
		sizeof(*frames->sizes), FRAMES_COUNT_MAX, err))
		return false;
	if (frames->conveyor ? !frames->conveyor->put(frames->conveyor, &job->job, err)
			     : !pass(frames, err))
		return false;
	frames->open = (frames->open + 1) % frames->job_count;
	frames->under_way++;
	/* No place left for a frame that is filled: the conveyor's depth makes sure that the oldest is through. */
	if (frames->under_way == frames->job_count)
		reap(frames);
	return true;
}

void frames_abandon(struct frames *frames)
{
	if (frames->conveyor)
		DISCARD(frames->conveyor->drain(frames->conveyor, NULL));
	for (size_t i = 0; i < frames->job_count; i++)
		frames->jobs[i].held = 0;
	frames->under_way = 0;
}

uint8_t *frames_room(struct frames *frames, size_t *len)
{
	struct frame_job *job = open_frame(frames);

	*len = FRAMES_INPUT_FULL - job->held;
	return job->input + job->held;
}

bool frames_write(struct frames *frames, struct bytes data, struct err *err)
{
	while (data.len) {
		struct frame_job *job = open_frame(frames);
		size_t take = 0;
		uint8_t *room = frames_room(frames, &take);

		take = take < data.len ? take : data.len;
		if (data.at != room)
			memcpy(room, data.at, take);
		job->held += take;
		data.at += take;
		data.len -= take;
		if (job->held == FRAMES_INPUT_FULL && !frames_flush(frames, err))
			return false;
	}
	return true;
}

bool frames_entry_end(struct frames *frames, struct err *err)
{
	return open_frame(frames)->held < FRAMES_INPUT_MIN || frames_flush(frames, err);
}

uint64_t frames_written(const struct frames *frames)
{
	return frames->written;
}

size_t frames_waiting(const struct frames *frames)
{
	size_t waiting = 0;

	for (size_t i = 0; i < frames->job_count; i++)
		waiting += frames->jobs[i].held;
	return waiting;
}

size_t frames_count(const struct frames *frames)
{
	return frames->count + frames->under_way;
}

size_t frames_seek_size(const struct frames *frames)
{
	return SKIPPABLE_LEN + (frames_count(frames) + 1) * SEEK_ENTRY_LEN + SEEK_FOOTER_LEN;
}

/* Waits until every frame is written. */
static bool settle(struct frames *frames, struct err *err)
{
	if (frames->conveyor && !frames->conveyor->drain(frames->conveyor, err))
		return false;
	while (frames->under_way)
		reap(frames);
	return true;
}

/* Zstandard seekable format 0.1.0: entries without checksum (the frames have their own), then the footer. */
bool frames_finish(struct frames *frames, struct err *err)
{
	CLEANUP(text_free) struct text table = {0};
	uint8_t entry[SEEK_FOOTER_LEN];

	if (!frames_flush(frames, err) || !settle(frames, err))
		return false;
	put_le32(entry, FRAMES_SEEK_MAGIC);
	put_le32(entry + 4, (uint32_t)(frames->count * SEEK_ENTRY_LEN + SEEK_FOOTER_LEN));
	text_add(&table, (struct bytes){entry, SKIPPABLE_LEN});
	for (size_t i = 0; i < frames->count; i++) {
		put_le32(entry, frames->sizes[i].packed);
		put_le32(entry + 4, frames->sizes[i].plain);
		text_add(&table, (struct bytes){entry, SEEK_ENTRY_LEN});
	}
	put_le32(entry, (uint32_t)frames->count);
	entry[4] = 0; /* descriptor: no checksums */
	put_le32(entry + 5, FRAMES_SEEK_FOOTER);
	text_add(&table, (struct bytes){entry, SEEK_FOOTER_LEN});
	return text_ok(&table, err) && put(frames, text_bytes(&table), err);
}
