/* How each kind of action becomes an operation. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_DECODE_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_DECODE_H

#include "formats/ntfs/logfile_index.h"
#include "formats/ntfs/logfile_names.h"
#include "formats/ntfs/logfile_operation.h"
#include "formats/ntfs/logfile_tables.h"
#include "formats/ntfs/logfile_transactions.h"
#include "formats/ntfs/runs.h"

struct logfile_ahead { /* what the first checkpoint knows */
	struct logfile_opens opens;
	bool is_whole;
};

struct logfile_scout { /* reads on behind a gap, to the next tables */
	struct logfile_listener base;
	struct logfile *log;          /* NULL: there was no gap yet */
	struct logfile_record record; /* the next to look at, if has_record */
	bool has_record, has_missed, is_over;
	uint64_t dumped; /* LSN of the table of attributes that was learned last */
};

struct logfile_operations {
	struct logfile_listener own; /* first: notes that records were missed, and passes it on */
	bool has_missed;
	struct logfile *log;
	struct logfile_listener *listener;
	struct logfile_layout layout;
	struct logfile_opens opens;
	struct logfile_ahead ahead[2]; /* of the ring, and of what is left from before it */
	bool was_stale, has_begun;
	struct source *source;
	struct logfile_scout scout;
	struct logfile_names names;
	struct logfile_index index;
	struct logfile_transactions transactions;
	struct ntfs_run_list runs;

	struct logfile_record record; /* at work, and its action */
	struct logfile_action action;
	struct logfile_transaction *transaction; /* NULL: in none */
	struct bytes changes; /* of the journal, that the record holds and were not given yet */
	struct usn_record change;
};

/* Makes *out of the record at work. False: no memory. */
bool logfile_operations_take(struct logfile_operations *operations, struct logfile_operation *out,
    struct err *err) MUST_CHECK;
/* Tells what the action at work is, in *out. False: no memory. */
bool logfile_decode(struct logfile_operations *operations, struct logfile_operation *out,
    struct err *err) MUST_CHECK;
/* Takes the next record of the journal from operations->changes. */
bool logfile_decode_change(struct logfile_operations *operations, struct logfile_operation *out);

/* Bytes from the start of the target to the block of the action at work; false when it cannot be told. */
bool logfile_target_offset(const struct logfile_operations *operations, uint64_t *out);
/* Whether the target of a code is a record of the MFT, and which. */
bool logfile_target_is_record(uint16_t code);
uint32_t logfile_target_record_size(const struct logfile_operations *operations);
bool logfile_target_record(const struct logfile_operations *operations, uint64_t *out);
/* The target in the table of open attributes; NULL: not known. */
const struct logfile_open *logfile_target_attribute(const struct logfile_operations *operations);
bool logfile_target_is(const struct logfile_open *open, const char *ascii_name);

/* An entry added to an index or taken out of it; the rest of a block written anew; times and sizes of an entry. */
void logfile_directory_entry(
    struct logfile_operations *operations, bool is_root, bool adds, struct logfile_operation *out);
void logfile_directory_end(struct logfile_operations *operations);
void logfile_directory_duplicate(
    struct logfile_operations *operations, bool is_root, struct logfile_operation *out);
/* The block of the index that is the target; NULL when it cannot be told. */
struct logfile_index_block *logfile_directory_block(
    struct logfile_operations *operations, bool is_root);

/* An MFT record as the log holds it: without fix-ups, cut after what is used. */
struct logfile_image {
	struct ntfs_reference file; /* sequence 0: only when it says so */
	bool has_number;            /* it tells its own number */
	bool in_use, is_directory, is_extension;
	bool has_standard;
	struct bytes standard; /* the value of $STANDARD_INFORMATION */
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
