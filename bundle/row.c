/* Reads a row. See row.h. */
#include "bundle/row.h"

#include "bundle/document.h"
#include "bundle/manifest.h"
#include "bundle/name.h"
#include "core/array.h"
#include "core/time.h"

#include <stdlib.h>

void row_free(struct row *row)
{
	yyjson_doc_free(row->document);
	*row = (struct row){0};
}

/* A number from 0 to 2^63-1. */
static bool number_of(yyjson_val *object, const char *key, uint64_t *out)
{
	yyjson_val *value = yyjson_obj_get(object, key);

	if (!yyjson_is_uint(value) || yyjson_get_uint(value) > INT64_MAX)
		return false;
	*out = yyjson_get_uint(value);
	return true;
}

static int hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_sha256(struct bytes hex, uint8_t out[SHA256_LEN])
{
	if (hex.len != 2 * SHA256_LEN)
		return false;
	for (size_t i = 0; i < SHA256_LEN; i++) {
		int high = hex_digit(hex.at[2 * i]), low = hex_digit(hex.at[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool read_place(yyjson_val *root, yyjson_val *value, struct bundle_place *out)
{
	struct bundle_place place = {0};
	struct bytes set = document_field(value, "set");
	uint64_t volume = 0;
	unsigned which = 0;

	while (which < BUNDLE_META && !bytes_equal(set, bytes_of(bundle_set_name(which))))
		which++;
	if (which == BUNDLE_META || !number_of(value, "volume", &volume) || volume == 0 ||
	    volume > UINT32_MAX)
		return false;
	if (!number_of(value, "tar", &place.tar_offset) ||
	    !number_of(value, "data", &place.data_offset) ||
	    !number_of(root, "stored_size", &place.stored) ||
	    !read_sha256(document_field(root, "sha256"), place.sha256))
		return false;
	if (place.tar_offset % 512 || place.data_offset % 512 ||
	    place.data_offset <= place.tar_offset || place.stored > INT64_MAX - place.data_offset)
		return false;
	place.set = which;
	place.volume = (uint32_t)volume;
	*out = place;
	return true;
}

/* False: it is there and is no time. */
static bool read_time(yyjson_val *times, const char *key, uint64_t *out)
{
	char iso[TIME_ISO_ROOM];
	yyjson_val *value = yyjson_obj_get(times, key);
	struct bytes text = document_text(value);

	if (!value || yyjson_is_null(value))
		return true;
	if (text.len == 0 || text.len >= sizeof(iso))
		return false;
	memcpy(iso, text.at, text.len);
	iso[text.len] = 0;
	return time_parse(iso, out, NULL);
}

/* A header has no zone: a time of FAT that is not in UTC, or a day alone, is not in it. */
static bool read_fat_time(yyjson_val *fat, const char *key, uint64_t *out)
{
	struct bytes text = document_text(yyjson_obj_get(fat, key));

	return text.len == 0 || text.at[text.len - 1] != 'Z' || read_time(fat, key, out);
}

static void read_times(yyjson_val *root, struct row *row)
{
	yyjson_val *si = yyjson_obj_get(root, "si");
	yyjson_val *fat = yyjson_obj_get(root, "fat");
	struct tar_times *times = &row->times;
	bool is_continued = yyjson_is_true(yyjson_obj_get(root, "continued"));

	if (yyjson_is_obj(si)) {
		bool created = read_time(si, "created", &times->created);
		bool modified = read_time(si, "modified", &times->modified);
		bool changed = read_time(si, "changed", &times->changed);
		bool accessed = read_time(si, "accessed", &times->accessed);

		row->has_times = created && modified && changed && accessed;
	} else if (yyjson_is_obj(fat)) {
		bool created = read_fat_time(fat, "created", &times->created);
		bool modified = read_fat_time(fat, "modified", &times->modified);
		bool accessed = read_fat_time(fat, "accessed", &times->accessed);

		row->has_times = created && modified && accessed;
	} else {
		row->has_times = read_time(root, "stored_at", &times->modified);
	}
	row->has_times = row->has_times && !is_continued;
}

/* Says which it is. */
static bool check_name(struct bytes name, struct err *err)
{
	CLEANUP(text_free) struct text printable = {0};

	if (bundle_name_check(name, err))
		return true;
	text_add_printable(&printable, name);
	return name.len ? text_fail_in(err, text_bytes(&printable)) : false;
}

/* Not there, null, or a text with something in it. */
static bool is_text_or_none(yyjson_val *root, const char *key)
{
	yyjson_val *value = yyjson_obj_get(root, key);

	return !value || yyjson_is_null(value) || yyjson_get_len(value) > 0;
}

/* The status tells what is in the bundle. Without one a row must have it: who is told nothing takes nothing for missing. */
static bool check_status(yyjson_val *root, const struct row *row, struct err *err)
{
	bool is_same = row->same_as.len != 0, fits = is_same || row->taken;

	if (bytes_equal(row->status, bytes_of("taken")) ||
	    bytes_equal(row->status, bytes_of("partial")))
		fits = row->taken;
	else if (bytes_equal(row->status, bytes_of("same_as")))
		fits = is_same;
	else if (bytes_equal(row->status, bytes_of("not_taken")))
		fits = !is_same && !row->taken;
	else if (row->status.len)
		fits = false;
	return (fits && is_text_or_none(root, "status") && is_text_or_none(root, "same_as")) ||
	       fail(err, ERR_DAMAGED, "a row whose status is not what it has");
}

static bool read_row(yyjson_val *root, struct row *row, struct err *err)
{
	yyjson_val *place = yyjson_obj_get(root, "place");

	row->path = document_field(root, "path");
	row->same_as = document_field(root, "same_as");
	row->status = document_field(root, "status");
	row->reason = document_field(root, "reason");
	row->is_sparse = bytes_equal(document_field(root, "stored"), bytes_of("runs"));
	row->is_directory = bytes_equal(document_field(root, "kind"), bytes_of("directory"));
	row->is_left = yyjson_is_true(yyjson_obj_get(root, "left"));
	if (row->path.len > ROW_PATH || row->same_as.len > ROW_PATH)
		return fail(err, ERR_LIMIT, "a row with a path of %zu bytes", row->path.len);
	if (!check_name(row->path, err) || (row->same_as.len && !check_name(row->same_as, err)))
		return false;
	read_times(root, row);
	row->taken = place && !yyjson_is_null(place);
	if (row->taken && (row->same_as.len || !read_place(root, place, &row->place)))
		return fail(err, ERR_DAMAGED, "a row whose place is not readable");
	if (!number_of(root, "size", &row->size))
		row->size = row->taken ? row->place.stored : 0;
	return check_status(root, row, err);
}

bool row_parse(struct bytes json, struct row *out, struct err *err)
{
	struct row row = {0};
	yyjson_read_err why;

	if (json.len > ROW_BYTES)
		return fail(err, ERR_LIMIT, "a row of %zu bytes", json.len);
	/* Without YYJSON_READ_INSITU the bytes are only read. */
	yyjson_doc *document =
	    yyjson_read_opts((char *)(uintptr_t)json.at, json.len, YYJSON_READ_NOFLAG, NULL, &why);

	if (!document)
		return fail(
		    err, ERR_DAMAGED, "a row that is not JSON: %s at byte %zu", why.msg, why.pos);
	row.document = document;
	if (!yyjson_is_obj(yyjson_doc_get_root(document))) {
		row_free(&row);
		return fail(err, ERR_DAMAGED, "a row that is not a JSON object");
	}
	if (!document_check_keys(document, err) ||
	    !read_row(yyjson_doc_get_root(document), &row, err)) {
		row_free(&row);
		return false;
	}
	*out = row;
	return true;
}

static bool read_run(yyjson_val *pair, struct row_run *out)
{
	yyjson_val *at = yyjson_arr_get(pair, 0), *len = yyjson_arr_get(pair, 1);

	if (yyjson_arr_size(pair) != 2 || !yyjson_is_uint(at) || !yyjson_is_uint(len))
		return false;
	*out = (struct row_run){yyjson_get_uint(at), yyjson_get_uint(len), 0};
	return true;
}

bool row_sparse_map(const struct row *row, struct row_run **runs, size_t *count, struct err *err)
{
	yyjson_val *map = yyjson_obj_get(yyjson_doc_get_root(row->document), "sparse_map");
	size_t many = yyjson_arr_size(map), i, max;
	uint64_t end = 0, stored = 0;
	yyjson_val *pair;
	bool good = row->taken && yyjson_is_arr(map);
	struct row_run *list = calloc(many ? many : 1, sizeof(*list));

	if (!list)
		return fail(err, ERR_MEMORY, "no memory for %zu runs", many);
	yyjson_arr_foreach(map, i, max, pair)
	{
		if (!good || !read_run(pair, &list[i]) || list[i].at < end ||
		    list[i].at > row->size || list[i].len > row->size - list[i].at ||
		    list[i].len > row->place.stored - stored) {
			good = false;
			break;
		}
		end = list[i].at + list[i].len;
		list[i].stored = stored;
		stored += list[i].len;
	}
	if (!good || stored != row->place.stored) {
		free(list);
		return fail(err, ERR_DAMAGED, "the sparse_map does not fit what is stored");
	}
	*runs = list;
	*count = many;
	return true;
}

static bool begins_by(const void *run, uint64_t stored_at)
{
	return ((const struct row_run *)run)->stored <= stored_at;
}

bool row_runs_place(const struct row_run *runs, size_t count, uint64_t stored_at,
    struct bytes *piece,
    bool (*each)(void *context, uint64_t at, struct bytes piece, struct err *err), void *context,
    struct err *err)
{
	/* Not all runs for each piece: there may be millions, many of them empty. */
	size_t i = array_first_from(runs, count, sizeof(*runs), begins_by, stored_at);

	for (i = i ? i - 1 : 0; i < count && piece->len; i++) {
		uint64_t skip = stored_at - runs[i].stored;

		if (skip >= runs[i].len)
			continue;
		size_t part =
		    runs[i].len - skip < piece->len ? (size_t)(runs[i].len - skip) : piece->len;

		if (!each(context, runs[i].at + skip, (struct bytes){piece->at, part}, err))
			return false;
		stored_at += part;
		piece->at += part;
		piece->len -= part;
	}
	return true;
}
