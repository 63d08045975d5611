/* Where files were when the change journal spoke of them. A journal record has its file's name and its parent's
 * reference; what the parent was called then, and where it lay, its own records tell: each record of a directory is
 * an observation of its name and parent, and between two of them nothing changed, for a change is a record.
 *
 * So the journal is read twice, both times forwards: first every directory is learnt as its first record shows it
 * (which is how it was from the start of the journal), then the records are followed and each puts its directory
 * where it says. A directory without a record is where the MFT has it.
 *
 * Where records are missing (a gap) this ends: what is known of one side may not hold on the other. A path that
 * needs such knowledge is uncertain, unless both sides agree. */
#ifndef KANSHIKI_FORMATS_NTFS_USN_PATHS_H
#define KANSHIKI_FORMATS_NTFS_USN_PATHS_H

#include "formats/ntfs/usn.h"

struct usn_paths; /* opaque */

/* Borrows now, the paths by the MFT of the same volume. At most 64 MB are used. ERR_MEMORY. */
bool usn_paths_new(struct ntfs_paths *now, struct usn_paths **out, struct err *err) MUST_CHECK;
void usn_paths_free(struct usn_paths *paths);
CLEANUP_POINTER(struct usn_paths, usn_paths_free);

/* First reading: every record in order. ERR_LIMIT once there is no room for more directories: the rest is not
 * learnt, the call may go on; ERR_MEMORY. */
bool usn_paths_learn(
    struct usn_paths *paths, const struct usn_record *record, struct err *err) MUST_CHECK;
/* Back to the first record. */
void usn_paths_rewind(struct usn_paths *paths);

struct usn_path {
	bool is_orphan;    /* a directory above it is not known any more: "$Orphan/..." */
	bool is_uncertain; /* a directory above it may have been called otherwise then */
};

/* Second reading: adds the path of the next record to *out; nothing when it has no name (version 4). */
bool usn_paths_next(struct usn_paths *paths, const struct usn_record *record, struct text *out,
    struct usn_path *how, struct err *err) MUST_CHECK;
/* Whether the second reading met more names than there is room for (ERR_LIMIT) and the first did not say so: paths through
 * those directories are uncertain. */
bool usn_paths_is_full(const struct usn_paths *paths, struct err *why);

#endif
