/* The master boot record and chains of extended boot records. See disk.h; docs/formats/disk.md. */
#include "formats/disk/table.h"

#define SIGNATURE_AT  440u
#define END_MARK_AT   510u
#define SECTOR_SMALL  512u
#define SECTOR_LARGE  4096u
#define FIRST_LOGICAL 5u

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

void mbr_entry(const uint8_t sector[MBR_LEN], size_t slot, struct mbr_entry *out)
{
	const uint8_t *p = sector + MBR_ENTRIES + MBR_ENTRY_LEN * slot;

	*out = (struct mbr_entry){
	    .flag = p[0], .type = p[4], .first = le32(p + 8), .sectors = le32(p + 12)};
}

static bool has_end_mark(const uint8_t sector[MBR_LEN])
{
	return sector[END_MARK_AT] == 0x55 && sector[END_MARK_AT + 1] == 0xaa;
}

static bool has_odd_flag(const struct mbr_entry *entry)
{
	return (entry->flag & 0x7f) != 0;
}

bool disk_is_mbr(const uint8_t *sector)
{
	bool has_odd = false;
	bool has_good = false;

	if (!has_end_mark(sector))
		return false;
	for (size_t i = 0; i < MBR_SLOTS; i++) {
		struct mbr_entry entry;

		mbr_entry(sector, i, &entry);
		if (has_odd_flag(&entry))
			return false;
		has_odd |= entry.type != 0 && entry.sectors == 0;
		has_good |= entry.type != 0 && entry.sectors != 0 && entry.first != 0;
	}
	return has_good || !has_odd;
}

/* Whether the sector there ends in 55 AA, as a boot record of any kind does. What cannot be read does not. */
static bool has_mark_at(struct source *raw, uint64_t offset)
{
	uint8_t sector[MBR_LEN];

	return source_read_exact(raw, offset, sector, sizeof(sector), NULL) && has_end_mark(sector);
}

bool disk_is_damaged_mbr(struct source *raw, const uint8_t *sector)
{
	unsigned odd = has_end_mark(sector) ? 0 : 1;
	bool leads = false;

	for (size_t i = 0; i < MBR_SLOTS; i++) {
		struct mbr_entry entry;

		mbr_entry(sector, i, &entry);
		odd += has_odd_flag(&entry);
		if (entry.type == 0 || entry.sectors == 0 || entry.first == 0)
			continue;
		leads = leads || has_mark_at(raw, (uint64_t)entry.first * SECTOR_SMALL) ||
			has_mark_at(raw, (uint64_t)entry.first * SECTOR_LARGE);
	}
	return odd == 1 && leads;
}

/* An MBR does not say how long a sector is: 4096 when partitions begin with a boot record there, and not where
 * 512 would put them. */
static uint32_t sector_size_of(struct source *raw, const uint8_t sector[MBR_LEN])
{
	unsigned small = 0;
	unsigned large = 0;

	for (size_t i = 0; i < MBR_SLOTS; i++) {
		struct mbr_entry entry;

		mbr_entry(sector, i, &entry);
		if (entry.type == 0 || entry.first == 0)
			continue;
		small += has_mark_at(raw, (uint64_t)entry.first * SECTOR_SMALL);
		large += has_mark_at(raw, (uint64_t)entry.first * SECTOR_LARGE);
	}
	return large > small ? SECTOR_LARGE : SECTOR_SMALL;
}

/* The way along one extended partition. */
struct chain {
	struct source *raw;
	struct disk *disk;
	uint32_t first, sectors; /* of the extended partition */
	uint32_t *index;         /* of the next logical one, over all chains */
	uint64_t seen[DISK_LIMIT_LOGICAL];
	uint32_t count;
};

static bool add_entry(struct disk *disk, const struct source *raw, const struct mbr_entry *entry,
    uint64_t base, uint32_t index, struct err *err)
{
	struct disk_partition *partition = NULL;

	if (!table_add(disk, raw, base + entry->first, entry->sectors, &partition, err))
		return false;
	partition->index = index;
	partition->type = entry->type;
	partition->is_active = entry->flag == 0x80;
	partition->is_logical = index >= FIRST_LOGICAL;
	return true;
}

/* Reads the boot record at an absolute sector. False, noted as damage, when it is none. */
static bool read_link(struct chain *chain, uint64_t at, uint8_t sector[MBR_LEN])
{
	struct err why = {0};

	for (uint32_t i = 0; i < chain->count; i++)
		if (chain->seen[i] == at) {
			table_damage(chain->disk,
			    "the extended partition leads back to sector %llu",
			    (unsigned long long)at);
			return false;
		}
	if (chain->count == DISK_LIMIT_LOGICAL) {
		table_damage(chain->disk, "more than %u logical partitions", DISK_LIMIT_LOGICAL);
		return false;
	}
	chain->seen[chain->count++] = at;
	if (!source_read_exact(chain->raw, at * chain->disk->sector_size, sector, MBR_LEN, &why)) {
		table_damage(chain->disk, "extended boot record at sector %llu: %.120s",
		    (unsigned long long)at, why.text);
		return false;
	}
	if (!has_end_mark(sector)) {
		table_damage(
		    chain->disk, "no extended boot record at sector %llu", (unsigned long long)at);
		return false;
	}
	return true;
}

/* One record: a logical partition relative to itself, and where the next record is, relative to the first. */
static bool follow_link(struct chain *chain, uint64_t at, const uint8_t sector[MBR_LEN],
    uint64_t *next, struct err *err)
{
	*next = 0;
	for (size_t i = 0; i < MBR_SLOTS; i++) {
		struct mbr_entry entry;

		mbr_entry(sector, i, &entry);
		if (entry.type == 0 || entry.sectors == 0)
			continue;
		if (is_extended(entry.type)) {
			if (*next == 0)
				*next = (uint64_t)chain->first + entry.first;
			continue;
		}
		/* Slots 3 and 4 are of no use there; old tools left bytes in them. */
		if (i >= 2)
			continue;
		if (entry.first == 0) {
			table_damage(chain->disk,
			    "a logical partition on its own boot record at %llu",
			    (unsigned long long)at);
			continue;
		}
		if (!add_entry(chain->disk, chain->raw, &entry, at, (*chain->index)++, err))
			return false;
	}
	return true;
}

static bool follow_chain(struct chain *chain, struct err *err)
{
	uint8_t sector[MBR_LEN];
	uint64_t at = chain->first;

	while (at && read_link(chain, at, sector)) {
		uint64_t next;

		if (!follow_link(chain, at, sector, &next, err))
			return false;
		if (next && next - chain->first >= chain->sectors) {
			table_damage(chain->disk, "sector %llu is not in the extended partition",
			    (unsigned long long)next);
			break;
		}
		at = next;
	}
	return true;
}

static bool read_extended(struct source *raw, const struct mbr_entry *entry, struct disk *disk,
    uint32_t *index, struct err *err)
{
	struct chain chain = {
	    .raw = raw,
	    .disk = disk,
	    .first = entry->first,
	    .sectors = entry->sectors,
	    .index = index,
	};

	if (entry->first == 0) {
		table_damage(disk, "an extended partition begins at the partition table");
		return true;
	}
	return follow_chain(&chain, err);
}

bool mbr_read(struct source *raw, const uint8_t sector[MBR_LEN], struct disk *disk, struct err *err)
{
	uint32_t logical = FIRST_LOGICAL;

	disk->scheme = DISK_MBR;
	disk->sector_size = sector_size_of(raw, sector);
	disk->signature = le32(sector + SIGNATURE_AT);
	if (!has_end_mark(sector))
		table_damage(disk, "the partition table does not end in 55 AA");
	for (size_t i = 0; i < MBR_SLOTS; i++) {
		struct mbr_entry entry;

		mbr_entry(sector, i, &entry);
		if (has_odd_flag(&entry))
			table_damage(disk, "partition %zu has an unknown flag", i + 1);
		if (entry.type != 0 && entry.sectors == 0)
			table_damage(disk, "partition %zu has no length", i + 1);
		if (entry.type == 0 || entry.sectors == 0 || is_extended(entry.type))
			continue;
		if (entry.first == 0)
			table_damage(disk, "partition %zu begins at the partition table", i + 1);
		else if (!add_entry(disk, raw, &entry, 0, (uint32_t)i + 1, err))
			return false;
	}
	for (size_t i = 0; i < MBR_SLOTS; i++) {
		struct mbr_entry entry;

		mbr_entry(sector, i, &entry);
		if (entry.sectors && is_extended(entry.type) &&
		    !read_extended(raw, &entry, disk, &logical, err))
			return false;
	}
	return true;
}
