/* $ATTRIBUTE_LIST (docs/formats/ntfs.md). See attribute_list.h. */
#include "formats/ntfs/attribute_list.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"
#include "formats/ntfs/record.h"

#include <stdlib.h>

#define ENTRY_SIZE 26u

static int compare(const void *a, const void *b)
{
	const struct ntfs_reference *x = a;
	const struct ntfs_reference *y = b;

	if (x->record != y->record)
		return x->record < y->record ? -1 : 1;
	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static void sort_once(struct ntfs_references *list)
{
	size_t kept = 0;

	if (list->count < 2)
		return;
	qsort(list->at, list->count, sizeof(*list->at), compare);
	for (size_t i = 1; i < list->count; i++)
		if (compare(&list->at[i], &list->at[kept]) != 0)
			list->at[++kept] = list->at[i];
	list->count = kept + 1;
}

/* The length of the entry there; 0: it is none. */
static uint16_t entry_len(struct bytes list, size_t pos)
{
	size_t left = list.len - pos;
	uint16_t len = left >= ENTRY_SIZE ? le16(list.at + pos + 4) : 0;

	return len < ENTRY_SIZE || len > left || le32(list.at + pos) == 0 ? 0 : len;
}

static bool fail_entry(struct bytes list, size_t pos, struct err *err)
{
	return fail(err, ERR_DAMAGED, "attribute list: entry of %u bytes at %zu of %zu",
	    le16(list.at + pos + 4), pos, list.len);
}

/* Adds the record of the entry at pos. */
static bool add_entry(
    struct bytes list, size_t pos, uint64_t base, struct ntfs_references *out, struct err *err)
{
	struct ntfs_reference where = ntfs_reference_parse(list.at + pos + 16);

	/* Neighbours mostly name the same record. */
	if (where.record == base ||
	    (out->count != 0 && compare(&out->at[out->count - 1], &where) == 0))
		return true;
	if (!array_grow(
		&out->at, &out->room, out->count + 1, sizeof(*out->at), NTFS_LIMIT_EXTENSIONS, err))
		return fail_in(err, "attribute list");
	out->at[out->count++] = where;
	return true;
}

/* Whether an entry could begin here: the known types are 0x10 to 0x100. */
static bool is_plausible(struct bytes list, size_t pos)
{
	uint32_t type = le32(list.at + pos);
	uint16_t len = le16(list.at + pos + 4);

	return type != 0 && type % 0x10 == 0 && type <= NTFS_LOGGED_UTILITY_STREAM &&
	       len >= ENTRY_SIZE && len % 8 == 0 && len <= list.len - pos;
}

/* Moves past what is no entry. */
static void skip_damage(struct bytes list, size_t *pos)
{
	*pos += 8 - *pos % 8;
	while (*pos < list.len && list.len - *pos >= ENTRY_SIZE && !is_plausible(list, *pos))
		*pos += 8;
}

bool ntfs_attribute_list_parse(
    struct bytes list, uint64_t base, struct ntfs_references *out, struct err *err)
{
	size_t pos = 0;
	struct err first = {0};

	out->count = 0;
	/* A tail too short for an entry is padding. */
	while (pos < list.len && list.len - pos >= ENTRY_SIZE) {
		uint16_t len = entry_len(list, pos);

		if (len == 0) {
			if (first.kind == ERR_NONE) /* making the text of each takes long */
				fail_entry(list, pos, &first);
			skip_damage(list, &pos);
			continue;
		}
		if (!add_entry(list, pos, base, out, &first))
			break;
		pos += len;
	}
	sort_once(out);
	return first.kind == ERR_NONE || fail(err, first.kind, "%s", first.text);
}
