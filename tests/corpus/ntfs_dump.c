/* Prints what formats/ntfs reads, one tab-separated line each, for corpus/ntfs.sh to compare with others.
 *
 * ntfs_dump streams IMAGE OFFSET [NOT_LONGER]  record type(hex) id size used|free ok|<error> sha256 name
 * ntfs_dump times IMAGE OFFSET     record "si"|"fn" created modified changed accessed (ticks), name
 * ntfs_dump list IMAGE OFFSET      directory(record) child(record-sequence) namespace name
 * ntfs_dump paths IMAGE OFFSET     record-sequence orphan(0|1) /path, of every name in use, then what
 *                                  ntfs_find makes of it
 * ntfs_dump mft FILE               a bare $MFT: counts; then per record what expected/oracle.jsonl tells
 * ntfs_dump runs FILE              a bare $MFT: per stream of a record (also of an extension record by itself), its type(hex), size, name(hex of UTF-16), runs(LCN+LENGTH, -+LENGTH a
 *                                  hole) or "resident"
 * ntfs_dump damage IMAGE OFFSET    record, what is damaged
 * ntfs_dump kind IMAGE OFFSET      what volume_kind says
 * ntfs_dump boot FILE              sector, cluster, record, index size, sectors, clusters, serial
 * ntfs_dump lznt1 FILE OFFSET      its content decompressed, to standard output */
#include "core/hash.h"
#include "core/json.h"
#include "core/time.h"
#include "formats/ntfs/lznt1.h"
#include "formats/ntfs/ntfs.h"
#include "formats/volume_kind.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECE ((size_t)1 << 20)

/* Controls, tabs and newlines among them, as <U+000A>: a line is a line. */
static void print_text(const struct text *text)
{
	for (const char *c = text_string(text); *c; c++)
		if ((unsigned char)*c < 0x20)
			printf("<U+%04X>", (unsigned)*c);
		else
			putchar(*c);
}

static void print_utf16(struct bytes utf16)
{
	CLEANUP(text_free) struct text text = {0};

	text_add_utf16(&text, utf16);
	print_text(&text);
}

/* Hashes a whole source; *done is how far it could be read. */
static bool hash_readable(
    struct source *source, uint8_t out[SHA256_LEN], uint64_t *done, struct err *err)
{
	static uint8_t piece[PIECE];
	CLEANUP(hash_free) struct hash *hash = hash_new(HASH_SHA256);

	for (*done = 0; hash && *done < source->size;) {
		size_t got = 0;

		if (!source->read(source, *done, piece, PIECE, &got, err))
			return false;
		if (got == 0)
			return fail(err, ERR_IO, "nothing more to read");
		hash_add(hash, (struct bytes){.at = piece, .len = got});
		*done += got;
	}
	if (!hash)
		return fail(err, ERR_MEMORY, "no memory");
	hash_take(hash, out);
	return true;
}

static void dump_stream(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, uint64_t longest)
{
	CLEANUP(source_close) struct source *source = NULL;
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX_ROOM] = "-";
	struct err err = {0};
	uint64_t done = 0;
	const char *state = "ok";

	if (stream->size > longest)
		state = "long";
	else if (!ntfs_stream_open(volume, entry, stream, &source, &err) ||
		 !hash_readable(source, digest, &done, &err))
		state = err_kind_name(err.kind);
	else
		hash_hex((struct bytes){.at = digest, .len = SHA256_LEN}, hex);
	printf("%llu\t%x\t%u\t%llu\t%s\t%s\t%s\t", (unsigned long long)entry->record, stream->type,
	    stream->id, (unsigned long long)stream->size, entry->in_use ? "used" : "free", state,
	    hex);
	print_utf16(stream->utf16);
	putchar('\n');
	if (err.kind != ERR_NONE)
		fprintf(stderr, "record %llu: %s (after %llu bytes)\n",
		    (unsigned long long)entry->record, err.text, (unsigned long long)done);
}

struct dump {
	struct ntfs_lister lister;
	struct ntfs_volume *volume;
	struct ntfs_mft *mft;
	struct ntfs_paths *paths;
	uint64_t directory;
	uint64_t longest;
};

static bool is_extension(const struct ntfs_entry *entry)
{
	return entry->base.record != 0 || entry->base.sequence != 0;
}

static void dump_streams(struct dump *dump, const struct ntfs_entry *entry)
{
	for (size_t i = 0; i < entry->stream_count && !is_extension(entry); i++)
		dump_stream(dump->volume, entry, &entry->streams[i], dump->longest);
}

static void print_times(uint64_t record, const char *kind, const struct ntfs_times *times)
{
	printf("%llu\t%s\t%llu\t%llu\t%llu\t%llu\t", (unsigned long long)record, kind,
	    (unsigned long long)times->created, (unsigned long long)times->modified,
	    (unsigned long long)times->changed, (unsigned long long)times->accessed);
}

static void dump_times(struct dump *dump, const struct ntfs_entry *entry)
{
	(void)dump;
	if (entry->has_standard) {
		print_times(entry->record, "si", &entry->times);
		putchar('\n');
	}
	for (size_t i = 0; i < entry->name_count; i++) {
		print_times(entry->record, "fn", &entry->names[i].times);
		print_utf16(entry->names[i].utf16);
		putchar('\n');
	}
}

static bool print_child(struct ntfs_lister *lister, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err)
{
	struct dump *dump = (struct dump *)lister;

	(void)err;
	printf("%llu\t%llu-%u\t%u\t", (unsigned long long)dump->directory,
	    (unsigned long long)file.record, file.sequence, name->name_space);
	print_utf16(name->utf16);
	putchar('\n');
	return true;
}

static void print_damage(struct ntfs_lister *lister, const struct err *why)
{
	fprintf(stderr, "directory %llu: %s\n",
	    (unsigned long long)((struct dump *)lister)->directory, why->text);
}

static void dump_list(struct dump *dump, const struct ntfs_entry *entry)
{
	struct err err = {0};

	if (!entry->is_directory || !entry->in_use)
		return;
	dump->directory = entry->record;
	if (!ntfs_list(dump->volume, entry, &dump->lister, &err) && err.kind != ERR_MISSING)
		print_damage(&dump->lister, &err);
}

static void dump_paths(struct dump *dump, const struct ntfs_entry *entry)
{
	for (size_t i = 0; i < entry->name_count && entry->in_use && !is_extension(entry); i++) {
		CLEANUP(text_free) struct text path = {0};
		struct ntfs_reference found = {0};
		struct err err = {0};
		bool is_orphan = false;

		if (!ntfs_path(dump->paths, &entry->names[i], &path, &is_orphan, &err)) {
			fprintf(stderr, "%s\n", err.text);
			exit(1);
		}
		printf("%llu-%u\t%d\t/", (unsigned long long)entry->record, entry->sequence,
		    is_orphan);
		print_text(&path);
		putchar('\t');
		if (ntfs_find(dump->volume, text_bytes(&path), &found, &err))
			printf("%llu-%u\n", (unsigned long long)found.record, found.sequence);
		else
			printf("%s\n", err.text);
	}
}

static void dump_damage(struct dump *dump, const struct ntfs_entry *entry)
{
	(void)dump;
	if (entry->damage.kind != ERR_NONE)
		printf("%llu\t%s\t%s\n", (unsigned long long)entry->record,
		    err_kind_name(entry->damage.kind), entry->damage.text);
}

static void dump_runs(struct dump *dump, const struct ntfs_entry *entry)
{
	(void)dump;
	for (size_t i = 0; i < entry->stream_count; i++) {
		const struct ntfs_stream *stream = &entry->streams[i];

		printf("%llu\t%x\t%llu\t", (unsigned long long)entry->record, stream->type,
		    (unsigned long long)stream->size);
		for (size_t k = 0; k < stream->utf16.len; k++)
			printf("%02x", stream->utf16.at[k]);
		printf("\t%s", stream->resident ? "resident" : "");
		for (size_t k = 0; k < stream->run_count; k++) {
			const struct ntfs_run *run = &stream->runs[k];

			if (run->lcn == NTFS_HOLE)
				printf("-+%llu ", (unsigned long long)run->length);
			else
				printf("%llu+%llu ", (unsigned long long)run->lcn,
				    (unsigned long long)run->length);
		}
		putchar('\n');
	}
}

static void dump_nothing(struct dump *dump, const struct ntfs_entry *entry)
{
	(void)dump;
	(void)entry;
}

/* A line of JSON per base record in use, with the names that expected/oracle.jsonl gives them. */
static void dump_record(struct dump *dump, const struct ntfs_entry *entry)
{
	const struct ntfs_stream *data = ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){0});
	CLEANUP(text_free) struct text text = {0};
	struct json json = {.to = &text};

	json_begin(&json);
	json_unsigned_field(&json, "entry", entry->record);
	json_unsigned_field(&json, "seq", entry->sequence);
	json_bool_field(&json, "in_use", entry->in_use);
	json_bool_field(&json, "directory", entry->is_directory);
	json_bool_field(&json, "base", !is_extension(entry));
	json_key(&json, "paths");
	json_begin_array(&json);
	for (size_t i = 0; i < entry->name_count; i++) {
		CLEANUP(text_free) struct text path = {0};
		bool is_orphan = false;
		struct err err = {0};

		if (!ntfs_path(dump->paths, &entry->names[i], &path, &is_orphan, &err))
			exit(1);
		json_string(&json, text_bytes(&path));
	}
	json_end_array(&json);
	if (entry->has_standard) {
		json_time_field(&json, "created", entry->times.created);
		json_time_field(&json, "modified", entry->times.modified);
		json_time_field(&json, "changed", entry->times.changed);
		json_time_field(&json, "accessed", entry->times.accessed);
	}
	json_key(&json, "size");
	if (data)
		json_unsigned(&json, data->size);
	else
		json_null(&json);
	json_end(&json);
	puts(text_string(&text));
}

static int walk(struct dump *dump, void (*each)(struct dump *, const struct ntfs_entry *))
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};

	for (uint64_t i = ntfs_mft_first(dump->mft), end = i + ntfs_mft_count(dump->mft); i < end;
	     i++) {
		struct err err = {0};

		if (ntfs_entry_load(dump->mft, i, &entry, &err))
			each(dump, &entry);
		else if (err.kind != ERR_MISSING)
			fprintf(stderr, "%s\n", err.text);
	}
	return 0;
}

static int print_kind(struct source *raw)
{
	enum volume_kind kind;
	struct err err = {0};

	if (!volume_kind_of(raw, &kind, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	puts(volume_kind_name(kind));
	return 0;
}

static int print_boot(struct source *raw)
{
	uint8_t sector[512];
	struct ntfs_geometry g;
	struct err err = {0};

	if (!source_read_exact(raw, 0, sector, sizeof(sector), &err) ||
	    !ntfs_boot_parse((struct bytes){.at = sector, .len = sizeof(sector)}, &g, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	printf("%u\t%u\t%u\t%u\t%llu\t%llu\t%016llx\n", g.sector_size, g.cluster_size,
	    g.record_size, g.index_size, (unsigned long long)g.sectors,
	    (unsigned long long)g.clusters, (unsigned long long)g.serial);
	return 0;
}

static int decompress(struct source *raw)
{
	static uint8_t packed[PIECE];
	static uint8_t out[16 * PIECE];
	struct bytes in = {.at = packed};
	struct err err = {0};
	size_t got = 0;

	if (!raw->read(raw, 0, packed, PIECE, &in.len, &err) ||
	    !lznt1_decompress(in, out, sizeof(out), &got, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return fwrite(out, 1, got, stdout) == got ? 0 : 1;
}

static int dump_volume(const char *what, struct source *raw, uint64_t longest)
{
	static const struct {
		const char *name;
		void (*each)(struct dump *, const struct ntfs_entry *);
	} dumps[] = {{"streams", dump_streams}, {"times", dump_times}, {"list", dump_list},
	    {"paths", dump_paths}, {"damage", dump_damage}, {"mft", dump_record},
	    {"runs", dump_runs}, {"nothing", dump_nothing}};
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_mft_close) struct ntfs_mft *bare = NULL;
	CLEANUP(ntfs_paths_free) struct ntfs_paths *paths = NULL;
	struct dump dump = {
	    .lister = {.each = print_child, .damage = print_damage}, .longest = longest};
	struct err err = {0};
	bool is_bare =
	    strcmp(what, "mft") == 0 || strcmp(what, "runs") == 0 || strcmp(what, "nothing") == 0;

	if (is_bare ? !ntfs_mft_open(raw, &bare, &err) : !ntfs_volume_open(raw, &volume, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	dump.volume = volume;
	dump.mft = is_bare ? bare : ntfs_volume_mft(volume);
	if (!ntfs_paths_new(dump.mft, &paths, &err))
		return 1;
	dump.paths = paths;
	for (size_t i = 0; i < ARRAY_LEN(dumps); i++)
		if (strcmp(what, dumps[i].name) == 0)
			return walk(&dump, dumps[i].each);
	return 64;
}

int main(int argc, char **argv)
{
	CLEANUP(source_close) struct source *image = NULL;
	CLEANUP(source_close) struct source *raw = NULL;
	struct err err = {0};

	if (argc < 3) {
		fprintf(stderr, "ntfs_dump: see its source for what to say\n");
		return 64;
	}
	if (!file_open(argv[2], &image, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 66;
	}
	raw = source_window(image, argc > 3 ? strtoull(argv[3], NULL, 10) : 0, UINT64_MAX, false);
	if (!raw)
		return 70;
	if (strcmp(argv[1], "kind") == 0)
		return print_kind(raw);
	if (strcmp(argv[1], "boot") == 0)
		return print_boot(raw);
	if (strcmp(argv[1], "lznt1") == 0)
		return decompress(raw);
	return dump_volume(argv[1], raw, argc > 4 ? strtoull(argv[4], NULL, 10) : UINT64_MAX);
}
