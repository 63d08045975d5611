/* Split raw images: many files, one source. See image.h. */
#include "platform/image.h"

#include "core/array.h"
#include "platform/file.h"
#include "platform/os.h"

#include <stdlib.h>

#define SUFFIX_MAX 15u
#define SUFFIX_MIN 2u
#define GAP_NEAR   16u /* names behind a missing part that are looked for */
#define SECTOR     512u

/* "disk.img." and "001": the parts count up in the second. */
struct series {
	struct text stem;
	char suffix[SUFFIX_MAX + 1];
	size_t len;
	char low, high; /* '0' and '9', 'a' and 'z', 'A' and 'Z' */
	bool is_guess;  /* the names alone do not say that it is one */
};

static void series_free_at(struct series *series)
{
	text_free(&series->stem);
}

/* Whether suffix (len bytes) is made of the series' letters. */
static bool is_of(const struct series *series, const char *suffix, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (suffix[i] < series->low || suffix[i] > series->high)
			return false;
	return true;
}

/* Cuts a path into stem and a suffix of len bytes; false when that does not count. */
static bool cut_series(const char *path, size_t len, struct series *out)
{
	static const char bounds[][2] = {{'0', '9'}, {'a', 'z'}, {'A', 'Z'}};
	size_t stem = strlen(path) - len;

	out->len = len;
	memcpy(out->suffix, path + stem, len + 1);
	for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
		out->low = bounds[i][0];
		out->high = bounds[i][1];
		if (is_of(out, out->suffix, len)) {
			text_add(
			    &out->stem, (struct bytes){.at = (const uint8_t *)path, .len = stem});
			return !out->stem.failed;
		}
	}
	return false;
}

/* "disk.001", "disk.aa": what stands behind the last dot. */
static bool series_of(const char *path, struct series *out)
{
	const char *dot = strrchr(path, '.');
	size_t len = dot ? strlen(dot + 1) : 0;

	return len >= SUFFIX_MIN && len <= SUFFIX_MAX / 2 && cut_series(path, len, out);
}

/* "disk.dd.1", "xaa" (split(1) without a prefix): so may two images be called that have nothing to do with each other. */
static bool guess_series(const char *path, struct series *out)
{
	size_t all = strlen(path);
	size_t len = 0;

	out->is_guess = true;
	if (all < SUFFIX_MIN)
		return false;
	char last = path[all - 1];

	if (path[all - 2] == '.')
		return last >= '0' && last <= '9' && cut_series(path, 1, out);
	while ((last == 'a' || last == 'A') && len < all && len < SUFFIX_MAX / 2 &&
	       path[all - 1 - len] == last)
		len++;
	return cut_series(path, len < SUFFIX_MIN ? SUFFIX_MIN : len, out) && out->low != '0';
}

/* All of the lowest letter: "000", "aa"; or with 1 at the end, "001". */
static bool is_first(const struct series *series)
{
	for (size_t i = 0; i + 1 < series->len; i++)
		if (series->suffix[i] != series->low)
			return false;
	char last = series->suffix[series->len - 1];

	return last == series->low || (series->low == '0' && last == '1');
}

/* "009" to "010", "az" to "ba", "999" to "1000"; false after "zz". */
static bool count_up(struct series *series)
{
	size_t i = series->len;

	while (i > 0 && series->suffix[i - 1] == series->high)
		series->suffix[--i] = series->low;
	if (i > 0) {
		series->suffix[i - 1]++;
		return true;
	}
	if (series->low != '0' || series->len == SUFFIX_MAX)
		return false;
	memmove(series->suffix + 1, series->suffix, series->len + 1);
	series->suffix[0] = '1';
	series->len++;
	return true;
}

/* split(1) makes room after "yz" with "zaaa", after "89" with "9000": one more of the highest in front, and the rest
 * one longer. False when the suffix is not at such a place. */
static bool widen(struct series *series)
{
	size_t front = 0;

	while (front < series->len && series->suffix[front] == series->high)
		front++;
	if (front == 0 || series->len + 2 > SUFFIX_MAX)
		return false;
	for (size_t i = front; i < series->len; i++)
		if (series->suffix[i] != series->low)
			return false;
	series->len += 2;
	memset(series->suffix + front, series->low, series->len - front);
	series->suffix[series->len] = 0;
	return true;
}

static bool name_of(const struct series *series, struct text *out, struct err *err)
{
	text_clear(out);
	text_add(out, text_bytes(&series->stem));
	text_adds(out, series->suffix);
	return text_ok(out, err);
}

static bool exists(const struct series *series)
{
	CLEANUP(text_free) struct text name = {0};

	return name_of(series, &name, NULL) && file_kind(text_string(&name)) == FILE_KIND_FILE;
}

/* Moves on to the next part; false when there is none, and `series` is then the one that would be next. */
static bool next_part(struct series *series)
{
	struct series wide;

	if (!count_up(series))
		return false;
	if (exists(series))
		return true;
	wide = *series;
	if (!widen(&wide) || !exists(&wide))
		return false;
	*series = wide;
	return true;
}

struct split_source {
	struct source source;
	struct source **parts;
	size_t count, room;
	uint64_t part_size; /* of all but the last */
};

static bool split_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct split_source *split = (struct split_source *)self;

	*got = 0;
	while (*got < len && offset + *got < self->size) {
		uint64_t at = offset + *got;
		uint64_t index = at / split->part_size;

		if (index >= split->count)
			index = split->count - 1;
		struct source *part = split->parts[index];
		uint64_t inside = at - index * split->part_size;
		uint64_t left = part->size - inside;
		size_t want = len - *got < left ? len - *got : (size_t)left;
		size_t n = 0;
		bool ok = part->read(part, inside, (uint8_t *)to + *got, want, &n, err);

		*got += n;
		if (!ok)
			return false;
		if (n < want)
			break;
	}
	return true;
}

static void split_close(struct source *self)
{
	struct split_source *split = (struct split_source *)self;

	for (size_t i = 0; i < split->count; i++)
		source_close(split->parts[i]);
	free(split->parts);
	free(split);
}

/* Adds a part; the one before it turns out not to be the last, so it must be as long as the first. */
static bool add_part(struct split_source *split, const char *path, struct err *err)
{
	struct source *part = NULL;

	if (!array_grow(&split->parts, &split->room, split->count + 1, sizeof(struct source *),
		IMAGE_PARTS_MAX, err))
		return fail_in(err, "parts of '%s'", path);
	/* 1024 is what most systems begin with: less than FTK's parts of a disk of 2 TB. */
	os_allow_files(split->count + 1);
	if (!file_open(path, &part, err))
		return false;
	split->parts[split->count++] = part;
	if (part->size > UINT64_MAX / 2 - split->source.size)
		return fail(err, ERR_LIMIT, "'%s' is too large", path);
	split->source.size += part->size;
	split->part_size = split->parts[0]->size;
	return true;
}

static bool check_part(const struct split_source *split, const struct series *at, struct err *err)
{
	uint64_t size = split->parts[split->count - 1]->size;

	if (size == split->part_size && size > 0)
		return true;
	return fail(err, ERR_DAMAGED,
	    "part '%s%s' of the image has %llu bytes, the first has %llu: it is cut, or of another "
	    "image",
	    text_string(&at->stem), at->suffix, (unsigned long long)size,
	    (unsigned long long)split->part_size);
}

/* Looks in the directory for parts behind the one that is not there. */
struct search {
	const struct series *missing;
	const char *stem; /* without the directory */
	bool found;
};

static bool look_at(void *context, const char *name, enum file_kind kind, struct err *err)
{
	struct search *search = context;
	const struct series *missing = search->missing;
	size_t stem = strlen(search->stem);
	size_t len = strlen(name);

	(void)err;
	if (kind != FILE_KIND_FILE || len <= stem || memcmp(name, search->stem, stem) != 0)
		return true;
	name += stem;
	len -= stem;
	if (is_of(missing, name, len) &&
	    (len > missing->len || (len == missing->len && memcmp(name, missing->suffix, len) > 0)))
		search->found = true;
	return true;
}

static bool fail_gap(const struct series *missing, struct err *err)
{
	return fail(err, ERR_MISSING,
	    "part '%s%s' of the image is missing, but there are later ones",
	    text_string(&missing->stem), missing->suffix);
}

/* Whatever else is called "x…" is no part of "xaa" and "xab". */
static bool check_gap_near(const struct series *missing, struct err *err)
{
	struct series later = *missing;

	for (unsigned i = 0; i < GAP_NEAR && count_up(&later); i++)
		if (exists(&later))
			return fail_gap(missing, err);
	return true;
}

static bool check_gap(const struct series *missing, struct err *err)
{
	CLEANUP(text_free) struct text directory = {0};
	const char *stem = text_string(&missing->stem);
	const char *name = stem;
	struct search search = {.missing = missing};

	if (missing->is_guess)
		return check_gap_near(missing, err);
	for (const char *at = stem; *at; at++)
		if (os_is_separator(*at))
			name = at + 1;
	text_add(&directory, (struct bytes){(const uint8_t *)stem, (size_t)(name - stem)});
	if (directory.len == 0)
		text_addc(&directory, '.');
	search.stem = name;
	if (!text_ok(&directory, err) || !file_list(text_string(&directory), look_at, &search, err))
		return false;
	return !search.found || fail_gap(missing, err);
}

static bool open_all(struct split_source *split, struct series *series, struct err *err)
{
	CLEANUP(text_free) struct text name = {0};
	struct series at;

	do {
		if (!name_of(series, &name, err) || !add_part(split, text_string(&name), err))
			return false;
		at = *series;
		if (!next_part(series))
			return check_gap(series, err);
	} while (check_part(split, &at, err));
	return false;
}

static bool open_part(const struct series *at, struct source **out)
{
	CLEANUP(text_free) struct text name = {0};

	return name_of(at, &name, NULL) && file_open(text_string(&name), out, NULL);
}

/* A disk or a volume begins so; the middle of one only where a partition begins. */
static bool begins_as_disk(struct source *part)
{
	uint8_t sector[SECTOR];

	return source_read_exact(part, 0, sector, sizeof(sector), NULL) && sector[510] == 0x55 &&
	       sector[511] == 0xaa;
}

/* Whether there is a second part to the first. Where names alone do not tell, sizes and content must: all are as long as the first,
 * the last not longer, and the second is no image of its own. */
static bool is_set(const struct series *first)
{
	CLEANUP(source_close) struct source *part = NULL;
	struct series at = *first;
	bool is_second = true, is_last = false;

	if (!first->is_guess)
		return next_part(&at);
	if (!exists(first) || !open_part(first, &part))
		return false;
	uint64_t size = part->size;

	for (; next_part(&at); is_second = false) {
		CLEANUP(source_close) struct source *next = NULL;

		if (is_last || !open_part(&at, &next) || next->size == 0 || next->size > size ||
		    (is_second && begins_as_disk(next)))
			return false;
		is_last = next->size < size;
	}
	return !is_second;
}

static bool leads_to(const struct series *first, const struct series *later)
{
	struct series at = *first;

	while (next_part(&at))
		if (strcmp(at.suffix, later->suffix) == 0)
			return true;
	return false;
}

/* A part that is not the first stands for nothing: the first is named. */
static bool refuse_later(const struct series *series, struct err *err)
{
	int last = series->low == '0' ? 1 : 0;

	for (int i = 0; i <= last; i++) {
		struct series first = *series;

		memset(first.suffix, first.low, first.len);
		first.suffix[first.len - 1] = (char)(series->low + i);
		if (exists(&first) && is_set(&first) &&
		    (!series->is_guess || leads_to(&first, series)))
			return fail(err, ERR_USAGE,
			    "'%s%s' is one part of an image: give the first, '%s%s'",
			    text_string(&series->stem), series->suffix, text_string(&series->stem),
			    first.suffix);
	}
	return true;
}

/* Whether what counts from "001" counts from "000" in truth. */
static bool has_zero(const struct series *series)
{
	struct series zero = *series;

	zero.suffix[zero.len - 1] = '0';
	return exists(&zero);
}

/* Opens the set that path is the first part of, if it is one of a set called so. */
static bool open_set(const char *path, struct series *series, struct source **out, struct err *err)
{
	CLEANUP(source_close) struct source *owned = NULL;
	struct series second = *series;

	if (!is_first(series) || (series->suffix[series->len - 1] == '1' && has_zero(series)))
		return refuse_later(series, err);
	if (!is_set(series)) {
		(void)!next_part(&second);
		return series->is_guess || check_gap(&second, err);
	}
	struct split_source *split = calloc(1, sizeof(*split));

	if (!split)
		return fail(err, ERR_MEMORY, "no memory to open '%s'", path);
	split->source = (struct source){.size = 0, .read = split_read, .close = split_close};
	owned = &split->source;
	if (!open_all(split, series, err))
		return false;
	*out = TAKE(owned);
	return true;
}

bool image_open_split(const char *path, bool *is_split, struct source **out, struct err *err)
{
	CLEANUP(series_free) struct series series = {0}, guess = {0};
	struct source *set = NULL;

	*is_split = false;
	if ((series_of(path, &series) && !open_set(path, &series, &set, err)) ||
	    (!set && guess_series(path, &guess) && !open_set(path, &guess, &set, err)))
		return false;
	if (!set)
		return true;
	*is_split = true;
	*out = set;
	return true;
}
