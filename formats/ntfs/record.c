/* The frame of an MFT record (docs/formats/ntfs.md, "Multi-sector blocks", "MFT record"). See record.h. */
#include "formats/ntfs/record.h"

#define STRIDE      NTFS_STRIDE
#define STRIDES_MAX (NTFS_LIMIT_BLOCK_MAX / STRIDE)
#define HEADER_SIZE 42u /* up to NTFS 3.0; the update sequence array follows */

/* Whether the update sequence array of a block of len bytes can be believed. */
static bool check_array(const uint8_t *block, size_t len, struct err *err)
{
	size_t strides = len / STRIDE;
	size_t at = le16(block + 4);
	size_t count = le16(block + 6);

	/* The array lies in the first stride, before its own fix-up. */
	if (count != strides + 1)
		return fail(
		    err, ERR_DAMAGED, "update sequence of %zu, %zu wanted", count, strides + 1);
	if (at < 8 || at % 2 != 0 || at + 2 * count > (len < STRIDE ? len : STRIDE - 2))
		return fail(err, ERR_DAMAGED, "update sequence at %zu is outside", at);
	return true;
}

/* Undoes the first `whole` bytes of a block; the strides behind them are only looked at, in raw. In a block that is longer than a
 * record can be, the last bit stands for all the others. */
static void undo(
    uint8_t *block, const uint8_t *raw, size_t whole, size_t len, struct ntfs_strides *torn)
{
	size_t at = le16(block + 4);
	uint16_t number = le16(block + at);

	for (size_t i = 0; i < len / STRIDE; i++) {
		size_t end = (i + 1) * STRIDE - 2;

		if (le16(raw + end) != number) {
			size_t bit = i < STRIDES_MAX ? i : STRIDES_MAX - 1;

			torn->bits[bit / 64] |= (uint64_t)1 << bit % 64;
		}
		if (end < whole)
			memcpy(block + end, block + at + 2 + 2 * i, 2);
	}
}

static bool is_any(const struct ntfs_strides *strides)
{
	uint64_t all = 0;

	for (size_t i = 0; i < ARRAY_LEN(strides->bits); i++)
		all |= strides->bits[i];
	return all != 0;
}

bool ntfs_record_is_torn(const struct ntfs_record *record, size_t from, size_t end)
{
	for (size_t i = from / STRIDE; i < STRIDES_MAX && i * STRIDE < end; i++)
		if (record->torn.bits[i / 64] >> i % 64 & 1)
			return true;
	return false;
}

bool ntfs_fixup(uint8_t *block, size_t len, bool *torn, struct err *err)
{
	struct ntfs_strides strides = {0};

	if (!check_array(block, len, err))
		return false;
	undo(block, block, len, len, &strides);
	*torn = *torn || is_any(&strides);
	return true;
}

static bool check_signature(const uint8_t *record, size_t len, struct err *err)
{
	if (memcmp(record, "FILE", 4) == 0)
		return true;
	if (bytes_are_zero((struct bytes){record, len}))
		return fail(err, ERR_MISSING, "never used");
	if (memcmp(record, "BAAD", 4) == 0)
		return fail(err, ERR_DAMAGED, "marked BAAD by the file system check");
	return fail(err, ERR_DAMAGED, "signature is %02x%02x%02x%02x, not FILE", record[0],
	    record[1], record[2], record[3]);
}

/* The header of a block whose fix-ups are undone. */
static bool parse_header(const uint8_t *record, size_t len, const struct ntfs_strides *torn,
    struct ntfs_record *out, struct err *damage, struct err *err)
{
	struct ntfs_record r = {
	    .lsn = le64(record + 8),
	    .sequence = le16(record + 16),
	    .links = le16(record + 18),
	    .attributes = le16(record + 20),
	    .flags = le16(record + 22),
	    .used = le32(record + 24),
	    .base = ntfs_reference_parse(record + 32),
	    .torn = *torn,
	};

	if (r.attributes < HEADER_SIZE || r.attributes % 4 != 0 || r.attributes > len - 4)
		return fail(err, ERR_DAMAGED, "attributes start at %zu", r.attributes);
	if (is_any(torn) && damage->kind == ERR_NONE)
		fail(damage, ERR_DAMAGED, "torn: its sectors were not written together");
	if (r.used > len || r.used < r.attributes) {
		if (damage->kind == ERR_NONE)
			fail(damage, ERR_DAMAGED, "%zu bytes in use of %zu", r.used, len);
		r.used = len;
	}
	*out = r;
	return true;
}

bool ntfs_record_parse(
    uint8_t *record, size_t len, struct ntfs_record *out, struct err *damage, struct err *err)
{
	struct ntfs_strides torn = {0};

	if (!check_signature(record, len, err) || !check_array(record, len, err))
		return false;
	undo(record, record, len, len, &torn);
	return parse_header(record, len, &torn, out, damage, err);
}

/* Bytes of whole strides that hold what is in use; all of them when that number is none. */
static size_t strides_used(const uint8_t *raw, size_t len)
{
	size_t used = le32(raw + 24);

	if (used > len || used < le16(raw + 20) || len % STRIDE != 0)
		return len;
	return used <= STRIDE ? STRIDE : (used + STRIDE - 1) / STRIDE * STRIDE;
}

bool ntfs_record_take(const uint8_t *raw, uint8_t *to, size_t len, struct ntfs_record *out,
    struct err *damage, struct err *err)
{
	size_t whole = strides_used(raw, len);
	struct ntfs_strides torn = {0};

	if (!check_signature(raw, len, err) || !check_array(raw, len, err))
		return false;
	memcpy(to, raw, whole);
	undo(to, raw, whole, len, &torn);
	return parse_header(to, len, &torn, out, damage, err);
}
