/* One line of a timeline, whatever it tells of: the vocabulary that all formats print and everything that reads
 * evidence fills. Words and meanings: docs/timeline.md. A new kind of line fills a struct and writes it with
 * timeline_write; no format needs to know of it: what has no member here goes into `fields`. */
#ifndef KANSHIKI_ANALYSIS_TIMELINE_LINE_H
#define KANSHIKI_ANALYSIS_TIMELINE_LINE_H

#include "formats/ntfs/ntfs.h"

/* What a line tells, besides kind and path. Of what it has not there is no key (cell, column); but a set
 * without TIMELINE_TIMES has null for them, and a moment without TIMELINE_TIME is null. */
enum timeline_has {
	TIMELINE_TIME = 1u << 0,         /* time */
	TIMELINE_TIMES = 1u << 1,        /* times */
	TIMELINE_FILE = 1u << 2,         /* file */
	TIMELINE_PARENT = 1u << 3,       /* parent */
	TIMELINE_DELETED = 1u << 4,      /* is_deleted */
	TIMELINE_ORPHAN = 1u << 5,       /* is_orphan */
	TIMELINE_DIRECTORY = 1u << 6,    /* is_directory */
	TIMELINE_SIZE = 1u << 7,         /* size */
	TIMELINE_ALLOCATED = 1u << 8,    /* allocated */
	TIMELINE_LINKS = 1u << 9,        /* links */
	TIMELINE_ATTRIBUTES = 1u << 10,  /* attributes */
	TIMELINE_OWNER = 1u << 11,       /* owner_id */
	TIMELINE_SECURITY = 1u << 12,    /* security_id */
	TIMELINE_USN = 1u << 13,         /* usn */
	TIMELINE_LSN = 1u << 14,         /* lsn */
	TIMELINE_BASE = 1u << 15,        /* base */
	TIMELINE_CHANGE = 1u << 16,      /* reasons, source_info, version */
	TIMELINE_MOMENT = 1u << 17,      /* an event: one moment, which may be unknown */
	TIMELINE_NO_SEQUENCE = 1u << 18, /* of file: not known */
	TIMELINE_PLAIN = 1u << 19,       /* of FAT: number and parent have no sequence */
};

enum timeline_stamp {
	STAMP_CREATED = 1,
	STAMP_MODIFIED = 2,
	STAMP_CHANGED = 4,
	STAMP_ACCESSED = 8
};

struct timeline_clock { /* bits of enum timeline_stamp: what times of a set are, other than UTC */
	uint8_t local;  /* a clock on a wall in a zone that nobody wrote down: never called UTC */
	uint8_t date;   /* a day alone */
	uint8_t absent; /* not recorded: null */
};

enum timeline_field_type { FIELD_NUMBER, FIELD_TEXT, FIELD_TIME, FIELD_BOOL, FIELD_RANGES };

struct timeline_field {  /* a key of its own kind */
	const char *key; /* a-z and '_' */
	enum timeline_field_type type;
	uint64_t number;    /* number, ticks, 0 or 1 */
	struct bytes bytes; /* FIELD_TEXT: UTF-8; FIELD_RANGES: pairs of 64-bit offset and length */
};

struct timeline_line { /* zero what is not said; everything borrows until timeline_write returns */
	const char *kind; /* "file", "usn", "damage", "slack", "logfile" ... */
	/* whose four times they are: "si", "fn", "fat" ...; NULL: not a set of times */
	const char *set;
	const char *label; /* what a body file and timesketch say behind the name; NULL: nothing */
	uint32_t has;      /* TIMELINE_* */
	struct bytes path; /* UTF-8, with the volume's prefix */
	size_t prefix_len;
	bool is_same_path;       /* as in the line before, which was of this record */
	const char *name_type;   /* NULL: not a name of NTFS */
	struct bytes short_name; /* UTF-8: the 8.3 name beside it; empty: none */
	struct ntfs_reference file, parent, base;
	bool is_deleted, is_orphan, is_directory;
	uint64_t time;
	const struct ntfs_times *times;
	const struct timeline_clock *clock; /* of times; NULL: all are UTC */
	uint64_t size, allocated, usn, lsn;
	uint32_t links, attributes, reparse_tag /* 0: none */, owner_id, security_id;
	uint32_t hints; /* bits of enum timeline_hint */
	uint32_t reasons, source_info;
	uint32_t version;
	const struct ntfs_entry *entry; /* the MFT record at work; NULL: none */
	const struct ntfs_name *name;   /* of it; NULL: the line is of the whole record */
	/* Tables name its streams in one line of the record. A body file gives every name a row for each stream,
	 * unless there are too many. */
	bool lists_streams, repeats_streams;
	const char *damage; /* what was wrong; NULL: nothing */
	const struct timeline_field *fields;
	size_t field_count;
};

#endif
