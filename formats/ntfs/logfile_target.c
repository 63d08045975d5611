/* What an action's target is: where in which stream. See logfile_decode.h. */
#include "formats/ntfs/logfile_decode.h"

#include "formats/ntfs/limits.h"

#define RECORD_USUAL 1024u

bool logfile_target_offset(const struct logfile_operations *ops, uint64_t *out)
{
	uint64_t vcn = ops->action.vcn;

	if (vcn > NTFS_LIMIT_VCN || (vcn && !ops->layout.cluster_size))
		return false;
	/* 2^52 clusters of 2^21 bytes are more than 64 bits hold. */
	if (vcn && vcn > (UINT64_MAX >> 1) / ops->layout.cluster_size)
		return false;
	*out = vcn * ops->layout.cluster_size + (uint64_t)ops->action.block * LOGFILE_BLOCK;
	return true;
}

/* Codes whose target is a record of the MFT. */
bool logfile_target_is_record(uint16_t code)
{
	static const uint64_t codes =
	    1ull << LOGFILE_INITIALIZE_RECORD | 1ull << LOGFILE_DEALLOCATE_RECORD |
	    1ull << LOGFILE_WRITE_END_OF_RECORD | 1ull << LOGFILE_CREATE_ATTRIBUTE |
	    1ull << LOGFILE_DELETE_ATTRIBUTE | 1ull << LOGFILE_UPDATE_RESIDENT |
	    1ull << LOGFILE_UPDATE_MAPPING | 1ull << LOGFILE_SET_SIZES |
	    1ull << LOGFILE_ADD_ENTRY_ROOT | 1ull << LOGFILE_DELETE_ENTRY_ROOT |
	    1ull << LOGFILE_SET_VCN_ROOT | 1ull << LOGFILE_UPDATE_NAME_ROOT |
	    1ull << LOGFILE_UPDATE_DATA_ROOT | 1ull << LOGFILE_ZERO_END_OF_RECORD;

	return code < 64 && codes >> code & 1;
}

uint32_t logfile_target_record_size(const struct logfile_operations *ops)
{
	if (ops->action.target_blocks)
		return ops->action.target_blocks * LOGFILE_BLOCK;
	return ops->layout.record_size ? ops->layout.record_size : RECORD_USUAL;
}

bool logfile_target_record(const struct logfile_operations *ops, uint64_t *out)
{
	uint64_t offset;

	if (!logfile_target_offset(ops, &offset))
		return false;
	*out = offset / logfile_target_record_size(ops);
	return *out <= 0xffffffffffffull;
}

const struct logfile_open *logfile_target_attribute(const struct logfile_operations *ops)
{
	return logfile_opens_find(&ops->opens, ops->action.target, ops->record.lsn);
}

bool logfile_target_is(const struct logfile_open *open, const char *ascii)
{
	size_t len = strlen(ascii);

	if (open->name_len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (open->name[2 * i] != (uint8_t)ascii[i] || open->name[2 * i + 1] != 0)
			return false;
	return true;
}
