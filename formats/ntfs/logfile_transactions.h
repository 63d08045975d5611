/* The transactions at work in a log: what came before in the same one. Private to formats/ntfs. */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_TRANSACTIONS_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_TRANSACTIONS_H

#include "formats/ntfs/logfile.h"
#include "formats/ntfs/ntfs.h"

#define LOGFILE_TRANSACTIONS 64u /* at work at once; more push out the oldest */
#define LOGFILE_REMOVED      4u  /* names removed that may come back elsewhere */
#define LOGFILE_NAME_BYTES   510u

struct logfile_removed { /* a name taken out of a directory */
	struct ntfs_reference file, parent;
	uint8_t name_space;
	uint16_t len; /* 0: none */
	uint8_t utf16[LOGFILE_NAME_BYTES];
};

struct logfile_transaction {
	uint32_t id;
	uint64_t first; /* LSN of its first record that is there; 0: not at work */
	uint64_t last;
	uint64_t rewritten; /* MFT record whose old content was told, plus 1; 0: none */
	struct logfile_removed removed[LOGFILE_REMOVED];
	size_t removed_next;
};
struct logfile_transactions {
	struct logfile_transaction at[LOGFILE_TRANSACTIONS];
	uint64_t missed; /* the first LSN behind the last gap; 0: none */
};

/* The transaction of a record, which begins it when it is its first. */
struct logfile_transaction *logfile_transactions_of(
    struct logfile_transactions *transactions, const struct logfile_record *record);
/* A record of which nothing is kept but that it is a link of its transaction's chain. */
void logfile_transactions_pass(
    struct logfile_transactions *transactions, const struct logfile_record *record);
/* Records are missing before that LSN: what goes on behind it is the same transaction only where its record names the last one before. */
void logfile_transactions_miss(struct logfile_transactions *transactions, uint64_t lsn);
void logfile_transaction_end(struct logfile_transaction *transaction);
void logfile_transaction_remove(struct logfile_transaction *transaction, struct ntfs_reference file,
    const struct ntfs_name *name);
/* The name of the file that was removed before; names of 8.3 are only taken for such. Takes it out; false: none.
 * The views in *old live until the next removal. */
bool logfile_transaction_take(struct logfile_transaction *transaction, struct ntfs_reference file,
    uint8_t name_space, struct ntfs_name *old);

#endif
