/* One record of the USN change journal, and the words of its flags. See usn.h, docs/formats/usn.md. */
#include "formats/ntfs/usn.h"

#define V2_NAME    60u /* offsets of the name: what must lie before it */
#define V3_NAME    76u
#define V4_EXTENTS 64u
#define EXTENT_LEN 16u

static struct ntfs_reference reference_of(uint64_t number)
{
	return (struct ntfs_reference){
	    .record = number & 0xffffffffffffull,
	    .sequence = (uint16_t)(number >> 48),
	};
}

/* From the time stamp to the name: versions 2 and 3 are alike but for the width of the references. */
static bool parse_named(struct reader *r, uint32_t name_at, struct usn_record *out)
{
	out->has_time = true;
	out->time = read_u64(r);
	out->reason = read_u32(r);
	out->source_info = read_u32(r);
	out->security_id = read_u32(r);
	out->attributes = read_u32(r);
	uint16_t name_len = read_u16(r);
	uint16_t name_offset = read_u16(r);

	out->utf16 = read_bytes(r, name_len);
	return !r->overrun && name_offset == name_at && name_len % 2 == 0 && name_len > 0 &&
	       name_len <= 510 && out->length == ((name_at + name_len + 7) & ~7u);
}

static bool parse_extents(struct reader *r, struct usn_record *out)
{
	out->reason = read_u32(r);
	out->source_info = read_u32(r);
	out->remaining_extents = read_u32(r);
	out->extent_count = read_u16(r);
	uint16_t extent_len = read_u16(r);

	if (r->overrun || extent_len != EXTENT_LEN)
		return false;
	out->extents = read_bytes(r, (size_t)out->extent_count * EXTENT_LEN);
	return !r->overrun && out->length == V4_EXTENTS + (uint32_t)out->extent_count * EXTENT_LEN;
}

static bool parse_body(struct reader *r, struct usn_record *out)
{
	out->file = reference_of(read_u64(r));
	if (out->major != 2)
		out->file_high = read_u64(r);
	out->parent = reference_of(read_u64(r));
	if (out->major != 2)
		out->parent_high = read_u64(r);
	out->usn = read_u64(r);
	if (out->major == 4)
		return parse_extents(r, out);
	return parse_named(r, out->major == 2 ? V2_NAME : V3_NAME, out);
}

bool usn_parse(struct bytes bytes, struct usn_record *out, struct err *err)
{
	struct usn_record record = {0};
	struct reader r = {.data = bytes};

	record.length = read_u32(&r);
	record.major = read_u16(&r);
	record.minor = read_u16(&r);
	if (r.overrun)
		return fail(err, ERR_DAMAGED, "USN record is cut off");
	if (record.length < USN_RECORD_MIN || record.length > USN_PAGE || record.length % 8)
		return fail(
		    err, ERR_DAMAGED, "USN record has an impossible length of %u", record.length);
	if (record.major < 2 || record.major > 4)
		return fail(err, ERR_DAMAGED, "USN record has unknown version %u", record.major);
	if (record.length > bytes.len)
		return fail(err, ERR_DAMAGED, "USN record is cut off");
	r.data.len = record.length;
	if (!parse_body(&r, &record))
		return fail(err, ERR_DAMAGED, "USN record contradicts itself");
	if (record.usn % 8 || record.usn >> 63 || record.usn % USN_PAGE + record.length > USN_PAGE)
		return fail(err, ERR_DAMAGED, "USN record lies across a page");
	*out = record;
	return true;
}

const char *usn_reason_word(unsigned bit)
{
	static const char *const words[32] = {
	    [0] = "DATA_OVERWRITE",
	    [1] = "DATA_EXTEND",
	    [2] = "DATA_TRUNCATION",
	    [4] = "NAMED_DATA_OVERWRITE",
	    [5] = "NAMED_DATA_EXTEND",
	    [6] = "NAMED_DATA_TRUNCATION",
	    [8] = "FILE_CREATE",
	    [9] = "FILE_DELETE",
	    [10] = "EA_CHANGE",
	    [11] = "SECURITY_CHANGE",
	    [12] = "RENAME_OLD_NAME",
	    [13] = "RENAME_NEW_NAME",
	    [14] = "INDEXABLE_CHANGE",
	    [15] = "BASIC_INFO_CHANGE",
	    [16] = "HARD_LINK_CHANGE",
	    [17] = "COMPRESSION_CHANGE",
	    [18] = "ENCRYPTION_CHANGE",
	    [19] = "OBJECT_ID_CHANGE",
	    [20] = "REPARSE_POINT_CHANGE",
	    [21] = "STREAM_CHANGE",
	    [22] = "TRANSACTED_CHANGE",
	    [23] = "INTEGRITY_CHANGE",
	    [24] = "DESIRED_STORAGE_CLASS_CHANGE",
	    [31] = "CLOSE",
	};

	return bit < 32 ? words[bit] : NULL;
}

const char *usn_source_word(unsigned bit)
{
	static const char *const words[] = {
	    "DATA_MANAGEMENT",
	    "AUXILIARY_DATA",
	    "REPLICATION_MANAGEMENT",
	    "CLIENT_REPLICATION_MANAGEMENT",
	};

	return bit < ARRAY_LEN(words) ? words[bit] : NULL;
}

const char *ntfs_attribute_word(unsigned bit)
{
	static const char *const words[32] = {
	    [0] = "READONLY",
	    [1] = "HIDDEN",
	    [2] = "SYSTEM",
	    [4] = "DIRECTORY",
	    [5] = "ARCHIVE",
	    [6] = "DEVICE",
	    [7] = "NORMAL",
	    [8] = "TEMPORARY",
	    [9] = "SPARSE_FILE",
	    [10] = "REPARSE_POINT",
	    [11] = "COMPRESSED",
	    [12] = "OFFLINE",
	    [13] = "NOT_CONTENT_INDEXED",
	    [14] = "ENCRYPTED",
	    [15] = "INTEGRITY_STREAM",
	    [16] = "VIRTUAL",
	    [17] = "NO_SCRUB_DATA",
	    [18] = "RECALL_ON_OPEN",
	    [19] = "PINNED",
	    [20] = "UNPINNED",
	    [22] = "RECALL_ON_DATA_ACCESS",
	    [28] = "INDEX_PRESENT",
	    [29] = "VIEW_INDEX_PRESENT",
	};

	return bit < 32 ? words[bit] : NULL;
}
