/* What a log told of MFT records so far: sequence number, parent, name. Private to formats/ntfs. Bounded: of two
 * records with the same place the later one stays. */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_NAMES_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_NAMES_H

#include "formats/ntfs/ntfs.h"

#define LOGFILE_NAMES 16384u

struct logfile_name {
	struct ntfs_reference file;   /* record 0 with sequence 0: none */
	struct ntfs_reference parent; /* when name_len != 0 */
	uint8_t name_space;
	uint16_t name_len; /* bytes */
	uint16_t room;
	uint8_t *name; /* UTF-16 */
};
struct logfile_names {
	struct logfile_name at[LOGFILE_NAMES];
};

void logfile_names_free(struct logfile_names *names); /* what is inside */
/* Keeps the name; sequence 0 keeps the one known. False: no memory. A DOS name does not replace another. */
bool logfile_names_learn(struct logfile_names *names, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err) MUST_CHECK;
/* Only the sequence number: the name stays if it was of the same file. */
void logfile_names_learn_sequence(struct logfile_names *names, struct ntfs_reference file);
/* NULL when nothing is known of the record. */
const struct logfile_name *logfile_names_find(const struct logfile_names *names, uint64_t record);

#endif
