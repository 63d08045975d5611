/* A minimal regf writer: one hive bin, sorted lh lists, one sk cell. See fixture_hive.h. */
#include "tests/fixture_hive.h"
#include "tests/fixture_bytes.h"

#include <stdlib.h>

#define HIVE_NONE      0xffffffffu
#define HIVE_BIN_START 4096
#define HIVE_BIN_HEAD  32

static const uint8_t everyone_reads[] = {
    0x01, 0x00, 0x04, 0x80,                         /* revision 1, self-relative, DACL present */
    0x30, 0, 0, 0, 0x3c, 0, 0, 0, 0, 0, 0, 0,       /* owner, group, no SACL */
    0x14, 0, 0, 0,                                  /* DACL */
    0x02, 0x00, 0x1c, 0x00, 0x01, 0x00, 0x00, 0x00, /* ACL: 28 bytes, one entry */
    0x00, 0x02, 0x14, 0x00, 0x19, 0x00, 0x02, 0x00, /* allow, inherited by sub-keys, KEY_READ */
    1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,             /* S-1-1-0 */
    1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,            /* owner S-1-5-18 */
    1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0,            /* group S-1-5-18 */
};

static bool is_ascii(const char *string)
{
	for (; *string; string++)
		if ((unsigned char)*string >= 0x80)
			return false;
	return true;
}

static int fold(char c)
{
	return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : (unsigned char)c;
}

static int compare_names(const char *a, const char *b)
{
	while (*a && fold(*a) == fold(*b)) {
		a++;
		b++;
	}
	return fold(*a) - fold(*b);
}

static int find_key(const struct fixture_hive *hive, int parent, const char *name)
{
	for (size_t i = 0; i < hive->key_count; i++)
		if (hive->keys[i].parent == parent && compare_names(hive->keys[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int add_key(struct fixture_hive *hive, int parent, const char *name)
{
	if (hive->key_count == FIXTURE_HIVE_KEYS) {
		hive->failed = true;
		return 0;
	}
	hive->keys[hive->key_count] = (struct fixture_hive_key){.name = name, .parent = parent};
	return (int)hive->key_count++;
}

int fixture_hive_key(struct fixture_hive *hive, const char *const *parts)
{
	int key = 0;

	if (hive->key_count == 0)
		add_key(hive, -1, "ROOT");
	for (; parts && *parts; parts++) {
		int found = find_key(hive, key, *parts);

		key = found >= 0 ? found : add_key(hive, key, *parts);
	}
	return key;
}

void fixture_hive_binary(struct fixture_hive *hive, int key, const char *name, struct bytes value)
{
	uint8_t *copy = malloc(value.len + 1);

	if (hive->value_count == FIXTURE_HIVE_VALUES || !copy) {
		hive->failed = true;
		free(copy);
		return;
	}
	if (value.len > 0)
		memcpy(copy, value.at, value.len);
	hive->values[hive->value_count++] = (struct fixture_hive_value){
	    .name = name,
	    .key = key,
	    .type = VALUE_BINARY,
	    .data = {.at = copy, .len = value.len},
	};
}

static void set_last_type(struct fixture_hive *hive, uint32_t type)
{
	if (!hive->failed)
		hive->values[hive->value_count - 1].type = type;
}

void fixture_hive_string(struct fixture_hive *hive, int key, const char *name, const char *value)
{
	CLEANUP(text_free) struct text utf16 = {0};

	add_utf16(&utf16, value);
	add_u16(&utf16, 0);
	fixture_hive_binary(hive, key, name, text_bytes(&utf16));
	set_last_type(hive, VALUE_SZ);
}

void fixture_hive_number(struct fixture_hive *hive, int key, const char *name, uint32_t value)
{
	uint8_t data[4];

	put_le32(data, value);
	fixture_hive_binary(hive, key, name, (struct bytes){.at = data, .len = sizeof(data)});
	set_last_type(hive, VALUE_DWORD);
}

/* Adds a cell with its size, padded to 8 bytes; returns its offset as regf counts. */
static uint32_t add_cell(struct text *out, const struct text *body)
{
	size_t start = out->len;
	size_t len = (4 + body->len + 7) / 8 * 8;

	add_u32(out, (uint32_t) - (int32_t)len);
	text_add(out, text_bytes(body));
	add_until(out, start + len);
	return (uint32_t)(start - HIVE_BIN_START);
}

static void add_name(struct text *body, const char *name)
{
	if (is_ascii(name))
		text_adds(body, name);
	else
		add_utf16(body, name);
}

static size_t name_len(const char *name)
{
	CLEANUP(text_free) struct text encoded = {0};

	add_name(&encoded, name);
	return encoded.len;
}

static uint32_t add_value(struct text *out, const struct fixture_hive_value *value)
{
	CLEANUP(text_free) struct text data = {0};
	CLEANUP(text_free) struct text body = {0};
	uint32_t len = (uint32_t)value->data.len;
	bool inside = len <= 4;
	uint8_t small[4] = {0};

	text_add(&data, value->data);
	if (inside && len > 0)
		memcpy(small, value->data.at, len);
	uint32_t where = inside ? le32(small) : add_cell(out, &data);

	text_adds(&body, "vk");
	add_u16(&body, (unsigned)name_len(value->name));
	add_u32(&body, inside ? len | 0x80000000u : len);
	add_u32(&body, where);
	add_u32(&body, value->type);
	add_u16(
	    &body, is_ascii(value->name) && *value->name ? 1 : 0); /* name in one-byte characters */
	add_u16(&body, 0);
	add_name(&body, value->name);
	return add_cell(out, &body);
}

/* The list of a key's values; HIVE_NONE when it has none. */
static uint32_t add_values(
    struct text *out, const struct fixture_hive *hive, int key, uint32_t *count)
{
	CLEANUP(text_free) struct text list = {0};

	*count = 0;
	for (size_t i = 0; i < hive->value_count; i++) {
		if (hive->values[i].key != key)
			continue;
		add_u32(&list, add_value(out, &hive->values[i]));
		(*count)++;
	}
	return *count ? add_cell(out, &list) : HIVE_NONE;
}

static uint32_t name_hash(const char *name)
{
	uint32_t hash = 0;

	for (; *name; name++)
		hash = hash * 37 + (uint32_t)fold(*name);
	return hash;
}

static int compare_keys(const void *a, const void *b)
{
	return compare_names((*(struct fixture_hive_key *const *)a)->name,
	    (*(struct fixture_hive_key *const *)b)->name);
}

/* The lh list of a key's sub-keys, whose cells are known. */
static uint32_t add_subkeys(struct text *out, struct fixture_hive *hive, int key, uint32_t *count)
{
	struct fixture_hive_key *children[FIXTURE_HIVE_KEYS];
	CLEANUP(text_free) struct text list = {0};
	size_t found = 0;

	for (size_t i = 1; i < hive->key_count; i++)
		if (hive->keys[i].parent == key)
			children[found++] = &hive->keys[i];
	*count = (uint32_t)found;
	if (found == 0)
		return HIVE_NONE;
	qsort(children, found, sizeof(*children), compare_keys);
	text_adds(&list, "lh");
	add_u16(&list, (unsigned)found);
	for (size_t i = 0; i < found; i++) {
		add_u32(&list, children[i]->cell);
		add_u32(&list, name_hash(children[i]->name));
	}
	return add_cell(out, &list);
}

/* A key cell. The parent's offset is filled in later: children are written first. */
static void add_key_cell(struct text *out, struct fixture_hive *hive, int key, uint32_t security)
{
	CLEANUP(text_free) struct text body = {0};
	uint32_t subkey_count, value_count;
	uint32_t subkeys = add_subkeys(out, hive, key, &subkey_count);
	uint32_t values = add_values(out, hive, key, &value_count);
	const char *name = hive->keys[key].name;

	text_adds(&body, "nk");
	add_u16(&body, (is_ascii(name) ? 0x20 : 0) | (key == 0 ? 0x0c : 0)); /* root: no delete */
	add_u64(&body, hive->time);
	add_u32(&body, 0);
	add_u32(&body, HIVE_NONE); /* parent, later */
	add_u32(&body, subkey_count);
	add_u32(&body, 0); /* volatile sub-keys */
	add_u32(&body, subkeys);
	add_u32(&body, HIVE_NONE);
	add_u32(&body, value_count);
	add_u32(&body, values);
	add_u32(&body, security);
	add_u32(&body, HIVE_NONE);             /* class name */
	add_u32(&body, subkey_count ? 64 : 0); /* largest names and data: upper bounds */
	add_u32(&body, 0);
	add_u32(&body, value_count ? 64 : 0);
	add_u32(&body, value_count ? 1024 : 0);
	add_u32(&body, 0);
	add_u16(&body, (unsigned)name_len(name));
	add_u16(&body, 0);
	add_name(&body, name);
	hive->keys[key].cell = add_cell(out, &body);
}

static uint32_t add_security(struct text *out, uint32_t keys)
{
	CLEANUP(text_free) struct text body = {0};
	uint32_t self = (uint32_t)(out->len - HIVE_BIN_START);

	text_adds(&body, "sk");
	add_u16(&body, 0);
	add_u32(&body, self); /* a ring of one */
	add_u32(&body, self);
	add_u32(&body, keys);
	add_u32(&body, sizeof(everyone_reads));
	text_add(&body, (struct bytes){.at = everyone_reads, .len = sizeof(everyone_reads)});
	return add_cell(out, &body);
}

static void add_base_block(const struct fixture_hive *hive, struct text *out, uint32_t file_type)
{
	CLEANUP(text_free) struct text name = {0};
	uint32_t sum = 0;

	text_adds(out, "regf");
	add_u32(out, 7); /* both sequence numbers equal: clean */
	add_u32(out, 7);
	add_u64(out, hive->time);
	add_u32(out, 1);
	add_u32(out, 5);
	add_u32(out, file_type);
	add_u32(out, 1);
	add_u32(out, HIVE_NONE); /* root cell, later */
	add_u32(out, 0);         /* length of the bins, later */
	add_u32(out, 1);
	add_utf16(&name, hive->name);
	struct bytes tail = text_bytes(&name);

	if (tail.len > 62) {
		tail.at += tail.len - 62;
		tail.len = 62;
	}
	text_add(out, tail);
	add_until(out, 512);
	for (size_t i = 0; i < 508; i += 4)
		sum ^= le32(fixture_at(out, i));
	put_le32(fixture_at(out, 508), sum);
}

static void finish_base_block(struct text *out, uint32_t root)
{
	uint32_t sum = 0;

	put_le32(fixture_at(out, 36), root);
	put_le32(fixture_at(out, 40), (uint32_t)(out->len - HIVE_BIN_START));
	put_le32(fixture_at(out, HIVE_BIN_START + 8), (uint32_t)(out->len - HIVE_BIN_START));
	for (size_t i = 0; i < 508; i += 4)
		sum ^= le32(fixture_at(out, i));
	put_le32(fixture_at(out, 508), sum);
}

/* What is left of the bin, one free cell. */
static void add_free_cell(struct text *out)
{
	size_t end = (out->len + 8 + 4095) / 4096 * 4096;

	add_u32(out, (uint32_t)(end - out->len));
	add_until(out, end);
}

bool fixture_hive_write(struct fixture_hive *hive, struct text *out)
{
	fixture_hive_key(hive, NULL);
	add_base_block(hive, out, 0);
	add_until(out, HIVE_BIN_START);
	text_adds(out, "hbin");
	add_u32(out, 0);
	add_u32(out, 0); /* length, later */
	add_u64(out, 0);
	add_u64(out, hive->time);
	add_until(out, HIVE_BIN_START + HIVE_BIN_HEAD);
	uint32_t security = add_security(out, (uint32_t)hive->key_count);

	/* Children have greater numbers than their parents. */
	for (size_t i = hive->key_count; i > 0; i--)
		add_key_cell(out, hive, (int)i - 1, security);
	add_free_cell(out);
	if (out->failed || hive->failed)
		return false;
	for (size_t i = 1; i < hive->key_count; i++)
		put_le32(fixture_at(out, HIVE_BIN_START + hive->keys[i].cell + 4 + 16),
		    hive->keys[hive->keys[i].parent].cell);
	finish_base_block(out, hive->keys[0].cell);
	return true;
}

void fixture_hive_write_log(const struct fixture_hive *hive, struct text *out)
{
	add_base_block(hive, out, 6);
}

void fixture_hive_free(struct fixture_hive *hive)
{
	for (size_t i = 0; i < hive->value_count; i++) {
		void *data;

		memcpy(&data, &hive->values[i].data.at, sizeof(data));
		free(data);
	}
	hive->value_count = 0;
}
