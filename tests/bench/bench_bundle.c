/* Writes a large bundle for the benchmarks of opening, through the writer that collect uses, on all cores.
 * usage: bench_bundle KIT OUT MIB [ENTRY_KIB]   entries of ENTRY_KIB (1024) with bytes that compress about as a Windows disk does,
 * one more of 10 KiB in the middle, fs/C/small.bin. Standard output's last line: the bundle's path. */
#include "tests/bench/input.h"

#include "bundle/kit.h"
#include "bundle/writer.h"
#include "platform/clock.h"
#include "platform/conveyor.h"
#include "platform/file.h"
#include "platform/store.h"

#include <stdio.h>
#include <stdlib.h>

#define SMALL_LEN ((uint64_t)10240)

struct making {
	struct bundle_writer *writer;
	struct text input;
};

static bool write_row(struct making *making, const char *path, uint64_t size,
    const struct bundle_place *place, struct err *err)
{
	CLEANUP(text_free) struct text row = {0};
	char hex[SHA256_HEX_ROOM];

	hash_hex((struct bytes){place->sha256, SHA256_LEN}, hex);
	text_addf(&row,
	    "{\"path\":\"%s\",\"volume\":\"C\",\"kind\":\"file\",\"size\":%llu,\"status\":"
	    "\"taken\",\"place\":{\"set\":\"files\",\"volume\":%u,\"tar\":%llu,\"data\":%llu},"
	    "\"stored_size\":%llu,\"sha256\":\"%s\"}",
	    path, (unsigned long long)size, place->volume, (unsigned long long)place->tar_offset,
	    (unsigned long long)place->data_offset, (unsigned long long)place->stored, hex);
	return text_ok(&row, err) && bundle_row(making->writer, text_bytes(&row), err);
}

/* Bytes of the input from where the entry's number says. */
static bool write_entry(
    struct making *making, const char *path, uint64_t number, uint64_t size, struct err *err)
{
	size_t at = (size_t)(number * 1048573 % making->input.len);
	struct bundle_place place;

	if (!bundle_entry_begin(making->writer, BUNDLE_FILES,
		&(struct bundle_member){.name = path, .size = size, .modified = clock_now()}, err))
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

static bool make(char **argv, uint64_t total, uint64_t each, struct err *err)
{
	CLEANUP(store_free) struct store *kit_store = NULL, *store = NULL;
	CLEANUP(kit_free) struct kit kit = {0};
	CLEANUP(text_free) struct text directory = {0}, path = {0};
	CLEANUP(conveyor_free) struct conveyor *conveyor = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	struct making making = {0};
	char number[SHA256_HEX_ROOM];

	if (!store_open_directory(argv[1], &kit_store, err) || !kit_load(kit_store, &kit, err) ||
	    !conveyor_new(0, &conveyor, err))
		return false;
	struct bundle_plan plan = {.host = "BENCH",
	    .started = clock_now(),
	    .recipients = &kit.recipients,
	    .seal = kit.seal,
	    .now = clock_now,
	    .monotonic_ms = clock_monotonic_ms,
	    .conveyor = conveyor};

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
	bench_input(&making.input);
	bool ok = write_all(&making, total, each, err) &&
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
		fprintf(stderr, "usage: bench_bundle KIT OUT MIB [ENTRY_KIB]\n");
		return 64;
	}
	if (make(argv, strtoull(argv[3], NULL, 10) << 20,
		(argc > 4 ? strtoull(argv[4], NULL, 10) : 1024) << 10, &err))
		return 0;
	fprintf(stderr, "bench_bundle: %s\n", err.text);
	return 1;
}
