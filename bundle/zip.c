/* Stored zip. See zip.h; section numbers are those of APPNOTE.TXT 6.3.10. */
#include "bundle/zip.h"

#include "core/time.h"

#include <stdlib.h>
#include <zlib.h>

#define FLAG_UTF8      0x0800u /* 4.4.4, bit 11 */
#define VERSION_ZIP64  45u
#define VERSION_STORE  10u
#define ZIP64_ID       0x0001u
#define NTFS_ID        0x000au
#define NTFS_LEN       32u
#define FULL_32        0xffffffffu
#define FULL_16        0xffffu
#define ATTRIBUTE_FILE 0x20u /* FILE_ATTRIBUTE_ARCHIVE, as DOS programs write it */

struct zip {
	struct sink *to;
	uint64_t at; /* bytes written */
	uint64_t count;
	struct text directory;
};

uint32_t zip_crc(uint32_t crc, struct bytes bytes)
{
	return (uint32_t)crc32_z(crc, bytes.at, bytes.len);
}

struct zip *zip_new(struct sink *to, size_t directory_most)
{
	struct zip *zip = calloc(1, sizeof(*zip));

	if (!zip)
		return NULL;
	zip->to = to;
	zip->directory.ceiling = directory_most;
	return zip;
}

void zip_free(struct zip *zip)
{
	if (zip)
		text_free(&zip->directory);
	free(zip);
}

static void add_16(struct text *out, uint32_t value)
{
	uint8_t bytes[2];

	put_le16(bytes, (uint16_t)value);
	text_add(out, (struct bytes){bytes, sizeof(bytes)});
}

static void add_32(struct text *out, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	text_add(out, (struct bytes){bytes, sizeof(bytes)});
}

static void add_64(struct text *out, uint64_t value)
{
	uint8_t bytes[8];

	put_le64(bytes, value);
	text_add(out, (struct bytes){bytes, sizeof(bytes)});
}

static bool put(struct zip *zip, struct bytes bytes, struct err *err)
{
	if (!zip->to->write(zip->to, bytes, err))
		return false;
	zip->at += bytes.len;
	return true;
}

static uint32_t number(const char *digits, size_t len)
{
	uint32_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value * 10 + (uint32_t)(digits[i] - '0');
	return value;
}

/* 4.4.6: from 1980 to 2107, two seconds; what lies outside becomes the nearest. */
static void dos_time(uint64_t ticks, uint32_t *date, uint32_t *time)
{
	char iso[TIME_ISO_ROOM];

	time_iso(ticks, iso);
	/* "YYYY-MM-DDTHH:MM:SS"; a year of more digits is far behind 2107. */
	uint32_t year = iso[4] == '-' ? number(iso, 4) : FULL_32;
	uint32_t month = number(iso + 5, 2), day = number(iso + 8, 2), hour = number(iso + 11, 2),
		 minute = number(iso + 14, 2), second = number(iso + 17, 2);

	if (year < 1980) {
		*date = 1u << 5 | 1u;
		*time = 0;
		return;
	}
	if (year > 2107) {
		*date = 127u << 9 | 12u << 5 | 31u;
		*time = 23u << 11 | 59u << 5 | 29u;
		return;
	}
	*date = (year - 1980) << 9 | month << 5 | day;
	*time = hour << 11 | minute << 5 | second / 2;
}

static bool is_large(const struct zip_member *member, uint64_t at)
{
	return member->size >= FULL_32 || at >= FULL_32;
}

/* 4.5.3 and 4.5.5. The directory also says where the member begins. */
static void add_extra(
    const struct zip_member *member, bool large, const uint64_t *at, struct text *out)
{
	bool has_times = member->modified || member->accessed || member->created;

	if (large) {
		add_16(out, ZIP64_ID);
		add_16(out, at ? 24 : 16);
		add_64(out, member->size);
		add_64(out, member->size);
		if (at)
			add_64(out, *at);
	}
	if (has_times) {
		add_16(out, NTFS_ID);
		add_16(out, NTFS_LEN);
		add_32(out, 0);
		add_16(out, 1);
		add_16(out, 24);
		add_64(out, member->modified);
		add_64(out, member->accessed);
		add_64(out, member->created);
	}
}

/* What local header (4.3.7) and directory entry (4.3.12) share, from "version needed" to "file name length". */
static void add_common(const struct zip_member *member, bool large, struct text *out)
{
	uint32_t date, time, size = large ? FULL_32 : (uint32_t)member->size;

	dos_time(member->modified, &date, &time);
	add_16(out, large ? VERSION_ZIP64 : VERSION_STORE);
	add_16(out, FLAG_UTF8);
	add_16(out, 0); /* stored */
	add_16(out, time);
	add_16(out, date);
	add_32(out, member->crc);
	add_32(out, size);
	add_32(out, size);
	add_16(out, (uint32_t)member->name.len);
}

static void add_entry(const struct zip_member *member, uint64_t at, struct text *out)
{
	CLEANUP(text_free) struct text extra = {0};
	bool large = is_large(member, at);

	add_extra(member, large, &at, &extra);
	add_32(out, 0x02014b50);
	add_16(out, large ? VERSION_ZIP64 : VERSION_STORE); /* made by: DOS */
	add_common(member, large, out);
	add_16(out, (uint32_t)extra.len);
	add_16(out, 0); /* comment */
	add_16(out, 0); /* disk */
	add_16(out, 0); /* internal attributes */
	add_32(out, ATTRIBUTE_FILE);
	add_32(out, large ? FULL_32 : (uint32_t)at);
	text_add(out, member->name);
	text_add(out, text_bytes(&extra));
	out->failed = out->failed || extra.failed;
}

/* The whole entry or nothing of it: a member for which there is no room leaves room for smaller ones. */
static bool add_directory(struct zip *zip, const struct zip_member *member, struct err *err)
{
	CLEANUP(text_free) struct text entry = {0};

	add_entry(member, zip->at, &entry);
	if (!text_ok(&entry, err))
		return false;
	text_add(&zip->directory, text_bytes(&entry));
	if (text_ok(&zip->directory, err))
		return true;
	zip->directory.failed = zip->directory.is_over = false;
	return false;
}

bool zip_begin(struct zip *zip, const struct zip_member *member, struct err *err)
{
	CLEANUP(text_free) struct text header = {0};
	CLEANUP(text_free) struct text extra = {0};
	bool large = is_large(member, zip->at);

	if (member->name.len > ZIP_NAME_MAX)
		return fail(
		    err, ERR_LIMIT, "a name of %zu bytes is too long for a zip", member->name.len);
	add_extra(member, large, NULL, &extra);
	add_32(&header, 0x04034b50);
	add_common(member, large, &header);
	add_16(&header, (uint32_t)extra.len);
	text_add(&header, member->name);
	text_add(&header, text_bytes(&extra));
	if (!text_ok(&extra, err) || !text_ok(&header, err) || !add_directory(zip, member, err))
		return false;
	zip->count++;
	return put(zip, text_bytes(&header), err);
}

bool zip_write(struct zip *zip, struct bytes bytes, struct err *err)
{
	return put(zip, bytes, err);
}

/* 4.3.14, 4.3.15 and 4.3.16. */
bool zip_finish(struct zip *zip, struct err *err)
{
	CLEANUP(text_free) struct text end = {0};
	uint64_t at = zip->at, len = zip->directory.len;
	bool large = at >= FULL_32 || len >= FULL_32 || zip->count >= FULL_16;

	if (!text_ok(&zip->directory, err) || !put(zip, text_bytes(&zip->directory), err))
		return false;
	if (large) {
		add_32(&end, 0x06064b50);
		add_64(&end, 44);
		add_16(&end, VERSION_ZIP64);
		add_16(&end, VERSION_ZIP64);
		add_32(&end, 0);
		add_32(&end, 0);
		add_64(&end, zip->count);
		add_64(&end, zip->count);
		add_64(&end, len);
		add_64(&end, at);
		add_32(&end, 0x07064b50);
		add_32(&end, 0);
		add_64(&end, at + len);
		add_32(&end, 1);
	}
	add_32(&end, 0x06054b50);
	add_16(&end, 0);
	add_16(&end, 0);
	add_16(&end, large ? FULL_16 : (uint32_t)zip->count);
	add_16(&end, large ? FULL_16 : (uint32_t)zip->count);
	add_32(&end, large ? FULL_32 : (uint32_t)len);
	add_32(&end, large ? FULL_32 : (uint32_t)at);
	add_16(&end, 0);
	return text_ok(&end, err) && put(zip, text_bytes(&end), err);
}
