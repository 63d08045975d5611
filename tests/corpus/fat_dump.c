/* What our reader sees of a FAT or exFAT volume, for tests/corpus/fat.sh and tests/e2e: see usage(). */
#include "core/array.h"
#include "core/hash.h"
#include "core/time.h"
#include "formats/fat/fat.h"
#include "platform/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dump {
	struct fat_walker walker;
	struct fat_volume *volume;
	bool with_content;
};

static void print_time(const struct fat_time *time)
{
	int64_t seconds = 0;
	uint32_t nanoseconds;

	if (time->zone != FAT_TIME_NONE)
		time_to_unix(time->ticks, &seconds, &nanoseconds);
	printf("\t%" PRId64, seconds);
}

static void print_content(struct dump *dump, const struct fat_entry *entry)
{
	static const char *const results[] = {"full", "partial", "overwritten"};
	static const char *const layouts[] = {"none", "chain", "contiguous", "assumed"};
	CLEANUP(source_close) struct source *source = NULL;
	enum fat_layout layout = FAT_LAYOUT_NONE;
	struct fat_recovered recovered = {0};
	uint8_t digest[SHA256_LEN];
	char hex[SHA256_HEX_ROOM] = "-";
	struct err err = {0};

	if (fat_content_open(dump->volume, entry, &source, &layout, NULL, &err) &&
	    hash_source(source, digest, &err))
		hash_hex((struct bytes){digest, sizeof(digest)}, hex);
	printf("\t%s\t%s", hex, layouts[layout]);
	if (entry->is_deleted && fat_recovery_of(dump->volume, entry, &recovered, &err))
		printf("\t%s", results[recovered.result]);
	else
		printf("\t-");
	printf("\t%" PRIu64, entry->valid_size);
}

static bool print_entry(struct fat_walker *self, const struct fat_entry *entry, struct err *err)
{
	struct dump *dump = (struct dump *)self;
	static const char kinds[] = "rdvbun";
	CLEANUP(text_free) struct text shown = {0};
	CLEANUP(text_free) struct text short_name = {0};

	(void)err;
	text_add_printable(&shown, entry->path);
	text_add_printable(&short_name, entry->short_name);
	printf("%" PRIu64 "\t%c\t%s\t%" PRIu64 "\t%u", entry->number, kinds[entry->kind],
	    entry->is_beyond_end ? "beyond"
	    : entry->is_deleted  ? "deleted"
				 : "live",
	    entry->size, entry->cluster);
	print_time(&entry->modified);
	print_time(&entry->accessed);
	print_time(&entry->created);
	if (dump->with_content)
		print_content(dump, entry);
	printf("\t%s\t%s\t%s\n", entry->damage.kind == ERR_NONE ? "-" : entry->damage.text,
	    text_string(&short_name), text_string(&shown));
	return true;
}

static void print_damage(struct fat_walker *self, uint64_t place, const struct err *why)
{
	(void)self;
	fprintf(stderr, "damage at %" PRIu64 ": %s\n", place, why->text);
}

static bool dump_volume(const char *path, uint64_t offset, bool with_content, struct err *err)
{
	CLEANUP(source_close) struct source *image = NULL;
	CLEANUP(source_close) struct source *window = NULL;
	CLEANUP(fat_volume_close) struct fat_volume *volume = NULL;
	struct dump dump = {.walker = {print_entry, print_damage}, .with_content = with_content};

	if (!file_open(path, &image, err))
		return false;
	window = source_window(image, offset, UINT64_MAX, false);
	if (!window || !fat_volume_open(window, &volume, err))
		return false;
	dump.volume = volume;
	const struct fat_geometry *g = fat_volume_geometry(volume);

	fprintf(stderr, "%s, %u clusters of %u, serial %08x\n", fat_kind_name(g->kind), g->clusters,
	    g->cluster_size, g->serial);
	if (!fat_volume_find_lost(volume, NULL, NULL, err))
		return false;
	return fat_walk(volume, &dump.walker, err);
}

/* Whether 32 bytes are an entry of a FAT directory as any driver would write one. */
static bool is_fat_entry(const uint8_t *raw)
{
	bool is_long = raw[11] == 0x0f;
	bool is_name = raw[0] > 0x20 && raw[0] != 0x7f && raw[1] >= 0x20 && raw[8] >= 0x20;

	return (raw[11] & 0xc0) == 0 && (is_long ? raw[12] == 0 && le16(raw + 26) == 0 : is_name);
}

/* One of exFAT: those of the specification, in use or not. */
static bool is_exfat_entry(const uint8_t *raw)
{
	static const uint8_t types[] = {0x01, 0x02, 0x03, 0x05, 0x20, 0x21, 0x40, 0x41, 0x60, 0x61};

	return memchr(types, raw[0] & 0x7f, sizeof(types)) != NULL;
}

static bool is_filled(struct bytes piece, bool (*is_entry)(const uint8_t *raw))
{
	size_t at = 0;

	while (at + 32 <= piece.len && piece.at[at] != 0 && is_entry(piece.at + at))
		at += 32;
	return at > 0 && (at == piece.len || piece.at[at] == 0);
}

/* What a file without a boot sector is a piece of, by its first entries. */
static bool tell_piece(const char *path, struct err *err)
{
	CLEANUP(source_close) struct source *file = NULL;
	uint8_t at[4096];
	struct bytes piece = {.at = at};

	if (!file_open(path, &file, err) || !file->read(file, 0, at, sizeof(at), &piece.len, err))
		return false;
	if (is_filled(piece, is_exfat_entry))
		puts("exfat-directory");
	else
		puts(is_filled(piece, is_fat_entry) ? "fat-directory" : "other");
	return true;
}

/* list: number kind state size cluster modified accessed created damage short-name path; content: the same with the SHA-256,
 * the layout, what is left and the bytes written, before the damage. */
int main(int argc, char **argv)
{
	struct err err = {0};

	if (argc == 3 && strcmp(argv[1], "piece") == 0) {
		if (tell_piece(argv[2], &err))
			return 0;
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (argc != 4 || (strcmp(argv[1], "list") != 0 && strcmp(argv[1], "content") != 0)) {
		fputs("usage: corpus_fat_dump list|content IMAGE OFFSET | piece FILE\n", stderr);
		return 64;
	}
	if (dump_volume(argv[2], strtoull(argv[3], NULL, 10), argv[1][0] == 'c', &err))
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return 1;
}
