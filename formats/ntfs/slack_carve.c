/* What looks like the $FILE_NAME of an index entry. See slack_carve.h. */
#include "formats/ntfs/slack_carve.h"

#include "core/time.h"
#include "formats/ntfs/record.h"

#define STEP       8u
#define SIZE_SANE  ((uint64_t)1 << 60)
#define TIME_FIRST 119600064000000000ull  /* 1980-01-01 */
#define TIME_END   2650467744000000000ull /* 10000-01-01 */
#define TIME_LAST  189027648000000000ull  /* 2200-01-01 */

struct evidence {        /* what speaks for a remnant */
	bool has_entry;  /* the header in front fits */
	bool has_parent; /* it names the directory as its parent */
	bool times_sane; /* all four, and the sizes */
	bool name_sane;  /* no character that Windows forbids */
	bool is_cut;     /* its parent was overwritten by the mark of the end */
};

static bool is_sane_time(uint64_t time)
{
	return time >= TIME_FIRST && time < TIME_LAST;
}

static bool are_times_sane(const struct ntfs_name *name)
{
	return is_sane_time(name->times.created) && is_sane_time(name->times.modified) &&
	       is_sane_time(name->times.changed) && is_sane_time(name->times.accessed);
}

/* 1: characters that Windows forbids in a name. */
static const uint8_t is_forbidden[128] = {
    [0 ... 31] = 1,
    ['"'] = 1,
    ['*'] = 1,
    [':'] = 1,
    ['<'] = 1,
    ['>'] = 1,
    ['?'] = 1,
    ['\\'] = 1,
    ['|'] = 1,
};

/* Whether the name can be one; *sane: it can be one of Windows. */
static bool is_name(struct bytes utf16, bool *sane)
{
	*sane = true;
	for (size_t i = 0; i + 2 <= utf16.len; i += 2) {
		uint16_t unit = le16(utf16.at + i);

		if (unit == 0 || unit == '/')
			return false;
		if (unit < ARRAY_LEN(is_forbidden) && is_forbidden[unit])
			*sane = false;
	}
	return true;
}

/* Whether the 16 bytes before the key are the header of an entry that holds it. */
static bool is_entry(struct bytes bytes, size_t at, size_t key_len)
{
	if (at < NTFS_INDEX_ENTRY_HEADER)
		return false;
	const uint8_t *p = bytes.at + at - NTFS_INDEX_ENTRY_HEADER;
	size_t len = le16(p + 8);
	uint16_t flags = le16(p + 12);
	size_t need = (NTFS_INDEX_ENTRY_HEADER + key_len + 7) / 8 * 8;

	return le16(p + 10) == key_len && (flags & ~NTFS_INDEX_ENTRY_SUB) == 0 &&
	       len == need + (flags & NTFS_INDEX_ENTRY_SUB ? 8 : 0);
}

static bool is_believed(const struct slack_carver *c, const struct evidence *e,
    const struct ntfs_name *name, const struct ntfs_reference *file)
{
	if (e->is_cut)
		return e->times_sane && e->name_sane;
	if (e->has_entry && e->has_parent)
		return name->size < SIZE_SANE && name->allocated < SIZE_SANE &&
		       name->times.created < TIME_END && name->times.modified < TIME_END &&
		       name->times.changed < TIME_END && name->times.accessed < TIME_END;
	if (e->has_parent)
		return e->times_sane && e->name_sane;
	return e->has_entry && !c->own_only && e->times_sane && e->name_sane &&
	       name->parent.record < c->records && name->parent.sequence != 0 &&
	       file->sequence != 0;
}

/* What lies at `at`, taken for a key. */
static bool judge(
    const struct slack_carver *c, size_t at, bool is_cut, struct ntfs_slack *out, struct bytes *key)
{
	struct bytes rest = {c->bytes.at + at, c->bytes.len - at};
	struct ntfs_name name;
	struct ntfs_reference file = {0};
	struct evidence e = {.is_cut = is_cut};

	if (rest.at[64] == 0 || rest.at[65] > NTFS_NAME_WIN32_DOS)
		return false;
	if (!ntfs_file_name_parse(rest, &name, NULL) || !is_name(name.utf16, &e.name_sane))
		return false;
	size_t len = SLACK_KEY_HEADER + name.utf16.len;

	e.has_parent = name.parent.record == c->directory;
	e.has_entry = !is_cut && is_entry(c->bytes, at, len);
	/* Windows allocates by eights; ntfs3 of Linux gives a resident file its very size. */
	e.times_sane = are_times_sane(&name) && name.size < SIZE_SANE &&
		       name.allocated < SIZE_SANE &&
		       (name.allocated % 8 == 0 || name.allocated == name.size);
	if (e.has_entry)
		file = ntfs_reference_parse(c->bytes.at + at - NTFS_INDEX_ENTRY_HEADER);
	/* A mark of the end may lie over the reference alone. */
	if (file.record >= c->records || file.sequence == 0)
		file = (struct ntfs_reference){0};
	if (!is_believed(c, &e, &name, &file))
		return false;
	if (is_cut)
		name.parent = (struct ntfs_reference){0};
	*out = (struct ntfs_slack){.file = file, .name = name, .offset = at};
	*key = (struct bytes){rest.at, len};
	return true;
}

/* Whether judge need look at all: nearly all places are refused here. There are more than SLACK_KEY_HEADER bytes. */
static bool is_candidate(const struct slack_carver *c, size_t at)
{
	const uint8_t *p = c->bytes.at + at;

	/* Number of characters and name space; then one of the two that judge wants. */
	if (p[64] == 0 || p[65] > NTFS_NAME_WIN32_DOS)
		return false;
	return ntfs_reference_parse(p).record == c->directory ||
	       is_entry(c->bytes, at, SLACK_KEY_HEADER + 2u * p[64]);
}

/* The first place from `at` on that may have a name: the number of its characters is not 0. Most slack is zeros. */
static size_t skip_unnamed(const struct slack_carver *c, size_t at)
{
	enum { COUNT = 64, TOGETHER = 4 };

	while (at + (TOGETHER - 1) * STEP + SLACK_KEY_HEADER < c->bytes.len) {
		const uint8_t *count = c->bytes.at + at + COUNT;

		if (count[0] | count[STEP] | count[2 * STEP] | count[3 * STEP])
			break;
		at += TOGETHER * STEP;
	}
	return at;
}

bool slack_carve_next(struct slack_carver *c, struct ntfs_slack *out, struct bytes *key)
{
	/* The mark of the end, 24 bytes with the number of a block, lies over header and parent of what followed. */
	bool try_cut = c->pos == c->from && c->from >= STEP;

	if (try_cut && c->bytes.len - c->from + STEP > SLACK_KEY_HEADER &&
	    judge(c, c->from - STEP, true, out, key)) {
		c->pos = (c->from - STEP + key->len + STEP - 1) / STEP * STEP;
		return true;
	}
	for (size_t at = skip_unnamed(c, c->pos); at + SLACK_KEY_HEADER < c->bytes.len;
	     at = skip_unnamed(c, at + STEP)) {
		if (!is_candidate(c, at) || !judge(c, at, false, out, key))
			continue;
		c->pos = (at + key->len + STEP - 1) / STEP * STEP;
		return true;
	}
	c->pos = c->bytes.len;
	return false;
}
