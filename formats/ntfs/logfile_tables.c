/* Tables of a checkpoint. See logfile_tables.h. */
#include "formats/ntfs/logfile_tables.h"

#include "formats/ntfs/record.h"

#define TABLE_HEADER 24u
#define IN_USE       0xffffffffu /* at the start of an entry */
#define ENTRY_MIN    40u

/* Lengths of an entry of the table of open attributes: of client version 0, and of 1 (64-bit Windows). */
#define ATTRIBUTE_0 44u
#define ATTRIBUTE_1 40u

bool logfile_checkpoint_parse(struct bytes data, struct logfile_checkpoint *out, struct err *err)
{
	struct logfile_checkpoint c = {0};

	if (data.len < 64)
		return fail(err, ERR_DAMAGED, "checkpoint of %zu bytes", data.len);
	c.major = le32(data.at);
	c.minor = le32(data.at + 4);
	c.start_lsn = le64(data.at + 8);
	c.attributes_lsn = le64(data.at + 16);
	c.names_lsn = le64(data.at + 24);
	c.dirty_pages_lsn = le64(data.at + 32);
	c.transactions_lsn = le64(data.at + 40);
	if (data.len >= 84)
		c.cluster_size = le32(data.at + 80);
	if (data.len >= 96)
		c.journal = ntfs_reference_parse(data.at + 88);
	*out = c;
	return true;
}

bool logfile_table_next(struct bytes table, size_t *pos, uint32_t *key, struct bytes *entry)
{
	if (table.len < TABLE_HEADER)
		return false;
	uint32_t size = le16(table.at);
	uint64_t end = TABLE_HEADER + (uint64_t)size * le16(table.at + 2);

	if (size < ENTRY_MIN)
		return false;
	if (*pos == 0)
		*pos = TABLE_HEADER;
	while (*pos + size <= end && bytes_slice(table, *pos, size, entry)) {
		*key = (uint32_t)*pos;
		*pos += size;
		if (le32(entry->at) == IN_USE)
			return true;
	}
	return false;
}

bool logfile_attribute_parse(struct bytes entry, struct logfile_attribute *out, struct err *err)
{
	const uint8_t *p = entry.at;

	if (entry.len == ATTRIBUTE_0)
		*out = (struct logfile_attribute){
		    .file = ntfs_reference_parse(p + 8), .lsn = le64(p + 16), .type = le32(p + 28)};
	else if (entry.len == ATTRIBUTE_1)
		*out = (struct logfile_attribute){
		    .type = le32(p + 8), .file = ntfs_reference_parse(p + 16), .lsn = le64(p + 24)};
	else
		return fail(err, ERR_DAMAGED, "open attribute of %zu bytes", entry.len);
	return true;
}

bool logfile_name_next(struct bytes names, size_t *pos, uint32_t *key, struct bytes *utf16)
{
	struct bytes head;

	if (!bytes_slice(names, *pos, 4, &head) || le16(head.at) == 0 ||
	    !bytes_slice(names, *pos + 4, le16(head.at + 2), utf16))
		return false;
	*key = le16(head.at);
	*pos += 4u + utf16->len + 2; /* a NUL ends it */
	return true;
}

/* Open attributes ---------------------------------------------------------------------------------- */

/* Entries are 40 or 44 bytes: no two keys of one table have the same place. */
static struct logfile_open *place_of(struct logfile_opens *opens, uint32_t key)
{
	size_t at = key < TABLE_HEADER ? LOGFILE_ATTRIBUTES : (key - TABLE_HEADER) / ENTRY_MIN;

	return at < LOGFILE_ATTRIBUTES ? &opens->at[at] : NULL;
}

/* Whether what is known there is still so, as far as the log tells. */
static bool counts(const struct logfile_opens *opens, const struct logfile_open *open, uint32_t key)
{
	return open->known && open->key == key && open->told >= opens->missed;
}

static void learn_attribute(struct logfile_opens *opens, uint64_t lsn, uint32_t key,
    const struct logfile_attribute *attribute)
{
	struct logfile_open *open = place_of(opens, key);

	if (!open)
		return;
	/* A name that was told for the same opening stays. */
	if (!open->known || open->key != key || open->attribute.lsn != attribute->lsn)
		open->name_len = 0;
	open->attribute = *attribute;
	open->told = lsn;
	open->key = key;
	open->known = true;
}

static void learn_name(struct logfile_opens *opens, uint32_t key, struct bytes utf16)
{
	struct logfile_open *open = place_of(opens, key);

	if (!open || !counts(opens, open, key) || utf16.len > LOGFILE_ATTRIBUTE_NAME ||
	    utf16.len == 0)
		return;
	memcpy(open->name, utf16.at, utf16.len);
	open->name_len = (uint8_t)utf16.len;
}

static void learn_table(struct logfile_opens *opens, uint64_t lsn, struct bytes table)
{
	struct logfile_attribute attribute;
	struct bytes entry;
	size_t pos = 0;
	uint32_t key;

	while (logfile_table_next(table, &pos, &key, &entry))
		if (logfile_attribute_parse(entry, &attribute, NULL))
			learn_attribute(opens, lsn, key, &attribute);
}

void logfile_opens_learn(
    struct logfile_opens *opens, uint64_t lsn, const struct logfile_action *action)
{
	struct logfile_attribute attribute;
	struct bytes utf16;
	size_t pos = 0;
	uint32_t key;

	switch (action->redo) {
	case LOGFILE_OPEN_ATTRIBUTE:
		if (!logfile_attribute_parse(action->redo_data, &attribute, NULL))
			return;
		attribute.lsn = lsn;
		learn_attribute(opens, lsn, action->target, &attribute);
		learn_name(opens, action->target, action->undo_data);
		return;
	case LOGFILE_ATTRIBUTE_TABLE:
		learn_table(opens, lsn, action->redo_data);
		return;
	case LOGFILE_NAME_TABLE:
		while (logfile_name_next(action->redo_data, &pos, &key, &utf16))
			learn_name(opens, key, utf16);
		return;
	default:
		return;
	}
}

const struct logfile_open *logfile_opens_find(
    const struct logfile_opens *opens, uint32_t key, uint64_t lsn)
{
	size_t at = key < TABLE_HEADER ? LOGFILE_ATTRIBUTES : (key - TABLE_HEADER) / ENTRY_MIN;
	const struct logfile_open *open = at < LOGFILE_ATTRIBUTES ? &opens->at[at] : NULL;

	return open && counts(opens, open, key) && open->attribute.lsn <= lsn ? open : NULL;
}

void logfile_opens_miss(struct logfile_opens *opens, uint64_t lsn)
{
	opens->missed = lsn;
}
