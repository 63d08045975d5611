/* Writes a bundle for the benchmarks through the writer that collect uses, on all cores.
 * usage: bench_bundle KIT OUT DIRECTORY            the files below a directory
 *        bench_bundle KIT OUT MIB [ENTRY_KIB]      entries of ENTRY_KIB (1024) with bytes that compress about as a Windows disk
 *                                                  does, one more of 10 KiB in the middle, fs/C/small.bin
 * Standard output's last line: the bundle's path. */
#include "tests/bench/input.h"

#include "bundle/kit.h"
#include "bundle/name.h"
#include "bundle/volume.h"
#include "bundle/writer.h"
#include "core/json.h"
#include "platform/clock.h"
#include "platform/conveyor.h"
#include "platform/file.h"
#include "platform/store.h"

#include <stdio.h>
#include <stdlib.h>

#define SMALL_LEN ((uint64_t)10240)
#define PIECE_LEN ((size_t)1 << 20)

struct making {
	uint64_t now; /* the time of all entries */
	struct bundle_writer *writer;
	struct text input;
	uint8_t *piece;
};

static bool write_row(struct making *making, const char *path, uint64_t size,
    const struct bundle_place *place, struct err *err)
{
	CLEANUP(text_free) struct text row = {0};
	struct json json = {.to = &row};

	json_begin(&json);
	json_string_field(&json, "path", path);
	json_string_field(&json, "volume", "C");
	json_string_field(&json, "kind", "file");
	json_unsigned_field(&json, "size", size);
	json_string_field(&json, "status", "taken");
	json_time_field(&json, "stored_at", making->now);
	bundle_place_write(&json, place);
	json_end(&json);
	return text_ok(&row, err) && bundle_row(making->writer, text_bytes(&row), err);
}

/* Bytes of the input from where the entry's number says. */
static bool write_entry(
    struct making *making, const char *path, uint64_t number, uint64_t size, struct err *err)
{
	size_t at = (size_t)(number * 1048573 % making->input.len);
	struct bundle_place place;

	if (!bundle_entry_begin(making->writer, BUNDLE_FILES,
		&(struct bundle_member){.name = path, .size = size, .modified = making->now}, err))
		return false;
	for (uint64_t left = size; left;) {
		size_t len = making->input.len - at;

		len = len < left ? len : (size_t)left;
		if (!bundle_entry_write(making->writer,
			(struct bytes){(const uint8_t *)making->input.at + at, len}, err))
			return false;
		left -= len;
		at = 0;
	}
	return bundle_entry_end(making->writer, &place, err) &&
	       write_row(making, path, size, &place, err);
}

static bool write_all(struct making *making, uint64_t total, uint64_t each, struct err *err)
{
	uint64_t count = total / each;
	char path[64];

	for (uint64_t i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "fs/C/Bulk/%07llu.bin", (unsigned long long)i);
		if (!write_entry(making, path, i, each, err))
			return false;
		if (i == count / 2 && !write_entry(making, "fs/C/small.bin", 1, SMALL_LEN, err))
			return false;
	}
	return true;
}

/* A file as an entry, its path below `top` under fs/C. */
static bool copy_file(struct making *making, const char *path, size_t top, struct err *err)
{
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(text_free) struct text name = {0};
	struct bundle_place place;

	text_adds(&name, "fs/C/");
	bundle_name_add_path(&name, bytes_of(path + top));
	if (!file_open(path, &file, err) || !text_ok(&name, err) ||
	    !bundle_entry_begin(making->writer, BUNDLE_FILES,
		&(struct bundle_member){
		    .name = text_string(&name), .size = file->size, .modified = making->now},
		err))
		return false;
	for (uint64_t at = 0; at < file->size;) {
		size_t len = file->size - at < PIECE_LEN ? (size_t)(file->size - at) : PIECE_LEN;
		uint8_t *room = bundle_entry_room(making->writer, &len);
		uint8_t *to = room ? room : making->piece;

		if (!source_read_exact(file, at, to, len, err) ||
		    !bundle_entry_write(making->writer, (struct bytes){to, len}, err))
			return false;
		at += len;
	}
	return bundle_entry_end(making->writer, &place, err) &&
	       write_row(making, text_string(&name), file->size, &place, err);
}

struct visit {
	struct making *making;
	const char *path;
	size_t top;
};

static bool visit_one(void *context, const char *name, enum file_kind kind, struct err *err)
{
	const struct visit *visit = context;
	CLEANUP(text_free) struct text path = {0};
	struct visit below = {visit->making, NULL, visit->top};

	file_join(&path, visit->path, name);
	if (kind == FILE_KIND_FILE)
		return copy_file(visit->making, text_string(&path), visit->top, err);
	below.path = text_string(&path);
	return file_list(below.path, visit_one, &below, err);
}

static bool copy_directory(struct making *making, const char *path, struct err *err)
{
	struct visit visit = {making, path, strlen(path) + 1};

	making->piece = malloc(PIECE_LEN);
	bool ok = making->piece && file_list(path, visit_one, &visit, err);

	free(making->piece);
	return ok;
}

/* As collect has it: no reserve is then written. */
static bool free_space(void *context, uint64_t *bytes)
{
	return file_free_space(context, bytes, NULL);
}

static bool make(char **argv, uint64_t total, uint64_t each, struct err *err)
{
	CLEANUP(store_free) struct store *kit_store = NULL, *store = NULL;
	CLEANUP(kit_free) struct kit kit = {0};
	CLEANUP(text_free) struct text directory = {0}, path = {0};
	CLEANUP(conveyor_free) struct conveyor *conveyor = NULL, *beside = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct making making = {.now = clock_now()};
	char number[SHA256_HEX_ROOM];

	if (!store_open_directory(argv[1], &kit_store, err) ||
	    !kit_open(kit_store, NULL, &kit, err) || !conveyor_new(0, &conveyor, err) ||
	    !conveyor_new_beside(conveyor, VOLUME_BESIDE_DEPTH, &beside, err))
		return false;
	struct bundle_plan plan = {.host = "BENCH",
	    .started = clock_now(),
	    .recipients = &kit.recipients,
	    .seal = kit.seal,
	    .now = clock_now,
	    .monotonic_ms = clock_monotonic_ms,
	    .free_space = free_space,
	    .context = argv[2],
	    .conveyor = conveyor,
	    .beside = beside};

	if (!bundle_new_id(plan.started, plan.collection_id, err) ||
	    !bundle_directory_name(&plan, &directory, err))
		return false;
	file_join(&path, argv[2], text_string(&directory));
	if (!file_make_directory(argv[2], true, err) ||
	    !file_make_directory(text_string(&path), false, err) ||
	    !store_open_directory(text_string(&path), &store, err) ||
	    !bundle_create(store, &plan, &writer, err))
		return false;
	making.writer = writer;
	if (total)
		bench_input(&making.input);
	bool ok = (total ? write_all(&making, total, each, err)
			 : copy_directory(&making, argv[3], err)) &&
		  bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, err);

	text_free(&making.input);
	if (ok)
		printf("%s\n", text_string(&path));
	return ok;
}

int main(int argc, char **argv)
{
	struct err err = {0};

	if (argc < 4) {
		fprintf(stderr, "usage: bench_bundle KIT OUT DIRECTORY | MIB [ENTRY_KIB]\n");
		return 64;
	}
	if (make(argv, strtoull(argv[3], NULL, 10) << 20,
		(argc > 4 ? strtoull(argv[4], NULL, 10) : 1024) << 10, &err))
		return 0;
	fprintf(stderr, "bench_bundle: %s\n", err.text);
	return 1;
}
