/* Registry hives. See hive.h; offsets in docs/formats/hive.md. */
#include "formats/hive.h"

#include <stdlib.h>

#define BASE_BLOCK   4096u /* cell offsets count from here */
#define NO_CELL      UINT32_MAX
#define KEY_BYTES    76u
#define SEGMENT      16344u /* bytes of a big value in each of its cells */
#define SEGMENTS_MAX 65u    /* HIVE_VALUE_MAX needs no more */
#define COMPRESSED   0x20   /* key flag: the name is Latin-1 */
#define LATIN1_VALUE 0x01   /* value flag: the same */
#define RESIDENT     0x80000000u

struct hive {
	struct source *source;
	uint64_t end; /* of the bins, from the file's start */
	uint32_t root;
};

/* Reads len bytes at `at` of the content of a cell, which must be in use and hold them. */
static bool read_cell(
    struct hive *hive, uint32_t cell, uint32_t at, void *to, size_t len, struct err *err)
{
	uint64_t start = (uint64_t)BASE_BLOCK + cell;
	uint8_t raw[4];

	if (cell == NO_CELL || start + 4 > hive->end)
		return fail(err, ERR_DAMAGED, "cell at %u lies outside the hive", cell);
	if (!source_read_exact(hive->source, start, raw, sizeof(raw), err))
		return false;
	int32_t stored = (int32_t)le32(raw);
	uint64_t size = stored < 0 ? (uint64_t) - (int64_t)stored : 0;

	if (size < 8 || size > hive->end - start)
		return fail(err, ERR_DAMAGED, "cell at %u is free or too large", cell);
	if ((uint64_t)at + len > size - 4)
		return fail(err, ERR_DAMAGED, "cell at %u is too small", cell);
	return len == 0 || source_read_exact(hive->source, start + 4 + at, to, len, err);
}

static bool read_key(struct hive *hive, uint32_t cell, uint8_t key[KEY_BYTES], struct err *err)
{
	if (!read_cell(hive, cell, 0, key, KEY_BYTES, err))
		return false;
	if (memcmp(key, "nk", 2) != 0)
		return fail(err, ERR_DAMAGED, "cell at %u is no key", cell);
	return true;
}

bool hive_open(struct source *source, struct hive **out, struct err *err)
{
	uint8_t base[48];
	uint8_t key[KEY_BYTES];

	if (!source_read_exact(source, 0, base, sizeof(base), err))
		return fail_in(err, "hive header");
	if (memcmp(base, "regf", 4) != 0)
		return fail(err, ERR_DAMAGED, "no registry hive ('regf' is missing)");
	struct hive *hive = calloc(1, sizeof(*hive));

	if (!hive)
		return fail(err, ERR_MEMORY, "no memory for a hive");
	hive->source = source;
	hive->root = le32(base + 36);
	hive->end = (uint64_t)BASE_BLOCK + le32(base + 40);
	if (hive->end > source->size)
		hive->end = source->size;
	if (!read_key(hive, hive->root, key, err)) {
		free(hive);
		return fail_in(err, "root key");
	}
	*out = hive;
	return true;
}

void hive_close(struct hive *hive)
{
	free(hive);
}

void hive_root(const struct hive *hive, struct hive_key *out)
{
	*out = (struct hive_key){.cell = hive->root};
}

/* Adds a stored name as WTF-8. */
static void add_name(struct text *out, struct bytes raw, bool latin1)
{
	if (!latin1) {
		text_add_utf16(out, raw);
		return;
	}
	for (size_t i = 0; i < raw.len; i++)
		text_add_code(out, raw.at[i]);
}

/* Reads a name of len stored bytes at `at` of a cell and tells whether it is `want`. */
static bool name_is(struct hive *hive, uint32_t cell, uint32_t at, uint16_t len, bool latin1,
    struct bytes want, bool *same, struct err *err)
{
	CLEANUP(text_free) struct text name = {0};
	uint8_t raw[HIVE_NAME_MAX];

	if (len > sizeof(raw))
		return fail(err, ERR_LIMIT, "a name of %u bytes", len);
	if (!read_cell(hive, cell, at, raw, len, err))
		return false;
	add_name(&name, (struct bytes){raw, len}, latin1);
	if (!text_ok(&name, err))
		return false;
	*same = text_same_name(text_bytes(&name), want);
	return true;
}

/* One search among the subkeys of a key. Damage in one subkey does not hide the others. */
struct subkey_search {
	struct hive *hive;
	struct bytes name;
	uint32_t left; /* entries that may still be looked at */
	struct hive_key found;
	bool has_found;
};

static void try_subkey(struct subkey_search *search, uint32_t cell)
{
	uint8_t key[KEY_BYTES];
	bool same = false;

	if (!read_key(search->hive, cell, key, NULL) ||
	    !name_is(search->hive, cell, KEY_BYTES, le16(key + 72), le16(key + 2) & COMPRESSED,
		search->name, &same, NULL) ||
	    !same)
		return;
	search->has_found = true;
	search->found = (struct hive_key){.cell = cell, .written = le64(key + 4)};
}

/* A list of subkeys: "lf" and "lh" with a hash after each cell, "li" without, "ri" of lists. */
static void search_list(struct subkey_search *search, uint32_t cell, int depth)
{
	uint8_t head[4];

	if (!read_cell(search->hive, cell, 0, head, sizeof(head), NULL))
		return;
	bool has_hash = head[0] == 'l' && (head[1] == 'f' || head[1] == 'h');
	bool is_plain = head[0] == 'l' && head[1] == 'i';
	bool is_index = head[0] == 'r' && head[1] == 'i';
	uint32_t step = has_hash ? 8 : 4;

	if (!has_hash && !is_plain && (!is_index || depth >= HIVE_LIST_DEPTH))
		return;
	for (uint32_t i = 0; i < le16(head + 2) && !search->has_found && search->left > 0; i++) {
		uint8_t entry[4];

		search->left--;
		if (!read_cell(search->hive, cell, 4 + i * step, entry, sizeof(entry), NULL))
			return;
		if (is_index)
			search_list(search, le32(entry), depth + 1);
		else
			try_subkey(search, le32(entry));
	}
}

static bool find_subkey(struct hive *hive, const struct hive_key *from, struct bytes name,
    struct hive_key *out, struct err *err)
{
	struct subkey_search search = {.hive = hive, .name = name, .left = HIVE_SUBKEYS_MAX};
	uint8_t key[KEY_BYTES];

	if (!read_key(hive, from->cell, key, err))
		return false;
	if (le32(key + 20) > 0)
		search_list(&search, le32(key + 28), 1);
	if (!search.has_found)
		return fail(err, ERR_MISSING, "no key '%.*s'", (int)(name.len & 0xff),
		    (const char *)name.at);
	*out = search.found;
	return true;
}

bool hive_find(struct hive *hive, const struct hive_key *from, const char *path,
    struct hive_key *out, struct err *err)
{
	struct hive_key at = *from;

	for (int depth = 0; *path; depth++) {
		size_t len = strcspn(path, "/");

		if (depth >= HIVE_PATH_DEPTH)
			return fail(err, ERR_LIMIT, "a key path of over %d parts", HIVE_PATH_DEPTH);
		if (len &&
		    !find_subkey(hive, &at, (struct bytes){(const uint8_t *)path, len}, &at, err))
			return false;
		path += len;
		path += *path == '/';
	}
	*out = at;
	return true;
}

/* Reads a value's cell and its name; false when it is damaged. */
static bool read_value(struct hive *hive, uint32_t cell, struct hive_item *item, struct text *name)
{
	uint8_t raw[HIVE_NAME_MAX];
	uint8_t *value = item->cell;

	text_clear(name);
	if (!read_cell(hive, cell, 0, value, HIVE_ITEM_LEN, NULL) || memcmp(value, "vk", 2) != 0)
		return false;
	size_t len = le16(value + 2);

	if (len > sizeof(raw) || !read_cell(hive, cell, HIVE_ITEM_LEN, raw, len, NULL))
		return false;
	add_name(name, (struct bytes){raw, len}, le16(value + 16) & LATIN1_VALUE);
	item->name = text_bytes(name);
	item->data_len = le32(value + 4) & ~RESIDENT;
	return true;
}

bool hive_values(struct hive *hive, const struct hive_key *from, uint32_t most,
    bool (*each)(void *context, const struct hive_item *item), void *context, uint32_t *seen,
    struct err *err)
{
	CLEANUP(text_free) struct text name = {0};
	uint8_t key[KEY_BYTES];

	*seen = 0;
	if (!read_key(hive, from->cell, key, err))
		return false;
	uint32_t count = le32(key + 36);
	uint32_t list = le32(key + 40);

	while (*seen < count && *seen < most) {
		struct hive_item item;
		uint8_t entry[4];

		if (!read_cell(hive, list, *seen * 4, entry, sizeof(entry), err))
			return fail_in(err, "list of values");
		++*seen;
		bool is_read = read_value(hive, le32(entry), &item, &name);

		if (name.failed)
			return text_ok(&name, err);
		if (is_read && !each(context, &item))
			break;
	}
	return true;
}

struct value_search {
	struct bytes name;
	struct hive_item found;
	bool has_found;
};

static bool is_other(void *context, const struct hive_item *item)
{
	struct value_search *search = context;

	if (!text_same_name(item->name, search->name))
		return true;
	search->found = *item;
	search->has_found = true;
	return false;
}

/* A value over 16344 bytes: "db", a list of segments. */
static bool read_big(
    struct hive *hive, uint32_t cell, uint32_t len, struct text *out, struct err *err)
{
	uint8_t head[8];
	uint8_t entry[4];
	uint8_t segment[SEGMENT];

	if (!read_cell(hive, cell, 0, head, sizeof(head), err))
		return false;
	if (memcmp(head, "db", 2) != 0)
		return fail(err, ERR_DAMAGED, "big value without its list");
	for (uint32_t i = 0; i < le16(head + 2) && i < SEGMENTS_MAX && len > 0; i++) {
		uint32_t part = len < SEGMENT ? len : SEGMENT;

		if (!read_cell(hive, le32(head + 4), i * 4, entry, sizeof(entry), err) ||
		    !read_cell(hive, le32(entry), 0, segment, part, err))
			return false;
		text_add(out, (struct bytes){segment, part});
		len -= part;
	}
	if (len > 0)
		return fail(err, ERR_DAMAGED, "big value cut short");
	return text_ok(out, err);
}

bool hive_data(struct hive *hive, const struct hive_item *item, struct text *data, struct err *err)
{
	const uint8_t *value = item->cell;
	uint32_t stored = le32(value + 4);
	uint32_t len = stored & ~RESIDENT;
	uint32_t cell = le32(value + 8);
	uint8_t part[256];

	text_clear(data);
	if (stored & RESIDENT) {
		text_add(data, (struct bytes){value + 8, len < 4 ? len : 4});
		return text_ok(data, err);
	}
	if (len > HIVE_VALUE_MAX)
		return fail(err, ERR_LIMIT, "a value of %u bytes", len);
	if (len > SEGMENT && read_cell(hive, cell, 0, part, 2, NULL) && memcmp(part, "db", 2) == 0)
		return read_big(hive, cell, len, data, err);
	for (uint32_t at = 0; at < len;) {
		uint32_t step = len - at < sizeof(part) ? len - at : sizeof(part);

		if (!read_cell(hive, cell, at, part, step, err))
			return false;
		text_add(data, (struct bytes){part, step});
		at += step;
	}
	return text_ok(data, err);
}

bool hive_value(struct hive *hive, const struct hive_key *key, const char *name, uint32_t *type,
    struct text *data, struct err *err)
{
	struct value_search search = {.name = bytes_of(name)};
	uint32_t seen;

	if (!hive_values(hive, key, HIVE_VALUES_MAX, is_other, &search, &seen, err))
		return false;
	if (!search.has_found)
		return fail(err, ERR_MISSING, "no value '%s'", name);
	if (!hive_data(hive, &search.found, data, err))
		return fail_in(err, "value '%s'", name);
	*type = le32(search.found.cell + 12);
	return true;
}

bool hive_string(struct hive *hive, const struct hive_key *key, const char *name, struct text *out,
    struct err *err)
{
	CLEANUP(text_free) struct text data = {0};
	uint32_t type = 0;
	size_t len = 0;

	if (!hive_value(hive, key, name, &type, &data, err))
		return false;
	if (type != HIVE_SZ && type != HIVE_EXPAND_SZ)
		return fail(err, ERR_UNSUPPORTED, "value '%s' is no text", name);
	while (len + 2 <= data.len && (data.at[len] || data.at[len + 1]))
		len += 2;
	text_clear(out);
	text_add_utf16(out, (struct bytes){(const uint8_t *)data.at, len});
	return text_ok(out, err);
}

bool hive_number(
    struct hive *hive, const struct hive_key *key, const char *name, uint32_t *out, struct err *err)
{
	CLEANUP(text_free) struct text data = {0};
	uint32_t type = 0;

	if (!hive_value(hive, key, name, &type, &data, err))
		return false;
	if (type != HIVE_DWORD || data.len != 4)
		return fail(err, ERR_UNSUPPORTED, "value '%s' is no number", name);
	*out = le32((const uint8_t *)data.at);
	return true;
}

bool hive_computer_name(struct hive *hive, struct text *out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	struct hive_key root, key;
	uint32_t current = 1;

	hive_root(hive, &root);
	if (hive_find(hive, &root, "Select", &key, NULL) &&
	    !hive_number(hive, &key, "Current", &current, NULL))
		current = 1;
	text_addf(&path, "ControlSet%03u/Control/ComputerName/ComputerName", current);
	if (!text_ok(&path, err) || !hive_find(hive, &root, text_string(&path), &key, err))
		return false;
	if (!hive_string(hive, &key, "ComputerName", out, err))
		return false;
	if (out->len == 0)
		return fail(err, ERR_MISSING, "the computer has no name");
	return true;
}
