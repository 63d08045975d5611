/* $REPARSE_POINT: what a file or directory stands for (MS-FSCC 2.1.2; WOF, cloud and WSL: ntifs.h and
 * docs/formats/ntfs.md, "Reparse points"). */
#ifndef KANSHIKI_FORMATS_NTFS_REPARSE_H
#define KANSHIKI_FORMATS_NTFS_REPARSE_H

#include "formats/ntfs/ntfs.h"

#define NTFS_REPARSE_MAX ((size_t)64 << 10) /* bytes that are read; Windows: 16 KiB */
#define NTFS_REPARSE_WOF 0x80000017u

enum ntfs_reparse_shape { /* which of the fields below are set */
	NTFS_REPARSE_OPAQUE,
	NTFS_REPARSE_LINK,     /* symbolic link, junction, mounted volume: target, shown */
	NTFS_REPARSE_LX_LINK,  /* link of WSL: target_utf8 */
	NTFS_REPARSE_NFS,      /* made by Services for NFS: nfs_kind, target when it is a link */
	NTFS_REPARSE_APP,      /* app alias: package, app, target */
	NTFS_REPARSE_WOF_FILE, /* packed in the file's own stream: algorithm */
	NTFS_REPARSE_WOF_WIM,  /* in a WIM file: data_source, sha1 */
};

enum ntfs_place { /* where the content is that the file stands for */
	NTFS_PLACE_HERE,
	NTFS_PLACE_CLOUD,
	NTFS_PLACE_DEDUP,
	NTFS_PLACE_WIM,
	NTFS_PLACE_ARCHIVE,   /* hierarchical storage management */
	NTFS_PLACE_SIS,       /* single instance storage */
	NTFS_PLACE_LAYER,     /* a container's base layer */
	NTFS_PLACE_PROJECTED, /* a program's own store (ProjFS) */
};

struct ntfs_reparse { /* views are into the bytes that were parsed */
	uint32_t tag;
	const char *name; /* of the tag, as in ntifs.h without IO_REPARSE_TAG_; NULL: not known */
	const uint8_t *guid; /* 16 bytes of a tag that is not Microsoft's; else NULL */
	struct bytes data;   /* behind the header */
	enum ntfs_reparse_shape shape;
	enum ntfs_place place;
	struct bytes target, shown; /* UTF-16LE: substitute and print name */
	bool is_relative;
	struct bytes target_utf8;
	struct bytes package, app; /* UTF-16LE */
	uint32_t algorithm;        /* enum ntfs_wof_algorithm, or more */
	uint64_t data_source;
	const uint8_t *sha1; /* 20 bytes, of the content */
	const char *nfs_kind;
};

/* Parses the attribute's content. False with ERR_DAMAGED (ERR_UNSUPPORTED for an unknown version) when the data does
 * not keep to its tag's layout: tag, name, guid, data and place are then set all the same, and shape is
 * NTFS_REPARSE_OPAQUE; all zero when not even the header is there. */
bool ntfs_reparse_parse(struct bytes content, struct ntfs_reparse *out, struct err *err) MUST_CHECK;

/* "cloud" …, a word for rows; and a sentence that says it, also in Japanese. */
const char *ntfs_place_word(enum ntfs_place place);
const char *ntfs_place_why(enum ntfs_place place);

#endif
