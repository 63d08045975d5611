/* The pax tar writer. See tar.h. */
#include "bundle/tar.h"

#include "core/time.h"

#include <stdio.h>

#define USTAR_NAME_LEN 100
#define USTAR_SIZE_MAX 077777777777ull
#define USTAR_TIME_MAX 077777777777ll

/* Offsets in a ustar header block. */
enum {
	AT_NAME = 0,
	AT_MODE = 100,
	AT_UID = 108,
	AT_GID = 116,
	AT_SIZE = 124,
	AT_MTIME = 136,
	AT_CHECKSUM = 148,
	AT_TYPE = 156,
	AT_MAGIC = 257,
	AT_VERSION = 263,
	AT_DEVMAJOR = 329,
	AT_DEVMINOR = 337,
};

void tar_time(uint64_t ticks, struct text *out)
{
	int64_t seconds;
	uint32_t nanoseconds;
	char fraction[16];

	time_to_unix(ticks, &seconds, &nanoseconds);
	/* seconds is rounded down; the decimal form has one sign for both. */
	if (seconds < 0) {
		text_addc(out, '-');
		if (nanoseconds) {
			seconds++;
			nanoseconds = 1000000000u - nanoseconds;
		}
		seconds = -seconds;
	}
	text_addf(out, "%lld", (long long)seconds);
	if (!nanoseconds)
		return;
	snprintf(fraction, sizeof(fraction), ".%07u", nanoseconds / 100);
	size_t len = strlen(fraction);

	while (fraction[len - 1] == '0')
		len--;
	text_add(out, (struct bytes){(const uint8_t *)fraction, len});
}

/* "LEN key=value\n", where LEN counts itself. */
static void add_record(struct text *out, const char *key, struct bytes value)
{
	size_t rest = strlen(key) + value.len + 3;
	size_t len = rest + 1;
	char digits[24];

	for (;;) {
		snprintf(digits, sizeof(digits), "%zu", len);
		if (rest + strlen(digits) == len)
			break;
		len = rest + strlen(digits);
	}
	text_addf(out, "%s %s=", digits, key);
	text_add(out, value);
	text_addc(out, '\n');
}

static void add_time_record(struct text *out, const char *key, uint64_t ticks)
{
	CLEANUP(text_free) struct text value = {0};

	tar_time(ticks, &value);
	if (value.failed)
		out->failed = true;
	add_record(out, key, text_bytes(&value));
}

/* Whether the ustar header's own field says the whole of it. */
static bool time_fits(uint64_t ticks)
{
	int64_t seconds;
	uint32_t nanoseconds;

	time_to_unix(ticks, &seconds, &nanoseconds);
	return seconds >= 0 && seconds <= USTAR_TIME_MAX && nanoseconds == 0;
}

static bool name_fits(struct bytes name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] < 0x20 || name.at[i] >= 0x7f)
			return false;
	return name.len <= USTAR_NAME_LEN;
}

static void add_records(const struct bundle_member *member, struct text *records)
{
	struct bytes name = bytes_of(member->name);
	char digits[24];

	if (!name_fits(name))
		add_record(records, "path", name);
	if (member->size > USTAR_SIZE_MAX) {
		snprintf(digits, sizeof(digits), "%llu", (unsigned long long)member->size);
		add_record(records, "size", bytes_of(digits));
	}
	if (member->modified && !time_fits(member->modified))
		add_time_record(records, "mtime", member->modified);
	if (member->accessed)
		add_time_record(records, "atime", member->accessed);
	if (member->changed)
		add_time_record(records, "ctime", member->changed);
	if (member->created)
		add_time_record(records, "LIBARCHIVE.creationtime", member->created);
}

/* The last characters of a name, in ASCII, for readers that do not know pax. */
static void put_short_name(uint8_t *to, const char *prefix, struct bytes name)
{
	size_t room = USTAR_NAME_LEN - strlen(prefix);

	memcpy(to, prefix, strlen(prefix));
	to += strlen(prefix);
	if (name.len > room) {
		name.at += name.len - room;
		name.len = room;
	}
	for (size_t i = 0; i < name.len; i++)
		to[i] = name.at[i] < 0x20 || name.at[i] >= 0x7f ? '_' : name.at[i];
}

static void put_octal(uint8_t *to, unsigned digits, uint64_t value)
{
	for (unsigned i = digits; i-- > 0; value >>= 3)
		to[i] = (uint8_t)('0' + (value & 7));
}

static void put_block(struct text *out, uint8_t block[TAR_BLOCK], char type, uint64_t size)
{
	uint32_t sum = 0;

	put_octal(block + AT_MODE, 7, 0600);
	put_octal(block + AT_UID, 7, 0);
	put_octal(block + AT_GID, 7, 0);
	put_octal(block + AT_SIZE, 11, size);
	block[AT_TYPE] = (uint8_t)type;
	memcpy(block + AT_MAGIC, "ustar", 6);
	memcpy(block + AT_VERSION, "00", 2);
	put_octal(block + AT_DEVMAJOR, 7, 0);
	put_octal(block + AT_DEVMINOR, 7, 0);
	memset(block + AT_CHECKSUM, ' ', 8);
	for (unsigned i = 0; i < TAR_BLOCK; i++)
		sum += block[i];
	put_octal(block + AT_CHECKSUM, 6, sum);
	block[AT_CHECKSUM + 6] = 0;
	text_add(out, (struct bytes){block, TAR_BLOCK});
}

static void add_extended(struct text *out, struct bytes name, const struct text *records)
{
	static const uint8_t zeros[TAR_BLOCK];
	uint8_t block[TAR_BLOCK] = {0};

	put_short_name(block + AT_NAME, "PaxHeaders/", name);
	put_octal(block + AT_MTIME, 11, 0);
	put_block(out, block, 'x', records->len);
	text_add(out, text_bytes(records));
	text_add(out, (struct bytes){zeros, tar_padding(records->len)});
}

bool tar_header(const struct bundle_member *member, struct text *out, struct err *err)
{
	CLEANUP(text_free) struct text records = {0};
	uint8_t block[TAR_BLOCK] = {0};
	struct bytes name = bytes_of(member->name);
	int64_t seconds = 0;
	uint32_t nanoseconds;

	if (name.len == 0 || name.len > TAR_NAME_MAX || strchr(member->name, '\n'))
		return fail(err, ERR_LIMIT, "member name of %zu bytes", name.len);
	add_records(member, &records);
	if (!text_ok(&records, err))
		return false;
	if (records.len)
		add_extended(out, name, &records);
	if (member->modified)
		time_to_unix(member->modified, &seconds, &nanoseconds);
	if (seconds < 0 || seconds > USTAR_TIME_MAX)
		seconds = 0;
	put_short_name(block + AT_NAME, "", name);
	put_octal(block + AT_MTIME, 11, (uint64_t)seconds);
	put_block(out, block, '0', member->size > USTAR_SIZE_MAX ? 0 : member->size);
	return text_ok(out, err);
}
