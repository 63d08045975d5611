/* How each kind of action becomes an operation. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_DECODE_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_DECODE_H

#include "formats/ntfs/logfile_names.h"
#include "formats/ntfs/logfile_operation.h"
#include "formats/ntfs/logfile_tables.h"
#include "formats/ntfs/logfile_transactions.h"
#include "formats/ntfs/runs.h"

struct logfile_ahead { /* what the first checkpoint knows */
	struct logfile_opens opens;
	bool is_whole;
};

struct logfile_operations {
	struct logfile *log;
	struct logfile_listener *listener;
	struct logfile_layout layout;
	struct logfile_opens opens;
	struct logfile_ahead ahead[2]; /* of the ring, and of what is left from before it */
	bool was_stale;
	struct logfile_names names;
	struct logfile_transactions transactions;
	struct ntfs_run_list runs;

	struct logfile_record record; /* at work, and its action */
	struct logfile_action action;
	struct logfile_transaction *transaction; /* NULL: in none */
	struct bytes changes; /* of the journal, that the record holds and were not given yet */
	struct usn_record change;
};

/* Tells what the action at work is, in *out. False: no memory. */
bool logfile_decode(struct logfile_operations *operations, struct logfile_operation *out,
    struct err *err) MUST_CHECK;
/* Takes the next record of the journal from operations->changes. */
bool logfile_decode_change(struct logfile_operations *operations, struct logfile_operation *out);

/* An MFT record as the log holds it: without fix-ups, cut after what is used. */
struct logfile_image {
	struct ntfs_reference file; /* sequence 0: only when it says so */
	bool has_number;            /* it tells its own number */
	bool in_use, is_directory, is_extension;
	bool has_standard;
	struct ntfs_times times;
	uint32_t attributes;
	bool has_name;
	struct ntfs_name name; /* the best one */
	bool has_data;
	uint64_t size, allocated, initialized; /* of the unnamed $DATA */
	struct bytes mapping;                  /* of it; empty: resident or none */
	uint64_t first_vcn, last_vcn;
};
/* False: it is none, or too short to tell. */
bool logfile_image_parse(struct bytes data, struct logfile_image *out);

#endif
