/* What the records of a $LogFile did, in words of files: created, deleted, renamed, written … Only what a record itself
 * says, what an earlier one of the same log said of the same MFT record, and what a transaction ties together; where the log does
 * not tell, nothing is told. Meanings: docs/formats/logfile.md, "Operations". */
#ifndef KANSHIKI_FORMATS_NTFS_LOGFILE_OPERATION_H
#define KANSHIKI_FORMATS_NTFS_LOGFILE_OPERATION_H

#include "formats/ntfs/logfile.h"
#include "formats/ntfs/ntfs.h"
#include "formats/ntfs/usn.h"

enum logfile_what {
	LOGFILE_OTHER, /* book-keeping of NTFS, or it cannot be told */
	LOGFILE_FILE_CREATED,
	LOGFILE_FILE_DELETED,
	LOGFILE_RECORD_BEFORE,  /* what an MFT record held before it was written anew */
	LOGFILE_RECORD_WRITTEN, /* anew: what it holds then */
	LOGFILE_ATTRIBUTE_CREATED,
	LOGFILE_ATTRIBUTE_DELETED,
	LOGFILE_TIMES_SET,      /* $STANDARD_INFORMATION */
	LOGFILE_VALUE_WRITTEN,  /* resident bytes of an attribute */
	LOGFILE_STREAM_WRITTEN, /* bytes in clusters of a stream that NTFS keeps */
	LOGFILE_SIZES_SET,
	LOGFILE_RUNS_WRITTEN,
	LOGFILE_NAME_ADDED, /* to a directory */
	LOGFILE_NAME_REMOVED,
	LOGFILE_RENAMED, /* a name added after another of the same file was removed in the same transaction */
	LOGFILE_MOVED,         /* the same with another directory */
	LOGFILE_ENTRY_WRITTEN, /* times and sizes of a name in a directory */
	LOGFILE_CLUSTERS_ALLOCATED,
	LOGFILE_CLUSTERS_FREED,
	LOGFILE_RECORDS_ALLOCATED, /* of the MFT */
	LOGFILE_RECORDS_FREED,
	LOGFILE_CHANGE_WRITTEN, /* a record of the change journal */
};

/* "file_created"; NULL for LOGFILE_OTHER. */
const char *logfile_what_name(enum logfile_what what);

/* Which members of an operation say something. */
enum logfile_has {
	LOGFILE_HAS_FILE = 1u << 0,        /* file.record */
	LOGFILE_HAS_SEQUENCE = 1u << 1,    /* file.sequence */
	LOGFILE_HAS_NAME = 1u << 2,        /* name: parent, utf16 */
	LOGFILE_NAME_LEARNED = 1u << 3,    /* an earlier record told it, this one does not */
	LOGFILE_HAS_TIMES = 1u << 4,       /* times: all four */
	LOGFILE_HAS_NAME_TIMES = 1u << 5,  /* name.times, sizes and attributes of it, too */
	LOGFILE_HAS_SIZES = 1u << 6,       /* size, allocated, initialized */
	LOGFILE_HAS_ATTRIBUTES = 1u << 7,  /* attributes: FILE_ATTRIBUTE_* */
	LOGFILE_HAS_ATTRIBUTE = 1u << 8,   /* attribute_type and attribute_name */
	LOGFILE_HAS_RANGE = 1u << 9,       /* first and count, of clusters or MFT records */
	LOGFILE_HAS_DIRECTORY = 1u << 10,  /* is_directory */
	LOGFILE_HAS_PARENT = 1u << 11,     /* name.parent, without a name */
	LOGFILE_HAS_SOME_TIMES = 1u << 12, /* times: those in times_told */
};

struct logfile_operation { /* all views live until the next call */
	const struct logfile_record *record;
	/* NULL for a checkpoint, or when damage kept it from being read */
	const struct logfile_action *action;
	enum logfile_what what;
	/* LSN of the first record of the same transaction that is there; 0: in none */
	uint64_t transaction;
	bool is_rollback; /* it undoes what the transaction did before */
	uint32_t has;     /* LOGFILE_HAS_* */
	struct ntfs_reference file;
	struct ntfs_name name;
	struct ntfs_name old; /* LOGFILE_RENAMED and _MOVED: utf16 and parent */
	struct ntfs_times times;
	unsigned times_told; /* bits 0 created, 1 modified, 2 changed, 3 accessed */
	uint64_t size, allocated, initialized;
	uint32_t attributes;
	bool is_directory;
	uint32_t attribute_type;
	struct bytes attribute_name;
	uint64_t first, count;
	/* of an attribute, when the record has all of them from its start on */
	const struct ntfs_run *runs;
	size_t run_count;
	const struct usn_record *change; /* LOGFILE_CHANGE_WRITTEN */
};

struct logfile_layout { /* of the volume; 0: unknown, then the log's own word is taken */
	uint32_t cluster_size, record_size;
};

struct logfile_operations; /* opaque */
/* Opens a log as logfile_open does and looks ahead for the tables of the first checkpoint. At most 64 MiB are used, and
 * as much again as the largest record needs. */
bool logfile_operations_open(struct source *source, const struct logfile_layout *layout,
    struct logfile_listener *listener, struct logfile_operations **out, struct err *err) MUST_CHECK;
void logfile_operations_close(struct logfile_operations *operations);
CLEANUP_POINTER(struct logfile_operations, logfile_operations_close);
const struct logfile_restart *logfile_operations_restart(
    const struct logfile_operations *operations);
/* The next operation, of every record at least one; false at the end, or without memory (err). A record that cannot be
 * understood is told to the listener and is LOGFILE_OTHER. */
bool logfile_operations_next(struct logfile_operations *operations, struct logfile_operation *out,
    struct err *err) MUST_CHECK;

#endif
