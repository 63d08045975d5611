/* pax tar, strictly. See tar_read.h; field offsets: POSIX.1-2017, pax, "ustar Interchange Format". */
#include "bundle/tar_read.h"

#include "core/array.h"
#include "core/time.h"
#include "bundle/name.h"

#include <stdlib.h>

#define NAME_AT     0
#define NAME_LEN    100
#define SIZE_AT     124
#define SIZE_LEN    12
#define MTIME_AT    136
#define CHECKSUM_AT 148
#define TYPE_AT     156
#define MAGIC_AT    257
#define PREFIX_AT   345
#define PREFIX_LEN  155
#define PAX_PIECE   ((size_t)4096)

static bool is_zero(const uint8_t *block)
{
	return bytes_are_zero((struct bytes){block, TAR_BLOCK});
}

/* Octal digits, then nothing but NUL and space. */
static bool read_octal(const uint8_t *field, size_t len, uint64_t *out)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0');
	if (i == 0)
		return false;
	for (; i < len; i++)
		if (field[i] != 0 && field[i] != ' ')
			return false;
	*out = value;
	return true;
}

static bool check_block(const uint8_t *block, uint64_t at, struct err *err)
{
	uint64_t sum = 0, said;

	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + 8 ? ' ' : block[i];
	if (memcmp(block + MAGIC_AT,
		"ustar\0"
		"00",
		8) != 0)
		return fail(err, ERR_DAMAGED, "no tar header at byte %llu", (unsigned long long)at);
	if (!read_octal(block + CHECKSUM_AT, 8, &said) || said != sum)
		return fail(err, ERR_DAMAGED, "tar header with a wrong sum at byte %llu",
		    (unsigned long long)at);
	return true;
}

struct pax {
	struct bytes path; /* empty: not given */
	uint64_t size;
	bool has_size;
	struct tar_times times;
};

static bool read_decimal(struct bytes digits, uint64_t *out)
{
	uint64_t value = 0;

	if (digits.len == 0 || digits.len > 19)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.at[i] < '0' || digits.at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(digits.at[i] - '0');
	}
	*out = value;
	return true;
}

/* Cuts the next "LENGTH key=value\n" off *rest. */
static bool take_record(struct bytes *rest, struct bytes *key, struct bytes *value)
{
	const uint8_t *space = memchr(rest->at, ' ', rest->len);
	uint64_t len;

	if (!space || !read_decimal((struct bytes){rest->at, (size_t)(space - rest->at)}, &len) ||
	    len > rest->len || len < (size_t)(space - rest->at) + 4 || rest->at[len - 1] != '\n')
		return false;
	const uint8_t *end = rest->at + len - 1;
	const uint8_t *equals = memchr(space + 1, '=', (size_t)(end - space - 1));

	if (!equals || equals == space + 1)
		return false;
	*key = (struct bytes){space + 1, (size_t)(equals - space - 1)};
	*value = (struct bytes){equals + 1, (size_t)(end - equals - 1)};
	rest->at += len;
	rest->len -= (size_t)len;
	return true;
}

/* Seconds with a fraction of up to seven digits, perhaps before 1970; what no FILETIME holds is cut to what it does. */
static bool read_time(struct bytes value, uint64_t *out)
{
	bool is_before = value.len && value.at[0] == '-';
	size_t i = is_before;
	int64_t seconds = 0;
	uint32_t nanoseconds = 0, unit = 1000000000;

	if (value.len > 30 || i == value.len || value.at[i] == '.')
		return false;
	for (; i < value.len && value.at[i] >= '0' && value.at[i] <= '9'; i++)
		if (seconds < INT64_MAX / 100)
			seconds = seconds * 10 + (value.at[i] - '0');
	if (i < value.len && (value.at[i] != '.' || ++i == value.len))
		return false;
	for (; i < value.len; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return false;
		unit /= 10;
		nanoseconds += unit * (uint32_t)(value.at[i] - '0');
	}
	if (is_before && nanoseconds) {
		seconds++;
		nanoseconds = 1000000000 - nanoseconds;
	}
	*out = time_from_unix(is_before ? -seconds : seconds, nanoseconds);
	return true;
}

/* The time that a record of that name is; NULL when it is none. */
static uint64_t *time_of(struct bytes key, struct tar_times *times)
{
	static const char *const keys[] = {"mtime", "atime", "ctime", "LIBARCHIVE.creationtime"};
	uint64_t *const at[] = {
	    &times->modified, &times->accessed, &times->changed, &times->created};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (bytes_equal(key, bytes_of(keys[i])))
			return at[i];
	return NULL;
}

static bool read_pax(struct bytes records, struct pax *out)
{
	while (records.len) {
		struct bytes key, value;
		uint64_t *time;

		if (!take_record(&records, &key, &value))
			return false;
		if (bytes_equal(key, bytes_of("path"))) {
			if (out->path.len || value.len == 0)
				return false;
			out->path = value;
		} else if (bytes_equal(key, bytes_of("size"))) {
			if (out->has_size || !read_decimal(value, &out->size))
				return false;
			out->has_size = true;
		} else if (!(time = time_of(key, &out->times)) || !read_time(value, time)) {
			return false; /* nothing that gives the bytes another meaning */
		}
	}
	return true;
}

static size_t field_len(const uint8_t *field, size_t room)
{
	const uint8_t *nul = memchr(field, 0, room);

	return nul ? (size_t)(nul - field) : room;
}

/* False, and the path empty, when the name breaks the rules; false as well without memory. */
static bool take_path(
    const uint8_t *block, const struct pax *pax, struct text *path, struct err *err)
{
	CLEANUP(text_free) struct text printable = {0};

	text_clear(path);
	if (pax->path.len) {
		text_add(path, pax->path);
	} else {
		size_t prefix = field_len(block + PREFIX_AT, PREFIX_LEN);

		text_add(path, (struct bytes){block + PREFIX_AT, prefix});
		if (prefix)
			text_addc(path, '/');
		text_add(
		    path, (struct bytes){block + NAME_AT, field_len(block + NAME_AT, NAME_LEN)});
	}
	if (!text_ok(path, err))
		return false;
	if (bundle_name_check(text_bytes(path), err))
		return true;
	text_add_printable(&printable, text_bytes(path));
	text_clear(path);
	return text_fail_in(err, text_bytes(&printable));
}

static bool take_size(const uint8_t *block, uint64_t at, uint64_t *size, struct err *err)
{
	if (!read_octal(block + SIZE_AT, SIZE_LEN, size))
		return fail(err, ERR_DAMAGED, "tar header without a size at byte %llu",
		    (unsigned long long)at);
	return true;
}

/* 0: not given. */
static uint64_t block_time(const uint8_t *block)
{
	uint64_t seconds = 0;

	return read_octal(block + MTIME_AT, SIZE_LEN, &seconds) && seconds
		   ? time_from_unix((int64_t)seconds, 0)
		   : 0;
}

static uint64_t padded(uint64_t size)
{
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* Up to what no record may hold: who searches a tar of nothing but pax headers, each said to be long, reads no block a thousand times. */
static bool read_records(struct source *tar, uint64_t at, uint8_t *to, size_t len, struct err *err)
{
	for (size_t done = 0; done < len;) {
		size_t part = len - done < PAX_PIECE ? len - done : PAX_PIECE;

		if (!source_read_exact(tar, at + done, to + done, part, err))
			return false;
		if (memchr(to + done, 0, part))
			return fail(err, ERR_DAMAGED, "a broken pax header at byte %llu",
			    (unsigned long long)(at - TAR_BLOCK));
		done += part;
	}
	return true;
}

/* Reads the pax header whose block is at *pos, its records into *records (malloc), and the block after it. */
static bool enter_pax(struct source *tar, uint64_t *pos, uint8_t *block, uint8_t **records,
    struct pax *pax, struct err *err)
{
	uint64_t size = 0;

	if (!take_size(block, *pos, &size, err))
		return false;
	if (size > TAR_PAX_BYTES)
		return fail(err, ERR_LIMIT, "a pax header of %llu bytes", (unsigned long long)size);
	size_t room = (size_t)padded(size);

	*records = malloc(room ? room : 1);
	if (!*records)
		return fail(err, ERR_MEMORY, "no memory for a pax header");
	if (!read_records(tar, *pos + TAR_BLOCK, *records, (size_t)size, err) ||
	    !source_read_exact(
		tar, *pos + TAR_BLOCK + size, *records + size, room - (size_t)size, err))
		return false;
	if (!bytes_are_zero((struct bytes){*records + size, room - (size_t)size}) ||
	    !read_pax((struct bytes){*records, (size_t)size}, pax))
		return fail(
		    err, ERR_DAMAGED, "a broken pax header at byte %llu", (unsigned long long)*pos);
	*pos += TAR_BLOCK + padded(size);
	return source_read_exact(tar, *pos, block, TAR_BLOCK, err) && check_block(block, *pos, err);
}

/* All bytes from pos on are zero. */
static bool check_end(struct source *tar, uint64_t pos, struct err *err)
{
	uint8_t block[TAR_BLOCK];

	if (tar->size - pos > 20 * TAR_BLOCK)
		return fail(err, ERR_DAMAGED, "%llu bytes after the end of the tar",
		    (unsigned long long)(tar->size - pos));
	for (; pos < tar->size; pos += TAR_BLOCK)
		if (!source_read_exact(tar, pos, block, sizeof(block), err) || !is_zero(block))
			return fail(err, ERR_DAMAGED, "bytes after the end of the tar");
	return true;
}

static bool refuse(const struct err *why, struct err *err)
{
	if (err)
		*err = *why;
	return false;
}

bool tar_next(struct source *tar, uint64_t *pos, struct tar_entry *out, bool *end, struct err *err)
{
	CLEANUP(free_memory) uint8_t *records = NULL;
	uint8_t block[TAR_BLOCK];
	struct pax pax = {0};
	struct err why = {0};
	uint64_t at = *pos, size = 0;

	*end = at >= tar->size;
	if (*end)
		return true;
	if (!source_read_exact(tar, at, block, sizeof(block), err))
		return false;
	if (is_zero(block)) {
		*end = check_end(tar, at, err);
		return *end;
	}
	if (!check_block(block, at, err))
		return false;
	if (block[TYPE_AT] == 'x' && !enter_pax(tar, &at, block, &records, &pax, err))
		return false;
	if (block[TYPE_AT] != '0')
		return fail(err, ERR_DAMAGED, "a tar entry of type '%c' at byte %llu",
		    block[TYPE_AT] >= ' ' && block[TYPE_AT] < 0x7f ? block[TYPE_AT] : '?',
		    (unsigned long long)at);
	if (!take_size(block, at, &size, err))
		return false;
	if (pax.has_size)
		size = pax.size;
	if (size > INT64_MAX)
		return fail(err, ERR_LIMIT, "a tar entry of 2^63 bytes");
	bool has_name = take_path(block, &pax, &out->path, &why);

	if (!has_name && why.kind != ERR_DAMAGED)
		return refuse(&why, err);
	out->header_at = *pos;
	out->data_at = at + TAR_BLOCK;
	out->size = size;
	out->times = pax.times;
	if (!out->times.modified)
		out->times.modified = block_time(block);
	if (out->data_at > tar->size || padded(size) > tar->size - out->data_at) {
		*pos = tar->size;
		return has_name ? fail(err, ERR_DAMAGED, "the tar ends inside an entry")
				: refuse(&why, err);
	}
	*pos = out->data_at + padded(size);
	return has_name || refuse(&why, err);
}

bool tar_padding_check(struct source *tar, const struct tar_entry *entry, struct err *err)
{
	uint64_t at = entry->data_at + entry->size;
	size_t len = (size_t)(tar_entry_end(entry) - at);
	uint8_t padding[TAR_BLOCK];

	if (!source_read_exact(tar, at, padding, len, err))
		return false;
	for (size_t i = 0; i < len; i++)
		if (padding[i])
			return fail(err, ERR_DAMAGED, "there are bytes behind its end");
	return true;
}
