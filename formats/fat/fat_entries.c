/* Entries of FAT directories: short names, long names, deleted ones (docs/formats/fat.md). See walk.h. */
#include "formats/fat/walk.h"

#include "core/time.h"

#define DELETED    0xe5u
#define ATTR_LONG  0x0fu
#define ATTR_KNOWN 0x3fu
#define ORDER_LAST 0x40u

static uint8_t checksum_add(uint8_t sum, uint8_t byte)
{
	return (uint8_t)((sum & 1 ? 0x80 : 0) + (sum >> 1) + byte);
}

/* Over the eleven bytes of the short name, with another first one. */
static uint8_t checksum(const uint8_t raw[11], uint8_t first)
{
	uint8_t sum = first;

	for (size_t i = 1; i < 11; i++)
		sum = checksum_add(sum, raw[i]);
	return sum;
}

/* Bytes that no short name has: controls and those that the command line takes for itself. ('+' is none of the
 * specification's either, but telephones write it.) */
static bool is_name_byte(uint8_t byte)
{
	return byte >= 0x20 && byte != 0x7f && !strchr("\"*,./:;<=>?[\\]|", byte);
}

static bool has_good_name(const uint8_t *raw, bool is_marked)
{
	for (size_t i = 1; i < 11; i++)
		if (!is_name_byte(raw[i]))
			return false;
	return is_marked || raw[0] == 0x05 || (is_name_byte(raw[0]) && raw[0] != ' ');
}

static bool is_dots(const uint8_t *raw, size_t dots)
{
	static const uint8_t name[] = "..         ";

	return raw[0] == '.' && (dots == 2) == (raw[1] == '.') &&
	       memcmp(raw + dots, name + 2, 11 - 2) == 0 && (raw[11] & FAT_ATTRIBUTE_DIRECTORY);
}

static bool is_long(const uint8_t *raw)
{
	return (raw[11] & ATTR_KNOWN) == ATTR_LONG;
}

static uint32_t first_cluster(const struct fat_volume *volume, const uint8_t *raw)
{
	uint32_t high = volume->geometry.kind == FAT_32 ? le16(raw + 20) & 0x0fffu : 0;

	return high << 16 | le16(raw + 26);
}

static bool is_good_date(uint16_t date)
{
	struct fat_time time;

	fat_time_set(&time, date, 0, 0);
	return date == 0 || time.zone != FAT_TIME_NONE;
}

/* Of an entry that begins at n times 65,536 the deletion leaves no cluster at all. */
static bool has_lost_cluster(const struct fat_volume *volume, const uint8_t *raw)
{
	return raw[0] == DELETED && first_cluster(volume, raw) == 0 && fat_may_lose_start(volume);
}

/* Whether all but its dates is possible. */
static bool is_possible(const struct fat_volume *volume, const uint8_t *raw)
{
	bool is_marked = raw[0] == DELETED;
	uint32_t cluster = first_cluster(volume, raw);

	if (is_dots(raw, 1) || is_dots(raw, 2))
		return true;
	if (raw[11] & ~ATTR_KNOWN)
		return false;
	if (is_long(raw)) {
		unsigned order = raw[0] & ~ORDER_LAST;

		return raw[12] == 0 && le16(raw + 26) == 0 &&
		       (is_marked || (order >= 1 && order <= FAT_LONG_PARTS));
	}
	if (!has_good_name(raw, is_marked) || (cluster && !fat_is_cluster(volume, cluster)))
		return false;
	bool is_directory = raw[11] & FAT_ATTRIBUTE_DIRECTORY;
	bool has_cluster = cluster != 0 || has_lost_cluster(volume, raw);

	/* Windows XP leaves the bytes of its clusters in the size of a directory that it deletes. */
	return is_directory ? le32(raw + 28) <= FAT_LIMIT_FAT_DIR && has_cluster
			    : le32(raw + 28) == 0 || has_cluster;
}

static bool has_good_dates(const uint8_t *raw)
{
	return is_dots(raw, 1) || is_dots(raw, 2) || is_long(raw) ||
	       (is_good_date(le16(raw + 24)) && is_good_date(le16(raw + 16)));
}

bool fat_entry_is_plausible(const struct fat_volume *volume, const uint8_t *raw)
{
	return is_possible(volume, raw) && has_good_dates(raw);
}

static void add_part(struct fat_long *parts, const uint8_t *raw, uint64_t place)
{
	uint8_t *to = parts->parts[parts->count];

	if (parts->count == 0)
		parts->place = place;
	if (parts->count == 0)
		parts->has_end = raw[0] & ORDER_LAST;
	memcpy(to, raw + 1, 10);
	memcpy(to + 10, raw + 14, 12);
	memcpy(to + 22, raw + 28, 4);
	parts->is_marked = raw[0] == DELETED;
	parts->order = raw[0] & (uint8_t)~ORDER_LAST;
	parts->checksum = raw[13];
	parts->count++;
}

/* Whether a part goes on the name begun by those before it. */
static bool goes_on(const struct fat_long *parts, const uint8_t *raw)
{
	bool is_marked = raw[0] == DELETED;

	if (parts->count == 0 || parts->count == FAT_LONG_PARTS || is_marked != parts->is_marked ||
	    raw[13] != parts->checksum)
		return false;
	return is_marked || raw[0] + 1u == parts->order;
}

/* The name as it is read: the last part of the disk is its begin. Returns bytes. */
static size_t join(const struct fat_long *parts, uint8_t to[FAT_LONG_PARTS * FAT_LONG_PART])
{
	size_t len = 0;

	for (unsigned i = parts->count; i-- > 0;)
		for (size_t at = 0; at < FAT_LONG_PART; at += 2) {
			uint16_t unit = le16(parts->parts[i] + at);

			if (unit == 0 || (unit == 0xffff && i == 0))
				return len;
			put_le16(to + len, unit);
			len += 2;
		}
	return len;
}

/* Parts that belong to no file tell that there was one of that name. */
static bool flush(struct fat_walk *walk, struct err *err)
{
	uint8_t utf16[FAT_LONG_PARTS * FAT_LONG_PART];
	struct fat_long *parts = &walk->parts;
	struct fat_entry entry = {.kind = FAT_ENTRY_NAME, .is_deleted = true};

	if (parts->count == 0)
		return true;
	entry.long_utf16 = (struct bytes){utf16, join(parts, utf16)};
	entry.place = entry.first_place = parts->place;
	parts->count = 0;
	text_clear(&walk->long_name);
	text_add_utf16(&walk->long_name, entry.long_utf16);
	if (entry.long_utf16.len == 0)
		return true;
	return fat_walk_emit(walk, &entry, text_bytes(&walk->long_name), err);
}

static bool take_long(struct fat_walk *walk, const uint8_t *raw, uint64_t place, struct err *err)
{
	if (fat_walk_top(walk)->is_ended && !fat_entry_is_plausible(walk->volume, raw))
		return flush(walk, err);
	if (!goes_on(&walk->parts, raw) && !flush(walk, err))
		return false;
	add_part(&walk->parts, raw, place);
	return true;
}

/* Of a deleted entry the first byte is lost; its long name's checksum, taken back byte by byte, tells it. 0: none fits. */
static uint8_t lost_byte(const uint8_t *raw, uint8_t sum)
{
	for (size_t i = 10; i > 0; i--) {
		uint8_t before = (uint8_t)(sum - raw[i]);

		sum = (uint8_t)(before << 1 | before >> 7);
	}
	return sum == 0x05 || (is_name_byte(sum) && sum != ' ' && !(sum >= 'a' && sum <= 'z')) ? sum
											       : 0;
}

/* Whether the parts before it are the long name of this entry. */
static bool owns_parts(const struct fat_walk *walk, const uint8_t *raw, uint8_t *first_byte)
{
	const struct fat_long *parts = &walk->parts;
	bool is_marked = raw[0] == DELETED;

	if (parts->count == 0 || parts->is_marked != is_marked)
		return false;
	if (!is_marked)
		return parts->has_end && parts->order == 1 &&
		       checksum(raw, raw[0]) == parts->checksum;
	*first_byte = lost_byte(raw, parts->checksum);
	if (*first_byte == 0)
		return false;
	uint32_t unit = le16(parts->parts[parts->count - 1]);

	/* Nearly every short name begins as the long one does, or as its first letter that a short one may have. */
	return unit >= 0x80 || !is_name_byte((uint8_t)unit) || *first_byte >= 0x80 ||
	       text_fold(unit) == *first_byte || unit == '.' || unit == ' ' || *first_byte == '_';
}

static void set_times(struct fat_entry *entry, const uint8_t *raw)
{
	fat_time_set(&entry->created, le16(raw + 16), le16(raw + 14), raw[13]);
	fat_time_set(&entry->accessed, le16(raw + 18), 0, 0);
	fat_time_set(&entry->modified, le16(raw + 24), le16(raw + 22), 0);
	entry->accessed.is_date = true;
}

static void set_names(struct fat_walk *walk, struct fat_entry *entry, const uint8_t *raw)
{
	uint8_t whole[11];
	bool is_cut = raw[0] == DELETED && !entry->first_byte;
	size_t len = sizeof(whole);

	memcpy(entry->short_raw, raw, sizeof(entry->short_raw));
	memcpy(whole, raw, sizeof(whole));
	if (entry->first_byte)
		whole[0] = entry->first_byte;
	text_clear(&walk->short_name);
	while (entry->kind == FAT_ENTRY_LABEL && len && whole[len - 1] == ' ')
		len--;
	if (entry->kind == FAT_ENTRY_LABEL)
		fat_oem_add(&walk->short_name, (struct bytes){whole, len}, false, is_cut);
	else
		fat_short_name_add(&walk->short_name, whole, raw[12], is_cut);
	entry->short_name = text_bytes(&walk->short_name);
}

static void judge(const struct fat_walk *walk, struct fat_entry *entry, const uint8_t *raw)
{
	bool is_label = entry->kind == FAT_ENTRY_LABEL;

	if (raw[11] & ~ATTR_KNOWN)
		fail(&entry->damage, ERR_DAMAGED,
		    "attributes 0x%02x, of which two bits mean nothing", raw[11]);
	else if (is_label && entry->size)
		fail(&entry->damage, ERR_DAMAGED, "a volume label with %llu bytes: a hidden file",
		    (unsigned long long)entry->size);
	else if (is_label && walk->depth > 1 && !entry->is_deleted)
		fail(&entry->damage, ERR_DAMAGED,
		    "a volume label that is not in the root directory: a hidden file");
	else if (!is_label && !has_good_name(raw, raw[0] == DELETED))
		fail(&entry->damage, ERR_DAMAGED, "its short name has bytes that none may have");
	else if (entry->cluster && !fat_is_cluster(walk->volume, entry->cluster))
		fail(&entry->damage, ERR_DAMAGED, "its first cluster %u is none", entry->cluster);
	else if (entry->size && !entry->cluster)
		fail(&entry->damage, ERR_DAMAGED, "%llu bytes, but no cluster",
		    (unsigned long long)entry->size);
	else if (entry->is_deleted && !has_good_dates(raw))
		fail(&entry->damage, ERR_DAMAGED, "dates that there are not");
	else if (entry->kind == FAT_ENTRY_DIRECTORY && (raw[11] & FAT_ATTRIBUTE_LABEL))
		fail(&entry->damage, ERR_DAMAGED,
		    "a volume label with a cluster: a hidden directory");
}

/* A directory may hide behind the attribute of a label, which has no cluster. */
static enum fat_entry_kind kind_of(const struct fat_volume *volume, const uint8_t *raw)
{
	bool is_directory = raw[11] & FAT_ATTRIBUTE_DIRECTORY;

	if ((raw[11] & FAT_ATTRIBUTE_LABEL) &&
	    !(is_directory && fat_is_cluster(volume, first_cluster(volume, raw))))
		return FAT_ENTRY_LABEL;
	return is_directory ? FAT_ENTRY_DIRECTORY : FAT_ENTRY_FILE;
}

static bool take_short(struct fat_walk *walk, const uint8_t *raw, uint64_t place, struct err *err)
{
	uint8_t utf16[FAT_LONG_PARTS * FAT_LONG_PART];
	struct fat_entry entry = {
	    .kind = kind_of(walk->volume, raw),
	    .is_deleted = raw[0] == DELETED,
	    .attributes = raw[11],
	    .place = place,
	    .first_place = place,
	};

	if (owns_parts(walk, raw, &entry.first_byte)) {
		entry.long_utf16 = (struct bytes){utf16, join(&walk->parts, utf16)};
		entry.first_place = walk->parts.place;
		walk->parts.count = 0;
	} else {
		entry.first_byte = 0;
		if (!flush(walk, err))
			return false;
	}
	if (entry.kind != FAT_ENTRY_DIRECTORY)
		entry.size = entry.valid_size = le32(raw + 28);
	/* A label has neither bytes nor cluster, unless somebody hides a file in it. */
	if (entry.kind != FAT_ENTRY_LABEL || entry.size)
		entry.cluster = first_cluster(walk->volume, raw);
	set_times(&entry, raw);
	set_names(walk, &entry, raw);
	judge(walk, &entry, raw);
	text_clear(&walk->long_name);
	text_add_utf16(&walk->long_name, entry.long_utf16);
	return fat_walk_emit(walk, &entry,
	    entry.long_utf16.len ? text_bytes(&walk->long_name) : entry.short_name, err);
}

/* The entries "." and ".." of a directory, also when they are marked as deleted. */
static bool is_own(const struct fat_walk *walk, const uint8_t *raw)
{
	static const uint8_t blanks[] = "         ";
	const struct fat_frame *frame = &walk->frames[walk->depth - 1];
	uint64_t index = frame->directory.pos / FAT_ENTRY_LEN;

	if (frame->cluster == 0)
		return false;
	if (is_dots(raw, 1) || is_dots(raw, 2)) /* elsewhere it is a name to hide behind */
		return index <= 2 || frame->is_slack;
	return raw[0] == DELETED && memcmp(raw + 2, blanks, 9) == 0 &&
	       ((index == 1 && raw[1] == ' ' &&
		    first_cluster(walk->volume, raw) == frame->cluster) ||
		   (index == 2 && raw[1] == '.'));
}

/* An entry that was never one: what FAT_NEVER or a formatting tool fills directories with. */
static bool is_nothing(const uint8_t *raw)
{
	return memcmp(raw, raw + 1, FAT_ENTRY_LEN - 1) == 0;
}

bool fat_walk_fat(struct fat_walk *walk, const uint8_t *raw, uint64_t place, struct err *err)
{
	struct fat_frame *frame;

	if (!raw)
		return flush(walk, err);
	frame = fat_walk_top(walk);
	if (raw[0] == 0 || is_nothing(raw)) {
		frame->is_ended |= raw[0] == 0;
		return flush(walk, err);
	}
	if (is_own(walk, raw))
		return true;
	if (is_long(raw))
		return take_long(walk, raw, place, err);
	bool is_ours = !frame->is_ended && !frame->is_deleted;

	if ((!is_ours && !fat_entry_is_plausible(walk->volume, raw)) ||
	    (raw[0] == DELETED && !is_possible(walk->volume, raw)))
		return flush(walk, err);
	return take_short(walk, raw, place, err);
}
