/* Names put into directories and taken out. See logfile_decode.h. */
#include "formats/ntfs/file_name.h"
#include "formats/ntfs/logfile_decode.h"
#include "formats/ntfs/record.h"

#define ENTRY_HEADER  16u /* of an index entry */
#define DUPLICATE_LEN 56u /* times, sizes, attributes in a directory entry */

/* The directory whose index is the target: of a root the MFT record, of index blocks the open attribute's. *known is
 * false when it cannot be told. False: it is no directory's. */
static bool target_directory(const struct logfile_operations *ops, bool is_root,
    struct ntfs_reference *directory, bool *known)
{
	const struct logfile_open *open;

	*known = true;
	*directory = (struct ntfs_reference){0};
	if (is_root) {
		*known = logfile_target_record(ops, &directory->record);
		return true;
	}
	open = logfile_target_attribute(ops);
	*known = open != NULL;
	if (!open)
		return true;
	*directory = open->attribute.file;
	return open->attribute.type == NTFS_INDEX_ALLOCATION &&
	       (open->name_len == 0 || logfile_target_is(open, "$I30"));
}

static bool parse_entry(struct bytes data, struct ntfs_reference *file, struct ntfs_name *name)
{
	struct bytes key;

	if (data.len < ENTRY_HEADER || !bytes_slice(data, ENTRY_HEADER, le16(data.at + 10), &key) ||
	    !ntfs_file_name_parse(key, name, NULL) || name->utf16.len == 0 ||
	    key.len != 66 + name->utf16.len || name->name_space > NTFS_NAME_WIN32_DOS)
		return false;
	*file = ntfs_reference_parse(data.at);
	return file->sequence != 0 && name->parent.sequence != 0;
}

static bool same_bytes_name(const struct ntfs_name *a, const struct ntfs_name *b)
{
	return a->parent.record == b->parent.record && a->parent.sequence == b->parent.sequence &&
	       bytes_equal(a->utf16, b->utf16);
}

/* The block of the index that is the target; NULL when it cannot be told. */
struct logfile_index_block *logfile_directory_block(struct logfile_operations *ops, bool is_root)
{
	struct ntfs_reference directory;
	bool known;
	uint64_t place = LOGFILE_INDEX_ROOT;

	if (!target_directory(ops, is_root, &directory, &known) || !known ||
	    (!is_root && !logfile_target_offset(ops, &place)))
		return NULL;
	return logfile_index_block(&ops->index, directory.record, place);
}

static void follow_entry(
    struct logfile_operations *ops, bool is_root, bool adds, const struct logfile_operation *op)
{
	struct logfile_index_block *block = logfile_directory_block(ops, is_root);
	struct bytes data = adds ? ops->action.redo_data : ops->action.undo_data;

	if (!block)
		return;
	if (data.len < ENTRY_HEADER || le16(data.at + 8) < ENTRY_HEADER)
		block->count = 0;
	else if (adds)
		logfile_index_add(block, ops->action.attribute_offset, le16(data.at + 8), op->file);
	else
		logfile_index_remove(block, ops->action.attribute_offset, le16(data.at + 8));
}

void logfile_directory_entry(
    struct logfile_operations *ops, bool is_root, bool adds, struct logfile_operation *out)
{
	struct bytes data = adds ? ops->action.redo_data : ops->action.undo_data;
	struct ntfs_reference directory;
	bool known;

	/* The root's own MFT record is the directory's, not the file's. */
	out->has &= ~(uint32_t)LOGFILE_HAS_FILE;
	if (!target_directory(ops, is_root, &directory, &known))
		return;
	bool is_name = parse_entry(data, &out->file, &out->name) &&
		       (!known || directory.record == out->name.parent.record);

	follow_entry(ops, is_root, adds, out);
	if (!is_name)
		return;
	out->has |=
	    LOGFILE_HAS_FILE | LOGFILE_HAS_SEQUENCE | LOGFILE_HAS_NAME | LOGFILE_HAS_NAME_TIMES;
	out->what = adds ? LOGFILE_NAME_ADDED : LOGFILE_NAME_REMOVED;
	if (!ops->transaction)
		return;
	if (!adds) {
		logfile_transaction_remove(ops->transaction, out->file, &out->name);
		return;
	}
	if (!logfile_transaction_take(ops->transaction, out->file, out->name.name_space, &out->old))
		return;
	if (same_bytes_name(&out->old, &out->name))
		out->what = LOGFILE_ENTRY_WRITTEN;
	else if (out->old.parent.record == out->name.parent.record)
		out->what = LOGFILE_RENAMED;
	else
		out->what = LOGFILE_MOVED;
}

/* The entries behind a place are written anew, or all of a root or block. */
void logfile_directory_end(struct logfile_operations *ops)
{
	struct logfile_index_block *block = logfile_directory_block(ops, false);

	if (block)
		logfile_index_replace(block, ops->action.attribute_offset, ops->action.redo_data);
}

/* Times and sizes of a name in a directory; of which one its place tells, when the log told what is there. */
void logfile_directory_duplicate(
    struct logfile_operations *ops, bool is_root, struct logfile_operation *out)
{
	struct bytes data = ops->action.redo_data;
	struct ntfs_reference directory;
	bool known;

	out->has &= ~(uint32_t)LOGFILE_HAS_FILE;
	if (data.len < DUPLICATE_LEN || !target_directory(ops, is_root, &directory, &known))
		return;
	out->what = LOGFILE_ENTRY_WRITTEN;
	out->name = (struct ntfs_name){
	    .parent = directory,
	    .times = ntfs_times_parse(data.at),
	    .allocated = le64(data.at + 32),
	    .size = le64(data.at + 40),
	    .attributes = le32(data.at + 48),
	};
	out->has |= LOGFILE_HAS_NAME_TIMES | (known ? LOGFILE_HAS_PARENT : 0);
	const struct logfile_index_block *block = logfile_directory_block(ops, is_root);
	const struct logfile_index_entry *entry =
	    block ? logfile_index_find(block, ops->action.attribute_offset) : NULL;

	if (entry) {
		out->file = entry->file;
		out->has |= LOGFILE_HAS_FILE | LOGFILE_HAS_SEQUENCE;
	}
}
