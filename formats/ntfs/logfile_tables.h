/* The tables that a checkpoint writes into the log, and what is known of open attributes while it is read
 * (docs/formats/logfile.md, "Tables"). */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_TABLES_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_TABLES_H

#include "formats/ntfs/logfile.h"
#include "formats/ntfs/ntfs.h"

/* The data of a LOGFILE_CHECKPOINT record. */
struct logfile_checkpoint {
	uint32_t major, minor;
	uint64_t start_lsn;
	uint64_t attributes_lsn, names_lsn, dirty_pages_lsn,
	    transactions_lsn;          /* of the dumps; 0: none */
	uint32_t cluster_size;         /* 0: Windows NT 4 does not say */
	struct ntfs_reference journal; /* $UsnJrnl; 0: none */
};
bool logfile_checkpoint_parse(
    struct bytes data, struct logfile_checkpoint *out, struct err *err) MUST_CHECK;

/* Walks over the entries in use of a dumped table. *pos is 0 at first; key is what records call the entry by.
 * False at the end, also of a damaged one. */
bool logfile_table_next(struct bytes table, size_t *pos, uint32_t *key, struct bytes *entry);

struct logfile_attribute { /* an entry of the table of open attributes */
	struct ntfs_reference file;
	uint32_t type; /* enum ntfs_attribute_type */
	uint64_t lsn;  /* since when it is open */
};
/* An entry as dumped, or as opened (LOGFILE_OPEN_ATTRIBUTE): its length tells the version. */
bool logfile_attribute_parse(
    struct bytes entry, struct logfile_attribute *out, struct err *err) MUST_CHECK;

/* One name of a dump of names. *pos is 0 at first. False at the end. */
bool logfile_name_next(struct bytes names, size_t *pos, uint32_t *key, struct bytes *utf16);

/* What is open, by key. Keys are 16 bits and entries 40 bytes or more, so there are few. Zero before use. */
#define LOGFILE_ATTRIBUTES 1640u
#define LOGFILE_ATTRIBUTE_NAME \
	64u /* bytes kept of a name: NTFS writes to no longer ones by the log */
struct logfile_open {
	struct logfile_attribute attribute;
	uint32_t key;
	bool known;
	uint64_t told; /* LSN of the record that told it */
	uint8_t name_len;
	uint8_t name[LOGFILE_ATTRIBUTE_NAME];
};
struct logfile_opens {
	uint64_t missed; /* what was told before this LSN does not count any more */
	struct logfile_open at[LOGFILE_ATTRIBUTES];
};
/* Keeps what an action of the four kinds that tell of attributes says; others are no matter. */
void logfile_opens_learn(
    struct logfile_opens *opens, uint64_t lsn, const struct logfile_action *action);
/* Records before that LSN were missed: a key told before may have been used anew in them. */
void logfile_opens_miss(struct logfile_opens *opens, uint64_t lsn);
/* NULL when it is not known to have been open at that LSN. */
const struct logfile_open *logfile_opens_find(
    const struct logfile_opens *opens, uint32_t key, uint64_t lsn);

#endif
