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

/* Adds the record of the entry at *pos and moves past it. */
static bool next_entry(
    struct bytes list, size_t *pos, uint64_t base, struct ntfs_references *out, struct err *err)
{
	size_t left = list.len - *pos;
	uint16_t len = left >= ENTRY_SIZE ? le16(list.at + *pos + 4) : 0;

	if (len < ENTRY_SIZE || len > left)
		return fail(err, ERR_DAMAGED, "attribute list: entry of %u bytes at %zu of %zu",
		    len, *pos, list.len);
	struct ntfs_reference where = ntfs_reference_parse(list.at + *pos + 16);

	*pos += len;
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

bool ntfs_attribute_list_parse(
    struct bytes list, uint64_t base, struct ntfs_references *out, struct err *err)
{
	size_t pos = 0;
	bool ok = true;

	out->count = 0;
	/* A tail too short for an entry, or one without type, is padding. */
	while (ok && list.len - pos >= ENTRY_SIZE && le32(list.at + pos) != 0)
		ok = next_entry(list, &pos, base, out, err);
	sort_once(out);
	return ok;
}
