/* The process that holds libewf. It gets hostile files and one socket; what it can do wrong, the other half
 * survives. See image_ewf.h. */
#define _GNU_SOURCE
#include "platform/posix/image_ewf.h"

#include <fcntl.h>
#include <libewf.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEMORY_MAX     ((rlim_t)4 << 30) /* libewf keeps about 100 bytes a chunk: 1 TB are 30 million */
#define MEDIA_MAX      ((uint64_t)1 << 60)
#define SEGMENTS_MAX   16384
#define BAD_RANGES_MAX 65536 /* looked through at each chunk */
#define REASON_LEN     512

struct server {
	int socket;
	uint8_t *shared;
	libewf_handle_t *handle;
	uint64_t media_size;
	uint32_t chunk_size, sector_size;
	bool is_lost; /* so many bad chunks that looking through them takes too long */
};

/* libewf's first reason, "libewf_function: what" without the function: that says nothing to a reader. */
static void take_reason(libewf_error_t **error, char out[REASON_LEN])
{
	char all[REASON_LEN] = "";

	if (*error && libewf_error_sprint(*error, all, sizeof(all)) <= 0)
		all[0] = 0;
	libewf_error_free(error);
	all[REASON_LEN - 1] = 0;
	all[strcspn(all, "\n")] = 0;
	const char *text = strstr(all, ": ");

	memcpy(out, text ? text + 2 : all, strlen(text ? text + 2 : all) + 1);
}

static bool ewf_fail(struct err *err, const char *what, libewf_error_t **error)
{
	char reason[REASON_LEN];

	take_reason(error, reason);
	return fail(err, ERR_DAMAGED, "%s%s%.140s", what, *reason ? ": " : "", reason);
}

/* No new privileges, no file written, bounded memory; ends with its parent; Ctrl-C is the parent's business. */
static void confine(void)
{
	struct rlimit none = {0, 0};
	struct rlimit files;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)setrlimit(RLIMIT_FSIZE, &none);
	/* libewf keeps every file of a set open: its own limit on them is broken (libbfio loses its list). */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
#if !defined(__SANITIZE_ADDRESS__) && !defined(__has_feature)
	struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};

	(void)setrlimit(RLIMIT_DATA, &memory);
#endif
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* Whether the last file of a set says that another one follows: its last section is "next" and not "done". A
 * section begins with its name, 76 bytes. */
static bool has_next(const char *path)
{
	uint8_t tail[76];
	bool says_next = false;
	int file = open(path, O_RDONLY | O_CLOEXEC);
	off_t end = file < 0 ? -1 : lseek(file, 0, SEEK_END);

	if (end >= (off_t)sizeof(tail) &&
	    pread(file, tail, sizeof(tail), end - (off_t)sizeof(tail)) == (ssize_t)sizeof(tail))
		says_next = memcmp(tail, "next\0", 5) == 0;
	if (file >= 0)
		close(file);
	return says_next;
}

static bool open_segments(struct server *server, char **names, int count, struct err *err)
{
	libewf_error_t *error = NULL;
	char *last = strrchr(names[count - 1], '/');

	last = last ? last + 1 : names[count - 1];
	if (has_next(names[count - 1]))
		return fail(
		    err, ERR_MISSING, "the file of the image after '%.150s' is missing", last);
	if (libewf_handle_initialize(&server->handle, &error) != 1)
		return ewf_fail(err, "no memory for libewf", &error);
	if (libewf_handle_open(server->handle, names, count, LIBEWF_OPEN_READ, &error) != 1) {
		char reason[REASON_LEN];

		take_reason(&error, reason);
		return fail(err, ERR_DAMAGED,
		    "%d files, the last '%.60s', are no whole image: one is damaged, or the next "
		    "is "
		    "missing (%.100s)",
		    count, last, reason);
	}
	return true;
}

static bool open_image(struct server *server, const char *path, struct err *err)
{
	libewf_error_t *error = NULL;
	char **names = NULL;
	int count = 0;
	size64_t media_size = 0;

	if (libewf_glob(path, strlen(path), LIBEWF_FORMAT_UNKNOWN, &names, &count, &error) != 1 ||
	    count < 1)
		return ewf_fail(err, "no files of an E01 image", &error);
	if (count > SEGMENTS_MAX)
		return fail(err, ERR_LIMIT, "more than %d files of an image", SEGMENTS_MAX);
	if (!open_segments(server, names, count, err))
		return false;
	/* Freed with the process: libewf_glob_free has nothing to add. */
	if (libewf_handle_get_media_size(server->handle, &media_size, &error) != 1 ||
	    libewf_handle_get_chunk_size(server->handle, &server->chunk_size, &error) != 1 ||
	    libewf_handle_get_bytes_per_sector(server->handle, &server->sector_size, &error) != 1)
		return ewf_fail(err, "the image does not say how large it is", &error);
	if (media_size == 0 || media_size > MEDIA_MAX || server->chunk_size < EWF_CHUNK_MIN ||
	    server->chunk_size > EWF_CHUNK_MAX || server->sector_size == 0 ||
	    server->sector_size > server->chunk_size)
		return fail(err, ERR_DAMAGED, "an image of %llu bytes in chunks of %u cannot be",
		    (unsigned long long)media_size, server->chunk_size);
	server->media_size = media_size;
	return true;
}

/* Whether libewf noted a wrong checksum in [offset, offset + len). It gives zeros there and calls it success. */
static bool is_marked_bad(struct server *server, uint64_t offset, uint64_t len)
{
	uint32_t count = 0;
	uint64_t from = offset / server->sector_size;
	uint64_t to = (offset + len + server->sector_size - 1) / server->sector_size;

	if (libewf_handle_get_number_of_checksum_errors(server->handle, &count, NULL) != 1)
		return true;
	if (count > BAD_RANGES_MAX)
		server->is_lost = true;
	for (uint32_t i = 0; i < count && !server->is_lost; i++) {
		uint64_t first = 0;
		uint64_t sectors = 0;

		if (libewf_handle_get_checksum_error(server->handle, i, &first, &sectors, NULL) !=
			1 ||
		    (first < to && from < first + sectors))
			return true;
	}
	return server->is_lost;
}

static void read_chunk(struct server *server, uint64_t chunk, struct ewf_reply *reply)
{
	libewf_error_t *error = NULL;

	/* The media has less than 2^60 bytes, so nothing overflows. */
	if (chunk > MEDIA_MAX / EWF_CHUNK_MIN || chunk * server->chunk_size >= server->media_size) {
		fail(&reply->err, ERR_DAMAGED, "no such chunk");
		return;
	}
	uint64_t offset = chunk * server->chunk_size;
	uint64_t left = server->media_size - offset;
	size_t want = left < server->chunk_size ? (size_t)left : server->chunk_size;
	ssize_t got = libewf_handle_read_random(
	    server->handle, server->shared, want, (off64_t)offset, &error);

	if (got < 0)
		ewf_fail(&reply->err, "the image cannot be read there", &error);
	else if (is_marked_bad(server, offset, want))
		fail(&reply->err, ERR_DAMAGED, "wrong checksum in the image");
	else if ((size_t)got != want)
		fail(&reply->err, ERR_DAMAGED, "the image holds less there than it says");
	else
		reply->got = (uint32_t)got;
}

_Noreturn void image_ewf_serve(int socket, uint8_t *shared, const char *path)
{
	struct server server = {.socket = socket, .shared = shared};
	struct ewf_reply reply = {0};
	struct ewf_request request;

	confine();
	if (open_image(&server, path, &reply.err)) {
		reply.media_size = server.media_size;
		reply.chunk_size = server.chunk_size;
	}
	while (send(socket, &reply, sizeof(reply), MSG_NOSIGNAL) == (ssize_t)sizeof(reply) &&
	       reply.chunk_size &&
	       recv(socket, &request, sizeof(request), 0) == (ssize_t)sizeof(request)) {
		reply = (struct ewf_reply){.chunk_size = server.chunk_size};
		read_chunk(&server, request.chunk, &reply);
	}
	_exit(0);
}
