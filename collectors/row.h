/* Rows of meta/entries (docs/bundle-format.md). */
#ifndef KANSHIKI_COLLECTORS_ROW_H
#define KANSHIKI_COLLECTORS_ROW_H

#include "collectors/content.h"
#include "collectors/state.h"
#include "core/json.h"
#include "formats/ntfs/deleted.h"

enum row_status { ROW_TAKEN, ROW_PARTIAL, ROW_NOT_TAKEN, ROW_SAME_AS };

struct row {               /* what is known of an object; everything is borrowed */
	struct bytes path; /* in the bundle */
	const char *kind;  /* "file", "stream", "attribute", "live", "listing", "disk", "problem" */
	const char *read;  /* "raw", "vss", "api" */
	enum row_status status;
	const struct err *why;            /* not taken, partial */
	struct bytes same_as;             /* ROW_SAME_AS */
	const struct bundle_place *place; /* NULL: not in the bundle */
	uint32_t owner;                   /* of the path, for ROW_SAME_AS: claims_owner */
	bool is_gap;                      /* partial, and what is missing was to be had */
	bool is_left;                     /* not taken because the run ended: a later run may */
	uint64_t size;
	uint64_t
	    stored_at; /* when what is no file on a volume was put there, as its header says; 0: left out */
	bool is_sparse; /* stored: runs, those of sparse */
	const struct range *sparse;
	size_t sparse_count;
	const struct content *content;  /* how it was read; NULL: nothing to say */
	const struct copy_result *copy; /* NULL: nothing to say */
	struct collection *collection;  /* whose collectors they are */
	uint32_t collectors;            /* mask, the first took it; 0: current */
	/* Of a file on a volume; NULL otherwise. */
	const struct collection_volume *volume;
	const struct ntfs_entry *entry;
	const struct ntfs_name *name; /* NULL: it has none */
	const struct ntfs_stream *stream;
	bool is_orphan;
	const struct row_deleted *deleted; /* of a deleted file; NULL otherwise */
	/* of a FAT or exFAT volume, in place of entry, name and stream */
	const struct fat_entry *fat;
	enum fat_layout fat_layout;
	const struct vss_info *shadow; /* the volume is a shadow copy; NULL: it is none */
	const char
	    *now; /* what became of the stream since: "same", "changed", "gone"; NULL: not known */
	const struct row_fat_left *fat_left; /* of a deleted one; NULL otherwise */
};

struct row_fat_left { /* what is left of a deleted file on FAT or exFAT */
	struct bytes path;
	struct fat_recovered recovered;
	const struct range *lost; /* zeros in place of what is not its own */
	size_t lost_count;
	/* the first cluster as its content tells, when the entry's is half lost; 0: it is not used */
	uint32_t found;
	bool is_blank_known;
	uint32_t blank; /* of the clusters with content, as row_deleted's */
};

struct row_deleted { /* what is left of a deleted stream; all borrowed */
	const struct ntfs_deleted *state;
	enum ntfs_deleted_result result;
	struct bytes path;   /* where it was, "$Orphan/…" when its directory is gone */
	bool is_blank_known; /* whether emptied clusters were looked for */
	uint64_t blank;      /* clusters of its own that hold one byte, 0x00 or 0xff, throughout */
	bool is_in_log;      /* $LogFile tells of everything since the record's last change */
	bool is_changed;     /* while it was read */
	uint64_t deleted_at; /* ticks, by the change journal; 0: not known */
};
/* Adds [[offset, len], …]; of more than `most` ranges the first, and "KEY_more": how many are left out. */
void row_add_ranges(
    struct json *json, const char *key, const struct range *ranges, size_t count, size_t most);
#define ROW_RANGES_MAX 1024 /* of what a deleted file has lost */
/* Adds "resident", "compressed" and "encrypted", those that are so. */
void row_add_storage(struct json *json, const struct ntfs_stream *stream);
/* Adds an object with the four times. */
void row_add_times(struct json *json, const char *key, const struct ntfs_times *times);
/* Adds the fields of "deleted" but for path, inside an object that is open. */
void row_add_deleted(struct json *json, const struct row_deleted *deleted);
/* row_fat.c: "deleted" of a file on FAT or exFAT. */
void row_add_fat_left(struct json *json, const struct row_fat_left *left);

/* row_attributes.c: the keys of a file's reparse point, extended attributes and object id. */
void row_add_attributes(struct json *json, const struct row *row);

/* Writes it and gives it to the bundle, or says that the destination broke. Nothing in a dry run. */
void row_put(const struct row *row);

#endif
