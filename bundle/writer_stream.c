/* The open volume of the bundle writer: tar bytes -> frames -> age -> file. See writer_state.h. */
#include "bundle/writer_state.h"

#include "bundle/age.h"
#include "core/array.h"

#define AGE_HEADER_ROOM 256 /* first line, MAC, nonce, with room to spare */
#define AGE_STANZA_ROOM 128
#define CLOSE_SLACK     ((size_t)256 << 10)   /* blocks and names of the store's files */
#define ROOM_ASK_ALWAYS ((uint64_t)256 << 20) /* below this much room it is asked at every piece */
#define CLOSED_VOLUMES  (BUNDLE_SETS * VOLUME_INDEX_MAX)

bool writer_broken(struct bundle_writer *writer, const struct err *err)
{
	if (!writer->is_broken && err)
		writer->why = *err;
	else if (!writer->is_broken)
		fail(&writer->why, ERR_IO, "a write to the bundle failed");
	writer->is_broken = true;
	return false;
}

bool writer_usable(const struct bundle_writer *writer, struct err *err)
{
	if (!writer->is_broken && !writer->is_full)
		return true;
	if (err)
		*err = writer->why;
	return false;
}

/* What ended the run before is still why it ends. */
static bool no_more(struct bundle_writer *writer, struct err *err)
{
	struct err why = {0};

	fail(&why, ERR_FULL,
	    "a set holds at most %d volumes, and of 'meta' two are kept for the end",
	    (int)writer->plan.limits.volumes);
	bundle_give_up(writer, &why);
	writer->held_bytes = writer_held(writer);
	if (err)
		*err = why;
	return false;
}

bool writer_check_meta(struct bundle_writer *writer, uint32_t more, struct err *err)
{
	uint32_t count = writer->sets[BUNDLE_META].volumes, most = writer->plan.limits.volumes;

	return (count <= most && more <= most - count) || no_more(writer, err);
}

bool writer_open_volume(
    struct bundle_writer *writer, enum bundle_set set, uint64_t next_header, struct err *err)
{
	struct writer_set *state = &writer->sets[set];
	struct writer_volume *volume = &writer->volume;
	CLEANUP(text_free) struct text header = {0};
	CLEANUP(sink_free) struct sink *file = NULL;
	struct frames_header fields = {
	    .set = set,
	    .index = state->volumes + 1,
	    .tar_offset = state->tar_offset,
	    .next_header = next_header,
	};

	if (set != BUNDLE_META && !writer_check_meta(writer, 1, err))
		return false;
	if (fields.index > writer->plan.limits.volumes)
		return no_more(writer, err);
	memcpy(fields.collection_id, writer->plan.collection_id, sizeof(fields.collection_id));
	memcpy(fields.previous_sha256, state->previous_sha256, sizeof(fields.previous_sha256));
	frames_header_format(&fields, &header);
	*volume = (struct writer_volume){
	    .set = set,
	    .index = fields.index,
	    .tar_start = state->tar_offset,
	    .opened_ms = writer->plan.monotonic_ms(),
	};
	volume_name_format(set, volume->index, volume->name);
	if (!text_ok(&header, err) ||
	    !volume_create(
		writer->store, volume->name, writer->plan.beside, &volume->hashes, &file, err) ||
	    !age_encrypt(&writer->manifest.recipients, file, &volume->sink, err))
		return writer_broken(writer, err);
	file = NULL; /* the age sink has it */
	if (!frames_start(writer->frames, text_bytes(&header), volume->sink, err))
		return writer_broken(writer, err);
	return true;
}

void writer_drop_volume(struct bundle_writer *writer)
{
	struct writer_volume *volume = &writer->volume;

	if (!volume->sink)
		return;
	frames_abandon(writer->frames);
	writer->sets[volume->set].tar_offset = volume->tar_start;
	writer->sets[volume->set].is_closed = false;
	writer->has_lost = writer->has_lost || volume->set != BUNDLE_META;
	sink_free(TAKE(volume->sink));
}

static bool remember(struct bundle_writer *writer, struct err *err)
{
	const struct writer_volume *volume = &writer->volume;
	struct writer_set *state = &writer->sets[volume->set];

	if (!array_grow(&writer->closed, &writer->closed_room, writer->closed_count + 1,
		sizeof(*writer->closed), CLOSED_VOLUMES, err) ||
	    !manifest_set(&writer->manifest, volume->name, volume->hashes.sha256, err))
		return false;
	struct closed_volume *closed = &writer->closed[writer->closed_count++];

	*closed = (struct closed_volume){
	    .set = volume->set,
	    .index = volume->index,
	    .tar_offset = volume->tar_start,
	    .tar_bytes = state->tar_offset - volume->tar_start,
	    .hashes = volume->hashes,
	};
	memcpy(closed->name, volume->name, sizeof(closed->name));
	memcpy(state->previous_sha256, volume->hashes.sha256, SHA256_LEN);
	state->volumes++;
	writer->manifest.volumes++;
	writer->totals.volumes++;
	writer->totals.bytes_out += volume->hashes.bytes;
	return true;
}

bool writer_close_volume(struct bundle_writer *writer, struct err *err)
{
	struct writer_volume *volume = &writer->volume;

	if (!volume->sink)
		return true;
	if (!frames_finish(writer->frames, err) || !volume->sink->finish(volume->sink, err) ||
	    !remember(writer, err)) {
		writer_drop_volume(writer);
		return writer_broken(writer, err);
	}
	sink_free(TAKE(volume->sink));
	return true;
}

bool writer_put(struct bundle_writer *writer, struct bytes data, struct err *err)
{
	if (!frames_write(writer->frames, data, err))
		return writer_broken(writer, err);
	writer->sets[writer->volume.set].tar_offset += data.len;
	return true;
}

uint64_t writer_volume_bound(const struct bundle_writer *writer, size_t more)
{
	uint64_t waiting = frames_waiting(writer->frames) + (uint64_t)more;
	uint64_t plain = frames_written(writer->frames) + waiting + waiting / 128 + 1024 +
			 frames_seek_size(writer->frames);

	/* 16 bytes of tag for each 64 KiB chunk. */
	return AGE_HEADER_ROOM + writer->manifest.recipients.count * AGE_STANZA_ROOM + plain +
	       (plain / AGE_CHUNK_LEN + 1) * AGE_TAG_LEN;
}

/* Bytes written so far, as they will be on the disk. */
static uint64_t position(const struct bundle_writer *writer)
{
	return writer->totals.bytes_out +
	       (writer->volume.sink ? frames_written(writer->frames) : 0);
}

/* Asks the system only now and then while there is plenty. */
static bool room_left(struct bundle_writer *writer, uint64_t *room)
{
	uint64_t used = position(writer) - writer->room_at;

	if (used < ROOM_ASK_ALWAYS && writer->room_bytes > 4 * ROOM_ASK_ALWAYS) {
		*room = writer->room_bytes - used;
		return true;
	}
	if (!writer->plan.free_space(writer->plan.context, room))
		return false;
	writer->room_bytes = *room;
	writer->room_at = position(writer);
	return true;
}

/* Much may be free still: what of it is given away already is said, too. */
static bool no_room(
    struct bundle_writer *writer, uint64_t room, uint64_t waiting, uint64_t kept, struct err *err)
{
	CLEANUP(text_free) struct text left = {0};
	CLEANUP(text_free) struct text on_its_way = {0};
	CLEANUP(text_free) struct text for_end = {0};

	text_add_size(&left, room);
	text_add_size(&on_its_way, waiting);
	text_add_size(&for_end, kept);
	fail(&writer->why, ERR_FULL,
	    "the destination is full: %s left; needed are %s for what is being written, %s for "
	    "lists and seal",
	    text_string(&left), text_string(&on_its_way), text_string(&for_end));
	writer->is_full = true;
	return writer_usable(writer, err);
}

bool writer_check_room(struct bundle_writer *writer, size_t more, struct err *err)
{
	uint64_t room = 0;

	if (!writer->plan.free_space || !room_left(writer, &room))
		return true;
	writer->held_bytes = writer_held(writer);
	uint64_t kept = writer->keep_bytes + writer->held_bytes + CLOSE_SLACK + AGE_CHUNK_LEN;
	uint64_t written = writer->volume.sink ? frames_written(writer->frames) : 0;

	/* What is still held in memory must find its place too. */
	uint64_t waiting = written < writer->store->holds ? written : writer->store->holds;

	waiting += writer->volume.sink ? writer_volume_bound(writer, more) - written : more;
	return room >= waiting + kept || no_room(writer, room, waiting, kept, err);
}
