/* What a log told of MFT records so far: sequence number, parent, name. Private to formats/ntfs. Bounded: of two
 * records with the same place the later one stays. */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_NAMES_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_NAMES_H

#include "formats/ntfs/ntfs.h"

#define LOGFILE_NAMES    16384u
#define LOGFILE_STANDARD 36u /* bytes: four times, attributes */

struct logfile_name {
	struct ntfs_reference file; /* record 0 with sequence 0: none */
	uint64_t era;               /* of what is known here: that of an earlier one is forgotten */
	struct ntfs_reference parent; /* when name_len != 0 */
	uint8_t name_space;
	uint16_t name_len; /* bytes */
	uint16_t room;
	uint8_t *name; /* UTF-16 */
	/* The start of $STANDARD_INFORMATION, as far as it was told: a bit for each byte. */
	uint64_t standard_known;
	uint8_t standard[LOGFILE_STANDARD];
};
struct logfile_names {
	size_t end;   /* no place from here on was used */
	uint64_t era; /* how often records were missed */
	struct logfile_name at[LOGFILE_NAMES];
};

/* Bytes of $STANDARD_INFORMATION from an offset in its value on; of a record of which nothing was known, too. */
const struct logfile_name *logfile_names_learn_standard(
    struct logfile_names *names, uint64_t record, size_t offset, struct bytes bytes);
/* So many bytes of it were written, the log does not tell which. */
void logfile_names_forget_standard(
    struct logfile_names *names, uint64_t record, size_t offset, size_t len);
/* Records were missed: in them an MFT record may have been given to another file, so nothing is known any more. */
void logfile_names_miss(struct logfile_names *names);

void logfile_names_free(struct logfile_names *names); /* what is inside */
/* Keeps the name; sequence 0 keeps the one known. False: no memory. A DOS name does not replace another. */
bool logfile_names_learn(struct logfile_names *names, struct ntfs_reference file,
    const struct ntfs_name *name, struct err *err) MUST_CHECK;
/* Only the sequence number: the name stays if it was of the same file. */
void logfile_names_learn_sequence(struct logfile_names *names, struct ntfs_reference file);
/* NULL when nothing is known of the record. */
const struct logfile_name *logfile_names_find(const struct logfile_names *names, uint64_t record);

#endif
