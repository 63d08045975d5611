/* MANIFEST and its seal, at the start, at each rotation and at the end. See writer_state.h. */
#include "bundle/writer_state.h"

#include "core/json.h"

#include <stdio.h>

static const char manifest_new[] = MANIFEST_NAME BUNDLE_NEW_SUFFIX;
static const char seal_new[] = MANIFEST_SEAL_NAME BUNDLE_NEW_SUFFIX;

bool writer_put_listed(
    struct bundle_writer *writer, const char *name, struct bytes content, struct err *err)
{
	uint8_t sha256[SHA256_LEN];

	if (volume_put_file(writer->store, name, content, sha256, err) &&
	    manifest_set(&writer->manifest, name, sha256, err))
		return true;
	/* Half a file that is not listed would look like a stranger. */
	(void)!writer->store->remove(writer->store, name, NULL);
	return false;
}

/* A file that an attempt before this one left behind goes first. */
static bool put_anew(
    struct bundle_writer *writer, const char *name, struct bytes content, struct err *err)
{
	uint8_t sha256[SHA256_LEN];

	(void)!writer->store->remove(writer->store, name, NULL);
	return volume_put_file(writer->store, name, content, sha256, err);
}

static bool rename_seal(struct bundle_writer *writer, struct err *err)
{
	struct store *store = writer->store;

	if (!store->rename(store, seal_new, MANIFEST_SEAL_NAME, err))
		return fail_in(err, "'%s'", seal_new);
	writer->seal_is_pending = false;
	return true;
}

static bool swap(struct bundle_writer *writer, struct err *err)
{
	struct store *store = writer->store;

	if (!store->rename(store, manifest_new, MANIFEST_NAME, err))
		return fail_in(err, "'%s'", manifest_new);
	/* From here the seal that belongs to the MANIFEST has its .new name, where readers look for it. */
	writer->seal_is_pending = true;
	return rename_seal(writer, err);
}

bool writer_seal(struct bundle_writer *writer, bool complete, struct err *err)
{
	CLEANUP(text_free) struct text manifest = {0};
	CLEANUP(text_free) struct text p7s = {0};

	/* The .new seal is the only one of the MANIFEST in place: it must not be written over. */
	if (writer->seal_is_pending && !rename_seal(writer, err))
		return writer_broken(writer, err);
	writer->manifest.complete = complete;
	writer->manifest.sealed = writer->plan.now();
	if (!manifest_format(&writer->manifest, &manifest, err) ||
	    !seal_sign(
		writer->plan.seal, text_bytes(&manifest), writer->manifest.sealed, &p7s, err) ||
	    !put_anew(writer, manifest_new, text_bytes(&manifest), err) ||
	    !put_anew(writer, seal_new, text_bytes(&p7s), err) || !swap(writer, err))
		return writer_broken(writer, err);
	writer->sealed++;
	return true;
}

/* Closes the open volume and tells the journal. */
static bool close_open(struct bundle_writer *writer, struct err *err)
{
	CLEANUP(text_free) struct text fields = {0};
	struct json json = {.to = &fields};

	if (!writer->volume.sink)
		return true;
	if (!writer_close_volume(writer, err))
		return false;
	writer_remember_cut(writer);
	json_begin(&json);
	json_string_field(&json, "event", "volume");
	json_string_field(&json, "name", writer->volume.name);
	json_unsigned_field(&json, "bytes", writer->volume.hashes.bytes);
	json_hex_field(&json, "sha256", (struct bytes){writer->volume.hashes.sha256, SHA256_LEN});
	json_end(&json);
	return bundle_journal(writer, text_bytes(&fields), err);
}

bool writer_rotate(struct bundle_writer *writer, struct err *err)
{
	/* After this one: that of the end, and that of a run which only has to seal anew. */
	if (!writer_check_meta(writer, 3, err) || !close_open(writer, err) ||
	    !writer_meta_volume(writer, err))
		return false;
	/* Without it less is kept when the run is interrupted: no reason to end it. */
	(void)!writer_put_resume(writer, NULL);
	return writer_seal(writer, false, err);
}

bool writer_close_set(struct bundle_writer *writer, enum bundle_set set, struct err *err)
{
	static const uint8_t zeros[TAR_END_LEN];

	if (writer->is_cut_pending && writer->cut.place.set == set &&
	    !writer_abandon_cut(writer, err))
		return false;
	writer->sets[set].is_closed = true;
	if (!writer->volume.sink)
		return true;
	return writer_put(writer, (struct bytes){zeros, sizeof(zeros)}, err) &&
	       writer_rotate(writer, err);
}

/* MANIFEST.sha512: a second opinion about the volumes, written once, at the end. */
static bool put_sha512(struct bundle_writer *writer, struct err *err)
{
	CLEANUP(text_free) struct text list = {0};

	for (size_t i = 0; i < writer->closed_count; i++) {
		const struct closed_volume *volume = &writer->closed[i];

		text_add_hex(&list, (struct bytes){volume->hashes.sha512, SHA512_LEN});
		text_addf(&list, "  %s\n", volume->name);
	}
	return text_ok(&list, err) &&
	       writer_put_listed(writer, MANIFEST_SHA512_NAME, text_bytes(&list), err);
}

static bool put_custody(
    struct bundle_writer *writer, struct bytes text, struct bytes html, struct err *err)
{
	return (!text.len || writer_put_listed(writer, "CUSTODY.txt", text, err)) &&
	       (!html.len || writer_put_listed(writer, "CUSTODY.html", html, err));
}

/* Whether a later run is to go on with it. */
static bool is_to_go_on(const struct bundle_writer *writer)
{
	return writer->is_full || writer->entry.is_open || writer->is_cut_pending;
}

/* Closes the set that is being written. An entry still open, or given to no one yet, or a disk almost full, leaves its tar
 * without an end; that is what `in-progress` says. */
static bool close_last_set(struct bundle_writer *writer, struct err *err)
{
	static const uint8_t zeros[TAR_END_LEN];

	if (!writer->volume.sink)
		return true;
	struct writer_set *set = &writer->sets[writer->volume.set];
	bool is_cut = is_to_go_on(writer);
	/* A tar that is cut, is cut at a block. */
	size_t len = is_cut ? tar_padding(set->tar_offset) : sizeof(zeros);

	struct writer_entry *entry = &writer->entry;

	if (entry->is_open && len <= entry->size - entry->written) {
		hash_add(entry->sha256, (struct bytes){zeros, len});
		entry->written += len;
	}
	/* Nothing may follow the end of a tar, also not of a run that goes on. */
	set->is_closed = set->is_closed || !is_cut;
	if (!writer_put(writer, (struct bytes){zeros, len}, err))
		return false;
	return close_open(writer, err);
}

bool bundle_close_data(struct bundle_writer *writer, struct err *err)
{
	bool goes_on = is_to_go_on(writer);

	if (writer->is_broken)
		return true;
	if (goes_on)
		writer_release_reserve(writer);
	for (unsigned set = 0; !goes_on && set < BUNDLE_META; set++)
		writer->sets[set].is_closed = true;
	return close_last_set(writer, err);
}

/* The number is that of the MANIFEST just sealed. */
static bool read_number(
    const struct bundle_writer *writer, char number[SHA256_HEX_ROOM], struct err *err)
{
	CLEANUP(text_free) struct text manifest = {0};
	uint8_t sha256[SHA256_LEN];

	if (!manifest_format(&writer->manifest, &manifest, err))
		return false;
	hash_sha256(text_bytes(&manifest), sha256);
	hash_hex((struct bytes){sha256, sizeof(sha256)}, number);
	return true;
}

/* A sealed volume that no row and no toc.json tell of would be a forged one: what was closed since the last meta volume is not
 * listed. Its file stays beside the bundle, as one does that was closed when the power went. */
static void unlist_untold(struct bundle_writer *writer)
{
	for (; writer->closed_count > writer->rowed.volumes; writer->closed_count--) {
		const struct closed_volume *volume = &writer->closed[writer->closed_count - 1];

		manifest_remove(&writer->manifest, volume->name);
		writer->manifest.volumes--;
		writer->totals.volumes--;
		writer->totals.bytes_out -= volume->hashes.bytes;
	}
}

/* Without rows what was taken has no names: a write that failed once is tried once more. Returns whether the bundle is still whole. */
static bool put_last_meta(struct bundle_writer *writer, bool is_whole, struct err *err)
{
	if (writer_meta_volume(writer, err))
		return is_whole;
	if (!writer_meta_volume(writer, err))
		unlist_untold(writer);
	return false;
}

/* The MANIFEST of a whole bundle, or of one that a later run may go on with. */
static bool seal_last(struct bundle_writer *writer, bool *is_whole, struct err *err)
{
	if (*is_whole) {
		writer_unlist_resume(writer);
		if (writer_seal(writer, true, err))
			return true;
		*is_whole = false;
		writer->why = err ? *err : writer->why;
		return writer_list_resume(writer, NULL) && writer_seal(writer, false, NULL);
	}
	(void)!writer_put_resume(writer, NULL);
	return writer_seal(writer, false, err);
}

bool bundle_finish(struct bundle_writer *writer, struct bytes custody_text,
    struct bytes custody_html, char number[SHA256_HEX_ROOM], struct err *err)
{
	struct err why = {0};
	/* An open entry in a healthy volume: its tar is cut at a block. */
	bool is_whole = !writer->is_broken && !is_to_go_on(writer);

	writer_release_reserve(writer);
	/* After a failed write its volume is lost as .part, and what follows is tried all the same. */
	if (writer->is_broken)
		writer_drop_volume(writer);
	is_whole = close_last_set(writer, &why) && is_whole;
	if (!bundle_settle_lost(writer, NULL, NULL, err))
		return false;
	is_whole = put_last_meta(writer, is_whole, &why);
	is_whole = put_custody(writer, custody_text, custody_html, &why) && is_whole;
	is_whole = put_sha512(writer, &why) && is_whole;
	if (!seal_last(writer, &is_whole, err))
		return false;
	if (is_whole)
		writer_remove_resume(writer);
	else if (writer->why.kind == ERR_NONE)
		writer->why = why;
	return read_number(writer, number, err);
}

bool bundle_is_whole(const struct bundle_writer *writer, struct err *err)
{
	if (!writer->manifest.complete && err)
		*err = writer->why;
	return writer->manifest.complete;
}
