/* Collector "processes": what runs, who started it, and the SHA-256 of its program. */
#include "collectors/collection.h"
#include "collectors/live_rows.h"
#include "core/array.h"
#include "core/hash.h"
#include "core/json.h"
#include "platform/file.h"
#include "platform/process.h"

#include <stdlib.h>

/* Programs are a few MB; one of gigabytes would hold up what is lost next, and is taken as a file anyway. */
#define IMAGE_BYTES_MAX ((uint64_t)512 << 20)
#define IMAGES_MAX      4096 /* programs remembered with their hash */

struct image {
	char *path;
	uint64_t size;
	uint8_t sha256[SHA256_LEN];
	struct err why; /* ERR_NONE: it was hashed */
};

struct images {
	struct image *at;
	size_t count;
	size_t room;
};

static void images_free_at(struct images *images)
{
	for (size_t i = 0; i < images->count; i++)
		free(images->at[i].path);
	free(images->at);
}

static void hash_image(const char *path, struct image *image)
{
	CLEANUP(source_close) struct source *source = NULL;

	if (!file_open(path, &source, &image->why))
		return;
	image->size = source->size;
	if (source->size > IMAGE_BYTES_MAX)
		fail(&image->why, ERR_LIMIT, "over %llu MiB, not hashed here",
		    (unsigned long long)(IMAGE_BYTES_MAX >> 20));
	else
		DISCARD(hash_source(source, image->sha256, &image->why));
}

/* The image at path, hashed the first time that it is asked for. Into *spare when no more are remembered. */
static const struct image *find_image(struct images *images, const char *path, struct image *spare)
{
	for (size_t i = 0; i < images->count; i++)
		if (strcmp(images->at[i].path, path) == 0)
			return &images->at[i];
	*spare = (struct image){0};
	hash_image(path, spare);
	if (!array_grow(&images->at, &images->room, images->count + 1, sizeof(*images->at),
		IMAGES_MAX, NULL))
		return spare;
	spare->path = strdup(path);
	if (!spare->path)
		return spare;
	images->at[images->count] = *spare;
	return &images->at[images->count++];
}

static void add_image(struct json *json, const struct image *image)
{
	if (image->why.kind == ERR_NONE) {
		json_unsigned_field(json, "image_size", image->size);
		json_hex_field(json, "image_sha256", (struct bytes){image->sha256, SHA256_LEN});
		json_string_field(json, "image_problem", NULL);
		return;
	}
	json_string_field(json, "image_size", NULL);
	json_string_field(json, "image_sha256", NULL);
	json_string_field(json, "image_problem", image->why.text);
}

/* null for what could not be read, so that it is never taken for an empty value. */
static void add_text(struct json *json, const char *key, const struct text *text)
{
	if (text->at)
		json_bytes_field(json, key, text_bytes(text));
	else
		json_string_field(json, key, NULL);
}

static void add_time(struct json *json, const char *key, uint64_t ticks)
{
	if (ticks)
		json_time_field(json, key, ticks);
	else
		json_string_field(json, key, NULL);
}

struct rows {
	const struct row_taker *to;
	struct images images;
};

static bool add_process(void *context, const struct process *process, struct err *err)
{
	struct rows *rows = context;
	CLEANUP(text_free) struct text line = {0};
	struct json json = {.to = &line};
	struct image spare;

	if (rows->to->stopped && rows->to->stopped(rows->to->context))
		return fail(err, ERR_STOPPED, "stopped while listing the processes");
	json_begin(&json);
	json_unsigned_field(&json, "pid", process->pid);
	json_unsigned_field(&json, "parent", process->parent);
	json_unsigned_field(&json, "session", process->session);
	json_unsigned_field(&json, "threads", process->threads);
	add_time(&json, "started", process->started);
	add_text(&json, "name", &process->name);
	add_text(&json, "path", &process->path);
	add_text(&json, "command_line", &process->command_line);
	add_text(&json, "user", &process->user);
	add_text(&json, "user_sid", &process->user_sid);
	if (process->path.len)
		add_image(&json, find_image(&rows->images, process->path.at, &spare));
	json_string_field(
	    &json, "problem", process->why.kind == ERR_NONE ? NULL : process->why.text);
	json_end(&json);
	if (!text_ok(&line, err))
		return false;
	rows->to->add(rows->to->context, text_bytes(&line));
	return true;
}

static void rows_free_at(struct rows *rows)
{
	images_free_at(&rows->images);
}

bool processes_rows(const struct row_taker *to, struct err *err)
{
	CLEANUP(rows_free) struct rows rows = {.to = to};

	return process_list(add_process, &rows, err);
}

static void run(struct collection *collection)
{
	live_rows_collect(collection, "live/processes.jsonl", processes_rows);
}

const struct collector collect_processes = {
    .name = "processes",
    .summary = "the running processes with the hash of their programs",
    .kind = KIND_MEMORY,
    .volatility = 10,
    .needs = NEEDS_LIVE,
    .run = run,
};
