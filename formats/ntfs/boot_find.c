/* Which boot sector counts: the first, its backup, or neither (docs/formats/ntfs.md, "Boot sector"). See ntfs.h. */
#include "formats/ntfs/limits.h"
#include "formats/ntfs/search.h"
#include "formats/volume_kind.h"

#include "core/array.h"

#include <stdlib.h>

#define STEP  512u
#define PIECE ((size_t)64 << 10)

#define BITMAP_RECORD 6u
#define BAD_RECORD    8u

/* What a geometry has for it, the weightiest first. */
#define FITS_MFT    16u /* record 0 of $MFT lies where it puts it, and puts it there, too */
#define FITS_MIRROR 8u  /* so does the mirror */
#define FITS_SIZE   4u  /* $BadClus and $Bitmap tell of as many clusters */
#define FITS_END    2u  /* a boot sector lies behind its last sector */
#define FITS_INDEX  1u  /* the root has index blocks of that size */

struct candidate {
	struct ntfs_geometry g;
	uint64_t at; /* where its boot sector lies: 0, the first */
	unsigned fits;
	bool is_there;
};

struct choice {
	struct source *raw;
	struct candidate best, rival; /* the rival says something else, and fits no better */
	bool has_first;               /* the first sector is a boot sector, right or wrong */
	bool is_backup_spoilt;        /* where the first puts it is one that cannot be right */
};

/* How many clusters $BadClus:$Bad (one for each) and $Bitmap (rounded up to 64) leave possible; most 0: not known. */
struct told {
	uint64_t least, most;
	bool by_both;
};

static bool read_boot(
    struct source *raw, uint64_t offset, struct ntfs_geometry *out, struct err *err)
{
	uint8_t sector[512];

	return source_read_patiently(raw, offset, sector, sizeof(sector), err) &&
	       ntfs_boot_parse((struct bytes){.at = sector, .len = sizeof(sector)}, out, err);
}

/* Where the backup lies: in the sector after the last one. */
static uint64_t end_of(const struct ntfs_geometry *g)
{
	return g->sectors * g->sector_size;
}

static bool is_same(const struct ntfs_geometry *a, const struct ntfs_geometry *b)
{
	return a->sector_size == b->sector_size && a->cluster_size == b->cluster_size &&
	       a->record_size == b->record_size && a->index_size == b->index_size &&
	       a->sectors == b->sectors && a->mft_cluster == b->mft_cluster &&
	       a->mirror_cluster == b->mirror_cluster && a->serial == b->serial;
}

static bool find_record(struct source *raw, const struct ntfs_geometry *g, uint64_t cluster,
    const struct ntfs_wanted *wanted, struct ntfs_found *out)
{
	return cluster <= raw->size / g->cluster_size &&
	       ntfs_search_record(raw,
		   cluster * g->cluster_size + (uint64_t)wanted->number * g->record_size,
		   g->record_size, wanted, out);
}

static bool is_mft_at(struct source *raw, const struct ntfs_geometry *g, uint64_t cluster)
{
	struct ntfs_wanted wanted = {0, "$MFT"};
	struct ntfs_found found;

	return cluster != 0 && find_record(raw, g, cluster, &wanted, &found) &&
	       found.cluster == g->mft_cluster;
}

static struct told ask_clusters(struct source *raw, const struct ntfs_geometry *g)
{
	struct ntfs_wanted bad = {BAD_RECORD, "$BadClus"}, bitmap = {BITMAP_RECORD, "$Bitmap"};
	uint64_t most = (uint64_t)INT64_MAX / g->cluster_size - 64;
	struct ntfs_found found;
	struct told told = {0};

	if (find_record(raw, g, g->mft_cluster, &bitmap, &found) && found.size >= 8 &&
	    found.size <= most / 8)
		told = (struct told){.least = found.size * 8 - 63, .most = found.size * 8};
	if (!find_record(raw, g, g->mft_cluster, &bad, &found) || found.bad_size == 0 ||
	    found.bad_size % g->cluster_size != 0)
		return told;
	uint64_t clusters = found.bad_size / g->cluster_size;

	if (told.most && (clusters < told.least || clusters > told.most))
		return (struct told){0};
	return (struct told){.least = clusters, .most = clusters, .by_both = told.most != 0};
}

static bool is_told(const struct told *told, const struct ntfs_geometry *g)
{
	return told->most && g->clusters >= told->least && g->clusters <= told->most;
}

static unsigned judge(struct source *raw, const struct ntfs_geometry *g)
{
	struct ntfs_wanted root = {5, "."};
	struct told told = ask_clusters(raw, g);
	struct ntfs_geometry end;
	struct ntfs_found found;
	unsigned fits = 0;

	fits |= is_mft_at(raw, g, g->mft_cluster) ? FITS_MFT : 0;
	if (g->mirror_cluster != g->mft_cluster && is_mft_at(raw, g, g->mirror_cluster))
		fits |= FITS_MIRROR;
	fits |= is_told(&told, g) ? FITS_SIZE : 0;
	fits |= end_of(g) < raw->size && read_boot(raw, end_of(g), &end, NULL) ? FITS_END : 0;
	if (find_record(raw, g, g->mft_cluster, &root, &found) && found.index_size == g->index_size)
		fits |= FITS_INDEX;
	return fits;
}

static void consider(struct choice *c, const struct ntfs_geometry *g, uint64_t at)
{
	struct candidate new = {.g = *g, .at = at, .is_there = true};

	if (c->best.is_there && is_same(g, &c->best.g))
		return;
	new.fits = judge(c->raw, g);
	if (!c->best.is_there || new.fits > c->best.fits) {
		c->rival = c->best;
		c->best = new;
	} else if (!c->rival.is_there || new.fits > c->rival.fits) {
		c->rival = new;
	}
}

static bool is_proven(const struct choice *c)
{
	return c->best.is_there && c->best.fits >= FITS_MIRROR;
}

/* Whether the backup says the same; or there is none, but the volume ends with the image and has its $MFT. The usual case:
 * one more read. */
static bool is_confirmed(struct choice *c, const struct ntfs_geometry *first)
{
	uint64_t end = end_of(first), left = c->raw->size / first->sector_size - first->sectors;
	struct ntfs_geometry backup;
	uint8_t sector[512];
	struct bytes bytes = {.at = sector, .len = sizeof(sector)};
	bool is_read =
	    end < c->raw->size && source_read_exact(c->raw, end, sector, sizeof(sector), NULL);

	if (is_read && ntfs_boot_parse(bytes, &backup, NULL))
		return is_same(first, &backup);
	c->is_backup_spoilt = is_read && memcmp(sector + 3, "NTFS    ", 8) == 0;
	return !c->is_backup_spoilt && left == 1 && is_mft_at(c->raw, first, first->mft_cluster);
}

/* At the end of the raw volume, in its last whole sector. */
static void consider_backups(struct choice *c)
{
	struct ntfs_geometry g;

	if (c->best.is_there && end_of(&c->best.g) < c->raw->size &&
	    read_boot(c->raw, end_of(&c->best.g), &g, NULL))
		consider(c, &g, end_of(&c->best.g));
	for (uint64_t size = 512; size <= NTFS_LIMIT_SECTOR_MAX; size *= 2) {
		uint64_t sectors = c->raw->size / size;

		if (sectors > 1 && read_boot(c->raw, (sectors - 1) * size, &g, NULL) &&
		    g.sector_size == size)
			consider(c, &g, (sectors - 1) * size);
	}
}

/* A backup that says of itself that it lies where it does, around the end that $MFT's records tell of. */
static void scan_end(struct choice *c, const struct told *told)
{
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);
	uint64_t cluster = c->best.g.cluster_size;
	uint64_t from = told->least * cluster, to = (told->most + 2) * cluster;

	if (to > c->raw->size)
		to = c->raw->size;
	if (to > from + NTFS_LIMIT_SEARCH)
		to = from + NTFS_LIMIT_SEARCH;
	for (; piece && from < to; from += PIECE) {
		size_t got = 0;

		if (!c->raw->read(c->raw, from, piece, PIECE, &got, NULL) && got == 0)
			continue;
		for (size_t at = 0; at + STEP <= got; at += STEP) {
			struct bytes sector = {.at = piece + at, .len = STEP};
			struct ntfs_geometry g;

			if (memcmp(sector.at + 3, "NTFS    ", 8) != 0 ||
			    !ntfs_boot_parse(sector, &g, NULL) || end_of(&g) != from + at)
				continue;
			consider(c, &g, from + at);
			return;
		}
	}
}

static void set_clusters(struct ntfs_geometry *g, uint64_t clusters)
{
	g->clusters = clusters;
	g->sectors = clusters * (g->cluster_size / g->sector_size);
}

/* Where the volume ends, when $MFT's own records tell of another end than the best. */
static void settle_end(struct choice *c)
{
	bool was_searched = c->best.g.boot == NTFS_BOOT_SEARCHED;
	struct told told = ask_clusters(c->raw, &c->best.g);

	if (!is_proven(c) || !told.most || (is_told(&told, &c->best.g) && !was_searched))
		return;
	scan_end(c, &told);
	if (was_searched && c->rival.is_there && c->rival.fits >= FITS_MIRROR &&
	    c->best.g.boot == NTFS_BOOT_SEARCHED)
		c->best = c->rival; /* one that fits less still knows more than none */
	if (is_told(&told, &c->best.g) || told.least != told.most ||
	    (!told.by_both && c->best.g.boot != NTFS_BOOT_SEARCHED))
		return;
	set_clusters(&c->best.g, told.least);
	if (c->best.g.boot != NTFS_BOOT_SEARCHED)
		c->best.g.boot = NTFS_BOOT_OTHER_SIZE;
}

static void search(struct choice *c)
{
	struct ntfs_geometry g;

	if (!ntfs_search_geometry(c->raw, &g))
		return;
	c->best = (struct candidate){.g = g, .is_there = true, .fits = judge(c->raw, &g)};
	c->rival = (struct candidate){0};
}

/* What is to be said of the boot sectors. */
static enum ntfs_boot conclude(const struct choice *c)
{
	const struct candidate *best = &c->best, *rival = &c->rival;

	if (best->g.boot != NTFS_BOOT_FIRST)
		return best->g.boot;
	if (best->at != 0)
		return c->has_first ? NTFS_BOOT_BACKUP_FITS : NTFS_BOOT_BACKUP;
	if (rival->is_there && rival->fits == best->fits)
		return NTFS_BOOT_EITHER;
	return c->is_backup_spoilt || (rival->is_there && rival->at == end_of(&best->g))
		   ? NTFS_BOOT_FIRST_FITS
		   : NTFS_BOOT_FIRST;
}

/* What the first sector, which is no boot sector of NTFS, tells of the volume. */
static enum volume_kind kind_of(struct source *raw)
{
	enum volume_kind kind = VOLUME_UNKNOWN;

	return volume_kind_of(raw, &kind, NULL) ? kind : VOLUME_UNKNOWN;
}

/* An old backup may outlive a new file system: only a damaged or wiped start makes it count. */
static bool may_be_ntfs(enum volume_kind kind)
{
	return kind == VOLUME_NTFS || kind == VOLUME_UNKNOWN || kind == VOLUME_EMPTY_DISK ||
	       kind == VOLUME_UNFORMATTED;
}

static void choose(struct choice *c, const struct ntfs_geometry *first)
{
	if (c->has_first)
		consider(c, first, 0);
	consider_backups(c);
	if (!is_proven(c))
		search(c);
	if (!c->best.is_there)
		return;
	settle_end(c);
	c->best.g.boot = conclude(c);
}

bool ntfs_geometry_find(struct source *raw, struct ntfs_geometry *out, struct err *err)
{
	struct choice c = {.raw = raw};
	struct ntfs_geometry first;
	struct err why = {0};

	c.has_first = read_boot(raw, 0, &first, &why);
	if (c.has_first && is_confirmed(&c, &first)) {
		*out = first;
		return true;
	}
	enum volume_kind kind = c.has_first ? VOLUME_NTFS : kind_of(raw);

	if (may_be_ntfs(kind))
		choose(&c, &first);
	if (c.best.is_there) {
		*out = c.best.g;
		return true;
	}
	if (kind != VOLUME_NTFS && kind != VOLUME_UNKNOWN)
		return fail(err, ERR_UNSUPPORTED, "not NTFS but %s", volume_kind_name(kind));
	if (err)
		*err = why;
	return false;
}
