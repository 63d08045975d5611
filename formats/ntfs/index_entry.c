/* Nodes and entries of an index. See index_entry.h. */
#include "formats/ntfs/index_entry.h"

#include "formats/ntfs/limits.h"
#include "formats/ntfs/record.h"

bool ntfs_index_entries(struct bytes node, struct bytes *entries, struct err *err)
{
	if (node.len < NTFS_INDEX_NODE_HEADER || le32(node.at) > le32(node.at + 4) ||
	    !bytes_slice(node, le32(node.at), le32(node.at + 4) - le32(node.at), entries))
		return fail(err, ERR_DAMAGED, "its entries lie outside");
	return true;
}

bool ntfs_index_entry_next(
    struct bytes entries, size_t *pos, struct ntfs_index_entry *out, struct err *err)
{
	size_t left = entries.len - *pos;
	const uint8_t *p = entries.at + *pos;
	struct ntfs_index_entry entry = {0};

	if (left < NTFS_INDEX_ENTRY_HEADER)
		return fail(err, ERR_DAMAGED, "ends without a last entry");
	size_t len = le16(p + 8);
	size_t key_len = le16(p + 10);
	uint16_t flags = le16(p + 12);

	entry.last = flags & NTFS_INDEX_ENTRY_LAST;
	entry.has_sub = flags & NTFS_INDEX_ENTRY_SUB;
	size_t need =
	    NTFS_INDEX_ENTRY_HEADER + (entry.last ? 0 : key_len) + (entry.has_sub ? 8 : 0);

	if (len < need || len > left || len % 8 != 0)
		return fail(err, ERR_DAMAGED, "entry of %zu bytes where %zu are left", len, left);
	if (!entry.last)
		entry.key = (struct bytes){.at = p + NTFS_INDEX_ENTRY_HEADER, .len = key_len};
	if (entry.has_sub)
		entry.sub = le64(p + len - 8);
	entry.file = ntfs_reference_parse(p);
	*pos += len;
	*out = entry;
	return true;
}

bool ntfs_index_geometry(
    struct bytes root, uint32_t cluster_size, struct ntfs_index_geometry *out, struct err *err)
{
	uint32_t size = le32(root.at + 8);

	if (size < NTFS_LIMIT_BLOCK_MIN || size > NTFS_LIMIT_BLOCK_MAX || (size & (size - 1)) != 0)
		return fail(err, ERR_DAMAGED, "directory index with blocks of %u bytes", size);
	out->block_size = size;
	/* Blocks smaller than a cluster are counted in units of 512 bytes. */
	out->vcn_size = size < cluster_size ? 512 : cluster_size;
	if (out->vcn_size > size)
		out->vcn_size = size;
	return true;
}

struct bytes ntfs_index_i30(void)
{
	static const uint8_t name[] = {'$', 0, 'I', 0, '3', 0, '0', 0};

	return (struct bytes){.at = name, .len = sizeof(name)};
}
