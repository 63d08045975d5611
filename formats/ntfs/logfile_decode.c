/* From the code of an action to what happened. See logfile_decode.h, docs/formats/logfile.md. */
#include "formats/ntfs/logfile_decode.h"

#include "formats/ntfs/attribute.h"
#include "formats/ntfs/file_name.h"
#include "formats/ntfs/limits.h"

#define MFT_BITMAP 0u /* record of $MFT */
#define BITMAP     6u /* record of $Bitmap */

#define ATTRIBUTE_VALUE 24u /* where a resident attribute's value begins */
#define FIX_UPS         48u /* of an MFT record: NTFS 3.1; 42 before */
#define FIX_UPS_OLD     42u
#define MAPPING_AT      64u /* of an attribute without a name that is not compressed */

/* Names ------------------------------------------------------------------------------------------- */

/* Says whose MFT record it is, and the name if the log told it. */
static void tell_record(struct logfile_operations *ops, struct logfile_operation *out)
{
	uint64_t record;

	if (!logfile_target_record(ops, &record))
		return;
	out->has |= LOGFILE_HAS_FILE;
	out->file = (struct ntfs_reference){.record = record};
}

/* What earlier records told of the file. */
static void recall(struct logfile_operations *ops, struct logfile_operation *out)
{
	const struct logfile_name *known;

	if (!(out->has & LOGFILE_HAS_FILE))
		return;
	known = logfile_names_find(&ops->names, out->file.record);
	if (!known)
		return;
	if (!(out->has & LOGFILE_HAS_SEQUENCE) && known->file.sequence) {
		out->file.sequence = known->file.sequence;
		out->has |= LOGFILE_HAS_SEQUENCE;
	}
	if (out->has & LOGFILE_HAS_NAME || known->name_len == 0 ||
	    known->file.sequence != out->file.sequence ||
	    (out->has & LOGFILE_HAS_PARENT && out->name.parent.record != known->parent.record))
		return;
	out->name.parent = known->parent;
	out->name.name_space = known->name_space;
	out->name.utf16 = (struct bytes){.at = known->name, .len = known->name_len};
	out->has |= LOGFILE_HAS_NAME | LOGFILE_NAME_LEARNED;
}

/* MFT records ------------------------------------------------------------------------------------- */

static bool tell_runs(struct logfile_operations *ops, struct bytes mapping, uint64_t first,
    uint64_t end, struct logfile_operation *out, struct err *err)
{
	struct err why = {0};

	ops->runs.count = 0;
	if (!mapping.len)
		return true;
	if (!ntfs_runs_add(&ops->runs, mapping, first, end, &why)) {
		if (why.kind != ERR_MEMORY)
			return true;
		*err = why;
		return false;
	}
	out->runs = ops->runs.at;
	out->run_count = ops->runs.count;
	return true;
}

/* A root that is made or written whole: where its names are is not known any more. */
static void forget_root(struct logfile_operations *ops, const struct logfile_operation *op)
{
	if (op->has & LOGFILE_HAS_FILE)
		logfile_index_block(&ops->index, op->file.record, LOGFILE_INDEX_ROOT)->count = 0;
}

static bool tell_image(struct logfile_operations *ops, const struct logfile_image *image,
    struct logfile_operation *out, struct err *err)
{
	if (image->has_number) {
		out->file.record = image->file.record;
		out->has |= LOGFILE_HAS_FILE;
	}
	if (!(out->has & LOGFILE_HAS_FILE))
		return true;
	forget_root(ops, out);
	out->file.sequence = image->file.sequence;
	out->is_directory = image->is_directory;
	out->has |= LOGFILE_HAS_SEQUENCE | LOGFILE_HAS_DIRECTORY;
	if (image->has_standard) {
		logfile_names_learn_sequence(&ops->names, out->file);
		logfile_names_learn_standard(&ops->names, out->file.record, 0, image->standard);
		out->times = image->times;
		out->attributes = image->attributes;
		out->has |= LOGFILE_HAS_TIMES | LOGFILE_HAS_ATTRIBUTES;
	}
	if (image->has_data) {
		out->size = image->size;
		out->allocated = image->allocated;
		out->initialized = image->initialized;
		out->has |= LOGFILE_HAS_SIZES;
	}
	if (image->has_name) {
		out->name = image->name;
		out->has |= LOGFILE_HAS_NAME | LOGFILE_HAS_NAME_TIMES;
	}
	return tell_runs(ops, image->mapping, image->first_vcn, image->last_vcn + 1, out, err);
}

/* Keeps what the operation says of its file for those that come. */
static bool learn(
    struct logfile_operations *ops, const struct logfile_operation *op, struct err *err)
{
	if ((op->has & (LOGFILE_HAS_FILE | LOGFILE_HAS_SEQUENCE)) !=
	    (LOGFILE_HAS_FILE | LOGFILE_HAS_SEQUENCE))
		return true;
	if (op->has & LOGFILE_HAS_NAME && !(op->has & LOGFILE_NAME_LEARNED))
		return logfile_names_learn(&ops->names, op->file, &op->name, err);
	logfile_names_learn_sequence(&ops->names, op->file);
	return true;
}

/* Redo: the record is written whole. It was read for that right before, unless it is a new file's. */
static bool decode_initialize(
    struct logfile_operations *ops, struct logfile_operation *out, struct err *err)
{
	struct logfile_image image;

	if (!logfile_image_parse(ops->action.redo_data, &image))
		return true;
	/* Records made in advance, when the MFT grows, are of no file. */
	if (!image.in_use)
		return true;
	if (!tell_image(ops, &image, out, err))
		return false;
	bool again = ops->transaction && ops->transaction->rewritten == out->file.record + 1;

	out->what = again || image.is_extension || out->is_rollback ? LOGFILE_RECORD_WRITTEN
								    : LOGFILE_FILE_CREATED;
	return true;
}

/* Undo alone: what the record held before. */
static bool decode_before(
    struct logfile_operations *ops, struct logfile_operation *out, struct err *err)
{
	struct logfile_image image;

	if (!logfile_image_parse(ops->action.undo_data, &image) ||
	    !tell_image(ops, &image, out, err))
		return true;
	out->what = LOGFILE_RECORD_BEFORE;
	if (ops->transaction)
		ops->transaction->rewritten = out->file.record + 1;
	return true;
}

static bool decode_deallocate(
    struct logfile_operations *ops, struct logfile_operation *out, struct err *err)
{
	struct logfile_image image;

	out->what = LOGFILE_FILE_DELETED;
	if (ops->action.undo == LOGFILE_INITIALIZE_RECORD &&
	    logfile_image_parse(ops->action.undo_data, &image)) {
		if (!tell_image(ops, &image, out, err))
			return false;
		if (image.is_extension)
			out->what = LOGFILE_OTHER;
	}
	return true;
}

/* Attributes -------------------------------------------------------------------------------------- */

static bool decode_attribute(struct logfile_operations *ops, struct bytes data,
    enum logfile_what what, struct logfile_operation *out, struct err *err)
{
	struct ntfs_attribute a = {0};
	size_t pos = 0;
	bool found;

	out->what = what;
	if (data.len < 4)
		return true;
	out->attribute_type = le32(data.at);
	out->has |= LOGFILE_HAS_ATTRIBUTE;
	if (out->attribute_type == NTFS_INDEX_ROOT)
		forget_root(ops, out);
	if (!ntfs_attribute_next(data, &pos, &a, &found, NULL) || !found)
		return true;
	out->attribute_name = a.name;
	if (a.type == NTFS_FILE_NAME && a.resident &&
	    ntfs_file_name_parse(a.content, &out->name, NULL))
		out->has |= LOGFILE_HAS_NAME | LOGFILE_HAS_NAME_TIMES;
	if (a.type == NTFS_DATA) {
		out->size = a.resident ? a.content.len : a.size;
		out->allocated = a.resident ? 0 : a.allocated;
		out->initialized = a.resident ? out->size : a.initialized;
		out->has |= LOGFILE_HAS_SIZES;
	}
	return a.resident || tell_runs(ops, a.mapping, a.first_vcn, a.last_vcn + 1, out, err);
}

/* Takes the times of which every byte is known. */
static void tell_standard(const struct logfile_name *known, struct logfile_operation *out)
{
	uint64_t *const times[] = {
	    &out->times.created, &out->times.modified, &out->times.changed, &out->times.accessed};

	for (unsigned i = 0; i < ARRAY_LEN(times); i++) {
		if ((known->standard_known >> (8 * i) & 0xff) != 0xff)
			continue;
		*times[i] = le64(known->standard + 8 * i);
		out->times_told |= 1u << i;
	}
	if (out->times_told == 0xf)
		out->has |= LOGFILE_HAS_TIMES;
	else if (out->times_told)
		out->has |= LOGFILE_HAS_SOME_TIMES;
	if ((known->standard_known >> 32 & 0xf) != 0xf)
		return;
	out->attributes = le32(known->standard + 32);
	out->has |= LOGFILE_HAS_ATTRIBUTES;
}

/* Bytes of $STANDARD_INFORMATION are written that the log does not keep. */
static void forget_standard(struct logfile_operations *ops, const struct logfile_operation *out)
{
	size_t from = ops->action.attribute_offset;
	size_t end = from + ops->action.redo_len;

	from = from < ATTRIBUTE_VALUE ? ATTRIBUTE_VALUE : from;
	if (out->has & LOGFILE_HAS_FILE && end > from)
		logfile_names_forget_standard(
		    &ops->names, out->file.record, from - ATTRIBUTE_VALUE, end - from);
}

/* $STANDARD_INFORMATION is always the first attribute, so its place tells it. Only bytes that change are logged: with
 * those told before they make whole times. */
static void decode_standard(struct logfile_operations *ops, struct logfile_operation *out)
{
	const struct logfile_action *a = &ops->action;
	size_t offset = a->attribute_offset;

	out->attribute_type = NTFS_STANDARD_INFORMATION;
	out->has |= LOGFILE_HAS_ATTRIBUTE;
	if (!(out->has & LOGFILE_HAS_FILE) || offset < ATTRIBUTE_VALUE || !a->redo_data.len ||
	    offset - ATTRIBUTE_VALUE >= LOGFILE_STANDARD) {
		forget_standard(ops, out);
		return;
	}
	offset -= ATTRIBUTE_VALUE;
	tell_standard(
	    logfile_names_learn_standard(&ops->names, out->file.record, offset, a->redo_data), out);
	if (offset < 32)
		out->what = LOGFILE_TIMES_SET;
}

/* Attributes begin behind the fix-ups, of which there is one for each 512 bytes, and one more. */
static bool is_first_attribute(uint32_t at, uint32_t record_size)
{
	uint32_t fix_ups = 2 * (record_size / 512 + 1);

	return at == ((FIX_UPS + fix_ups + 7) & ~7u) || at == ((FIX_UPS_OLD + fix_ups + 7) & ~7u);
}

static void decode_resident(struct logfile_operations *ops, struct logfile_operation *out)
{
	out->what = LOGFILE_VALUE_WRITTEN;
	if (is_first_attribute(ops->action.record_offset, logfile_target_record_size(ops)))
		decode_standard(ops, out);
}

static void decode_sizes(struct logfile_operations *ops, struct logfile_operation *out)
{
	struct bytes data = ops->action.redo_data;

	out->what = LOGFILE_SIZES_SET;
	if (data.len < 24)
		return;
	out->allocated = le64(data.at);
	out->initialized = le64(data.at + 8);
	out->size = le64(data.at + 16);
	out->has |= LOGFILE_HAS_SIZES;
}

static bool decode_mapping(
    struct logfile_operations *ops, struct logfile_operation *out, struct err *err)
{
	out->what = LOGFILE_RUNS_WRITTEN;
	if (ops->action.attribute_offset != MAPPING_AT)
		return true;
	return tell_runs(ops, ops->action.redo_data, 0, NTFS_LIMIT_VCN, out, err);
}

/* Other streams ----------------------------------------------------------------------------------- */

static void decode_bits(struct logfile_operations *ops, bool sets, struct logfile_operation *out)
{
	const struct logfile_open *open = logfile_target_attribute(ops);
	struct bytes data = ops->action.redo_data;
	uint64_t offset;

	if (!open || data.len < 8 || !logfile_target_offset(ops, &offset) ||
	    offset > UINT64_MAX >> 4)
		return;
	out->first = (offset + ops->action.record_offset) * 8 + le32(data.at);
	out->count = le32(data.at + 4);
	if (open->attribute.file.record == BITMAP && open->attribute.type == NTFS_DATA)
		out->what = sets ? LOGFILE_CLUSTERS_ALLOCATED : LOGFILE_CLUSTERS_FREED;
	else if (open->attribute.file.record == MFT_BITMAP && open->attribute.type == NTFS_BITMAP)
		out->what = sets ? LOGFILE_RECORDS_ALLOCATED : LOGFILE_RECORDS_FREED;
	if (out->what != LOGFILE_OTHER) {
		out->has |= LOGFILE_HAS_RANGE;
		return;
	}
	/* A directory's. */
	out->attribute_type = open->attribute.type;
	out->has |= LOGFILE_HAS_ATTRIBUTE;
}

bool logfile_decode_change(struct logfile_operations *ops, struct logfile_operation *out)
{
	if (!usn_parse(ops->changes, &ops->change, NULL)) {
		ops->changes = (struct bytes){0};
		return false;
	}
	ops->changes.at += ops->change.length;
	ops->changes.len -= ops->change.length;
	out->what = LOGFILE_CHANGE_WRITTEN;
	out->change = &ops->change;
	out->file = ops->change.file;
	out->has = LOGFILE_HAS_FILE | LOGFILE_HAS_SEQUENCE;
	if (ops->change.utf16.len) {
		out->name =
		    (struct ntfs_name){.parent = ops->change.parent, .utf16 = ops->change.utf16};
		out->has |= LOGFILE_HAS_NAME;
	}
	return true;
}

/* Bytes in clusters: records of the change journal are told by their own rules where the table is not known. */
static void decode_nonresident(struct logfile_operations *ops, struct logfile_operation *out)
{
	const struct logfile_open *open = logfile_target_attribute(ops);

	if (open) {
		out->what = LOGFILE_STREAM_WRITTEN;
		out->file = open->attribute.file;
		out->attribute_type = open->attribute.type;
		out->attribute_name = (struct bytes){.at = open->name, .len = open->name_len};
		out->has |= LOGFILE_HAS_FILE | LOGFILE_HAS_SEQUENCE | LOGFILE_HAS_ATTRIBUTE;
	}
	if (open && open->attribute.type == NTFS_INDEX_ALLOCATION) {
		struct logfile_index_block *block = logfile_directory_block(ops, false);

		if (block)
			logfile_index_write(block, ops->action.redo_data);
	}
	if (open && (open->attribute.type != NTFS_DATA ||
			(open->name_len && !logfile_target_is(open, "$J"))))
		return;
	ops->changes = ops->action.redo_data;
	logfile_decode_change(ops, out);
}

static bool decode_code(
    struct logfile_operations *ops, uint16_t code, struct logfile_operation *out, struct err *err)
{
	const struct logfile_action *a = &ops->action;

	switch (code) {
	case LOGFILE_INITIALIZE_RECORD:
		return decode_initialize(ops, out, err);
	case LOGFILE_DEALLOCATE_RECORD:
		return decode_deallocate(ops, out, err);
	case LOGFILE_CREATE_ATTRIBUTE:
		return decode_attribute(ops, a->redo_data, LOGFILE_ATTRIBUTE_CREATED, out, err);
	case LOGFILE_DELETE_ATTRIBUTE:
		return decode_attribute(ops, a->undo_data, LOGFILE_ATTRIBUTE_DELETED, out, err);
	case LOGFILE_UPDATE_MAPPING:
		return decode_mapping(ops, out, err);
	case LOGFILE_ADD_ENTRY_ROOT:
	case LOGFILE_ADD_ENTRY_ALLOCATION:
		logfile_directory_entry(ops, code == LOGFILE_ADD_ENTRY_ROOT, true, out);
		return true;
	case LOGFILE_DELETE_ENTRY_ROOT:
	case LOGFILE_DELETE_ENTRY_ALLOCATION:
		logfile_directory_entry(ops, code == LOGFILE_DELETE_ENTRY_ROOT, false, out);
		return true;
	case LOGFILE_WRITE_END_OF_INDEX:
		logfile_directory_end(ops);
		return true;
	case LOGFILE_UPDATE_RESIDENT:
		decode_resident(ops, out);
		return true;
	case LOGFILE_SET_SIZES:
		decode_sizes(ops, out);
		return true;
	case LOGFILE_UPDATE_NAME_ROOT:
	case LOGFILE_UPDATE_NAME_ALLOCATION:
		logfile_directory_duplicate(ops, code == LOGFILE_UPDATE_NAME_ROOT, out);
		return true;
	case LOGFILE_SET_BITS:
	case LOGFILE_CLEAR_BITS:
		decode_bits(ops, code == LOGFILE_SET_BITS, out);
		return true;
	case LOGFILE_UPDATE_NONRESIDENT:
		decode_nonresident(ops, out);
		return true;
	default:
		return true;
	}
}

bool logfile_decode(struct logfile_operations *ops, struct logfile_operation *out, struct err *err)
{
	uint16_t redo = ops->action.redo;
	bool ok;

	out->is_rollback = ops->action.undo == LOGFILE_COMPENSATION && redo != LOGFILE_FORGET;
	if (logfile_target_is_record(redo) ||
	    (redo == LOGFILE_NOOP && logfile_target_is_record(ops->action.undo)))
		tell_record(ops, out);
	if (redo == LOGFILE_NOOP && ops->action.undo == LOGFILE_INITIALIZE_RECORD)
		ok = decode_before(ops, out, err);
	else
		ok = decode_code(ops, redo, out, err);
	if (!ok)
		return false;
	recall(ops, out);
	return learn(ops, out, err);
}
