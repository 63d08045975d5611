/* What a run tells the one that goes on after it: RESUME.NNN (docs/bundle-format.md, Resume). Inside bundle/ only. */
#ifndef KANSHIKI_BUNDLE_RESUME_H
#define KANSHIKI_BUNDLE_RESUME_H

#include "bundle/manifest.h"
#include "bundle/volume.h"
#include "bundle/writer.h"

#define RESUME_PREFIX    "RESUME."
#define RESUME_NAME_ROOM 24
#define RESUME_KEY_LEN   16
#define RESUME_BYTES     ((size_t)64 << 20) /* plain bytes of one file */
#define RESUME_ITEMS     ((size_t)1 << 24)  /* of all files together */
#define RESUME_SECRET    "kanshiki resume 1"

struct closed_volume {
	char name[VOLUME_NAME_ROOM];
	unsigned set; /* enum bundle_set */
	uint32_t index;
	uint64_t tar_offset, tar_bytes;
	struct volume_hashes hashes;
	bool was_read_back;
};

enum resume_kind {
	RESUME_TAKEN,   /* an entry with all of its bytes */
	RESUME_PARTIAL, /* without some, which is no gap of ours */
	RESUME_GAP,     /* without some that were to be had */
	RESUME_SAME,    /* a row that says that another has its bytes */
	RESUME_SECOND,  /* filled up with zeros, or to be: to be taken a second time if it is met */
	RESUME_ROW,     /* a row without bytes */
};

struct resume_item {                 /* what is sealed */
	uint8_t key[RESUME_KEY_LEN]; /* of the path, or of the row */
	uint64_t identity;           /* of what has the path */
	uint8_t kind;                /* enum resume_kind */
	bool is_used;                /* asked for */
	uint8_t set;      /* while it is written: enum bundle_set, BUNDLE_META for a row */
	uint64_t stored;  /* bytes of an entry */
	uint64_t tar_end; /* while it is written: of its bytes in its set */
};

struct resume_items {
	struct resume_item *at;
	size_t count, room;
};

struct resume_set {
	bool is_closed;
	uint64_t tar_offset;
};

struct resume_cut { /* the entry that the last sealed volume of its set ends inside */
	bool is_set;
	struct text name;
	uint64_t identity;
	uint64_t size, done;
	uint8_t state[SHA256_LEN]; /* hash_save after `done` bytes */
	struct bundle_place place; /* where it begins */
};

struct resume_state { /* of one file, or of all of them in order */
	uint8_t collection_id[16];
	uint32_t number; /* of the (last) file */
	uint32_t run;    /* from 1 */
	struct bundle_origin origin;
	struct text asked; /* in the first file only */
	uint64_t journal_lines;
	uint8_t journal_head[SHA256_LEN]; /* of the last of them */
	struct resume_set sets[BUNDLE_META + 1];
	struct closed_volume *volumes;
	size_t volume_count, volume_room;
	struct resume_cut cut;
	struct resume_items items;
};
void resume_state_free(struct resume_state *state);
static inline void resume_state_free_at(struct resume_state *state)
{
	resume_state_free(state);
}

void resume_file_name(uint32_t number, char out[RESUME_NAME_ROOM]);
void resume_state_format(const struct resume_state *state, struct text *out);
/* Reads one file and adds it to what those before it told; only the bytes that resume_state_format would write, and
 * only what follows (ERR_DAMAGED). The first one's number is 0. */
bool resume_state_add(struct resume_state *state, struct bytes text, struct err *err) MUST_CHECK;

/* The key of a path, and of a row. */
void resume_path_key(struct bytes path, uint8_t out[RESUME_KEY_LEN]);
void resume_row_key(struct bytes json, uint8_t out[RESUME_KEY_LEN]);

bool resume_items_add(
    struct resume_items *items, const struct resume_item *item, struct err *err) MUST_CHECK;
void resume_items_sort(struct resume_items *items);
/* Of sorted ones: the first of that key, and its index in *at; NULL: there is none. The others follow it. */
struct resume_item *resume_items_find(
    const struct resume_items *items, const uint8_t key[RESUME_KEY_LEN], size_t *at);
struct resume_item *resume_items_next(const struct resume_items *items, size_t *at);

#endif
