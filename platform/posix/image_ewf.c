/* Expert Witness images, read by libewf in a child process: what is wrong with them, or with it, ends there. See
 * platform/image.h, image_ewf.h. */
#define _GNU_SOURCE
#include "platform/posix/image_ewf.h"

#include "platform/image.h"
#include "platform/posix/os.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPEN_MS      300000 /* a set of thousands of files on a slow disk */
#define READ_MS      60000
#define RESTARTS_MAX 32
#define CACHE_BYTES  ((size_t)16 << 20)
#define CACHE_MIN    4u
#define CACHE_MAX    512u

struct chunk { /* in memory */
	uint64_t number, used;
	uint8_t *at;
	uint32_t len;
	struct err err; /* ERR_NONE: good */
	bool is_set;
};

struct ewf_source {
	struct source source;
	pthread_mutex_t lock;
	pid_t child; /* 0: none runs */
	int socket;
	unsigned restarts;
	uint8_t *shared;
	uint32_t chunk_size;
	struct chunk *cache;
	size_t cache_count,
	    last; /* last: the chunk of the read before, most often the next one's, too */
	uint64_t clock;
	char path[];
};

static void end_child(struct ewf_source *ewf)
{
	if (ewf->child <= 0)
		return;
	close(ewf->socket);
	(void)kill(ewf->child, SIGKILL);
	while (waitpid(ewf->child, NULL, 0) < 0 && errno == EINTR)
		;
	ewf->child = 0;
}

static bool receive(
    struct ewf_source *ewf, int milliseconds, struct ewf_reply *reply, bool *is_late)
{
	struct pollfd wait = {.fd = ewf->socket, .events = POLLIN};
	int ready;

	do
		ready = poll(&wait, 1, milliseconds);
	while (ready < 0 && errno == EINTR);
	*is_late = ready == 0;
	if (ready != 1 || recv(ewf->socket, reply, sizeof(*reply), 0) != (ssize_t)sizeof(*reply))
		return false;
	reply->err.text[sizeof(reply->err.text) - 1] = 0;
	return true;
}

/* Starts the child and hears whether it could open the image. */
static bool start_child(struct ewf_source *ewf, struct ewf_reply *reply, struct err *err)
{
	int pair[2];
	bool is_late = false;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return errno_fail(err, errno);
	pid_t child = fork();

	if (child == 0) {
		close(pair[0]);
		image_ewf_serve(pair[1], ewf->shared, ewf->path);
	}
	close(pair[1]);
	if (child < 0) {
		close(pair[0]);
		return errno_fail(err, errno);
	}
	ewf->child = child;
	ewf->socket = pair[0];
	if (!receive(ewf, OPEN_MS, reply, &is_late)) {
		end_child(ewf);
		return fail(err, ERR_DAMAGED,
		    is_late ? "the reader of E01 images hangs on it"
			    : "the reader of E01 images broke down on it");
	}
	if (reply->err.kind != ERR_NONE) {
		*err = reply->err;
		end_child(ewf);
		return false;
	}
	return true;
}

/* Starts it again after it broke down. The image must be the one that it was. */
static bool revive(struct ewf_source *ewf, struct err *err)
{
	struct ewf_reply reply = {0};

	if (ewf->child > 0)
		return true;
	if (ewf->restarts == RESTARTS_MAX)
		return fail(err, ERR_DAMAGED, "the reader of E01 images broke down too often");
	ewf->restarts++;
	if (!start_child(ewf, &reply, err))
		return false;
	if (reply.media_size == ewf->source.size && reply.chunk_size == ewf->chunk_size)
		return true;
	end_child(ewf);
	return fail(err, ERR_DAMAGED, "the image has changed");
}

/* One question and its answer. *died: there was none, because the child is no more; waiting for it too long ends
 * it, too, but is not tried again. */
static bool ask_once(
    struct ewf_source *ewf, uint64_t number, struct ewf_reply *reply, bool *died, struct err *err)
{
	struct ewf_request request = {.chunk = number};
	bool is_late = false;

	*died = false;
	if (!revive(ewf, err))
		return false;
	if (send(ewf->socket, &request, sizeof(request), MSG_NOSIGNAL) ==
		(ssize_t)sizeof(request) &&
	    receive(ewf, READ_MS, reply, &is_late))
		return true;
	end_child(ewf);
	*died = !is_late;
	return fail(err, ERR_DAMAGED,
	    is_late ? "the reader of E01 images hangs on it"
		    : "the reader of E01 images broke down on it");
}

/* Asks for a chunk; the answer is then in the shared memory. A child that died is asked once more: something else
 * may have ended it. */
static bool ask(struct ewf_source *ewf, uint64_t number, uint32_t *len, struct err *err)
{
	struct ewf_reply reply = {0};
	bool died = false;

	if (!ask_once(ewf, number, &reply, &died, err) &&
	    (!died || !ask_once(ewf, number, &reply, &died, err)))
		return false;
	if (reply.err.kind != ERR_NONE) {
		*err = reply.err;
		return false;
	}
	*err = (struct err){0};
	*len = reply.got < ewf->chunk_size ? reply.got : ewf->chunk_size;
	return true;
}

/* The chunk, from memory or newly read; never NULL. Its err says when it is bad: that is remembered, too. */
static const struct chunk *get_chunk(struct ewf_source *ewf, uint64_t number)
{
	struct chunk *oldest = &ewf->cache[0];

	if (ewf->cache[ewf->last].is_set && ewf->cache[ewf->last].number == number)
		return &ewf->cache[ewf->last];
	for (size_t i = 0; i < ewf->cache_count; i++) {
		struct chunk *chunk = &ewf->cache[i];

		if (chunk->is_set && chunk->number == number) {
			chunk->used = ++ewf->clock;
			ewf->last = i;
			return chunk;
		}
		if (chunk->used < oldest->used)
			oldest = chunk;
	}
	ewf->last = (size_t)(oldest - ewf->cache);
	oldest->is_set = true;
	oldest->number = number;
	oldest->used = ++ewf->clock;
	oldest->len = 0;
	oldest->err = (struct err){0};
	if (ask(ewf, number, &oldest->len, &oldest->err))
		memcpy(oldest->at, ewf->shared, oldest->len);
	return oldest;
}

static bool ewf_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct ewf_source *ewf = (struct ewf_source *)self;
	uint64_t left = offset < self->size ? self->size - offset : 0;
	bool ok = true;

	*got = 0;
	if (len > left)
		len = (size_t)left;
	pthread_mutex_lock(&ewf->lock);
	while (ok && *got < len) {
		uint64_t at = offset + *got;
		const struct chunk *chunk = get_chunk(ewf, at / ewf->chunk_size);
		size_t inside = (size_t)(at % ewf->chunk_size);
		size_t n = chunk->len > inside ? chunk->len - inside : 0;

		if (n == 0) {
			if (err)
				*err = chunk->err;
			ok = fail_in(err, "cannot read '%.80s' at byte %llu", ewf->path,
			    (unsigned long long)at);
			break;
		}
		n = n < len - *got ? n : len - *got;
		memcpy((uint8_t *)to + *got, chunk->at + inside, n);
		*got += n;
	}
	pthread_mutex_unlock(&ewf->lock);
	return ok;
}

static void ewf_close(struct source *self)
{
	struct ewf_source *ewf = (struct ewf_source *)self;

	end_child(ewf);
	for (size_t i = 0; i < ewf->cache_count; i++)
		free(ewf->cache[i].at);
	free(ewf->cache);
	if (ewf->shared)
		(void)munmap(ewf->shared, EWF_CHUNK_MAX);
	pthread_mutex_destroy(&ewf->lock);
	free(ewf);
}

static bool make_cache(struct ewf_source *ewf, struct err *err)
{
	size_t count = CACHE_BYTES / ewf->chunk_size;

	count = count < CACHE_MIN ? CACHE_MIN : count;
	count = count > CACHE_MAX ? CACHE_MAX : count;
	ewf->cache = calloc(count, sizeof(*ewf->cache));
	if (!ewf->cache)
		return fail(err, ERR_MEMORY, "no memory for an image");
	ewf->cache_count = count;
	for (size_t i = 0; i < count; i++) {
		ewf->cache[i].at = malloc(ewf->chunk_size);
		if (!ewf->cache[i].at)
			return fail(err, ERR_MEMORY, "no memory for an image");
	}
	return true;
}

bool image_open_ewf(const char *path, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *owned = NULL;
	struct ewf_reply reply = {0};
	size_t room = strlen(path) + 1;
	struct ewf_source *ewf = calloc(1, sizeof(*ewf) + room);
	struct err why = {0};

	if (!ewf)
		return fail(err, ERR_MEMORY, "no memory to open '%s'", path);
	ewf->source = (struct source){.size = 0, .read = ewf_read, .close = ewf_close};
	owned = &ewf->source;
	memcpy(ewf->path, path, room);
	(void)pthread_mutex_init(&ewf->lock, NULL);
	ewf->shared =
	    mmap(NULL, EWF_CHUNK_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ewf->shared == MAP_FAILED) {
		ewf->shared = NULL;
		return fail(err, ERR_MEMORY, "no memory to open '%s'", path);
	}
	if (!start_child(ewf, &reply, &why)) {
		if (err)
			*err = why;
		return fail_in(err, "cannot open '%s'", path);
	}
	ewf->source.size = reply.media_size;
	ewf->chunk_size = reply.chunk_size;
	if (ewf->chunk_size < EWF_CHUNK_MIN || ewf->chunk_size > EWF_CHUNK_MAX)
		return fail(err, ERR_DAMAGED, "cannot open '%s': it has no chunks", path);
	if (!make_cache(ewf, err))
		return false;
	*out = TAKE(owned);
	return true;
}
