/* See logfile_transactions.h. */
#include "formats/ntfs/logfile_transactions.h"

static void begin(struct logfile_transaction *transaction, const struct logfile_record *record)
{
	for (size_t i = 0; i < LOGFILE_REMOVED; i++)
		transaction->removed[i].len = 0;
	transaction->id = record->transaction;
	transaction->first = record->lsn;
	transaction->rewritten = 0;
	transaction->removed_next = 0;
}

struct logfile_transaction *logfile_transactions_of(
    struct logfile_transactions *transactions, const struct logfile_record *record)
{
	struct logfile_transaction *found = NULL;

	for (size_t i = 0; i < LOGFILE_TRANSACTIONS; i++) {
		struct logfile_transaction *t = &transactions->at[i];

		if (t->first && t->id == record->transaction) {
			found = t;
			break;
		}
		if (!found || (found->first && (!t->first || t->last < found->last)))
			found = t;
	}
	/* Its number is given to another one when it ends; its end may be lost, or lie in a gap. */
	bool may_be_other = found->last < transactions->missed && record->previous != found->last;

	if (!found->first || found->id != record->transaction || record->previous == 0 ||
	    record->previous < found->first || may_be_other)
		begin(found, record);
	found->last = record->lsn;
	return found;
}

void logfile_transactions_pass(
    struct logfile_transactions *transactions, const struct logfile_record *record)
{
	for (size_t i = 0; i < LOGFILE_TRANSACTIONS; i++) {
		struct logfile_transaction *t = &transactions->at[i];

		if (t->first && t->id == record->transaction && t->last == record->previous)
			t->last = record->lsn;
	}
}

void logfile_transactions_miss(struct logfile_transactions *transactions, uint64_t lsn)
{
	transactions->missed = lsn;
}

void logfile_transaction_end(struct logfile_transaction *transaction)
{
	transaction->first = 0;
}

void logfile_transaction_remove(struct logfile_transaction *transaction, struct ntfs_reference file,
    const struct ntfs_name *name)
{
	struct logfile_removed *to =
	    &transaction->removed[transaction->removed_next++ % LOGFILE_REMOVED];

	if (name->utf16.len > LOGFILE_NAME_BYTES)
		return;
	to->file = file;
	to->parent = name->parent;
	to->name_space = name->name_space;
	to->len = (uint16_t)name->utf16.len;
	memcpy(to->utf16, name->utf16.at, name->utf16.len);
}

bool logfile_transaction_take(struct logfile_transaction *transaction, struct ntfs_reference file,
    uint8_t name_space, struct ntfs_name *old)
{
	for (size_t i = 0; i < LOGFILE_REMOVED; i++) {
		struct logfile_removed *r = &transaction->removed[i];

		if (r->len == 0 || r->file.record != file.record ||
		    r->file.sequence != file.sequence ||
		    (r->name_space == NTFS_NAME_DOS) != (name_space == NTFS_NAME_DOS))
			continue;
		*old = (struct ntfs_name){
		    .parent = r->parent,
		    .name_space = r->name_space,
		    .utf16 = {.at = r->utf16, .len = r->len},
		};
		r->len = 0;
		return true;
	}
	return false;
}
