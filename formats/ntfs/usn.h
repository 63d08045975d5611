/* The USN change journal, $Extend/$UsnJrnl:$J: records of version 2, 3 and 4 (winioctl.h; docs/formats/usn.md).
 * Nothing is trusted: a record that does not keep every rule is damage, and the scan goes on at the next
 * place, 8 bytes further, where one does. */
#ifndef KANSHIKI_FORMATS_NTFS_USN_H
#define KANSHIKI_FORMATS_NTFS_USN_H

#include "core/source.h"
#include "formats/ntfs/ntfs.h"

#define USN_PAGE       4096u /* no record crosses a multiple of it (USN_PAGE_SIZE) */
#define USN_RECORD_MIN 60u

struct usn_record {
	uint32_t length; /* bytes, a multiple of 8 */
	uint16_t major;  /* 2, 3 or 4 */
	uint16_t minor;
	uint64_t usn;                       /* its own offset in $J, also where $J was cut */
	struct ntfs_reference file, parent; /* the low 64 bits: all that NTFS uses */
	uint64_t file_high, parent_high;    /* the upper 64 bits of versions 3 and 4 */
	bool has_time;                      /* versions 2 and 3: so also the next three */
	uint64_t time;                      /* ticks */
	uint32_t security_id;
	uint32_t attributes;  /* FILE_ATTRIBUTE_* */
	struct bytes utf16;   /* the name, without path; empty in version 4 */
	uint32_t reason;      /* USN_REASON_* */
	uint32_t source_info; /* USN_SOURCE_* */
	uint32_t remaining_extents;
	uint16_t extent_count; /* version 4: pairs of offset and length, 16 bytes each */
	struct bytes extents;
};

/* Parses the record at the start of bytes. ERR_DAMAGED when it breaks a rule, also the page rule. The
 * views in *out borrow from bytes. */
bool usn_parse(struct bytes bytes, struct usn_record *out, struct err *err) MUST_CHECK;

/* A walk over all records of a journal or of a piece of one. */
struct usn_scan; /* opaque */

/* Whether no record is missing before this one: it begins at the USN expected, where the one before ended, or at the
 * next page when it did not fit there. */
bool usn_follows(uint64_t expected, const struct usn_record *record);

/* What could not be read or understood, and zeros where records should be (those before the first record, which
 * Windows freed, and those behind the last one are none): len bytes at offset of the source. */
struct usn_listener {
	void (*damage)(
	    struct usn_listener *self, uint64_t offset, uint64_t len, const struct err *why);
};

/* Starts a walk over len bytes at offset (cut at the source's end). Borrows source and listener, which
 * may be NULL. ERR_MEMORY. */
bool usn_scan_open(struct source *source, uint64_t offset, uint64_t len,
    struct usn_listener *listener, struct usn_scan **out, struct err *err) MUST_CHECK;
void usn_scan_close(struct usn_scan *scan);
CLEANUP_POINTER(struct usn_scan, usn_scan_close);

/* Has watch asked for every part that is read, with where it begins; false ends the walk there. */
void usn_scan_watch(
    struct usn_scan *scan, bool (*watch)(void *context, uint64_t offset), void *context);

/* Of a journal on a volume: ends the walk, as damage (ERR_LIMIT), once it has read as many bytes as the volume has, without
 * holes. A stream whose runs lie over each other may have any size. */
void usn_scan_limit(struct usn_scan *scan, const struct ntfs_volume *volume);

/* The next record; false at the end. The views in *out live until the next call. */
bool usn_scan_next(struct usn_scan *scan, struct usn_record *out);

/* The same for telling what a file is: the walk ends `limit` bytes after the first that is not zero. */
bool usn_scan_first(struct usn_scan *scan, uint64_t limit, struct usn_record *out);

/* Where in the source the record that usn_scan_next gave last begins. */
uint64_t usn_scan_offset(const struct usn_scan *scan);

/* The word for bit 0..31 of a reason ("FILE_CREATE"), of source info, of file attributes ("HIDDEN"), as in
 * winioctl.h and winnt.h without their prefix; NULL for a bit without a name. */
const char *usn_reason_word(unsigned bit);
const char *usn_source_word(unsigned bit);
const char *ntfs_attribute_word(unsigned bit);

#endif
