/* Whether what was written down beforehand can be copied and shown as it is meant. See facts_file.h. */
#include "collectors/facts_file.h"

#include <stdlib.h>

#define DEPTH_MAX 32 /* what stock readers of JSON take without a thought */

/* What the custody sheet and verify show. Without a field: the value itself is the text. */
static const struct {
	const char *key, *field;
} shown[] = {
    {"operator", "name"},
    {"operator", "org"},
    {"witness", "name"},
    {"witness", "org"},
    {"authority", "basis"},
    {"location", "address"},
    {"dispatch", "nonce"},
    {"clock", "reference"},
    {"evidence_no", NULL},
    {"state_found", NULL},
};

static int compare(const void *left, const void *right)
{
	yyjson_val *const *a = left;
	yyjson_val *const *b = right;

	return strcmp(yyjson_get_str(*a), yyjson_get_str(*b));
}

static void keys_free(yyjson_val **keys)
{
	free(keys);
}
CLEANUP_POINTER(yyjson_val *, keys_free);

/* Of two values of one key each reader would show another. */
static bool check_keys(yyjson_val *object, struct err *err)
{
	size_t count = 0;
	yyjson_val *key;
	yyjson_obj_iter iter = yyjson_obj_iter_with(object);
	CLEANUP(keys_free)
	yyjson_val **keys = calloc(yyjson_obj_size(object) + 1, sizeof(*keys));

	if (!keys)
		return fail(err, ERR_MEMORY, "no memory for facts");
	while ((key = yyjson_obj_iter_next(&iter))) {
		if (strlen(yyjson_get_str(key)) != yyjson_get_len(key))
			return fail(err, ERR_DAMAGED, "a key holds a NUL");
		keys[count++] = key;
	}
	qsort(keys, count, sizeof(*keys), compare);
	for (size_t i = 1; i < count; i++)
		if (compare(&keys[i - 1], &keys[i]) == 0)
			return fail(err, ERR_DAMAGED, "the key '%.64s' is given twice",
			    yyjson_get_str(keys[i]));
	return true;
}

static bool check_value(yyjson_val *value, unsigned depth, struct err *err)
{
	yyjson_obj_iter keys = yyjson_obj_iter_with(value);
	yyjson_arr_iter values = yyjson_arr_iter_with(value);
	yyjson_val *one;

	if (depth > DEPTH_MAX)
		return fail(err, ERR_LIMIT, "objects and lists lie more than %d deep", DEPTH_MAX);
	if (yyjson_is_obj(value) && !check_keys(value, err))
		return false;
	while ((one = yyjson_obj_iter_next(&keys)))
		if (!check_value(yyjson_obj_iter_get_val(one), depth + 1, err))
			return false;
	while ((one = yyjson_arr_iter_next(&values)))
		if (!check_value(one, depth + 1, err))
			return false;
	return true;
}

static bool check_field(yyjson_val *value, const char *key, const char *field, struct err *err)
{
	yyjson_val *text = yyjson_obj_get(value, field);

	if (!yyjson_is_obj(value) && !yyjson_is_null(value))
		return fail(
		    err, ERR_DAMAGED, "'%s' wants an object: {\"%s\": \"...\"}", key, field);
	if (text && !yyjson_is_str(text) && !yyjson_is_null(text))
		return fail(err, ERR_DAMAGED, "'%s' of '%s' wants a text in quotes", field, key);
	return true;
}

/* What has another type would be missing on the sheet without a word. */
static bool check_shown(yyjson_val *root, const char *key, const char *field, struct err *err)
{
	yyjson_val *value = yyjson_obj_get(root, key);
	yyjson_arr_iter values = yyjson_arr_iter_with(value);
	yyjson_val *one;

	if (!value || yyjson_is_null(value))
		return true;
	if (!field && !yyjson_is_str(value))
		return fail(err, ERR_DAMAGED, "'%s' wants a text in quotes", key);
	if (!field)
		return true;
	if (!yyjson_is_arr(value))
		return check_field(value, key, field, err);
	while ((one = yyjson_arr_iter_next(&values)))
		if (!check_field(one, key, field, err))
			return false;
	return true;
}

bool facts_check(yyjson_val *root, struct err *err)
{
	if (!yyjson_is_obj(root))
		return fail(err, ERR_DAMAGED, "a JSON object is wanted: {\"operator\": ...}");
	if (!check_value(root, 0, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		if (!check_shown(root, shown[i].key, shown[i].field, err))
			return false;
	return true;
}
