/* What the first sectors of a volume say it is. See volume_kind.h. */
#include "formats/volume_kind.h"

#include "core/array.h"
#include "formats/disk/disk.h"
#include "formats/fat/fat.h"
#include "formats/volume_proof.h"

#include <stdlib.h>

#define HEAD       ((size_t)64 << 10)
#define START      ((size_t)4096) /* of a partition: as far as its marks are */
#define SECTOR     512u
#define TABLE      446u /* four entries */
#define ENTRY      16u
#define PROTECTIVE 0xeeu

/* 4967D63B-2E29-4AD8-8399-F6A339E3D001: BitLocker, at 160 on fixed volumes, at 424 To Go. */
static const uint8_t bitlocker_guid[16] = {
    0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};
/* 92A84D3B-DD80-4D0E-9E4E-B1E3284EAED8: BitLocker of used space only. */
static const uint8_t used_space_guid[16] = {
    0x3b, 0x4d, 0xa8, 0x92, 0x80, 0xdd, 0x0e, 0x4d, 0x9e, 0x4e, 0xb1, 0xe3, 0x28, 0x4e, 0xae, 0xd8};

static bool has(struct bytes head, size_t at, const void *what, size_t len)
{
	return at + len <= head.len && memcmp(head.at + at, what, len) == 0;
}

static bool is_bitlocker(struct bytes head)
{
	if (has(head, 3, "-FVE-FS-", 8))
		return true;
	return has(head, 3, "MSWIN4.1", 8) &&
	       (has(head, 424, bitlocker_guid, 16) || has(head, 424, used_space_guid, 16));
}

/* FAT has no one mark: a boot sector in which all fits together. */
static bool is_fat(struct bytes head)
{
	struct fat_geometry geometry;

	return fat_boot_parse(head, &geometry, NULL) && geometry.kind != FAT_EX;
}

/* Whether an MBR has an entry. One that begins at the table itself is none: mkfs.fat writes it in front of a volume. */
static bool has_partitions(struct bytes head)
{
	bool found = false;

	for (size_t i = 0; i < 4; i++) {
		const uint8_t *entry = head.at + TABLE + ENTRY * i;

		found |= entry[4] != 0 && le32(entry + 8) != 0;
	}
	return found && disk_is_mbr(head.at);
}

static bool has_gpt_mark(struct bytes head)
{
	return has(head, 512, "EFI PART", 8) || has(head, 4096, "EFI PART", 8);
}

/* File systems and containers of Linux; ext has its mark in the superblock at 1024. */
static bool is_linux(struct bytes head)
{
	return has(head, 1024 + 56, "\x53\xef", 2) || has(head, 0, "XFSB", 4) ||
	       has(head, 0, "LUKS\xba\xbe", 6) || has(head, 512, "LABELONE", 8) ||
	       has(head, 4096 - 10, "SWAPSPACE2", 10);
}

static bool is_one_byte(struct bytes head)
{
	return memcmp(head.at, head.at + 1, head.len - 1) == 0;
}

/* Which volume the first sector says it begins; VOLUME_UNKNOWN: none. */
static enum volume_kind claim_of(struct bytes head)
{
	if (has(head, 3, "NTFS    ", 8))
		return VOLUME_NTFS;
	if (is_bitlocker(head))
		return VOLUME_BITLOCKER;
	if (has(head, 3, "ReFS\0\0\0\0", 8))
		return VOLUME_REFS;
	if (has(head, 3, "EXFAT   ", 8))
		return VOLUME_EXFAT;
	return is_fat(head) ? VOLUME_FAT : VOLUME_UNKNOWN;
}

/* Whether a partition of the MBR begins with a boot record or a file system of Linux. */
static bool leads_somewhere(struct source *raw, struct bytes head)
{
	static const uint32_t sizes[] = {512, 4096};
	uint8_t at[START];

	for (size_t i = 0; i < 4 * ARRAY_LEN(sizes); i++) {
		const uint8_t *entry = head.at + TABLE + ENTRY * (i / ARRAY_LEN(sizes));
		uint64_t offset = (uint64_t)le32(entry + 8) * sizes[i % ARRAY_LEN(sizes)];
		struct bytes start = {.at = at};

		if (entry[4] == 0 || entry[4] == PROTECTIVE || offset == 0 || offset >= raw->size)
			continue;
		DISCARD(raw->read(raw, offset, at, sizeof(at), &start.len, NULL));
		if (has(start, 510, "\x55\xaa", 2) || is_linux(start))
			return true;
	}
	return false;
}

/* What is called a volume, but has a partition table as well. A GPT that its MBR announces is no accident; for the rest the volume
 * counts when it is there. */
static bool settle(struct source *raw, struct bytes head, enum volume_kind *kind, struct err *err)
{
	bool is_mbr_used = has_partitions(head);
	bool is_announced = false;
	bool has_gpt = false;

	if (!is_mbr_used && !has_gpt_mark(head))
		return true;
	if (!disk_has_gpt(raw, head.at, &has_gpt, &is_announced, err))
		return false;
	if (!is_announced && volume_proof_is_there(raw, head, *kind))
		return true;
	if (has_gpt || (is_mbr_used && leads_somewhere(raw, head)))
		*kind = VOLUME_DISK;
	return true;
}

/* What begins with no volume. */
static bool tell(struct source *raw, struct bytes head, enum volume_kind *out, struct err *err)
{
	bool is_disk = has_partitions(head);
	bool is_announced;

	if (!is_disk && has_gpt_mark(head) &&
	    !disk_has_gpt(raw, head.at, &is_disk, &is_announced, err))
		return false;
	if (!is_disk && !is_linux(head))
		*out = volume_proof_backup(raw, head);
	if (*out != VOLUME_UNKNOWN)
		return true;
	/* A table made later may leave a superblock of former times behind it. */
	if (is_disk || has_gpt_mark(head))
		*out = VOLUME_DISK;
	else if (disk_is_mbr(head.at))
		*out = VOLUME_EMPTY_DISK;
	else if (is_linux(head))
		*out = VOLUME_LINUX;
	else if (disk_is_damaged_mbr(raw, head.at))
		*out = VOLUME_DISK;
	else if (is_one_byte(head))
		*out = VOLUME_UNFORMATTED;
	return true;
}

bool volume_kind_of(struct source *raw, enum volume_kind *out, struct err *err)
{
	CLEANUP(free_memory) uint8_t *at = malloc(HEAD);
	struct bytes head = {.at = at};
	struct err why = {0};

	if (!at)
		return fail(err, ERR_MEMORY, "no memory to look at a volume");
	if (!raw->read(raw, 0, at, HEAD, &head.len, &why) && head.len < SECTOR) {
		bool is_bad = why.kind == ERR_IO || why.kind == ERR_DAMAGED;
		enum volume_kind kind =
		    is_bad ? volume_proof_unread(raw, at, HEAD) : VOLUME_UNKNOWN;

		if (kind != VOLUME_UNKNOWN)
			*out = kind;
		else if (err)
			*err = why;
		return kind != VOLUME_UNKNOWN;
	}
	*out = head.len < SECTOR ? VOLUME_UNKNOWN : claim_of(head);
	if (head.len < SECTOR)
		return true;
	return (*out != VOLUME_UNKNOWN ? settle : tell)(raw, head, out, err);
}

const char *volume_kind_name(enum volume_kind kind)
{
	static const char *const names[] = {
	    [VOLUME_UNKNOWN] = "nothing that is known",
	    [VOLUME_NTFS] = "NTFS",
	    [VOLUME_BITLOCKER] = "BitLocker (locked)",
	    [VOLUME_REFS] = "ReFS",
	    [VOLUME_FAT] = "FAT",
	    [VOLUME_EXFAT] = "exFAT",
	    [VOLUME_LINUX] = "Linux",
	    [VOLUME_DISK] = "a whole disk, not a volume",
	    [VOLUME_EMPTY_DISK] = "a whole disk, not a volume",
	    [VOLUME_UNFORMATTED] = "not formatted",
	};

	return names[kind];
}
