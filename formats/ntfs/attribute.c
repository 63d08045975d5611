/* Attribute headers (docs/formats/ntfs.md, "Attribute"). See attribute.h. */
#include "formats/ntfs/attribute.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"

#define TYPE_END          0xffffffffu
#define RESIDENT_SIZE     24u
#define NON_RESIDENT_SIZE 64u
#define COMPRESSED_SIZE   72u /* with the bytes really allocated */

/* As bytes_slice, here where four of five attributes come by. */
static inline bool slice(struct bytes from, size_t offset, size_t len, struct bytes *out)
{
	if (offset > from.len || len > from.len - offset)
		return false;
	*out = (struct bytes){.at = from.at + offset, .len = len};
	return true;
}

static bool parse_resident(struct bytes whole, struct ntfs_attribute *a, struct err *err)
{
	uint32_t len = le32(whole.at + 16);
	uint16_t at = le16(whole.at + 20);

	if (!slice(whole, at, len, &a->content))
		return fail(err, ERR_DAMAGED,
		    "attribute 0x%x: %u bytes of content at %u lie outside", a->type, len, at);
	return true;
}

static bool parse_non_resident(struct bytes whole, struct ntfs_attribute *a, struct err *err)
{
	if (whole.len < NON_RESIDENT_SIZE)
		return fail(
		    err, ERR_DAMAGED, "attribute 0x%x: header of %zu bytes", a->type, whole.len);
	a->first_vcn = le64(whole.at + 16);
	a->last_vcn = le64(whole.at + 24);
	uint16_t at = le16(whole.at + 32);

	a->compression_unit = whole.at[34];
	if (a->first_vcn == 0) {
		a->allocated = le64(whole.at + 40);
		a->size = le64(whole.at + 48);
		a->initialized = le64(whole.at + 56);
	}
	if (a->flags & (NTFS_STREAM_COMPRESSED | NTFS_STREAM_SPARSE) && at >= COMPRESSED_SIZE &&
	    whole.len >= COMPRESSED_SIZE && a->first_vcn == 0)
		a->allocated = le64(whole.at + 64);
	if (at < NON_RESIDENT_SIZE || at > whole.len)
		return fail(
		    err, ERR_DAMAGED, "attribute 0x%x: runs at %u lie outside", a->type, at);
	if (a->first_vcn > NTFS_LIMIT_VCN || a->last_vcn + 1 > NTFS_LIMIT_VCN ||
	    a->last_vcn + 1 < a->first_vcn)
		return fail(err, ERR_DAMAGED, "attribute 0x%x: clusters %llu to %llu", a->type,
		    (unsigned long long)a->first_vcn, (unsigned long long)a->last_vcn);
	if (a->size > INT64_MAX)
		return fail(err, ERR_DAMAGED, "attribute 0x%x: size 0x%llx", a->type,
		    (unsigned long long)a->size);
	a->mapping = (struct bytes){.at = whole.at + at, .len = whole.len - at};
	return true;
}

static bool parse_name(struct bytes whole, struct ntfs_attribute *a, struct err *err)
{
	size_t units = whole.at[9];

	if (units == 0)
		return true;
	if (!slice(whole, le16(whole.at + 10), 2 * units, &a->name))
		return fail(err, ERR_DAMAGED, "attribute 0x%x: its name lies outside", a->type);
	return true;
}

/* In one piece with the loop over a record's attributes, which a walk runs for each record. */
static inline bool parse_next(
    struct bytes record, size_t *pos, struct ntfs_attribute *out, bool *found, struct err *err)
{
	size_t left = *pos < record.len ? record.len - *pos : 0;
	const uint8_t *p = record.at + *pos;

	*found = false;
	/* Some writers count the end mark's type but not its length as used. */
	if (left < 4 || le32(p) == TYPE_END) {
		*pos = record.len;
		return true;
	}
	out->type = le32(p);
	uint32_t len = left >= 8 ? le32(p + 4) : 0;

	if (len < RESIDENT_SIZE || len > left || len % 8 != 0) {
		*pos = record.len;
		return fail(err, ERR_DAMAGED, "attribute 0x%x of %u bytes where %zu are left",
		    out->type, len, left);
	}
	struct bytes whole = {.at = p, .len = len};

	*pos += len;
	/* Member by member: five of these come by in each record. */
	out->name = out->content = out->mapping = (struct bytes){0};
	out->first_vcn = out->last_vcn = 0;
	out->allocated = out->size = out->initialized = 0;
	out->compression_unit = 0;
	out->torn = false;
	out->resident = p[8] == 0;
	out->flags = le16(p + 12);
	out->id = le16(p + 14);
	if (!parse_name(whole, out, err))
		return false;
	if (out->resident ? !parse_resident(whole, out, err) : !parse_non_resident(whole, out, err))
		return false;
	*found = true;
	return true;
}

bool ntfs_attribute_next(
    struct bytes record, size_t *pos, struct ntfs_attribute *out, bool *found, struct err *err)
{
	return parse_next(record, pos, out, found, err);
}

/* Whether damage in an attribute of this type may cost a name or content: they stand in a record by type. */
static bool may_lack(uint32_t type, bool is_end)
{
	return type == NTFS_FILE_NAME || type == NTFS_DATA ||
	       (is_end && (type < NTFS_DATA || type > NTFS_LOGGED_UTILITY_STREAM));
}

bool ntfs_attributes_add(struct ntfs_attributes *to, struct bytes record, size_t pos,
    struct err *damage, struct err *err)
{
	bool found = true;
	struct err why;

	while (pos < record.len) {
		if (!array_grow(&to->at, &to->room, to->count + 1, sizeof(*to->at),
			NTFS_LIMIT_ATTRIBUTES, err))
			return fail_in(err, "attributes");
		struct ntfs_attribute *attribute = &to->at[to->count];

		if (!parse_next(record, &pos, attribute, &found, &why)) {
			if (damage->kind == ERR_NONE)
				*damage = why;
			to->lacks |= may_lack(attribute->type, pos >= record.len);
			continue;
		}
		if (!found)
			break;
		attribute->order = to->count++;
	}
	return true;
}
