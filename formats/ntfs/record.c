/* The frame of an MFT record (docs/formats/ntfs.md, "Multi-sector blocks", "MFT record"). See record.h. */
#include "formats/ntfs/record.h"

#define STRIDE      512u
#define HEADER_SIZE 42u /* up to NTFS 3.0; the update sequence array follows */

struct ntfs_reference ntfs_reference_parse(const uint8_t *p)
{
	uint64_t both = le64(p);

	return (struct ntfs_reference){
	    .record = both & 0xffffffffffffull, .sequence = (uint16_t)(both >> 48)};
}

bool ntfs_fixup(uint8_t *block, size_t len, bool *torn, struct err *err)
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
	for (size_t i = 0; i < strides; i++) {
		uint8_t *end = block + (i + 1) * STRIDE - 2;

		if (memcmp(end, block + at, 2) != 0)
			*torn = true;
		memcpy(end, block + at + 2 + 2 * i, 2);
	}
	return true;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

static bool check_signature(const uint8_t *record, size_t len, struct err *err)
{
	if (memcmp(record, "FILE", 4) == 0)
		return true;
	if (is_zero(record, 4))
		return fail(err, ERR_MISSING, is_zero(record, len) ? "never used" : "no signature");
	if (memcmp(record, "BAAD", 4) == 0)
		return fail(err, ERR_DAMAGED, "marked BAAD by the file system check");
	return fail(err, ERR_DAMAGED, "signature is %02x%02x%02x%02x, not FILE", record[0],
	    record[1], record[2], record[3]);
}

bool ntfs_record_parse(
    uint8_t *record, size_t len, struct ntfs_record *out, struct err *damage, struct err *err)
{
	struct ntfs_record r = {0};
	bool torn = false;

	if (!check_signature(record, len, err) || !ntfs_fixup(record, len, &torn, err))
		return false;
	r.lsn = le64(record + 8);
	r.sequence = le16(record + 16);
	r.links = le16(record + 18);
	r.attributes = le16(record + 20);
	r.flags = le16(record + 22);
	r.used = le32(record + 24);
	r.base = ntfs_reference_parse(record + 32);
	if (r.attributes < HEADER_SIZE || r.attributes % 4 != 0 || r.attributes > len - 4)
		return fail(err, ERR_DAMAGED, "attributes start at %zu", r.attributes);
	if (torn && damage->kind == ERR_NONE)
		fail(damage, ERR_DAMAGED, "torn: its sectors were not written together");
	if (r.used > len || r.used < r.attributes) {
		if (damage->kind == ERR_NONE)
			fail(damage, ERR_DAMAGED, "%zu bytes in use of %zu", r.used, len);
		r.used = len;
	}
	*out = r;
	return true;
}
