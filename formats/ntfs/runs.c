/* Mapping pairs (docs/formats/ntfs.md, "Runs"). See runs.h. */
#include "formats/ntfs/runs.h"

#include "core/array.h"
#include "formats/ntfs/limits.h"

static uint64_t read_unsigned(const uint8_t *p, size_t len)
{
	uint64_t value = 0;

	for (size_t i = len; i > 0; i--)
		value = value << 8 | p[i - 1];
	return value;
}

/* Sign-extended to 64 bits, kept unsigned so that adding wraps instead of overflowing. */
static uint64_t read_signed(const uint8_t *p, size_t len)
{
	uint64_t value = read_unsigned(p, len);

	if (len < 8 && p[len - 1] & 0x80)
		value |= UINT64_MAX << (8 * len);
	return value;
}

struct pair {
	uint64_t length;
	uint64_t delta;
	bool hole;
};

/* False at the end of the pairs or on damage (then err is set). */
static bool next_pair(struct bytes mapping, size_t *pos, struct pair *out, struct err *err)
{
	if (*pos >= mapping.len || mapping.at[*pos] == 0)
		return false;
	size_t length_len = mapping.at[*pos] & 15;
	size_t delta_len = mapping.at[*pos] >> 4;
	const uint8_t *p = mapping.at + *pos + 1;

	if (length_len == 0 || length_len > 8 || delta_len > 8 ||
	    length_len + delta_len > mapping.len - *pos - 1)
		return fail(
		    err, ERR_DAMAGED, "run header 0x%02x at byte %zu", mapping.at[*pos], *pos);
	out->length = read_unsigned(p, length_len);
	out->hole = delta_len == 0;
	out->delta = out->hole ? 0 : read_signed(p + length_len, delta_len);
	*pos += 1 + length_len + delta_len;
	return true;
}

bool ntfs_runs_add(struct ntfs_run_list *list, struct bytes mapping, uint64_t first_vcn,
    uint64_t end_vcn, struct err *err)
{
	struct err why;
	struct pair pair = {0};
	uint64_t vcn = first_vcn;
	uint64_t lcn = 0;
	size_t pos = 0;

	why.kind = ERR_NONE; /* its text is long, and this is done for every stream there is */
	while (next_pair(mapping, &pos, &pair, &why)) {
		lcn += pair.delta;
		if (pair.length == 0 || lcn > NTFS_LIMIT_VCN)
			return fail(err, ERR_DAMAGED, "run of %llu clusters at cluster 0x%llx",
			    (unsigned long long)pair.length, (unsigned long long)lcn);
		if (vcn >= end_vcn)
			return fail(err, ERR_DAMAGED, "runs go on after cluster %llu of the stream",
			    (unsigned long long)end_vcn);
		if (!array_grow(&list->at, &list->room, list->count + 1, sizeof(*list->at),
			NTFS_LIMIT_RUNS, err))
			return fail_in(err, "runs");
		bool over = pair.length > end_vcn - vcn;
		uint64_t length = over ? end_vcn - vcn : pair.length;

		list->at[list->count++] =
		    (struct ntfs_run){vcn, pair.hole ? NTFS_HOLE : lcn, length};
		vcn += length;
		if (over)
			return fail(err, ERR_DAMAGED, "run of %llu clusters where %llu are left",
			    (unsigned long long)pair.length, (unsigned long long)length);
	}
	if (why.kind != ERR_NONE)
		return fail(err, why.kind, "%s", why.text);
	if (vcn != end_vcn)
		return fail(err, ERR_DAMAGED, "runs end at cluster %llu of the stream, not %llu",
		    (unsigned long long)vcn, (unsigned long long)end_vcn);
	return true;
}

uint64_t ntfs_runs_total(struct bytes mapping)
{
	struct err why = {.kind = ERR_NONE};
	struct pair pair = {0};
	uint64_t total = 0;
	size_t pos = 0;

	while (next_pair(mapping, &pos, &pair, &why)) {
		if (pair.length > NTFS_LIMIT_VCN - total)
			return 0;
		total += pair.length;
	}
	return why.kind == ERR_NONE ? total : 0;
}

static bool ends_before(const void *element, uint64_t vcn)
{
	const struct ntfs_run *run = element;

	return run->vcn + run->length <= vcn;
}

size_t ntfs_runs_find(const struct ntfs_run *runs, size_t count, uint64_t vcn)
{
	return array_first_from(runs, count, sizeof(*runs), ends_before, vcn);
}
