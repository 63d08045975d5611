/* The GUID partition table: header, its backup at the end, the array of entries. See disk.h;
 * UEFI Specification 2.10, chapter 5; docs/formats/disk.md. */
#include "formats/disk/table.h"

#include "core/array.h"

#include <stdlib.h>

#define HEADER_LEAST 92u
#define ENTRY_LEAST  128u
#define NAME_AT      56u
#define NAME_LEN     72u
#define LEGACY_BOOT  ((uint64_t)1 << 2)
#define SECTOR_MAX   4096u

struct header {
	uint64_t self, other; /* sectors: of this header, of the other one */
	uint64_t first, last; /* usable */
	uint64_t array;       /* sector of the entries */
	uint32_t count, size; /* entries, bytes of one */
	uint32_t array_sum;
	uint32_t sector_size;
	uint8_t guid[DISK_GUID_LEN];
};

/* CRC-32 of IEEE 802.3, as the specification asks; a megabyte at most, so bit by bit. */
static uint32_t crc32_add(uint32_t sum, const uint8_t *at, size_t len)
{
	sum = ~sum;
	for (size_t i = 0; i < len; i++) {
		sum ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return ~sum;
}

static bool header_sum_is_right(const uint8_t *p, size_t len)
{
	static const uint8_t zeros[4];
	uint32_t sum = crc32_add(0, p, 16);

	sum = crc32_add(sum, zeros, sizeof(zeros));
	return crc32_add(sum, p + 20, len - 20) == le32(p + 16);
}

/* Reads the header in that sector. False when there is none; *why tells, ERR_NONE without even a signature. */
static bool read_header(
    struct source *raw, uint64_t sector, uint32_t sector_size, struct header *out, struct err *why)
{
	uint8_t p[SECTOR_MAX];
	struct err unread = {0};

	if (sector > raw->size / sector_size ||
	    !source_read_exact(raw, sector * sector_size, p, sector_size, &unread)) {
		if (unread.kind != ERR_NONE && unread.kind != ERR_DAMAGED)
			*why = unread;
		return false;
	}
	if (memcmp(p, "EFI PART", 8) != 0)
		return false;
	uint32_t len = le32(p + 12);

	if (len < HEADER_LEAST || len > sector_size || !header_sum_is_right(p, len))
		return fail(why, ERR_DAMAGED, "GPT header at sector %llu: wrong checksum",
		    (unsigned long long)sector);
	*out = (struct header){
	    .self = le64(p + 24),
	    .other = le64(p + 32),
	    .first = le64(p + 40),
	    .last = le64(p + 48),
	    .array = le64(p + 72),
	    .count = le32(p + 80),
	    .size = le32(p + 84),
	    .array_sum = le32(p + 88),
	    .sector_size = sector_size,
	};
	memcpy(out->guid, p + 56, DISK_GUID_LEN);
	if (out->self != sector)
		return fail(why, ERR_DAMAGED, "GPT header at sector %llu is of sector %llu",
		    (unsigned long long)sector, (unsigned long long)out->self);
	return true;
}

/* Reads what can be read of the array, sector by sector: what cannot stays zeros, unused entries. False when it is nothing. */
static bool read_sectors(
    struct source *raw, uint64_t offset, uint32_t sector_size, uint8_t *to, size_t len)
{
	bool any = false;

	for (size_t at = 0; at < len; at += sector_size) {
		size_t want = len - at < sector_size ? len - at : sector_size;

		if (source_read_exact(raw, offset + at, to + at, want, NULL))
			any = true;
		else
			memset(to + at, 0, want);
	}
	return any;
}

/* Reads the array of entries. *is_torn: not all of it, *why tells. */
static bool read_array(struct source *raw, const struct header *header, bool is_hasty,
    uint8_t **out, size_t *len, bool *is_torn, struct err *why)
{
	CLEANUP(free_memory) uint8_t *at = NULL;
	uint64_t bytes = (uint64_t)header->count * header->size;

	if (header->size < ENTRY_LEAST || header->size > DISK_LIMIT_ENTRY_SIZE ||
	    header->size % 8 != 0)
		return fail(why, ERR_DAMAGED, "GPT entries of %u bytes", header->size);
	if (header->count > DISK_LIMIT_ENTRIES || bytes > DISK_LIMIT_ARRAY)
		return fail(
		    why, ERR_LIMIT, "GPT of %u entries of %u bytes", header->count, header->size);
	if (header->array < 2 || header->array > raw->size / header->sector_size)
		return fail(why, ERR_DAMAGED, "GPT entries at sector %llu, which is not there",
		    (unsigned long long)header->array);
	at = malloc(bytes ? (size_t)bytes : 1);
	if (!at)
		return fail(why, ERR_MEMORY, "no memory for a partition table");
	uint64_t offset = header->array * header->sector_size;

	if (!source_read_exact(raw, offset, at, (size_t)bytes, why)) {
		fail_in(why, "GPT entries");
		*is_torn = true;
		if (is_hasty || !read_sectors(raw, offset, header->sector_size, at, (size_t)bytes))
			return false;
	}
	*len = (size_t)bytes;
	*out = TAKE(at);
	return true;
}

static void copy_name(const uint8_t *utf16, char out[DISK_NAME_ROOM])
{
	CLEANUP(text_free) struct text name = {0};
	size_t len = 0;

	while (len < NAME_LEN && le16(utf16 + len) != 0)
		len += 2;
	text_add_utf16(&name, (struct bytes){utf16, len});
	if (!name.failed && name.len < DISK_NAME_ROOM)
		memcpy(out, text_string(&name), name.len + 1);
}

static bool add_entry(struct disk *disk, struct source *raw, const struct header *header,
    const uint8_t *p, uint32_t index, struct err *err)
{
	struct disk_partition *partition = NULL;
	uint64_t first = le64(p + 32);
	uint64_t last = le64(p + 40);

	if (last < first || last == UINT64_MAX) {
		table_damage(disk, "partition %u ends before it begins", index);
		return true;
	}
	if (first < header->first || last > header->last)
		table_damage(disk, "partition %u is not in the usable part of the disk", index);
	if (!table_add(disk, raw, first, last - first + 1, &partition, err))
		return false;
	partition->index = index;
	memcpy(partition->type_guid, p, DISK_GUID_LEN);
	memcpy(partition->guid, p + 16, DISK_GUID_LEN);
	partition->attributes = le64(p + 48);
	partition->is_active = partition->attributes & LEGACY_BOOT;
	copy_name(p + NAME_AT, partition->name);
	return true;
}

/* A header whose entries can be had. */
struct table {
	struct header header;
	uint8_t *array;
	size_t len;
	bool has_header, has_array;
	bool is_right; /* the array's checksum is the header's, or is not asked for */
	bool is_hasty;
};

static void table_clear_at(struct table *table)
{
	free(table->array);
}

static void load(
    struct source *raw, uint64_t sector, uint32_t sector_size, struct table *out, struct err *why)
{
	bool is_torn = false;

	out->has_header = read_header(raw, sector, sector_size, &out->header, why);
	if (out->has_header)
		out->has_array = read_array(
		    raw, &out->header, out->is_hasty, &out->array, &out->len, &is_torn, why);
	if (is_torn)
		return;
	if (out->has_array)
		out->is_right =
		    out->is_hasty || crc32_add(0, out->array, out->len) == out->header.array_sum;
	if (out->has_array && !out->is_right)
		fail(why, ERR_DAMAGED, "GPT entries at sector %llu: wrong checksum",
		    (unsigned long long)out->header.array);
}

/* The backup: where the first header says, where the protective partition ends, or in the last sector. */
static void load_backup(struct source *raw, const uint8_t mbr[MBR_LEN], uint32_t sector_size,
    const struct table *first, struct table *out)
{
	uint64_t places[3] = {0};
	struct mbr_entry entry;
	struct err ignored = {0};

	places[0] = first->has_header ? first->header.other : 0;
	for (size_t i = 0; i < MBR_SLOTS; i++) {
		mbr_entry(mbr, i, &entry);
		if (entry.type == MBR_PROTECT && entry.sectors != UINT32_MAX)
			places[1] = (uint64_t)entry.first + entry.sectors - 1;
	}
	places[2] = raw->size / sector_size ? raw->size / sector_size - 1 : 0;
	for (size_t i = 0; i < ARRAY_LEN(places) && !out->has_array; i++)
		if (places[i] > 1) {
			free(TAKE(out->array));
			load(raw, places[i], sector_size, out, &ignored);
		}
}

static bool add_entries(
    struct disk *disk, struct source *raw, const struct table *table, struct err *err)
{
	for (uint32_t i = 0; i < table->header.count; i++) {
		const uint8_t *p = table->array + (size_t)i * table->header.size;

		if (!bytes_are_zero((struct bytes){p, DISK_GUID_LEN}) &&
		    !add_entry(disk, raw, &table->header, p, i + 1, err))
			return false;
	}
	return true;
}

/* Tries a sector size. */
static bool read_as(struct source *raw, const uint8_t mbr[MBR_LEN], uint32_t sector_size,
    bool is_hasty, struct disk *disk, bool *found, struct err *err)
{
	CLEANUP(table_clear) struct table first = {.is_hasty = is_hasty};
	CLEANUP(table_clear) struct table backup = {.is_hasty = is_hasty};
	struct err why = {0};

	load(raw, 1, sector_size, &first, &why);
	if (!first.has_array || !first.is_right)
		load_backup(raw, mbr, sector_size, &first, &backup);
	const struct table *table =
	    backup.has_array && (backup.is_right || !first.has_array) ? &backup : &first;

	if (!table->has_array)
		return true;
	disk->scheme = DISK_GPT;
	disk->sector_size = sector_size;
	disk->from_backup = table == &backup;
	memcpy(disk->guid, table->header.guid, DISK_GUID_LEN);
	if (why.kind != ERR_NONE)
		table_damage(disk, "%s", why.text);
	else if (disk->from_backup)
		table_damage(disk, "no GPT header at sector 1: its backup is used");
	*found = true;
	return add_entries(disk, raw, table, err);
}

bool gpt_read(struct source *raw, const uint8_t sector[MBR_LEN], bool is_hasty, struct disk *disk,
    bool *found, struct err *err)
{
	*found = false;
	return read_as(raw, sector, 512, is_hasty, disk, found, err) &&
	       (*found || read_as(raw, sector, 4096, is_hasty, disk, found, err));
}
