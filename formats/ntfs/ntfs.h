/* NTFS read from raw bytes: boot sector, MFT records, streams, directories. Nothing is trusted: every
 * count, offset and length is checked, depth and sizes have limits (limits.h), damage is said and the
 * rest goes on. Specification: the layout notes in docs/formats/ntfs.md.
 *
 * Times are 100 ns ticks since 1601 UTC. Names are raw UTF-16LE. A volume may be read by one thread
 * at a time. */
#ifndef KANSHIKI_FORMATS_NTFS_NTFS_H
#define KANSHIKI_FORMATS_NTFS_NTFS_H

#include "core/range.h"
#include "core/text.h"

enum ntfs_boot {               /* what a geometry is from */
	NTFS_BOOT_FIRST,       /* the first sector; no backup says anything else */
	NTFS_BOOT_FIRST_FITS,  /* the backup says something else, which fits less */
	NTFS_BOOT_EITHER,      /* it fits as well */
	NTFS_BOOT_BACKUP_FITS, /* the backup: the first sector says something that fits less */
	NTFS_BOOT_BACKUP,      /* the backup: the first sector is none, or cannot be read */
	NTFS_BOOT_OTHER_SIZE,  /* either of them, but for the number of sectors */
	NTFS_BOOT_SEARCHED,    /* $MFT's own records: serial is 0 */
};

struct ntfs_geometry {
	uint32_t sector_size;  /* bytes: 256 .. 4096 */
	uint32_t cluster_size; /* bytes: 512 .. 2 MiB */
	uint32_t record_size;  /* bytes of an MFT record: 1024 or 4096 (256 .. 64 KiB accepted) */
	uint32_t index_size;   /* bytes of an index record */
	uint64_t sectors;      /* of the volume, without the backup boot sector */
	uint64_t clusters;
	uint64_t mft_cluster;
	uint64_t mirror_cluster;
	uint64_t serial;
	enum ntfs_boot boot;
};

/* Parses a boot sector (at least 512 bytes). */
bool ntfs_boot_parse(struct bytes sector, struct ntfs_geometry *out, struct err *err) MUST_CHECK;

struct ntfs_volume; /* opaque */

/* The geometry of the volume in raw: by the boot sector, by its backup where that fits what lies on the volume better, or, where
 * neither does, by records of $MFT near the start. Where both say the same, that costs one read. ERR_UNSUPPORTED when it is no NTFS volume. */
bool ntfs_geometry_find(struct source *raw, struct ntfs_geometry *out, struct err *err) MUST_CHECK;

/* Opens the NTFS volume in raw, which it borrows. Finds its geometry, reads the runs of $MFT (with its attribute list; from $MFTMirr when record 0 is
 * damaged). ERR_UNSUPPORTED when it is no NTFS volume. */
bool ntfs_volume_open(struct source *raw, struct ntfs_volume **out, struct err *err) MUST_CHECK;
void ntfs_volume_close(struct ntfs_volume *volume);
CLEANUP_POINTER(struct ntfs_volume, ntfs_volume_close);
const struct ntfs_geometry *ntfs_volume_geometry(const struct ntfs_volume *volume);
/* Whether raw has all of the volume; ERR_DAMAGED when its end is missing: a copy that broke off, a wrong partition table. */
bool ntfs_volume_is_whole(const struct ntfs_volume *volume, struct err *err) MUST_CHECK;
/* Whether its boot sector and the backup, as far as there is one, say the same; ERR_DAMAGED tells which was used. */
bool ntfs_volume_boot_is_sound(const struct ntfs_volume *volume, struct err *err) MUST_CHECK;

/* The table of MFT records: of a volume, or of a bare $MFT file. */
struct ntfs_mft;                                              /* opaque */
struct ntfs_mft *ntfs_volume_mft(struct ntfs_volume *volume); /* lives as long as the volume */
/* Over the content of a $MFT file, which it borrows; the record size is told from the first records.
 * Non-resident streams cannot be read; where an attribute list is one, the records that name the file as their
 * base are taken instead. */
bool ntfs_mft_open(struct source *content, struct ntfs_mft **out, struct err *err) MUST_CHECK;
/* Whether a file that begins so is a $MFT: a record stands at its start, or later one that calls itself what its place
 * says (the first may be damaged; in a volume or disk numbers and places differ). */
bool ntfs_mft_is_in(struct bytes head);
void ntfs_mft_close(struct ntfs_mft *mft);
CLEANUP_POINTER(struct ntfs_mft, ntfs_mft_close);
uint64_t ntfs_mft_count(const struct ntfs_mft *mft); /* records, used or not */
/* The number of the first of them: 0, but in a bare piece cut out of an MFT what its records say. */
uint64_t ntfs_mft_first(const struct ntfs_mft *mft);
uint32_t ntfs_mft_record_size(const struct ntfs_mft *mft);
/* Forgets the records that were read ahead: the next load sees what a running system has written since. */
void ntfs_mft_forget(struct ntfs_mft *mft);

struct ntfs_times {
	uint64_t created, modified, changed, accessed; /* changed: of the MFT record */
};

struct ntfs_reference {
	uint64_t record; /* 48 bits */
	uint16_t sequence;
};

enum ntfs_namespace { NTFS_NAME_POSIX, NTFS_NAME_WIN32, NTFS_NAME_DOS, NTFS_NAME_WIN32_DOS };

struct ntfs_name { /* a $FILE_NAME attribute */
	struct ntfs_reference parent;
	uint8_t name_space; /* enum ntfs_namespace */
	uint16_t id; /* of the attribute in its record; 0 when it is none (an index has it) */
	struct bytes utf16;
	struct ntfs_times times;
	uint64_t size, allocated;
	uint32_t attributes;
};

enum ntfs_attribute_type {
	NTFS_STANDARD_INFORMATION = 0x10,
	NTFS_ATTRIBUTE_LIST = 0x20,
	NTFS_FILE_NAME = 0x30,
	NTFS_OBJECT_ID = 0x40,
	NTFS_SECURITY_DESCRIPTOR = 0x50,
	NTFS_VOLUME_NAME = 0x60,
	NTFS_VOLUME_INFORMATION = 0x70,
	NTFS_DATA = 0x80,
	NTFS_INDEX_ROOT = 0x90,
	NTFS_INDEX_ALLOCATION = 0xa0,
	NTFS_BITMAP = 0xb0,
	NTFS_REPARSE_POINT = 0xc0,
	NTFS_EA_INFORMATION = 0xd0,
	NTFS_EA = 0xe0,
	NTFS_LOGGED_UTILITY_STREAM = 0x100,
};

#define NTFS_STREAM_COMPRESSED 0x0001
#define NTFS_STREAM_ENCRYPTED  0x4000
#define NTFS_STREAM_SPARSE     0x8000

#define NTFS_UNIT_WINDOWS 4 /* log2 of the clusters of a compression unit: Windows has no other */

struct ntfs_run {
	uint64_t vcn;    /* first cluster in the stream */
	uint64_t lcn;    /* first cluster on the volume, NTFS_HOLE for a hole */
	uint64_t length; /* clusters */
};
#define NTFS_HOLE UINT64_MAX

struct ntfs_stream {        /* an attribute whole: all its extents in all its records joined */
	uint32_t type;      /* enum ntfs_attribute_type */
	struct bytes utf16; /* its name, empty for the unnamed */
	uint16_t flags;     /* NTFS_STREAM_* */
	uint16_t id;
	bool resident;
	/* extents are missing or damaged: the bytes not covered are damage, not zeros */
	bool incomplete;
	/* it, or an attribute that tells of its runs, lies in a part of a record that was not written together with the
	 * rest: its bytes or its runs may be of two times */
	bool torn;
	/* `initialized` was more than the size, which stands in its place */
	bool is_written_unknown;
	/* bytes; where the first extent is lost on a volume, as far as the others reach */
	uint64_t size, allocated, initialized;
	uint8_t compression_unit; /* log2 of clusters, 0 = none */
	struct bytes content;     /* resident only */
	struct ntfs_run *runs;    /* non-resident: by vcn, not overlapping */
	size_t run_count;
};

/* A file as its MFT records tell it. Zero before the first load; loading again reuses the memory; free
 * once. All views inside stay valid until the next load or free. */
struct ntfs_entry {
	uint64_t record;
	uint16_t sequence;
	bool in_use, is_directory;
	/* record != 0 or sequence != 0: an extension record of that file */
	struct ntfs_reference base;
	uint16_t links;
	uint64_t lsn;
	bool has_standard;       /* whether the next fields were there */
	struct ntfs_times times; /* $STANDARD_INFORMATION */
	uint32_t attributes;     /* FILE_ATTRIBUTE_* */
	bool is_case_sensitive;  /* a directory whose names may differ in case alone */
	uint32_t owner_id, security_id;
	uint64_t usn;
	struct ntfs_name *names;
	size_t name_count;
	/* Every attribute but $STANDARD_INFORMATION, $ATTRIBUTE_LIST and $FILE_NAME. */
	struct ntfs_stream *streams;
	size_t stream_count;
	struct err damage; /* the first damage met, ERR_NONE when whole */
	struct err
	    lost; /* why streams, names or extents of it may not be in here; ERR_NONE: all are */
	struct ntfs_entry_memory *memory; /* private */
};

/* Loads a record with its extensions; on failure the entry is empty. ERR_MISSING: never used (zeros)
 * or past the end; ERR_DAMAGED: bad signature or fix-ups, nothing usable (a torn fix-up still
 * loads, with entry->damage set, and what it touches marked). */
bool ntfs_entry_load(
    struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry, struct err *err) MUST_CHECK;
/* For a record that was not loaded because of *why: one of zeros, which is ERR_MISSING, becomes ERR_DAMAGED where the bitmap of
 * $MFT has it in use. Not for a volume in use: Windows may write the bit before the record. Says nothing of a bare $MFT. */
void ntfs_mft_doubt(struct ntfs_mft *mft, uint64_t record, struct err *why);
/* ntfs_entry_load without the extension records that only reading the whole of a bare $MFT tells: *whole is false for a file
 * that may have some. Going from the first record to the last with this shows them by the way: after that no file
 * is without. */
bool ntfs_entry_load_quick(struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry,
    bool *whole, struct err *err) MUST_CHECK;
/* The same for what the record's own header says: no attributes, so no extensions are read. */
bool ntfs_entry_load_head(
    struct ntfs_mft *mft, uint64_t record, struct ntfs_entry *entry, struct err *err) MUST_CHECK;
void ntfs_entry_free(struct ntfs_entry *entry);
static inline void ntfs_entry_free_at(struct ntfs_entry *entry)
{
	ntfs_entry_free(entry);
}

/* Whether the record is an extension of another, its base; else it is one itself. */
static inline bool ntfs_entry_is_extension(const struct ntfs_entry *entry)
{
	return entry->base.record != 0 || entry->base.sequence != 0;
}

/* The extension records of which the entry has everything: how many, and *out, until it is loaded anew. None when something that
 * lies in one of them is in no stream. */
size_t ntfs_entry_parts(const struct ntfs_entry *entry, const struct ntfs_reference **out);

/* The best name: Win32 (or Win32+DOS, POSIX) before DOS; NULL when there is none. */
const struct ntfs_name *ntfs_entry_name(const struct ntfs_entry *entry);
/* The stream of that type and name (compared without case; utf16 empty = unnamed); NULL when none. */
const struct ntfs_stream *ntfs_entry_stream(
    const struct ntfs_entry *entry, uint32_t type, struct bytes utf16);

/* Opens a stream's logical content (volume may be NULL for a resident one): resident, runs, holes as zeros,
 * LZNT1 decompressed, EFS as stored; past `initialized` zeros. Copies what it needs: the entry may be loaded
 * anew; the volume must stay open. Reads of clusters outside the volume or without a run fail with ERR_DAMAGED, after the good bytes. */
bool ntfs_stream_open(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct source **out, struct err *err) MUST_CHECK;
/* The same for stored bytes: runs only, one after the other, holes left out (for `stored: runs`); the map
 * of (logical offset, length) pairs is the stream's runs. Not for compressed streams. */
bool ntfs_stream_open_runs(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, struct source **out, struct err *err) MUST_CHECK;

/* The whole of a stream that should be small, at most `most` bytes: borrowed from the entry when resident, else read
 * into *owned, which the caller frees. ERR_LIMIT. */
bool ntfs_stream_load(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    const struct ntfs_stream *stream, size_t most, uint8_t **owned, struct bytes *out,
    struct err *err) MUST_CHECK;

/* What programs on Windows read in the file: its unnamed $DATA, and where WOF packed it, the content unpacked
 * (wof.h). ERR_MISSING: it has none. Fails, too, where that is one hole and the reparse point that would tell what it
 * stands for cannot be read. */
bool ntfs_content_open(struct ntfs_volume *volume, const struct ntfs_entry *entry,
    struct source **out, struct err *err) MUST_CHECK;

/* Full paths by parent references, sequence numbers respected; directories are remembered (bounded). A
 * parent that is gone gives "$Orphan/..." and *is_orphan; a deleted one whose record is still its own does
 * not. In a cycle, or deeper than Windows can, it is "$Orphan/NAME" alone. No leading '/', WTF-8, '/'
 * between; a '/' or NUL inside a name (forbidden) becomes U+FFFD, and so does a name that is empty. "" is the root. Appends to *out. At most
 * 80 MB are used. */
struct ntfs_paths; /* opaque */
bool ntfs_paths_new(struct ntfs_mft *mft, struct ntfs_paths **out, struct err *err) MUST_CHECK;
void ntfs_paths_free(struct ntfs_paths *paths);
CLEANUP_POINTER(struct ntfs_paths, ntfs_paths_free);
/* Remembers the entry if it is a directory, while there is room: for an MFT in which reading here and there is
 * dear, such as one in a bundle. */
bool ntfs_paths_learn(
    struct ntfs_paths *paths, const struct ntfs_entry *entry, struct err *err) MUST_CHECK;
bool ntfs_path(struct ntfs_paths *paths, const struct ntfs_name *name, struct text *out,
    bool *is_orphan, struct err *err) MUST_CHECK;

/* A directory's own parent and name (which borrows until the next call on paths). *found is false when the MFT has no
 * such directory, or another one in its record. */
bool ntfs_paths_directory(struct ntfs_paths *paths, struct ntfs_reference directory,
    struct ntfs_name *out, bool *found, struct err *err) MUST_CHECK;
/* Adds a name as a component of a path. */
void ntfs_path_add_name(struct text *out, struct bytes utf16);

/* Directory listing through its $I30 index ($INDEX_ROOT and allocated $INDEX_ALLOCATION blocks). each()
 * gets names in index order; the names borrow. A damaged block is reported to damage() and the rest goes on. */
struct ntfs_lister {
	bool (*each)(struct ntfs_lister *self, struct ntfs_reference file,
	    const struct ntfs_name *name, struct err *err);
	void (*damage)(struct ntfs_lister *self, const struct err *why); /* may be NULL */
};
bool ntfs_list(struct ntfs_volume *volume, const struct ntfs_entry *directory,
    struct ntfs_lister *lister, struct err *err) MUST_CHECK;

/* Finds a file by path ("Windows/System32/config/SYSTEM", WTF-8, without case; where names differ in case alone, the
 * one spelled so) through the directory indexes; where one is damaged through the names in the MFT, some times a
 * volume. ERR_MISSING names the first component that is not there. */
bool ntfs_find(struct ntfs_volume *volume, struct bytes path, struct ntfs_reference *out,
    struct err *err) MUST_CHECK;

/* The allocated ranges of a stream in bytes, joined, cut at its size. The caller frees. */
bool ntfs_stream_ranges(const struct ntfs_volume *volume, const struct ntfs_stream *stream,
    struct range **out, size_t *count, struct err *err) MUST_CHECK;

#endif
