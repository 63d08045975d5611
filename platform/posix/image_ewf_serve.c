/* The process that holds libewf. It gets hostile files and one socket; what it can do wrong, the other half
 * survives. See image_ewf.h. */
#define _GNU_SOURCE
#include "platform/posix/image_ewf.h"

#include "platform/posix/image_ewf_segment.h"

#include <fcntl.h>
#include <libewf.h>
#include <signal.h>
#include <stdlib.h>
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
	char **names; /* of its files */
	char *single; /* the name of the only one */
	int count, checked;
	const char *cut; /* a file that ends too early */
	bool is_lost;    /* so many bad chunks that looking through them takes too long */
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

static const char *name_in(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The first file of the set that was cut off, NULL: none. Looked for once, when something cannot be read. */
static const char *cut_file(struct server *server)
{
	for (; !server->cut && server->checked < server->count; server->checked++)
		if (image_ewf_segment_end(server->names[server->checked]) == EWF_END_CUT)
			server->cut = name_in(server->names[server->checked]);
	return server->cut;
}

static bool fail_cut(struct err *err, const char *name)
{
	return fail(err, ERR_DAMAGED,
	    "'%.100s' ends before its end mark: it is cut off; copy it again", name);
}

/* libewf finds the files behind the first by their names, beside it. Of a link that has none beside it those beside what it
 * leads to; a name that says nothing to libewf is that of a set of one file. */
static bool find_files(struct server *server, const char *path, struct err *err)
{
	for (int i = 0; i < 2 && server->count < 2; i++) {
		libewf_error_t *error = NULL;
		char *first = i ? realpath(path, NULL) : strdup(path);

		if (!first && i == 0)
			return fail(err, ERR_MEMORY, "no memory to open '%s'", path);
		if (!first)
			break;
		server->names = NULL;
		if (libewf_glob(first, strlen(first), LIBEWF_FORMAT_UNKNOWN, &server->names,
			&server->count, &error) == 1 &&
		    server->count > 0)
			continue;
		libewf_error_free(&error);
		server->single = first;
		server->names = &server->single;
		server->count = 1;
	}
	return server->count <= SEGMENTS_MAX ||
	       fail(err, ERR_LIMIT, "more than %d files of an image", SEGMENTS_MAX);
}

static bool open_files(struct server *server, struct err *err)
{
	libewf_error_t *error = NULL;
	int count = server->count;
	const char *last = name_in(server->names[count - 1]);

	if (image_ewf_segment_end(server->names[count - 1]) == EWF_END_NEXT)
		return fail(
		    err, ERR_MISSING, "the file of the image after '%.150s' is missing", last);
	if (libewf_handle_initialize(&server->handle, &error) != 1)
		return ewf_fail(err, "no memory for libewf", &error);
	if (libewf_handle_open(server->handle, server->names, count, LIBEWF_OPEN_READ, &error) !=
	    1) {
		char reason[REASON_LEN];

		take_reason(&error, reason);
		if (cut_file(server))
			return fail_cut(err, server->cut);
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
	size64_t media_size = 0;

	/* The names are freed with the process: libewf_glob_free has nothing to add. */
	if (!find_files(server, path, err) || !open_files(server, err))
		return false;
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

	bool is_bad = got >= 0 && is_marked_bad(server, offset, want);

	if (got >= 0 && (size_t)got == want && !is_bad)
		reply->got = (uint32_t)got;
	else if (cut_file(server))
		fail_cut(&reply->err, server->cut);
	else if (got < 0)
		ewf_fail(&reply->err, "the image cannot be read there", &error);
	else if (is_bad)
		fail(&reply->err, ERR_DAMAGED, "wrong checksum in the image");
	else
		fail(&reply->err, ERR_DAMAGED, "the image holds less there than it says");
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
