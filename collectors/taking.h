/* A stream on its way into the bundle: its names, paths and rows. For collectors/take*.c only. */
#ifndef KANSHIKI_COLLECTORS_TAKING_H
#define KANSHIKI_COLLECTORS_TAKING_H

#include "collectors/content.h"
#include "collectors/row.h"
#include "collectors/state.h"

struct taking {
	struct collection *collection;
	struct collection_volume *volume;
	const struct ntfs_entry *entry;
	const struct ntfs_name *name;     /* NULL: it has none */
	const struct ntfs_stream *stream; /* NULL: gone since the walk, or lost */
	bool is_there;                    /* the file still is */
	const struct err *gone;           /* why, where stream is NULL */
	const struct stream_keys *keys;   /* of the entry */
	const struct hit *hit;
	const struct hit *hits; /* all of the file */
	size_t hit_count;
	struct text path; /* in the bundle */
	bool is_orphan, is_journal;
	struct content content;
	bool has_kept_gap; /* taking_keep found it, without all of its bytes */
	bool is_stored;    /* whole, in the bundle; in a dry run: would be */
	const char *now;   /* of a shadow copy: what became of it since; NULL: not known */
	uint64_t places;   /* of a live one: where it was read from */
};

void taking_free(struct taking *t);

/* Adds the member's name of the stream under one of the file's names. */
void taking_path(struct taking *t, const struct ntfs_name *name, struct text *out);
/* What tells this stream under that name from all others, in every run: other names come and go. */
uint32_t taking_owner(const struct taking *t, const struct ntfs_name *name);
/* Makes the path, made of that name of the file, this entry's alone; collection_claim. */
bool taking_claim(const struct taking *t, const struct ntfs_name *name, struct text *path,
    bool *is_new, struct err *err) MUST_CHECK;
void taking_row(struct taking *t, struct row *row);
/* Rows for the names of the file but `holder`, whose row is at `first` and has the content. Changes t->path. */
void taking_other_names(struct taking *t, const struct ntfs_name *holder, const struct text *first);

/* True: sealed before an interruption, with its row, under the name that comes first now or another; rows of other names are
 * added. Content that is sealed under a name that is gone leaves the rows of others as they are; for a name that
 * came since it is to be taken again, under that one (false), for nothing tells where it is. */
bool taking_keep(struct taking *t);

#endif
