/* Buffered durable writing behind the caller's back. See file_sink.h. */
#include "platform/file_sink.h"

#include "platform/os.h"

#include <stdlib.h>

#define FLUSH_EVERY ((uint64_t)64 << 20) /* bounds what a pulled plug can take */

struct file_sink;

struct piece {
	struct conveyor_job job;
	struct file_sink *to;
	uint8_t *bytes; /* FILE_SINK_PIECE of them; NULL until it is needed */
	size_t held;
};

struct file_sink {
	struct sink sink;
	intptr_t file;
	uint64_t unflushed; /* bytes written since the last flush */
	struct conveyor
	    *behind; /* writes the full pieces; NULL: there was none yet, or no thread */
	struct piece pieces[FILE_SINK_PIECES];
	size_t open; /* the piece that is filled */
	bool has_failed;
	char path[];
};

static struct {
	uint64_t files, bytes;
} made; /* from several threads */

void file_sink_made(uint64_t *files, uint64_t *bytes)
{
	*files = __atomic_load_n(&made.files, __ATOMIC_RELAXED);
	*bytes = __atomic_load_n(&made.bytes, __ATOMIC_RELAXED);
}

static bool write_piece(struct conveyor_job *self, struct err *err)
{
	struct piece *piece = (struct piece *)self;
	struct file_sink *to = piece->to;

	if (piece->held == 0)
		return true;
	if (!os_write(to->file, (struct bytes){piece->bytes, piece->held}, err))
		return fail_in(err, "cannot write '%s'", to->path);
	(void)__atomic_add_fetch(&made.bytes, piece->held, __ATOMIC_RELAXED);
	to->unflushed += piece->held;
	if (to->unflushed < FLUSH_EVERY)
		return true;
	to->unflushed = 0;
	return os_flush(to->file, err) || fail_in(err, "cannot flush '%s'", to->path);
}

/* Sets the open piece, which is full, going; the next one is then free. */
static bool put_piece(struct file_sink *to, struct err *err)
{
	struct piece *piece = &to->pieces[to->open];

	if (!to->behind && !conveyor_new(1, &to->behind, NULL)) {
		bool ok = write_piece(&piece->job, err);

		piece->held = 0;
		return ok;
	}
	if (!to->behind->put(to->behind, &piece->job, err))
		return false;
	to->open = (to->open + 1) % FILE_SINK_PIECES;
	to->pieces[to->open].held = 0;
	return true;
}

static bool room_in(struct piece *piece, struct err *err)
{
	if (!piece->bytes)
		piece->bytes = malloc(FILE_SINK_PIECE);
	return piece->bytes || fail(err, ERR_MEMORY, "no memory to write '%s'", piece->to->path);
}

static bool add(struct file_sink *to, struct bytes data, struct err *err)
{
	while (data.len) {
		struct piece *piece = &to->pieces[to->open];
		size_t room = FILE_SINK_PIECE - piece->held;
		size_t take = data.len < room ? data.len : room;

		if (!room_in(piece, err))
			return false;
		memcpy(piece->bytes + piece->held, data.at, take);
		piece->held += take;
		data.at += take;
		data.len -= take;
		if (piece->held == FILE_SINK_PIECE && !put_piece(to, err))
			return false;
	}
	return true;
}

static bool file_sink_write(struct sink *self, struct bytes data, struct err *err)
{
	struct file_sink *to = (struct file_sink *)self;

	if (to->has_failed)
		return fail(err, ERR_IO, "cannot write '%s': a write before it failed", to->path);
	/* A part of a piece may be there when it fails: nothing may come behind it. */
	to->has_failed = !add(to, data, err);
	return !to->has_failed;
}

/* All that was handed over, and what the open piece holds. */
static bool write_rest(struct file_sink *to, struct err *err)
{
	return (!to->behind || to->behind->drain(to->behind, err)) &&
	       write_piece(&to->pieces[to->open].job, err);
}

static bool file_sink_finish(struct sink *self, struct err *err)
{
	struct file_sink *to = (struct file_sink *)self;

	if (!write_rest(to, err)) {
		to->has_failed = true;
		return false;
	}
	to->pieces[to->open].held = 0;
	if (!os_flush(to->file, err))
		return fail_in(err, "cannot flush '%s'", to->path);
	intptr_t file = to->file;

	to->file = OS_NO_HANDLE;
	if (!os_close(file, err))
		return fail_in(err, "cannot close '%s'", to->path);
	return os_flush_entry(to->path, err) ||
	       fail_in(err, "cannot flush the directory of '%s'", to->path);
}

static void file_sink_free(struct sink *self)
{
	struct file_sink *to = (struct file_sink *)self;

	/* Unfinished: what is held may still be salvaged. */
	if (to->file != OS_NO_HANDLE && !to->has_failed)
		DISCARD(write_rest(to, NULL));
	conveyor_free(to->behind);
	if (to->file != OS_NO_HANDLE)
		DISCARD(os_close(to->file, NULL));
	for (size_t i = 0; i < FILE_SINK_PIECES; i++)
		free(to->pieces[i].bytes);
	free(to);
}

bool file_sink_create(const char *path, bool is_private, struct sink **out, struct err *err)
{
	size_t room = strlen(path) + 1;
	struct file_sink *to = calloc(1, sizeof(*to) + room);

	if (!to)
		return fail(err, ERR_MEMORY, "no memory to create '%s'", path);
	CLEANUP(sink_free) struct sink *sink = &to->sink;

	to->sink = (struct sink){file_sink_write, file_sink_finish, file_sink_free};
	to->file = OS_NO_HANDLE;
	memcpy(to->path, path, room);
	for (size_t i = 0; i < FILE_SINK_PIECES; i++)
		to->pieces[i] = (struct piece){.job = {.deliver = write_piece}, .to = to};
	if (!room_in(&to->pieces[0], err))
		return false;
	if (!os_create(path, is_private, &to->file, err))
		return fail_in(err, "cannot create '%s'", path);
	(void)__atomic_add_fetch(&made.files, 1, __ATOMIC_RELAXED);
	*out = TAKE(sink);
	return true;
}
