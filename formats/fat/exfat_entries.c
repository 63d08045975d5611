/* Entry sets of exFAT directories (docs/formats/fat.md, "exFAT entries"). See walk.h. */
#include "formats/fat/walk.h"

enum { /* types, without the bit that says "in use" */
	BITMAP = 0x01,
	UPCASE = 0x02,
	LABEL = 0x03,
	FILE_ = 0x05,
	STREAM = 0x40,
	NAME = 0x41,
	SECONDARY = 0x40,
};
/* Of a label, 11 by the specification; Windows 7 and exfatlabel write 15, Windows reads them. */
#define LABEL_UNITS   15u
#define IN_USE        0x80u
#define NAME_UNITS    15u
#define NO_FAT_CHAIN  0x02u
#define ALLOCATION    0x01u
#define NAME_UNIT_MAX 255u

/* The checksum is over the whole set, as it was when it was in use. */
bool fat_set_is_whole(const uint8_t *raw, unsigned count)
{
	uint16_t sum = 0;

	for (size_t at = 0; at < (size_t)count * FAT_ENTRY_LEN; at++) {
		uint8_t byte = raw[at];

		if (at == 2 || at == 3)
			continue;
		if (at % FAT_ENTRY_LEN == 0)
			byte |= IN_USE;
		sum = (uint16_t)((sum & 1 ? 0x8000 : 0) + (sum >> 1) + byte);
	}
	return sum == le16(raw + 2);
}

/* The entry with that type, without regard to use; NULL when the set has none. */
static const uint8_t *find(const struct fat_set *set, unsigned type)
{
	for (unsigned i = 0; i < set->count; i++)
		if ((set->entries[i][0] & ~IN_USE) == type)
			return set->entries[i];
	return NULL;
}

static void set_time(struct fat_time *time, const uint8_t *at, uint8_t fine, uint8_t zone)
{
	fat_time_set(time, le16(at + 2), le16(at), fine);
	fat_time_set_zone(time, zone);
}

static void use_file(struct fat_entry *entry, const uint8_t *raw)
{
	entry->attributes = le16(raw + 4);
	if (entry->attributes & FAT_ATTRIBUTE_DIRECTORY)
		entry->kind = FAT_ENTRY_DIRECTORY;
	set_time(&entry->created, raw + 8, raw[20], raw[22]);
	set_time(&entry->modified, raw + 12, raw[21], raw[23]);
	set_time(&entry->accessed, raw + 16, 0, raw[24]);
}

static void use_stream(struct fat_entry *entry, const uint8_t *raw)
{
	entry->is_contiguous = (raw[1] & NO_FAT_CHAIN) != 0;
	entry->valid_size = le64(raw + 8);
	entry->cluster = raw[1] & ALLOCATION ? le32(raw + 20) : 0;
	entry->size = le64(raw + 24);
	if (entry->valid_size > entry->size)
		entry->valid_size = entry->size;
}

/* The parts of the name that are there, cut at the length that the stream entry tells. Returns bytes. */
static size_t join(const struct fat_set *set, uint8_t *to)
{
	const uint8_t *stream = find(set, STREAM);
	size_t most = stream ? stream[3] * 2u : NAME_UNIT_MAX * 2u;
	size_t len = 0;

	for (unsigned i = 0; i < set->count; i++) {
		if ((set->entries[i][0] & ~IN_USE) != NAME)
			continue;
		for (size_t at = 0; at < NAME_UNITS * 2 && len < most; at += 2) {
			uint16_t unit = le16(set->entries[i] + 2 + at);

			if (!stream && unit == 0)
				return len;
			put_le16(to + len, unit);
			len += 2;
		}
	}
	return len;
}

static void judge(const struct fat_walk *walk, struct fat_entry *entry)
{
	const struct fat_set *set = &walk->set;

	if (!find(set, FILE_))
		fail(&entry->damage, ERR_DAMAGED, "the first of its entries is gone");
	else if (set->count < set->wanted)
		fail(&entry->damage, ERR_DAMAGED, "only %u of its %u entries are there", set->count,
		    set->wanted);
	else if (!fat_set_is_whole(set->entries[0], set->count))
		fail(&entry->damage, ERR_DAMAGED, "the checksum of its entries is wrong");
	else if (entry->cluster && !fat_is_cluster(walk->volume, entry->cluster))
		fail(&entry->damage, ERR_DAMAGED, "its first cluster %u is none", entry->cluster);
	else if (entry->size && !entry->cluster)
		fail(&entry->damage, ERR_DAMAGED, "%llu bytes, but no cluster",
		    (unsigned long long)entry->size);
}

static bool emit(struct fat_walk *walk, struct fat_entry *entry, struct err *err)
{
	CLEANUP(text_free) struct text unnamed = {0};

	text_clear(&walk->long_name);
	text_add_utf16(&walk->long_name, entry->long_utf16);
	if (walk->long_name.len)
		return fat_walk_emit(walk, entry, text_bytes(&walk->long_name), err);
	text_addf(&unnamed, "$Unnamed-%llu",
	    (unsigned long long)fat_number(&walk->volume->geometry, entry->place));
	return text_ok(&unnamed, err) && fat_walk_emit(walk, entry, text_bytes(&unnamed), err);
}

/* What the set that was gathered tells; also half a set that a later one has overwritten in part. */
static bool flush(struct fat_walk *walk, struct err *err)
{
	uint8_t utf16[FAT_SET_ENTRIES * NAME_UNITS * 2];
	struct fat_set *set = &walk->set;
	const uint8_t *file = find(set, FILE_);
	const uint8_t *stream = find(set, STREAM);
	struct fat_entry entry = {
	    .kind = file || stream ? FAT_ENTRY_FILE : FAT_ENTRY_NAME,
	    .is_deleted = !set->is_used || !file,
	    .place = set->places[0],
	    .first_place = set->places[0],
	};

	if (set->count == 0)
		return true;
	if (file)
		use_file(&entry, file);
	if (stream)
		use_stream(&entry, stream);
	entry.long_utf16 = (struct bytes){utf16, join(set, utf16)};
	judge(walk, &entry);
	set->count = 0;
	/* Bytes behind the end mark, or in a cluster used for something else, are entries only when they prove it. */
	if (entry.damage.kind != ERR_NONE &&
	    (fat_walk_top(walk)->is_ended || fat_walk_top(walk)->is_slack))
		return true;
	return emit(walk, &entry, err);
}

static void gather(struct fat_walk *walk, const uint8_t *raw, uint64_t place)
{
	struct fat_set *set = &walk->set;

	if (set->count == 0) {
		set->is_used = raw[0] & IN_USE;
		set->wanted = (raw[0] & ~IN_USE) == FILE_ ? raw[1] + 1u : FAT_SET_ENTRIES;
		if (set->wanted > FAT_SET_ENTRIES)
			set->wanted = FAT_SET_ENTRIES;
	}
	memcpy(set->entries[set->count], raw, FAT_ENTRY_LEN);
	set->places[set->count++] = place;
}

static bool belongs(const struct fat_set *set, const uint8_t *raw)
{
	unsigned type = raw[0] & ~IN_USE;

	if (set->count == 0 || !(type & SECONDARY) || !(raw[0] & IN_USE) != !set->is_used)
		return false;
	return set->count < set->wanted && (type != STREAM || !find(set, STREAM));
}

static bool take_label(struct fat_walk *walk, const uint8_t *raw, uint64_t place, struct err *err)
{
	size_t units = raw[1] < LABEL_UNITS ? raw[1] : LABEL_UNITS;
	struct fat_entry entry = {
	    .kind = FAT_ENTRY_LABEL,
	    .is_deleted = !(raw[0] & IN_USE),
	    .long_utf16 = {raw + 2, units * 2},
	    .place = place,
	    .first_place = place,
	};

	return units == 0 || emit(walk, &entry, err);
}

static bool take_system(struct fat_walk *walk, const uint8_t *raw, uint64_t place, struct err *err)
{
	bool is_bitmap = (raw[0] & ~IN_USE) == BITMAP;
	struct fat_entry entry = {
	    .kind = is_bitmap ? FAT_ENTRY_BITMAP : FAT_ENTRY_UPCASE,
	    .is_deleted = !(raw[0] & IN_USE),
	    .cluster = le32(raw + 20),
	    .size = le64(raw + 24),
	    .valid_size = le64(raw + 24),
	    .place = place,
	    .first_place = place,
	};

	return fat_walk_emit(
	    walk, &entry, bytes_of(is_bitmap ? "$ALLOC_BITMAP" : "$UPCASE_TABLE"), err);
}

static bool take_first(struct fat_walk *walk, const uint8_t *raw, uint64_t place, struct err *err)
{
	bool is_ours = !fat_walk_top(walk)->is_ended && walk->depth == 1;

	switch (raw[0] & ~IN_USE) {
	case FILE_:
	case STREAM:
	case NAME:
		gather(walk, raw, place);
		return true;
	case LABEL:
		return !is_ours || take_label(walk, raw, place, err);
	case BITMAP:
	case UPCASE:
		return !is_ours || !(raw[0] & IN_USE) || take_system(walk, raw, place, err);
	default:
		return true; /* of the volume (GUID, TexFAT), or of a maker */
	}
}

bool fat_walk_exfat(struct fat_walk *walk, const uint8_t *raw, uint64_t place, struct err *err)
{
	struct fat_set *set = &walk->set;

	if (!raw)
		return flush(walk, err);
	if (belongs(set, raw)) {
		gather(walk, raw, place);
		return set->count < set->wanted || flush(walk, err);
	}
	if (set->count) { /* half a set: it may be a directory and be entered, so this entry comes again after it */
		fat_walk_top(walk)->directory.pos -= FAT_ENTRY_LEN;
		return flush(walk, err);
	}
	if (raw[0] == 0) {
		fat_walk_top(walk)->is_ended = true;
		return true;
	}
	return take_first(walk, raw, place, err);
}
