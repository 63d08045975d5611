/* Directories that no entry leads to. See fat.h and walk.h. */
#include "formats/fat/walk.h"

#include "core/array.h"

#include <stdlib.h>

#define PIECE     ((size_t)256 << 10) /* read at once, of small clusters */
#define SMALL     (PIECE / 16)
#define HEAD      1024u /* bytes of a cluster that are looked at */
#define ASK_EVERY 4096u /* clusters */
#define DEPTH_MAX FAT_LIMIT_DEPTH

struct looking {
	struct fat_volume *volume;
	uint8_t *piece;
	uint64_t from; /* what it holds */
	size_t len;
};

/* The bytes of a cluster, of a large one its head; NULL when not even that can be read. */
static const uint8_t *bytes_of_cluster(struct looking *l, uint32_t cluster, size_t *len)
{
	uint32_t size = l->volume->geometry.cluster_size;
	uint64_t offset = fat_cluster_offset(l->volume, cluster);
	size_t least = size < HEAD ? size : HEAD;
	size_t wanted = size <= SMALL ? size : HEAD;

	if (offset < l->from || offset + wanted > l->from + l->len) {
		l->from = offset;
		l->len = 0;
		if (!l->volume->raw->read(l->volume->raw, offset, l->piece,
			size <= SMALL ? PIECE : wanted, &l->len, NULL) &&
		    l->len < least)
			return NULL;
	}
	uint64_t there = l->from + l->len - offset;

	*len = there < wanted ? (size_t)there : wanted;
	return *len >= least ? l->piece + (offset - l->from) : NULL;
}

/* FAT's begin with themselves or are a piece that nothing but entries fills, exFAT's begin with a set that its checksum
 * proves, later clusters of them with the rest of one before it. */
static bool looks_lost(
    const struct fat_volume *volume, const uint8_t *head, size_t len, struct fat_lost *lost)
{
	if (len < 2 * FAT_ENTRY_LEN)
		return false;
	if (volume->geometry.kind == FAT_EX)
		return fat_piece_goes_on(head, len);
	return fat_start_is_directory(volume, head, lost->cluster, &lost->parent) ||
	       fat_piece_is_directory(volume, head, len);
}

static bool add(struct fat_volume *volume, const struct fat_lost *lost, struct err *err)
{
	if (!array_grow(&volume->lost, &volume->lost_room, volume->lost_count + 1,
		sizeof(*volume->lost), FAT_LIMIT_LOST, err)) {
		volume->lost_over += err->kind == ERR_LIMIT;
		return err->kind == ERR_LIMIT;
	}
	volume->lost[volume->lost_count++] = *lost;
	return true;
}

/* Directories of an earlier layout, whose clusters began elsewhere: sector by sector. Sets of exFAT go over the ends of sectors, so
 * there the rest of the cluster is one piece. */
static bool look_inside(
    struct looking *l, uint32_t cluster, const uint8_t *at, size_t len, struct err *err)
{
	struct fat_volume *volume = l->volume;
	uint32_t sector = volume->geometry.sector_size;
	bool is_exfat = volume->geometry.kind == FAT_EX;
	struct fat_lost piece = {.cluster = cluster};

	for (uint32_t inside = sector; inside + sector <= len; inside += sector) {
		if (!fat_piece_is_slack(volume, at + inside, is_exfat ? len - inside : sector)) {
			if (piece.len && !add(volume, &piece, err))
				return false;
			piece.len = 0;
			continue;
		}
		piece.inside = piece.len ? piece.inside : inside;
		piece.len += is_exfat ? (uint32_t)len - inside : sector;
		if (is_exfat)
			break;
	}
	return piece.len == 0 || add(volume, &piece, err);
}

static bool look_at(struct looking *l, uint32_t cluster, struct err *err)
{
	struct fat_volume *volume = l->volume;
	struct fat_lost lost = {.cluster = cluster};
	bool is_free = false;
	size_t len = 0;

	if (!fat_cluster_is_free(volume, cluster, &is_free, NULL) || !is_free)
		return true;
	const uint8_t *at = bytes_of_cluster(l, cluster, &len);

	if (!at)
		return true;
	return looks_lost(volume, at, len < HEAD ? len : HEAD, &lost)
		   ? add(volume, &lost, err)
		   : look_inside(l, cluster, at, len, err);
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

	return low < volume->lost_count && volume->lost[low].cluster == cluster &&
		       volume->lost[low].inside == 0
		   ? &volume->lost[low]
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

/* What "." says is its own. */
static void use_dot(struct fat_volume *volume, struct fat_entry *entry)
{
	uint8_t raw[FAT_ENTRY_LEN];

	if (volume->geometry.kind == FAT_EX ||
	    !source_read_exact(volume->raw, entry->place, raw, sizeof(raw), NULL) || raw[0] != '.')
		return;
	fat_time_set(&entry->created, le16(raw + 16), le16(raw + 14), raw[13]);
	fat_time_set(&entry->modified, le16(raw + 24), le16(raw + 22), 0);
	fat_time_set(&entry->accessed, le16(raw + 18), 0, 0);
	entry->accessed.is_date = true;
}

/* Tells of it as if it had an entry. */
static bool tell(struct fat_walk *walk, const struct fat_lost *lost, struct err *err)
{
	struct fat_volume *volume = walk->volume;
	struct fat_entry entry = {
	    .kind = FAT_ENTRY_DIRECTORY,
	    .is_deleted = true,
	    .is_lost = true,
	    .attributes = FAT_ATTRIBUTE_DIRECTORY,
	    .cluster = lost->cluster,
	    .is_slack = lost->inside != 0,
	    .place = fat_cluster_offset(volume, lost->cluster) + lost->inside,
	    .parent = FAT_NUMBER_ROOT,
	};

	entry.first_place = entry.place;
	entry.number = fat_number(&volume->geometry, entry.place);
	if (volume->geometry.kind == FAT_EX) {
		entry.size = entry.valid_size = volume->geometry.cluster_size;
		entry.is_contiguous = true;
	}
	use_dot(volume, &entry);
	text_adds(&walk->path, FAT_ORPHAN "/");
	size_t name_at = walk->path.len;

	if (lost->inside)
		text_addf(&walk->path, "sector %llu",
		    (unsigned long long)(entry.place / volume->geometry.sector_size));
	else
		text_addf(&walk->path, "cluster %u", lost->cluster);
	walk->slack = lost->inside ? lost : NULL;
	bool ok = text_ok(&walk->path, err) && fat_walk_tell(walk, &entry, name_at, err);

	walk->slack = NULL;
	if (!ok || lost->inside)
		return ok;
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
