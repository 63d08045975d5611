/* Shadow copies (volume snapshots) of a volume, read from its own bytes without the VSS service. Nothing is
 * trusted: chains end, sizes have limits (limits.h), damage is said and the rest goes on. Specification: the
 * layout notes in docs/formats/vss.md.
 *
 * A snapshot is a volume as it was: a source like any other. What a snapshot keeps are the blocks of 16 KiB that
 * were overwritten since; all others are those of the next newer snapshot, and of the volume in the end. Blocks
 * that held nothing when it was made (or that Windows 8 and later left out: scoped restore points) are not kept.
 *
 * Times are 100 ns ticks since 1601 UTC. Snapshots are numbered from 0, the oldest. One thread at a time opens;
 * sources that are open may be read by several. */
#ifndef KANSHIKI_FORMATS_VSS_VSS_H
#define KANSHIKI_FORMATS_VSS_VSS_H

#include "core/source.h"

#define VSS_GUID_LEN  16
#define VSS_GUID_ROOM 37 /* of its text */

struct vss_header {                   /* at 0x1e00 of the volume */
	uint8_t volume[VSS_GUID_LEN]; /* this volume */
	uint8_t storage
	    [VSS_GUID_LEN]; /* where its snapshots are stored; another volume when different */
	uint64_t catalog;   /* offset, 0: there is none */
	uint64_t largest;   /* bytes that the stores may take, 0: no limit */
};

/* Reads the header. ERR_MISSING when there is none: no snapshot was ever made. */
bool vss_header_read(struct source *volume, struct vss_header *out, struct err *err) MUST_CHECK;
bool vss_header_is_local(const struct vss_header *header);

/* "600f0b69-5bdf-11e3-9d6c-005056c00008" */
void vss_guid_text(const uint8_t guid[VSS_GUID_LEN], char out[VSS_GUID_ROOM]);

#define VSS_ATTRIBUTE_PERSISTENT        0x00000001u
#define VSS_ATTRIBUTE_CLIENT_ACCESSIBLE 0x00000004u
#define VSS_ATTRIBUTE_DIFFERENTIAL      0x00020000u

#define VSS_FLAG_OFFLINE      0x100u /* taken away, its store not yet reused */
#define VSS_FLAG_UNUSED_ZEROS 0x400u /* Windows 8 and later: what is not kept reads as zeros */

struct vss_info {
	uint8_t id[VSS_GUID_LEN]; /* of the store, as in its file's name */
	uint64_t created;
	uint64_t sequence; /* from 1, counted up by Windows */
	uint64_t size;     /* of the volume then, cut to what it has now */
	uint64_t flags;    /* VSS_FLAG_* and others, of the catalogue */
	bool has_details;  /* whether the next fields were there */
	uint8_t copy_id[VSS_GUID_LEN], set_id[VSS_GUID_LEN];
	uint32_t context, attributes;
	struct bytes operating_machine, service_machine; /* UTF-16LE */
	struct err why;    /* why it cannot be opened; ERR_NONE when it can */
	struct err damage; /* it can, but something of it or of a newer one is lost or doubtful */
};

struct vss; /* opaque */

/* Reads header and catalogue of a volume, which it borrows. storage is the volume that holds its stores; NULL: the
 * volume itself, or, when the header names another, none (the snapshots are then listed, with `why`). ERR_MISSING
 * when there is no header or no snapshot. */
bool vss_open(
    struct source *volume, struct source *storage, struct vss **out, struct err *err) MUST_CHECK;
void vss_close(struct vss *vss);
CLEANUP_POINTER(struct vss, vss_close);
/* What is wrong with the catalogue itself; ERR_NONE when nothing is. */
const struct err *vss_damage(const struct vss *vss);
size_t vss_count(const struct vss *vss);
/* Lives as long as vss; opening a snapshot may add `damage`. */
const struct vss_info *vss_info(const struct vss *vss, size_t snapshot);

enum vss_reading {
	VSS_AS_WINDOWS, /* what is not kept: zeros with VSS_FLAG_UNUSED_ZEROS, else what is there now */
	VSS_KEPT_ONLY, /* what is not kept fails with ERR_MISSING, after the good bytes */
};

/* Opens a snapshot, reading the block lists that it needs; vss must stay open as long as it. */
bool vss_snapshot_open(struct vss *vss, size_t snapshot, enum vss_reading reading,
    struct source **out, struct err *err) MUST_CHECK;

/* Whether len bytes at offset are certainly the same in two snapshots that were opened: read from the same place, and
 * kept. VSS_PRESENT is the volume as it is now. */
#define VSS_PRESENT SIZE_MAX
bool vss_is_same(
    const struct vss *vss, size_t snapshot, size_t other, uint64_t offset, uint64_t len);

/* On a running Windows the newest snapshot keeps more blocks all the time. Reads its list anew if it has grown; sources
 * that are open then read by it. *changed: it had. On failure nothing of the snapshots is to be trusted, and none can be opened,
 * until a later call goes well. */
bool vss_refresh(struct vss *vss, bool *changed, struct err *err) MUST_CHECK;
/* A hash of where len bytes at offset are read from in an opened snapshot: another one after vss_refresh means that what was read
 * between may be of both states. */
uint64_t vss_places(const struct vss *vss, size_t snapshot, uint64_t offset, uint64_t len);

/* How many of len bytes at offset an opened snapshot did not keep. */
uint64_t vss_unkept(const struct vss *vss, size_t snapshot, uint64_t offset, uint64_t len);

/* How many of len bytes at offset (at least 1 when len is not 0) an opened snapshot kept, or did not keep, one after the other:
 * *is_kept. */
uint64_t vss_kept_run(
    const struct vss *vss, size_t snapshot, uint64_t offset, uint64_t len, bool *is_kept);
/* Whether it is known what an opened snapshot did not keep: the bitmaps that tell were read, its own and those of newer ones,
 * and nothing is wrong with any of their block lists. */
bool vss_knows_unkept(const struct vss *vss, size_t snapshot);

struct vss_choice { /* which snapshots are meant; none of them: none */
	bool all, newest, middle, oldest;
};

/* Parses the word of --shadow: "all", "none", or some of newest, mid, oldest with commas between. ERR_USAGE. */
bool vss_choice_parse(const char *text, struct vss_choice *out, struct err *err) MUST_CHECK;
static inline bool vss_choice_any(const struct vss_choice *choice)
{
	return choice->all || choice->newest || choice->middle || choice->oldest;
}
bool vss_is_chosen(const struct vss *vss, size_t index, const struct vss_choice *choice);

#endif
