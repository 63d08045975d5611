/* MANIFEST.sha256. See manifest.h. */
#include "bundle/manifest.h"

#include "bundle/writer.h"
#include "core/array.h"
#include "core/time.h"

#include <stdlib.h>

void manifest_free(struct manifest *manifest)
{
	text_free(&manifest->case_id);
	text_free(&manifest->host);
	text_list_free(&manifest->recipients);
	free(manifest->files);
	*manifest = (struct manifest){0};
}

static bool name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == '-';
}

/* Of all MANIFEST* only the list of SHA-512 is under the signature; the others come after it. */
static bool check_name(struct bytes name, struct err *err)
{
	bool ok = name.len > 0 && name.len <= MANIFEST_FILE_NAME && name.at[0] != '.' &&
		  name.at[0] != '-';

	for (size_t i = 0; ok && i < name.len; i++)
		ok = name_char(name.at[i]);
	if (!ok)
		return fail(err, ERR_DAMAGED, "a file name that a MANIFEST may not list");
	if (name.len >= 8 && memcmp(name.at, "MANIFEST", 8) == 0 &&
	    !bytes_equal(name, bytes_of(MANIFEST_SHA512_NAME)))
		return fail(err, ERR_DAMAGED, "'%.*s' may not be listed", (int)name.len, name.at);
	return true;
}

/* The index of the first file whose name is not below `name`. */
static size_t place_of(const struct manifest *manifest, const char *name)
{
	size_t low = 0, high = manifest->file_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(manifest->files[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool manifest_set(
    struct manifest *manifest, const char *name, const uint8_t sha256[SHA256_LEN], struct err *err)
{
	if (!check_name(bytes_of(name), err))
		return false;
	size_t at = place_of(manifest, name);

	if (at == manifest->file_count || strcmp(manifest->files[at].name, name) != 0) {
		if (!array_grow(&manifest->files, &manifest->file_room, manifest->file_count + 1,
			sizeof(*manifest->files), MANIFEST_FILES, err))
			return false;
		memmove(&manifest->files[at + 1], &manifest->files[at],
		    (manifest->file_count - at) * sizeof(*manifest->files));
		manifest->file_count++;
	}
	struct manifest_file *file = &manifest->files[at];

	memcpy(file->name, name, strlen(name) + 1);
	memcpy(file->sha256, sha256, SHA256_LEN);
	return true;
}

void manifest_remove(struct manifest *manifest, const char *name)
{
	size_t at = place_of(manifest, name);

	if (at == manifest->file_count || strcmp(manifest->files[at].name, name) != 0)
		return;
	manifest->file_count--;
	memmove(&manifest->files[at], &manifest->files[at + 1],
	    (manifest->file_count - at) * sizeof(*manifest->files));
}

const struct manifest_file *manifest_find(const struct manifest *manifest, struct bytes name)
{
	char copy[MANIFEST_FILE_NAME + 1];

	if (name.len > MANIFEST_FILE_NAME || memchr(name.at, 0, name.len))
		return NULL;
	memcpy(copy, name.at, name.len);
	copy[name.len] = 0;
	size_t at = place_of(manifest, copy);

	return at < manifest->file_count && strcmp(manifest->files[at].name, copy) == 0
		   ? &manifest->files[at]
		   : NULL;
}

static void add_time(struct text *out, const char *key, uint64_t ticks)
{
	char iso[TIME_ISO_ROOM];

	time_iso(ticks, iso);
	text_addf(out, "# %s: %s\n", key, iso);
}

static void add_hash(struct text *out, const char *key, const uint8_t hash[SHA256_LEN])
{
	text_addf(out, "# %s: ", key);
	text_add_hex(out, (struct bytes){hash, SHA256_LEN});
	text_addc(out, '\n');
}

static void add_value(struct text *out, const char *key, const struct text *value)
{
	text_addf(out, "# %s: ", key);
	text_add_printable(out, text_bytes(value));
	text_addc(out, '\n');
}

bool manifest_format(const struct manifest *manifest, struct text *out, struct err *err)
{
	char id[37];

	bundle_id_text(manifest->collection_id, id);
	text_addf(out, "# format: 1\n# collection_id: %s\n# status: %s\n", id,
	    manifest->complete ? "complete" : "in-progress");
	add_value(out, "case", &manifest->case_id);
	add_value(out, "host", &manifest->host);
	add_time(out, "started", manifest->started);
	add_time(out, "sealed", manifest->sealed);
	text_addf(out, "# volumes: %u\n", (unsigned)manifest->volumes);
	add_hash(out, "journal_head", manifest->journal_head);
	add_hash(out, "seal_cert_sha256", manifest->seal_cert_sha256);
	text_adds(out, "# recipients:");
	for (size_t i = 0; i < manifest->recipients.count; i++)
		text_addf(out, " %s", manifest->recipients.at[i]);
	text_addc(out, '\n');
	for (size_t i = 0; i < manifest->file_count; i++) {
		text_add_hex(out, (struct bytes){manifest->files[i].sha256, SHA256_LEN});
		text_addf(out, "  %s\n", manifest->files[i].name);
	}
	return text_ok(out, err);
}
