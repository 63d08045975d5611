/* Clusters that belonged to a directory of FAT, but do not begin it: no "." proves them, so every entry must. See walk.h. */
#include "formats/fat/walk.h"

#define DELETED    0xe5u
#define ATTR_LONG  0x0fu
#define ATTR_KNOWN 0x3fu

/* Blanks fill a name from its end only. */
static bool is_filled(const uint8_t *name, size_t len)
{
	while (len && name[len - 1] == ' ')
		len--;
	for (size_t i = 1; i < len; i++)
		if (name[i] == ' ')
			return false;
	return true;
}

/* An hour, a minute, and two seconds that there are. */
static bool is_time(uint16_t time)
{
	return time >> 11 < 24 && (time >> 5 & 63) < 60 && (time & 31) < 30;
}

/* What Windows, Linux and telephones write into a short entry, and data does not have by chance. */
static bool is_certain(const struct fat_volume *volume, const uint8_t *raw)
{
	bool is_small = volume->geometry.kind != FAT_32;

	return le16(raw + 24) != 0 && is_time(le16(raw + 22)) && is_time(le16(raw + 14)) &&
	       raw[13] <= 199 && (!is_small || le16(raw + 20) == 0) && is_filled(raw, 8) &&
	       is_filled(raw + 8, 3);
}

bool fat_piece_is_directory(const struct fat_volume *volume, const uint8_t *head, size_t len)
{
	unsigned files = 0;

	for (size_t at = 0; at + FAT_ENTRY_LEN <= len; at += FAT_ENTRY_LEN) {
		const uint8_t *raw = head + at;

		if (raw[0] == 0)
			return files > 0 && bytes_are_zero((struct bytes){raw, len - at});
		if (raw[0] == '.' || !fat_entry_is_plausible(volume, raw))
			return false;
		if ((raw[11] & ATTR_KNOWN) == ATTR_LONG)
			continue;
		if (!is_certain(volume, raw))
			return false;
		files += raw[0] == DELETED || !(raw[11] & FAT_ATTRIBUTE_LABEL);
	}
	return files > 0;
}

static bool begins_with_set(const uint8_t *head, size_t len)
{
	unsigned count = head[1] + 1u;

	return (head[0] & 0x7f) == 0x05 && count >= 3 && count <= FAT_SET_ENTRIES &&
	       count * FAT_ENTRY_LEN <= len && fat_set_is_whole(head, count);
}

bool fat_piece_goes_on(const uint8_t *head, size_t len)
{
	size_t at = 0;

	while (at + FAT_ENTRY_LEN < len && at < (FAT_SET_ENTRIES - 1) * FAT_ENTRY_LEN &&
	       ((head[at] & 0x7f) == 0x40 || (head[at] & 0x7f) == 0x41))
		at += FAT_ENTRY_LEN;
	return at + FAT_ENTRY_LEN <= len && begins_with_set(head + at, len - at);
}

static bool is_dots(const uint8_t *raw, size_t dots)
{
	return raw[0] == '.' && raw[dots - 1] == '.' &&
	       memcmp(raw + dots, "          ", 11 - dots) == 0 &&
	       (raw[11] & FAT_ATTRIBUTE_DIRECTORY);
}

bool fat_piece_is_slack(const struct fat_volume *volume, const uint8_t *sector, size_t len)
{
	size_t skip = 0;

	if (volume->geometry.kind == FAT_EX)
		return begins_with_set(sector, len);
	if (len > 2 * FAT_ENTRY_LEN && is_dots(sector, 1) && is_dots(sector + FAT_ENTRY_LEN, 2))
		skip = 2 * (size_t)FAT_ENTRY_LEN;
	return fat_piece_is_directory(volume, sector + skip, len - skip);
}
