/* What the files of resume share; nobody else includes it. */
#ifndef KANSHIKI_BUNDLE_RESUME_PARTS_H
#define KANSHIKI_BUNDLE_RESUME_PARTS_H

#include "bundle/writer_state.h"

#define RESUME_LEFT_ROOM (VOLUME_NAME_ROOM + 16)

/* A file of a volume that no RESUME tells of: what was in it is taken again. */
struct resume_left {
	char name[RESUME_LEFT_ROOM];
	char to[RESUME_LEFT_ROOM]; /* the name that it gets; its own where it stays */
	struct volume_name volume;
	bool is_cut;     /* called NAME.cutN already */
	unsigned number; /* N */
	bool is_sealed;  /* and listed as that */
	bool is_unread;  /* not all of it can be read: why; it cannot be listed */
	struct err why;
	uint8_t sha256[SHA256_LEN];
};

struct resuming {
	struct store *store;
	const struct bundle_plan *plan;
	const struct bundle_checking *checking;
	struct manifest manifest;
	struct resume_state state;
	uint32_t files; /* RESUME.NNN that are listed */
	bool manifest_is_new, seal_is_new;
	uint64_t done, total;   /* bytes checked */
	struct text_list names; /* of the files, also of those that will be */
	struct resume_left *left;
	size_t left_count, left_room;
	struct text_list to_remove;
	struct text_list unread; /* NAME.unreadN that a run before left */
};

/* resume_check.c: all files, those that stay against their hashes; *r then tells what becomes of the others. Nothing is
 * changed. */
bool resume_check_files(struct resuming *r, struct err *err) MUST_CHECK;
/* The content of a listed file. */
bool resume_check_listed(
    struct resuming *r, const char *name, struct bytes content, struct err *err) MUST_CHECK;
/* The volume of that name, where a RESUME tells of it; else NULL. */
const struct closed_volume *resume_told(const struct resuming *r, const char *name);

#endif
