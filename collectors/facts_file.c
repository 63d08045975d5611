/* What was written down beforehand or typed: --facts FILE and the options. See facts.h. */
#include "collectors/facts.h"

#include "bundle/document.h"
#include "collectors/facts_file.h"

#include <stdlib.h>

struct facts_file {
	yyjson_doc *doc;
};

yyjson_val *facts_file_root(const struct facts_file *file)
{
	return file ? yyjson_doc_get_root(file->doc) : NULL;
}

bool facts_file_parse(struct bytes json, struct facts_file **out, struct err *err)
{
	yyjson_read_err why = {0};
	size_t line = 1;

	/* Notepad of Windows 7 writes a byte order mark. */
	if (json.len >= 3 && memcmp(json.at, "\xef\xbb\xbf", 3) == 0)
		json = (struct bytes){json.at + 3, json.len - 3};
	if (json.len == 0)
		return fail(err, ERR_DAMAGED, "empty: a JSON object is wanted");
	CLEANUP(facts_file_free) struct facts_file *file = calloc(1, sizeof(*file));

	if (!file)
		return fail(err, ERR_MEMORY, "no memory for facts");
	CLEANUP(text_free) struct text copy = {0};

	text_add(&copy, json);
	if (!text_ok(&copy, err))
		return false;
	/* First as whoever opens the bundle reads it, who refuses a number beyond a double. Then numbers stay as
	 * they were written: a double would change long ones. */
	CLEANUP(yyjson_doc_free)
	yyjson_doc *plain = yyjson_read_opts(copy.at, copy.len, 0, NULL, &why);

	if (plain)
		file->doc =
		    yyjson_read_opts(copy.at, copy.len, YYJSON_READ_NUMBER_AS_RAW, NULL, &why);
	if (!file->doc) {
		for (size_t i = 0; i < why.pos && i < json.len; i++)
			line += json.at[i] == '\n';
		return fail(err, ERR_DAMAGED, "no JSON: line %zu: %s", line, why.msg);
	}
	if (!facts_check(yyjson_doc_get_root(file->doc), err))
		return false;
	*out = TAKE(file);
	return true;
}

void facts_file_free(struct facts_file *file)
{
	if (file)
		yyjson_doc_free(file->doc);
	free(file);
}

const char *facts_file_text(const struct facts_file *file, const char *object, const char *key)
{
	yyjson_val *value;

	if (!file)
		return NULL;
	value = yyjson_obj_get(yyjson_doc_get_root(file->doc), object);
	if (key && yyjson_is_arr(value))
		value = yyjson_arr_get_first(value);
	if (key)
		value = yyjson_obj_get(value, key);
	return yyjson_get_str(value);
}

/* The first of a list, which is the one that facts_file_text reads: the others stay. */
static yyjson_mut_val *first_of(yyjson_mut_doc *doc, yyjson_mut_val *list)
{
	yyjson_mut_val *first = yyjson_mut_arr_get_first(list);

	if (yyjson_mut_is_obj(first))
		return first;
	yyjson_mut_val *made = yyjson_mut_obj(doc);

	if (first)
		return yyjson_mut_arr_replace(list, 0, made) ? made : NULL;
	return yyjson_mut_arr_append(list, made) ? made : NULL;
}

static bool put(yyjson_mut_doc *doc, const char *object, const char *key, const char *value)
{
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	yyjson_mut_val *inner = yyjson_mut_obj_get(root, object);

	if (yyjson_mut_is_arr(inner)) {
		inner = first_of(doc, inner);
	} else if (!yyjson_mut_is_obj(inner)) {
		inner = yyjson_mut_obj(doc);
		if (!yyjson_mut_obj_put(root, yyjson_mut_str(doc, object), inner))
			return false;
	}
	return yyjson_mut_obj_put(inner, yyjson_mut_str(doc, key), yyjson_mut_strcpy(doc, value));
}

bool facts_file_put(struct facts_file **file, const char *object, const char *key,
    const char *value, struct err *err)
{
	if (!*file && !facts_file_parse(bytes_of("{}"), file, err))
		return false;
	CLEANUP(yyjson_mut_doc_free) yyjson_mut_doc *doc = yyjson_doc_mut_copy((*file)->doc, NULL);
	yyjson_doc *done =
	    doc && put(doc, object, key, value) ? yyjson_mut_doc_imut_copy(doc, NULL) : NULL;

	if (!done)
		return fail(err, ERR_MEMORY, "no memory for facts");
	yyjson_doc_free((*file)->doc);
	(*file)->doc = done;
	return true;
}
