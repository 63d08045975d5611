/* $LogFile: the journal of what NTFS was about to do to its own structures (docs/formats/logfile.md). Two restart pages,
 * then a ring of pages with records; a record's number, its LSN, counts up and tells where it lies, so a record is
 * believed only where its LSN says. Nothing else is trusted; damage is said and the walk goes on.
 *
 * Here: pages and records. What a record means: logfile_operation.h. */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_H

#include "core/source.h"

#define LOGFILE_BLOCK 512u /* bytes that struct logfile_action.block counts */

struct logfile_restart { /* what the better one of the two restart pages says */
	bool present;    /* false: none of them can be used; the rest but page_size is 0 */
	bool checked;    /* chkdsk was here (CHKD) */
	bool clean;      /* the volume was dismounted */
	uint16_t major, minor;
	uint32_t system_page_size; /* of the restart pages */
	uint32_t page_size;        /* of the record pages */
	uint64_t size;             /* of the log */
	uint32_t sequence_bits;    /* of an LSN: the upper ones count how often the ring was full */
	uint32_t data_offset;      /* in a record page */
	uint64_t current_lsn;      /* newest when this was written */
	uint64_t oldest_lsn;       /* oldest that Windows would need after a crash */
	uint64_t checkpoint_lsn;   /* of the client's restart record */
};

/* Parses a restart page of at least len bytes in place. ERR_DAMAGED; ERR_MISSING when it has no signature. */
bool logfile_restart_parse(
    uint8_t *page, size_t len, struct logfile_restart *out, struct err *err) MUST_CHECK;

enum logfile_type {
	LOGFILE_UPDATE = 1,     /* data is an action */
	LOGFILE_CHECKPOINT = 2, /* data is the client's restart area */
};

struct logfile_record {
	uint64_t lsn;
	uint64_t previous;    /* of the same transaction; 0: it is the first */
	uint64_t undo_next;   /* where undoing the transaction would go on */
	uint32_t type;        /* enum logfile_type */
	uint32_t transaction; /* used anew when the transaction ended */
	uint16_t flags;
	uint64_t offset; /* where it begins in the source */
	/* Not in the ring that ends with the newest record: left from an earlier one. */
	bool stale;
	bool after_gap; /* the first of all, or pages in front of it are missing */
	struct bytes data;
};

struct logfile; /* opaque; one thread */

/* What could not be read or understood: len bytes at offset of the source. */
struct logfile_listener {
	void (*damage)(
	    struct logfile_listener *self, uint64_t offset, uint64_t len, const struct err *why);
};

/* Opens a $LogFile or a piece of one (record pages alone), which it borrows, with the listener (may be NULL).
 * Reads every page once, to put them in order: at most 24 MiB are kept. ERR_MISSING when there is neither a
 * restart page nor a record page (an empty log is filled with FF). */
bool logfile_open(struct source *source, struct logfile_listener *listener, struct logfile **out,
    struct err *err) MUST_CHECK;
void logfile_close(struct logfile *log);
CLEANUP_POINTER(struct logfile, logfile_close);
const struct logfile_restart *logfile_restart(const struct logfile *log);

/* The next record in order of LSN; false at the end, or without memory (err). The views live until the next
 * call. */
bool logfile_next(struct logfile *log, struct logfile_record *out, struct err *err) MUST_CHECK;
/* Starts again at the first record. Damage is told again. */
void logfile_rewind(struct logfile *log, struct logfile_listener *listener);

/* The data of a LOGFILE_UPDATE record: what to do, and how to undo it. */
enum logfile_code {
	LOGFILE_NOOP = 0x00,
	LOGFILE_COMPENSATION = 0x01,
	LOGFILE_INITIALIZE_RECORD = 0x02,
	LOGFILE_DEALLOCATE_RECORD = 0x03,
	LOGFILE_WRITE_END_OF_RECORD = 0x04,
	LOGFILE_CREATE_ATTRIBUTE = 0x05,
	LOGFILE_DELETE_ATTRIBUTE = 0x06,
	LOGFILE_UPDATE_RESIDENT = 0x07,
	LOGFILE_UPDATE_NONRESIDENT = 0x08,
	LOGFILE_UPDATE_MAPPING = 0x09,
	LOGFILE_DELETE_DIRTY_CLUSTERS = 0x0a,
	LOGFILE_SET_SIZES = 0x0b,
	LOGFILE_ADD_ENTRY_ROOT = 0x0c,
	LOGFILE_DELETE_ENTRY_ROOT = 0x0d,
	LOGFILE_ADD_ENTRY_ALLOCATION = 0x0e,
	LOGFILE_DELETE_ENTRY_ALLOCATION = 0x0f,
	LOGFILE_WRITE_END_OF_INDEX = 0x10,
	LOGFILE_SET_VCN_ROOT = 0x11,
	LOGFILE_SET_VCN_ALLOCATION = 0x12,
	LOGFILE_UPDATE_NAME_ROOT = 0x13,
	LOGFILE_UPDATE_NAME_ALLOCATION = 0x14,
	LOGFILE_SET_BITS = 0x15,
	LOGFILE_CLEAR_BITS = 0x16,
	LOGFILE_HOT_FIX = 0x17,
	LOGFILE_END_TOP_LEVEL = 0x18,
	LOGFILE_PREPARE = 0x19,
	LOGFILE_COMMIT = 0x1a,
	LOGFILE_FORGET = 0x1b,
	LOGFILE_OPEN_ATTRIBUTE = 0x1c,
	LOGFILE_ATTRIBUTE_TABLE = 0x1d,
	LOGFILE_NAME_TABLE = 0x1e,
	LOGFILE_DIRTY_PAGE_TABLE = 0x1f,
	LOGFILE_TRANSACTION_TABLE = 0x20,
	LOGFILE_UPDATE_DATA_ROOT = 0x21,
	LOGFILE_UPDATE_DATA_ALLOCATION = 0x22,
	LOGFILE_UPDATE_RELATIVE = 0x23,
	LOGFILE_UPDATE_RELATIVE_2 = 0x24,
	LOGFILE_ZERO_END_OF_RECORD = 0x25,
};

struct logfile_action {
	uint16_t redo, undo;               /* enum logfile_code */
	uint16_t redo_len, undo_len;       /* bytes of the change */
	struct bytes redo_data, undo_data; /* them; empty when the log does not keep them */
	uint16_t target;                   /* key in the table of open attributes; 0: none */
	/* bytes into the MFT record or index block: of an attribute, of a bitmap */
	uint16_t record_offset;
	uint16_t attribute_offset; /* bytes into that */
	uint16_t block;            /* of 512 bytes in the cluster at vcn */
	/* of 512 bytes: an MFT record, an index block; 0: neither, or Windows before 8 */
	uint16_t target_blocks;
	uint64_t vcn; /* in the target */
	uint16_t lcn_count;
	struct bytes lcns; /* 8 bytes each */
};

/* Parses a record's data. ERR_DAMAGED. The views borrow from data. */
bool logfile_action_parse(
    struct bytes data, struct logfile_action *out, struct err *err) MUST_CHECK;

/* "InitializeFileRecordSegment"; NULL for an unknown code. */
const char *logfile_code_name(uint16_t code);

#endif
