/* See logfile_names.h. */
#include "formats/ntfs/logfile_names.h"

#include <stdlib.h>

static size_t place_of(uint64_t record)
{
	return (size_t)(record % LOGFILE_NAMES);
}

/* The place to write to. Most logs use few: what is behind them costs no memory while it is not touched. */
static struct logfile_name *use(struct logfile_names *names, uint64_t record)
{
	size_t place = place_of(record);
	struct logfile_name *known = &names->at[place];

	if (names->end <= place)
		names->end = place + 1;
	if (known->era != names->era) {
		known->era = names->era;
		known->file = (struct ntfs_reference){0};
		known->name_len = 0;
		known->standard_known = 0;
	}
	return known;
}

void logfile_names_free(struct logfile_names *names)
{
	for (size_t i = 0; i < names->end; i++)
		free(names->at[i].name);
}

void logfile_names_learn_sequence(struct logfile_names *names, struct ntfs_reference file)
{
	struct logfile_name *known = use(names, file.record);

	if (known->file.record != file.record || known->file.sequence != file.sequence)
		known->name_len = 0;
	if (known->file.record != file.record ||
	    (known->file.sequence && known->file.sequence != file.sequence))
		known->standard_known = 0;
	known->file = file;
}

bool logfile_names_learn(struct logfile_names *names, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err)
{
	struct logfile_name *known = use(names, file.record);

	if (file.sequence == 0 && known->file.record == file.record)
		file.sequence = known->file.sequence;
	logfile_names_learn_sequence(names, file);
	if (name->name_space == NTFS_NAME_DOS && known->name_len)
		return true;
	if (name->utf16.len > known->room) {
		uint8_t *room = realloc(known->name, name->utf16.len);

		if (!room)
			return fail(err, ERR_MEMORY, "no memory for names of a log");
		known->name = room;
		known->room = (uint16_t)name->utf16.len;
	}
	if (name->utf16.len)
		memcpy(known->name, name->utf16.at, name->utf16.len);
	known->name_len = (uint16_t)name->utf16.len;
	known->parent = name->parent;
	known->name_space = name->name_space;
	return true;
}

const struct logfile_name *logfile_names_find(const struct logfile_names *names, uint64_t record)
{
	const struct logfile_name *known = &names->at[place_of(record)];

	/* Record 0 of sequence 0 is a place never used. */
	if (known->era != names->era || known->file.record != record)
		return NULL;
	return known->file.sequence || known->name_len ? known : NULL;
}

const struct logfile_name *logfile_names_learn_standard(
    struct logfile_names *names, uint64_t record, size_t offset, struct bytes bytes)
{
	struct logfile_name *known = use(names, record);

	if (known->file.record != record)
		logfile_names_learn_sequence(names, (struct ntfs_reference){.record = record});
	for (size_t i = 0; i < bytes.len && offset + i < LOGFILE_STANDARD; i++) {
		known->standard[offset + i] = bytes.at[i];
		known->standard_known |= 1ull << (offset + i);
	}
	return known;
}

void logfile_names_forget_standard(
    struct logfile_names *names, uint64_t record, size_t offset, size_t len)
{
	struct logfile_name *known = use(names, record);

	if (known->file.record != record)
		return;
	for (size_t i = 0; i < len && offset + i < LOGFILE_STANDARD; i++)
		known->standard_known &= ~(1ull << (offset + i));
}

void logfile_names_miss(struct logfile_names *names)
{
	names->era++;
}
