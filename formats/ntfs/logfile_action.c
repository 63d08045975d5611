/* The data of an update record. See logfile.h. */
#include "formats/ntfs/logfile.h"

#define HEADER_LEN 32u

/* Bytes that are not worth keeping are only counted: then the offset is the end of the record. */
static bool take_data(struct bytes data, uint16_t at, uint16_t len, struct bytes *out)
{
	return len == 0 || at >= data.len || bytes_slice(data, at, len, out);
}

bool logfile_action_parse(struct bytes data, struct logfile_action *out, struct err *err)
{
	struct logfile_action a = {0};

	if (data.len < HEADER_LEN)
		return fail(err, ERR_DAMAGED, "log record with %zu bytes of data", data.len);
	a.redo = le16(data.at);
	a.undo = le16(data.at + 2);
	uint16_t redo_at = le16(data.at + 4);

	a.redo_len = le16(data.at + 6);
	uint16_t undo_at = le16(data.at + 8);

	a.undo_len = le16(data.at + 10);
	a.target = le16(data.at + 12);
	a.lcn_count = le16(data.at + 14);
	a.record_offset = le16(data.at + 16);
	a.attribute_offset = le16(data.at + 18);
	a.block = le16(data.at + 20);
	a.target_blocks = le16(data.at + 22);
	a.vcn = le64(data.at + 24);
	if (!bytes_slice(data, HEADER_LEN, 8ull * a.lcn_count, &a.lcns))
		return fail(err, ERR_DAMAGED, "log record with %u clusters in %zu bytes",
		    a.lcn_count, data.len);
	if (!take_data(data, redo_at, a.redo_len, &a.redo_data))
		return fail(err, ERR_DAMAGED, "log record whose redo data lies outside");
	if (!take_data(data, undo_at, a.undo_len, &a.undo_data))
		return fail(err, ERR_DAMAGED, "log record whose undo data lies outside");
	/* Tables can be longer than the field can say. */
	if (a.redo >= LOGFILE_ATTRIBUTE_TABLE && a.redo <= LOGFILE_TRANSACTION_TABLE &&
	    redo_at >= HEADER_LEN && redo_at <= data.len)
		a.redo_data = (struct bytes){.at = data.at + redo_at, .len = data.len - redo_at};
	*out = a;
	return true;
}

const char *logfile_code_name(uint16_t code)
{
	static const char *const names[] = {
	    [LOGFILE_NOOP] = "Noop",
	    [LOGFILE_COMPENSATION] = "CompensationLogRecord",
	    [LOGFILE_INITIALIZE_RECORD] = "InitializeFileRecordSegment",
	    [LOGFILE_DEALLOCATE_RECORD] = "DeallocateFileRecordSegment",
	    [LOGFILE_WRITE_END_OF_RECORD] = "WriteEndOfFileRecordSegment",
	    [LOGFILE_CREATE_ATTRIBUTE] = "CreateAttribute",
	    [LOGFILE_DELETE_ATTRIBUTE] = "DeleteAttribute",
	    [LOGFILE_UPDATE_RESIDENT] = "UpdateResidentValue",
	    [LOGFILE_UPDATE_NONRESIDENT] = "UpdateNonresidentValue",
	    [LOGFILE_UPDATE_MAPPING] = "UpdateMappingPairs",
	    [LOGFILE_DELETE_DIRTY_CLUSTERS] = "DeleteDirtyClusters",
	    [LOGFILE_SET_SIZES] = "SetNewAttributeSizes",
	    [LOGFILE_ADD_ENTRY_ROOT] = "AddIndexEntryRoot",
	    [LOGFILE_DELETE_ENTRY_ROOT] = "DeleteIndexEntryRoot",
	    [LOGFILE_ADD_ENTRY_ALLOCATION] = "AddIndexEntryAllocation",
	    [LOGFILE_DELETE_ENTRY_ALLOCATION] = "DeleteIndexEntryAllocation",
	    [LOGFILE_WRITE_END_OF_INDEX] = "WriteEndOfIndexBuffer",
	    [LOGFILE_SET_VCN_ROOT] = "SetIndexEntryVcnRoot",
	    [LOGFILE_SET_VCN_ALLOCATION] = "SetIndexEntryVcnAllocation",
	    [LOGFILE_UPDATE_NAME_ROOT] = "UpdateFileNameRoot",
	    [LOGFILE_UPDATE_NAME_ALLOCATION] = "UpdateFileNameAllocation",
	    [LOGFILE_SET_BITS] = "SetBitsInNonresidentBitMap",
	    [LOGFILE_CLEAR_BITS] = "ClearBitsInNonresidentBitMap",
	    [LOGFILE_HOT_FIX] = "HotFix",
	    [LOGFILE_END_TOP_LEVEL] = "EndTopLevelAction",
	    [LOGFILE_PREPARE] = "PrepareTransaction",
	    [LOGFILE_COMMIT] = "CommitTransaction",
	    [LOGFILE_FORGET] = "ForgetTransaction",
	    [LOGFILE_OPEN_ATTRIBUTE] = "OpenNonresidentAttribute",
	    [LOGFILE_ATTRIBUTE_TABLE] = "OpenAttributeTableDump",
	    [LOGFILE_NAME_TABLE] = "AttributeNamesDump",
	    [LOGFILE_DIRTY_PAGE_TABLE] = "DirtyPageTableDump",
	    [LOGFILE_TRANSACTION_TABLE] = "TransactionTableDump",
	    [LOGFILE_UPDATE_DATA_ROOT] = "UpdateRecordDataRoot",
	    [LOGFILE_UPDATE_DATA_ALLOCATION] = "UpdateRecordDataAllocation",
	    [LOGFILE_UPDATE_RELATIVE] = "UpdateRelativeDataInIndex",
	    [LOGFILE_UPDATE_RELATIVE_2] = "UpdateRelativeDataInIndex2",
	    [LOGFILE_ZERO_END_OF_RECORD] = "ZeroEndOfFileRecord",
	};

	return code < ARRAY_LEN(names) ? names[code] : NULL;
}
