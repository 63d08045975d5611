/* See kit_put.h. */
#include "cli/kit_put.h"

#include "bundle/kit_files.h"
#include "cli/kit_keys.h"
#include "platform/file.h"

#include <string.h>

#define NEW ".new"

bool kit_put(struct kit_put *put, const char *name, const struct text *content, bool is_private,
    struct err *err)
{
	CLEANUP(text_free) struct text path = {0};

	file_join(&path, put->directory, name);
	if (put->replaces)
		text_adds(&path, NEW);
	if (!text_ok(&path, err) || !text_ok(content, err))
		return false;
	/* Of a renewal that was cut off. */
	if (put->replaces)
		DISCARD(file_remove(text_string(&path), NULL));
	return file_write_all(text_string(&path), text_bytes(content), is_private, err) &&
	       text_list_add(&put->files, text_bytes(&path), err);
}

bool kit_put_done(struct kit_put *put, struct err *err)
{
	for (size_t i = 0; put->replaces && i < put->files.count; i++) {
		CLEANUP(text_free) struct text path = {0};

		text_add(&path, (struct bytes){(const uint8_t *)put->files.at[i],
				    strlen(put->files.at[i]) - strlen(NEW)});
		if (!text_ok(&path, err) || !file_rename(put->files.at[i], text_string(&path), err))
			return false;
	}
	text_list_free(&put->files);
	return true;
}

static bool remove_all(struct kit_put *put)
{
	bool removed = true;

	for (size_t i = 0; i < put->files.count; i++)
		removed = file_remove(put->files.at[i], NULL) && removed;
	text_list_free(&put->files);
	return removed;
}

void kit_put_undo(struct kit_put *put, const char *keys, const char *record)
{
	if (remove_all(put))
		kit_remove_file(keys, record);
}

void kit_put_end(struct kit_put *put)
{
	DISCARD(remove_all(put));
}

/* Who opens, what is collected and who seals, signed by the evidence CA's key: nothing else in the kit could vouch for it. */
static bool put_list(struct kit_put *put, const struct issued *ca, const struct kit_listed *files,
    uint64_t now, struct err *err)
{
	CLEANUP(seal_key_free) struct seal_key *key = NULL;
	CLEANUP(text_free) struct text list = {0};
	CLEANUP(text_free) struct text p7s = {0};

	kit_format_list(files, &list);
	if (!text_ok(&list, err))
		return false;
	if (!seal_key_load(files->ca, files->ca, text_bytes(&ca->key), &key, err) ||
	    !seal_sign(key, text_bytes(&list), now, &p7s, err))
		return fail_in(err, "evidence CA");
	return kit_put(put, KIT_LIST, &list, false, err) &&
	       kit_put(put, KIT_LIST_SEAL, &p7s, false, err);
}

bool kit_put_sealed(struct kit_put *put, const struct issued *ca, const struct issued *seal,
    const struct kit *kit, uint64_t now, struct err *err)
{
	CLEANUP(text_free) struct text chain = {0};
	CLEANUP(text_free) struct text guide = {0};
	CLEANUP(text_free) struct text json = {0};

	text_add(&chain, text_bytes(&seal->certificate));
	text_add(&chain, text_bytes(&ca->certificate));
	kit_format_guide(kit, &guide);
	kit_format_json(kit, &json);
	const struct kit_listed files = {
	    .json = text_bytes(&json),
	    .recipients = text_bytes(&kit->recipients_file),
	    .seal = text_bytes(&seal->certificate),
	    .chain = text_bytes(&chain),
	    .ca = text_bytes(&ca->certificate),
	    .unlocks = kit->unlocks,
	    .unlock_count = kit->unlock_count,
	};

	return text_ok(&json, err) && text_ok(&chain, err) &&
	       kit_put(put, KIT_SEAL_KEY, &seal->key, true, err) &&
	       kit_put(put, KIT_SEAL, &seal->certificate, false, err) &&
	       kit_put(put, KIT_CA, &ca->certificate, false, err) &&
	       kit_put(put, KIT_CHAIN, &chain, false, err) && put_list(put, ca, &files, now, err) &&
	       kit_put(put, KIT_GUIDE, &guide, false, err) &&
	       kit_put(put, KIT_JSON, &json, false, err);
}
