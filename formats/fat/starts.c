/* Where a deleted file of FAT32 begins when the high half of its cluster was cleared. See volume.h. */
#include "formats/fat/volume.h"

#include "core/array.h"
#include "formats/fat/directory.h"

#include <stdlib.h>

#define HALF       0x10000u
#define HEAD       64u /* bytes that are looked at */
#define ENDING_MAX 5u

/* How files with these endings begin. */
static const struct beginning {
	const char *ending;
	const char *begins;
	uint8_t len, at;
} beginnings[] = {
    {"jpg", "\xff\xd8\xff", 3, 0},
    {"jpeg", "\xff\xd8\xff", 3, 0},
    {"png", "\x89PNG\r\n\x1a\n", 8, 0},
    {"gif", "GIF8", 4, 0},
    {"pdf", "%PDF-", 5, 0},
    {"zip", "PK\3\4", 4, 0},
    {"docx", "PK\3\4", 4, 0},
    {"xlsx", "PK\3\4", 4, 0},
    {"pptx", "PK\3\4", 4, 0},
    {"docm", "PK\3\4", 4, 0},
    {"xlsm", "PK\3\4", 4, 0},
    {"jar", "PK\3\4", 4, 0},
    {"doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0},
    {"xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0},
    {"ppt", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0},
    {"msg", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0},
    {"msi", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, 0},
    {"exe", "MZ", 2, 0},
    {"dll", "MZ", 2, 0},
    {"sys", "MZ", 2, 0},
    {"scr", "MZ", 2, 0},
    {"7z", "7z\xbc\xaf\x27\x1c", 6, 0},
    {"rar", "Rar!\x1a\7", 6, 0},
    {"cab", "MSCF", 4, 0},
    {"lnk", "L\0\0\0\1\x14\2\0", 8, 0},
    {"evtx", "ElfFile", 8, 0},
    {"pst", "!BDN", 4, 0},
    {"rtf", "{\\rtf", 5, 0},
    {"mp4", "ftyp", 4, 4},
    {"mov", "ftyp", 4, 4},
    {"heic", "ftyp", 4, 4},
    {"db", "SQLite format 3", 16, 0},
    {"sqlite", "SQLite format 3", 16, 0},
};

bool fat_start_is_lost(const struct fat_volume *volume, const struct fat_entry *entry)
{
	bool has_cluster =
	    entry->cluster != 0 || entry->size != 0 || entry->kind == FAT_ENTRY_DIRECTORY;

	/* Of an earlier layout there is no cluster that could be found. */
	return entry->is_deleted && !entry->is_slack && has_cluster && fat_may_lose_start(volume) &&
	       entry->cluster < HALF;
}

bool fat_may_lose_start(const struct fat_volume *volume)
{
	return volume->geometry.kind == FAT_32 &&
	       volume->geometry.clusters > HALF - FAT_FIRST_CLUSTER;
}

static bool read_head(struct fat_volume *volume, uint32_t cluster, uint8_t head[HEAD])
{
	return source_read_exact(
	    volume->raw, fat_cluster_offset(volume, cluster), head, HEAD, NULL);
}

static bool is_free(struct fat_volume *volume, uint32_t cluster)
{
	bool free_now = false;

	return fat_cluster_is_free(volume, cluster, &free_now, NULL) && free_now;
}

static bool is_dots(const uint8_t *raw, size_t dots)
{
	return raw[0] == '.' && (dots == 1 || raw[1] == '.') &&
	       memcmp(raw + dots, "          ", 11 - dots) == 0 &&
	       (raw[11] & FAT_ATTRIBUTE_DIRECTORY);
}

static uint32_t cluster_of(const struct fat_volume *volume, const uint8_t *raw)
{
	uint32_t high = volume->geometry.kind == FAT_32 ? le16(raw + 20) : 0;

	return high << 16 | le16(raw + 26);
}

bool fat_start_is_directory(
    const struct fat_volume *volume, const uint8_t *head, uint32_t cluster, uint32_t *parent)
{
	const uint8_t *second = head + FAT_ENTRY_LEN;

	if (!is_dots(head, 1) || cluster_of(volume, head) != cluster || !is_dots(second, 2))
		return false;
	*parent = cluster_of(volume, second);
	return true;
}

struct sought {
	const struct beginning *beginning; /* NULL: a directory */
	uint32_t parent;                   /* of a directory */
};

static bool begins_so(const struct fat_volume *volume, const uint8_t head[HEAD], uint32_t cluster,
    const struct sought *sought)
{
	const struct beginning *beginning = sought->beginning;
	uint32_t parent = 0;

	if (beginning)
		return memcmp(head + beginning->at, beginning->begins, beginning->len) == 0;
	return fat_start_is_directory(volume, head, cluster, &parent) && parent == sought->parent;
}

static struct fat_start *slot_of(struct fat_start *at, size_t room, uint64_t place)
{
	size_t slot = (size_t)(place / 32 * 0x9e3779b97f4a7c15ull >> 20) & (room - 1);

	while (at[slot].place && at[slot].place != place)
		slot = (slot + 1) & (room - 1);
	return &at[slot];
}

static bool make_room(struct fat_volume *volume, struct err *err)
{
	size_t room = volume->start_room ? volume->start_room * 2 : 256;

	if (volume->start_count < volume->start_room / 2)
		return true;
	struct fat_start *at = calloc(room, sizeof(*at));

	if (!at)
		return fail(err, ERR_MEMORY, "no memory for deleted directories");
	for (size_t i = 0; i < volume->start_room; i++)
		if (volume->starts[i].place)
			*slot_of(at, room, volume->starts[i].place) = volume->starts[i];
	free(volume->starts);
	volume->starts = at;
	volume->start_room = room;
	return true;
}

/* The one free cluster with that low half that begins as the sought; 0 when there is none, or more than one. */
static uint32_t find(
    struct fat_volume *volume, uint32_t low, uint64_t *reads, const struct sought *sought)
{
	uint32_t found = 0;
	uint8_t head[HEAD];

	uint64_t first = low < FAT_FIRST_CLUSTER ? (uint64_t)low + HALF : low;

	for (uint64_t cluster = first; cluster < volume->geometry.clusters + 2ull;
	     cluster += HALF) {
		if ((*reads)++ >= FAT_LIMIT_GUESS_READS)
			return 0;
		if (!read_head(volume, (uint32_t)cluster, head) ||
		    !begins_so(volume, head, (uint32_t)cluster, sought) ||
		    !is_free(volume, (uint32_t)cluster))
			continue;
		if (found)
			return 0;
		found = (uint32_t)cluster;
	}
	return found;
}

bool fat_start_of_directory(struct fat_volume *volume, const struct fat_entry *entry,
    uint32_t parent, uint32_t *out, struct err *err)
{
	*out = 0;
	if (!make_room(volume, err))
		return false;
	struct fat_start *start = slot_of(volume->starts, volume->start_room, entry->place);

	if (!start->place) {
		if (volume->start_count >= FAT_LIMIT_GUESSES)
			return true;
		start->place = entry->place;
		start->cluster = find(volume, entry->cluster, &volume->directory_reads,
		    &(struct sought){.parent = parent});
		volume->start_count++;
	}
	*out = start->cluster;
	return true;
}

/* The ending of a name without its dot, in small letters; empty when there is none or it is long. */
static void ending_of(struct bytes name, char out[ENDING_MAX + 2])
{
	size_t dot = name.len, len = 0;

	while (dot > 0 && name.at[dot - 1] != '.')
		dot--;
	if (dot > 0 && name.len - dot <= ENDING_MAX + 1)
		for (; dot < name.len && len <= ENDING_MAX; dot++)
			out[len++] = (char)(name.at[dot] >= 'A' && name.at[dot] <= 'Z'
						? name.at[dot] + ('a' - 'A')
						: name.at[dot]);
	out[len] = 0;
}

uint32_t fat_start_of_file(struct fat_volume *volume, const struct fat_entry *entry)
{
	char ending[ENDING_MAX + 2];

	ending_of(entry->name, ending);
	for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
		if (strcmp(beginnings[i].ending, ending) == 0)
			return find(volume, entry->cluster, &volume->file_reads,
			    &(struct sought){.beginning = &beginnings[i]});
	return 0;
}
