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

struct frames {
	ZSTD_CCtx *context;
	uint8_t *input; /* the open frame */
	size_t held;
	uint8_t *output;
	size_t output_room;
	struct frame_size *sizes; /* of the frames written, for the seek table */
	size_t count, room;
	uint64_t written;
	struct sink *below;
};

void frames_free(struct frames *frames)
{
	if (!frames)
		return;
	ZSTD_freeCCtx(frames->context);
	free(frames->input);
	free(frames->output);
	free(frames->sizes);
	free(frames);
}

bool frames_new(int level, struct frames **out, struct err *err)
{
	CLEANUP(frames_free) struct frames *frames = calloc(1, sizeof(*frames));

	if (!frames)
		return fail(err, ERR_MEMORY, "no memory to compress");
	frames->output_room = ZSTD_compressBound(FRAMES_INPUT_MAX);
	frames->context = ZSTD_createCCtx();
	frames->input = malloc(FRAMES_INPUT_MAX);
	frames->output = malloc(frames->output_room);
	if (!frames->context || !frames->input || !frames->output)
		return fail(err, ERR_MEMORY, "no memory to compress");
	if (ZSTD_isError(ZSTD_CCtx_setParameter(frames->context, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(frames->context, ZSTD_c_checksumFlag, 1)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(frames->context, ZSTD_c_contentSizeFlag, 1)))
		return fail(err, ERR_UNSUPPORTED, "zstd level %d", level);
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
	frames->held = 0;
	frames->count = 0;
	frames->written = 0;
	frames->below = below;
	put_le32(start, FRAMES_HEADER_MAGIC);
	put_le32(start + 4, (uint32_t)header_json.len);
	return put(frames, (struct bytes){start, sizeof(start)}, err) &&
	       put(frames, header_json, err);
}

bool frames_flush(struct frames *frames, struct err *err)
{
	if (!frames->held)
		return true;
	if (!array_grow(&frames->sizes, &frames->room, frames->count + 1, sizeof(*frames->sizes),
		FRAMES_COUNT_MAX, err))
		return false;
	size_t len = ZSTD_compress2(
	    frames->context, frames->output, frames->output_room, frames->input, frames->held);

	if (ZSTD_isError(len))
		return fail(err, ERR_MEMORY, "zstd: %s", ZSTD_getErrorName(len));
	frames->sizes[frames->count++] = (struct frame_size){(uint32_t)len, (uint32_t)frames->held};
	frames->held = 0;
	return put(frames, (struct bytes){frames->output, len}, err);
}

bool frames_write(struct frames *frames, struct bytes data, struct err *err)
{
	while (data.len) {
		size_t take = FRAMES_INPUT_MAX - frames->held;

		take = take < data.len ? take : data.len;
		memcpy(frames->input + frames->held, data.at, take);
		frames->held += take;
		data.at += take;
		data.len -= take;
		if (frames->held == FRAMES_INPUT_MAX && !frames_flush(frames, err))
			return false;
	}
	return true;
}

bool frames_entry_end(struct frames *frames, struct err *err)
{
	return frames->held < FRAMES_INPUT_MIN || frames_flush(frames, err);
}

uint64_t frames_written(const struct frames *frames)
{
	return frames->written;
}

size_t frames_waiting(const struct frames *frames)
{
	return frames->held;
}

size_t frames_count(const struct frames *frames)
{
	return frames->count;
}

size_t frames_seek_size(const struct frames *frames)
{
	return SKIPPABLE_LEN + (frames->count + 1) * SEEK_ENTRY_LEN + SEEK_FOOTER_LEN;
}

/* Zstandard seekable format 0.1.0: entries without checksum (the frames have their own), then the footer. */
bool frames_finish(struct frames *frames, struct err *err)
{
	CLEANUP(text_free) struct text table = {0};
	uint8_t entry[SEEK_FOOTER_LEN];

	if (!frames_flush(frames, err))
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
