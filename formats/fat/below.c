/* Where the entries of a directory lie. See walk.h. */
#include "formats/fat/walk.h"

#define SLOTS 16u /* entries of a sector */

/* One more cluster, unless another directory (or this one) has it, or the image ends before it: then *is_new is false, and
 * why. False: no memory. */
static bool add_new(struct fat_walk *walk, uint32_t cluster, struct fat_runs *out, bool *is_new,
    struct err *damage, struct err *err)
{
	struct err why = {0};

	*is_new = false;
	if (fat_cluster_offset(walk->volume, cluster) >= walk->volume->raw->size)
		return fail(damage, ERR_DAMAGED, "its cluster %u lies outside the volume or image",
			   cluster) ||
		       true;
	if (!fat_seen_add(&walk->seen, cluster, is_new, &why) ||
	    (*is_new && !fat_runs_add(out, cluster, 1, &why))) {
		*is_new = false;
		*damage = why;
		if (why.kind == ERR_LIMIT)
			return true;
		*err = why;
		return false;
	}
	if (!*is_new)
		fail(damage, ERR_DAMAGED, "its cluster %u was met before", cluster);
	return true;
}

/* A directory that is longer than FAT may have is read all the same. */
static uint32_t most_clusters(const struct fat_volume *volume)
{
	return fat_clusters_for(volume, FAT_LIMIT_DIRECTORY);
}

/* Along the chain. Memory is a failure, all else is damage. */
static bool follow(struct fat_walk *walk, uint32_t first, uint32_t most, struct fat_runs *out,
    struct err *damage, struct err *err)
{
	struct fat_volume *volume = walk->volume;
	enum fat_link link = FAT_LINK_NEXT;
	uint32_t cluster = first, next = 0;
	bool is_new = true;

	while (link == FAT_LINK_NEXT && out->clusters < most) {
		struct err why = {0};

		if (!add_new(walk, cluster, out, &is_new, damage, err))
			return false;
		if (!is_new)
			return true;
		if (!fat_table_next(volume, cluster, &link, &next, &why)) {
			*damage = why;
			if (why.kind == ERR_MEMORY)
				*err = why;
			return why.kind != ERR_MEMORY;
		}
		if (link == FAT_LINK_NEXT)
			cluster = next;
	}
	if (link != FAT_LINK_NEXT && link != FAT_LINK_END)
		fail(damage, ERR_DAMAGED, "its chain breaks off at cluster %u", cluster);
	else if (link == FAT_LINK_NEXT && out->clusters >= most_clusters(volume))
		fail(damage, ERR_LIMIT, "only its first %u clusters are read", out->clusters);
	return true;
}

/* One run of clusters. */
static bool go_straight(struct fat_walk *walk, uint32_t first, uint32_t count, struct fat_runs *out,
    struct err *damage, struct err *err)
{
	bool is_new = true;

	for (uint32_t i = 0; i < count; i++) {
		if (!fat_is_cluster(walk->volume, first + i)) {
			fail(damage, ERR_DAMAGED, "it goes on behind the end of the volume");
			return true;
		}
		if (!add_new(walk, first + i, out, &is_new, damage, err))
			return false;
		if (!is_new)
			return true;
	}
	return true;
}

/* The entries of the first sector of a cluster. */
static bool read_slots(
    struct fat_volume *volume, uint32_t cluster, uint8_t raw[SLOTS * FAT_ENTRY_LEN])
{
	uint64_t offset = fat_cluster_offset(volume, cluster);
	size_t len = (size_t)SLOTS * FAT_ENTRY_LEN;

	/* Twice: this decides about a whole directory. */
	for (int attempt = 0; attempt < 2; attempt++)
		if (source_read_exact(volume->raw, offset, raw, len, NULL))
			return true;
	return false;
}

static bool is_exfat_directory(const uint8_t *raw)
{
	/* Its first entry: nothing yet, a file, in the root also what belongs to the volume. */
	return raw[0] == 0 || (raw[0] & 0x7f) == 0x05 || (raw[0] & 0x7c) == 0 || raw[0] == 0xa0;
}

/* Whether a cluster that does not begin as a directory goes on as one: only its first entry was changed. */
static bool goes_on_as_one(const struct fat_volume *volume, const uint8_t *raw)
{
	size_t len = (size_t)SLOTS * FAT_ENTRY_LEN, at = FAT_ENTRY_LEN;

	if (volume->geometry.kind == FAT_EX) {
		if ((raw[at] & 0x7f) == 0x40) /* the rest of a first set */
			return true;
		while (at < len && !fat_piece_is_slack(volume, raw + at, len - at))
			at += FAT_ENTRY_LEN;
		return at < len;
	}
	while (at < len && raw[at] != 0 && fat_entry_is_plausible(volume, raw + at))
		at += FAT_ENTRY_LEN;
	return at > FAT_ENTRY_LEN && (at == len || raw[at] == 0);
}

/* Whether a cluster begins a directory: FAT's begins with itself. One in use that cannot be read is believed: what can
 * be read of it is; a deleted one must prove it. */
static bool begins_directory(struct fat_volume *volume, uint32_t cluster, bool is_deleted)
{
	uint8_t raw[SLOTS * FAT_ENTRY_LEN];

	if (!read_slots(volume, cluster, raw))
		return !is_deleted;
	if (volume->geometry.kind == FAT_EX)
		return is_exfat_directory(raw) || (!is_deleted && goes_on_as_one(volume, raw));
	if (memcmp(raw + 1, "          ", 10) != 0 || !(raw[11] & FAT_ATTRIBUTE_DIRECTORY) ||
	    (raw[0] != '.' && raw[0] != 0xe5))
		return !is_deleted && goes_on_as_one(volume, raw);
	uint32_t high = volume->geometry.kind == FAT_32 ? le16(raw + 20) : 0;

	return !is_deleted || (high << 16 | le16(raw + 26)) == cluster;
}

/* Whether a free cluster could be the next one of a deleted directory of FAT. */
static bool goes_on(struct fat_volume *volume, uint32_t cluster)
{
	uint8_t raw[SLOTS * FAT_ENTRY_LEN];
	unsigned used = 0;

	if (!read_slots(volume, cluster, raw) || raw[0] == 0 || raw[0] == '.')
		return false;
	for (unsigned i = 0; i < SLOTS && raw[i * FAT_ENTRY_LEN] != 0; i++, used++)
		if (!fat_entry_is_plausible(volume, raw + (size_t)i * FAT_ENTRY_LEN))
			return false;
	return used > 0;
}

/* Whether the end mark stands in the last entry of the cluster: the directory does not go on. */
static bool is_full(struct fat_volume *volume, uint32_t cluster)
{
	uint64_t offset = fat_cluster_offset(volume, cluster) + volume->geometry.cluster_size;
	uint8_t raw[FAT_ENTRY_LEN];

	return source_read_exact(volume->raw, offset - FAT_ENTRY_LEN, raw, sizeof(raw), NULL) &&
	       raw[0] != 0;
}

static bool is_free(struct fat_volume *volume, uint32_t cluster)
{
	bool free_now = false;

	return fat_is_cluster(volume, cluster) &&
	       fat_cluster_is_free(volume, cluster, &free_now, NULL) && free_now;
}

/* One that no entry leads to was looked at before (lost.c). */
static bool is_known(const struct fat_volume *volume, const struct fat_entry *entry)
{
	return entry->is_lost && entry->place == fat_cluster_offset(volume, entry->cluster);
}

/* The chain of a deleted directory is gone: it goes on in the next clusters as far as they could be its own. */
static bool deleted_fat(
    struct fat_walk *walk, const struct fat_entry *entry, struct fat_runs *out, struct err *err)
{
	struct fat_volume *volume = walk->volume;
	uint32_t cluster = entry->cluster, most = fat_clusters_for(volume, FAT_LIMIT_FAT_DIR);
	bool is_new = true;
	struct err why = {0};

	if (!is_free(volume, cluster) ||
	    (!is_known(volume, entry) && !begins_directory(volume, cluster, true)))
		return true;
	while (out->clusters < most) {
		if (!add_new(walk, cluster, out, &is_new, &why, err))
			return false;
		if (!is_new || !is_full(volume, cluster) || cluster == UINT32_MAX)
			return true;
		cluster++;
		if (!is_free(volume, cluster) || !goes_on(volume, cluster))
			return true;
	}
	return true;
}

/* exFAT tells how long it was; its clusters are taken while they are free. */
static bool deleted_exfat(
    struct fat_walk *walk, const struct fat_entry *entry, struct fat_runs *out, struct err *err)
{
	CLEANUP(fat_runs_free) struct fat_runs runs = {0};
	struct fat_entry told = *entry;
	uint64_t before = walk->volume->links;
	enum fat_layout layout;
	bool is_new = true;
	struct err why = {0};

	told.is_contiguous |= walk->links > fat_links_max(walk->volume);
	if (entry->size > FAT_LIMIT_DIRECTORY || !is_free(walk->volume, entry->cluster) ||
	    (!is_known(walk->volume, entry) &&
		!begins_directory(walk->volume, entry->cluster, true)))
		return true;
	if (!fat_content_runs(walk->volume, &told, &runs, &layout, &why) &&
	    why.kind == ERR_MEMORY) {
		*err = why;
		return false;
	}
	walk->links += walk->volume->links - before;
	for (size_t i = 0; i < runs.count; i++)
		for (uint32_t n = 0; n < runs.at[i].count; n++) {
			uint32_t cluster = runs.at[i].first + n;

			if (!is_free(walk->volume, cluster))
				return true;
			if (!add_new(walk, cluster, out, &is_new, &why, err))
				return false;
			if (!is_new)
				return true;
		}
	return true;
}

/* Where a directory in use goes on; *cut: why not all of it is there. */
static bool used(struct fat_walk *walk, const struct fat_entry *entry, struct fat_runs *out,
    struct err *cut, struct err *err)
{
	struct fat_volume *volume = walk->volume;
	bool is_exfat = volume->geometry.kind == FAT_EX;
	uint32_t most = most_clusters(volume);

	if (!fat_is_cluster(volume, entry->cluster)) {
		if (entry->cluster || !is_exfat)
			fail(cut, ERR_DAMAGED, "a directory at cluster %u, which is none",
			    entry->cluster);
		return true;
	}
	if (!begins_directory(volume, entry->cluster, false)) {
		fail(cut, ERR_DAMAGED, "no directory begins in its cluster %u", entry->cluster);
		return true;
	}
	if (is_exfat && fat_clusters_for(volume, entry->size) < most)
		most = fat_clusters_for(volume, entry->size);
	if (!(entry->is_contiguous ? go_straight(walk, entry->cluster, most, out, cut, err)
				   : follow(walk, entry->cluster, most, out, cut, err)))
		return false;
	if (cut->kind == ERR_NONE && is_exfat && entry->size > FAT_LIMIT_DIRECTORY)
		fail(cut, ERR_LIMIT, "only its first %u clusters are read", out->clusters);
	return true;
}

/* Files that nobody sees are no small matter: besides the entry the walker hears of it. */
static bool below_used(
    struct fat_walk *walk, struct fat_entry *entry, struct fat_runs *out, struct err *err)
{
	struct err cut = {0};

	if (!used(walk, entry, out, &cut, err))
		return false;
	if (cut.kind == ERR_NONE) {
		if (walk->volume->geometry.kind != FAT_EX &&
		    out->clusters > fat_clusters_for(walk->volume, FAT_LIMIT_FAT_DIR))
			fail(&entry->damage, ERR_DAMAGED, "longer than a directory may be");
		return true;
	}
	entry->damage = cut;
	fail_in(&cut, "directory '%.5000s'", (const char *)entry->path.at);
	fat_walk_damage(walk, entry->place, &cut);
	return true;
}

/* The high half of its first cluster is lost. */
static bool find_start(struct fat_walk *walk, struct fat_entry *entry, struct err *err)
{
	uint32_t parent = fat_walk_top(walk)->cluster, cluster = 0;

	if (!fat_start_of_directory(walk->volume, entry, parent, &cluster, err))
		return false;
	entry->is_start_found = cluster != 0;
	entry->is_high_lost = cluster == 0;
	entry->cluster = cluster ? cluster : entry->cluster;
	return true;
}

bool fat_below_runs(
    struct fat_walk *walk, struct fat_entry *entry, struct fat_runs *out, struct err *err)
{
	struct fat_volume *volume = walk->volume;

	if (walk->slack)
		return fat_runs_add(out, entry->cluster, 1, err);
	if (!entry->is_deleted)
		return below_used(walk, entry, out, err);
	if (entry->is_high_lost && !find_start(walk, entry, err))
		return false;
	if (!fat_is_cluster(volume, entry->cluster))
		return true;
	return volume->geometry.kind == FAT_EX ? deleted_exfat(walk, entry, out, err)
					       : deleted_fat(walk, entry, out, err);
}

bool fat_below_root(struct fat_walk *walk, struct fat_runs *out, struct err *err)
{
	uint32_t cluster = walk->volume->geometry.root_cluster;
	struct err damage = {0};

	if (!fat_is_cluster(walk->volume, cluster))
		fail(&damage, ERR_DAMAGED, "the root directory is at cluster %u, which is none",
		    cluster);
	else if (!follow(walk, cluster, most_clusters(walk->volume), out, &damage, err))
		return false;
	if (damage.kind != ERR_NONE) {
		fail_in(&damage, "root directory");
		fat_walk_damage(walk, walk->volume->geometry.data, &damage);
	}
	return true;
}
