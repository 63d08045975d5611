/* What TRIM has done. See trim.h. */
#include "collectors/trim.h"

#include "collectors/state.h"
#include "core/tr.h"
#include "platform/storage.h"

#define PIECE 4096u

void trim_see(struct trim *trim, uint64_t offset)
{
	if (trim->every == 0)
		trim->every = 1;
	if (trim->seen++ % trim->every != 0)
		return;
	/* Full: every second one goes, and from now on half as many come. */
	if (trim->count == TRIM_SAMPLES) {
		trim->count /= 2;
		for (size_t i = 0; i < trim->count; i++)
			trim->at[i] = trim->at[2 * i];
		trim->every *= 2;
	}
	trim->at[trim->count++] = offset;
}

bool trim_is_blank(const uint8_t *at, size_t len)
{
	return (at[0] == 0 || at[0] == 0xff) && memcmp(at, at + 1, len - 1) == 0;
}

void trim_judge(struct trim *trim, struct collection *collection,
    const struct collection_volume *volume, uint32_t cluster_size)
{
	uint8_t piece[PIECE];
	size_t len = cluster_size < PIECE ? cluster_size : PIECE;

	for (size_t i = 0; i < trim->count && !collect_stopped(collection); i++) {
		if (!source_read_exact(volume->raw, trim->at[i], piece, len, NULL))
			continue;
		trim->sampled++;
		trim->blank += trim_is_blank(piece, len);
	}
	trim->looks_trimmed = trim->blank * 2 >= trim->sampled && trim->blank > 0;
	if (volume->is_live)
		trim->is_device_known =
		    storage_trims(text_string(&volume->path), &trim->device_trims);
}

const char *trim_word(const struct trim *trim)
{
	if (trim->sampled == 0)
		return "unknown";
	return trim->blank * 10 >= trim->sampled * 9 ? "hopeless" : "possible";
}

static bool is_hopeless(const struct trim *trim)
{
	return strcmp(trim_word(trim), "hopeless") == 0;
}

void trim_write(struct json *json, const struct trim *trim, const char *left)
{
	CLEANUP(text_free) struct text meaning = {0};

	json_key(json, "trim");
	json_begin(json);
	json_string_field(json, "recovery", trim_word(trim));
	json_unsigned_field(json, "sampled", trim->sampled);
	json_unsigned_field(json, "zero", trim->blank);
	if (trim->has_setting)
		json_unsigned_field(json, "disable_delete_notification", trim->setting);
	else
		json_string_field(json, "disable_delete_notification", NULL);
	json_key(json, "device_trims");
	if (trim->is_device_known)
		json_bool(json, trim->device_trims);
	else
		json_null(json);
	text_addf(&meaning,
	    "the drive has emptied the clusters of deleted files (TRIM): only what lies in %s is "
	    "left",
	    left);
	if (is_hopeless(trim))
		json_bytes_field(json, "meaning", text_bytes(&meaning));
	json_end(json);
}

void trim_say(const struct trim *trim, struct collection *collection, const char *volume)
{
	CLEANUP(text_free) struct text line = {0};

	if (!is_hopeless(trim))
		return;
	text_addf(&line,
	    tr("%s: the drive has emptied deleted files (TRIM): little of their content is left"),
	    volume);
	progress_step(&collection->progress, text_string(&line));
	collection_journal(collection, "trim", volume, trim_word(trim));
}
