/* Directories that no entry leads to. See fat.h and walk.h. */
#include "formats/fat/walk.h"

#include "core/array.h"

#include <stdlib.h>

#define PIECE     ((size_t)256 << 10) /* read at once, of small clusters */
#define HEAD      1024u               /* bytes of a cluster that are looked at */
#define ASK_EVERY 4096u               /* clusters */
#define DEPTH_MAX FAT_LIMIT_DEPTH

struct looking {
	struct fat_volume *volume;
	uint8_t *piece;
	uint64_t from; /* what it holds */
	size_t len;
};

/* The head of a cluster; NULL when it cannot be read. */
static const uint8_t *head_of(struct looking *l, uint32_t cluster, size_t *len)
{
	uint32_t size = l->volume->geometry.cluster_size;
	uint64_t offset = fat_cluster_offset(l->volume, cluster);
	size_t wanted = size < HEAD ? size : HEAD;

	if (offset < l->from || offset + wanted > l->from + l->len) {
		size_t whole = size <= PIECE / 16 ? PIECE : wanted;

		l->from = offset;
		l->len = 0;
		if (!l->volume->raw->read(l->volume->raw, offset, l->piece, whole, &l->len, NULL) &&
		    l->len < wanted)
			return NULL;
	}
	*len = l->len < wanted ? l->len : wanted;
	return l->piece + (offset - l->from);
}

/* FAT's begin with themselves or are a piece that nothing but entries fills, exFAT's begin with a set that its checksum
 * proves. */
static bool looks_lost(
    const struct fat_volume *volume, const uint8_t *head, size_t len, struct fat_lost *lost)
{
	if (len < 2 * FAT_ENTRY_LEN)
		return false;
	if (volume->geometry.kind == FAT_EX) {
		unsigned count = head[1] + 1u;

		return (head[0] & 0x7f) == 0x05 && count >= 3 && count <= FAT_SET_ENTRIES &&
		       count * FAT_ENTRY_LEN <= len && fat_set_is_whole(head, count);
	}
	return fat_start_is_directory(volume, head, lost->cluster, &lost->parent) ||
	       fat_piece_is_directory(volume, head, len);
}

static bool look_at(struct looking *l, uint32_t cluster, struct err *err)
{
	struct fat_volume *volume = l->volume;
	struct fat_lost lost = {.cluster = cluster};
	bool is_free = false;
	size_t len = 0;

	if (!fat_cluster_is_free(volume, cluster, &is_free, NULL) || !is_free)
		return true;
	const uint8_t *head = head_of(l, cluster, &len);

	if (!head || !looks_lost(volume, head, len, &lost))
		return true;
	if (!array_grow(&volume->lost, &volume->lost_room, volume->lost_count + 1,
		sizeof(*volume->lost), FAT_LIMIT_LOST, err))
		return err->kind == ERR_LIMIT;
	volume->lost[volume->lost_count++] = lost;
	return true;
}

bool fat_volume_find_lost(struct fat_volume *volume,
    bool (*go_on)(void *context, uint64_t done, uint64_t total), void *context, struct err *err)
{
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);
	struct looking l = {.volume = volume, .piece = piece};
	uint32_t end = fat_clusters_end(volume);
	struct err why = {0};

	if (volume->looked_for_lost)
		return true;
	if (!piece)
		return fail(err, ERR_MEMORY, "no memory to look for lost directories");
	for (uint32_t cluster = FAT_FIRST_CLUSTER; cluster < end; cluster++) {
		if (cluster % ASK_EVERY == 0 && go_on && !go_on(context, cluster, end))
			return fail(err, ERR_STOPPED, "stopped");
		if (!look_at(&l, cluster, &why))
			return fail(err, why.kind, "%s", why.text);
	}
	volume->looked_for_lost = true;
	fat_claims_free(volume->claims); /* they did not know of these */
	volume->claims = NULL;
	return true;
}

static bool is_lost_before(const void *element, uint64_t key)
{
	const struct fat_lost *one = element;

	return one->cluster < key;
}

static const struct fat_lost *find(const struct fat_volume *volume, uint32_t cluster)
{
	size_t low = array_first_from(
	    volume->lost, volume->lost_count, sizeof(*volume->lost), is_lost_before, cluster);

	return low < volume->lost_count && volume->lost[low].cluster == cluster ? &volume->lost[low]
										: NULL;
}

/* The topmost directory above it that is lost too: what is below that is then found through it. */
static const struct fat_lost *topmost(const struct fat_walk *walk, const struct fat_lost *lost)
{
	for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
		const struct fat_lost *above = find(walk->volume, lost->parent);

		if (!above || above == lost || fat_seen_has(&walk->seen, above->cluster))
			return lost;
		lost = above;
	}
	return lost;
}

/* Tells of it as if it had an entry: what "." says is its own. */
static bool tell(struct fat_walk *walk, const struct fat_lost *lost, struct err *err)
{
	struct fat_volume *volume = walk->volume;
	uint8_t raw[FAT_ENTRY_LEN];
	struct fat_entry entry = {
	    .kind = FAT_ENTRY_DIRECTORY,
	    .is_deleted = true,
	    .is_lost = true,
	    .attributes = FAT_ATTRIBUTE_DIRECTORY,
	    .cluster = lost->cluster,
	    .place = fat_cluster_offset(volume, lost->cluster),
	    .parent = FAT_NUMBER_ROOT,
	};

	entry.first_place = entry.place;
	entry.number = fat_number(&volume->geometry, entry.place);
	if (volume->geometry.kind == FAT_EX) {
		entry.size = entry.valid_size = volume->geometry.cluster_size;
		entry.is_contiguous = true;
	} else if (source_read_exact(volume->raw, entry.place, raw, sizeof(raw), NULL) &&
		   raw[0] == '.') {
		fat_time_set(&entry.created, le16(raw + 16), le16(raw + 14), raw[13]);
		fat_time_set(&entry.modified, le16(raw + 24), le16(raw + 22), 0);
		fat_time_set(&entry.accessed, le16(raw + 18), 0, 0);
		entry.accessed.is_date = true;
	}
	text_adds(&walk->path, FAT_ORPHAN "/");
	size_t name_at = walk->path.len;

	text_addf(&walk->path, "cluster %u", lost->cluster);
	if (!text_ok(&walk->path, err) || !fat_walk_tell(walk, &entry, name_at, err))
		return false;
	/* Also when nothing of it could be walked: it must not come again. */
	bool is_new;
	struct err why = {0};

	if (fat_seen_add(&walk->seen, lost->cluster, &is_new, &why))
		return true;
	walk->next_lost = volume->lost_count;
	return why.kind == ERR_LIMIT || fail(err, why.kind, "%s", why.text);
}

bool fat_walk_lost(struct fat_walk *walk, bool *any, struct err *err)
{
	struct fat_volume *volume = walk->volume;

	*any = false;
	while (walk->next_lost < volume->lost_count) {
		const struct fat_lost *lost = &volume->lost[walk->next_lost];

		if (fat_seen_has(&walk->seen, lost->cluster)) {
			walk->next_lost++;
			continue;
		}
		const struct fat_lost *top = topmost(walk, lost);

		/* It comes again, unless it is the one that is told now. */
		walk->next_lost += top == lost;
		*any = true;
		return tell(walk, top, err);
	}
	return true;
}
