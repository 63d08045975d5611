/* Every file of a bundle against the sealed MANIFEST, and what lies there besides. */
#include "bundle/reader_parts.h"

#include "bundle/countersign.h"
#include "bundle/resume.h"
#include "core/array.h"

#include <ctype.h>
#include <stdlib.h>

/* What a file with a wrong hash really is, when a key can tell. */
static void explain(struct bundle_reader *reader, const char *name, struct text *out)
{
	struct volume_name volume;
	struct set_plan plan = {
	    .store = reader->store,
	    .manifest = &reader->manifest,
	    .identities = &reader->identities,
	};

	if (!volume_name_parse(bytes_of(name), &volume) || reader->identities.count == 0)
		return;
	plan.set = volume.set;
	text_adds(out, ": it ");
	if (!set_explain(&plan, name, out))
		text_clear(out);
}

/* A volume without its end, as far as a key can tell: the file was cut, and not only changed. */
static bool ends_early(struct bundle_reader *reader, const char *name)
{
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(source_close) struct source *plain = NULL;
	struct volume_name volume;
	struct err why = {0};

	return volume_name_parse(bytes_of(name), &volume) && reader->identities.count &&
	       reader->store->open(reader->store, name, &file, NULL) &&
	       !age_open(file, false, &reader->identities, &plain, &why) &&
	       why.kind == ERR_DAMAGED &&
	       age_open_truncated(file, false, &reader->identities, &plain, NULL);
}

/* What its hash says of the listed file at `index`. */
static bool judge(
    struct bundle_reader *reader, size_t index, const struct file_hash *hash, struct err *err)
{
	const struct manifest_file *file = &reader->manifest.files[index];
	CLEANUP(text_free) struct text really = {0};

	/* Removed when the bundle was complete: this MANIFEST is an older one. Nothing of the evidence is in it. */
	if (hash->why.kind == ERR_MISSING && !reader->manifest.complete &&
	    strncmp(file->name, RESUME_PREFIX, strlen(RESUME_PREFIX)) == 0) {
		reader->file_good[index] = true;
		return true;
	}
	if (hash->why.kind == ERR_MISSING)
		return fail(err, ERR_DAMAGED, "'%s' was sealed and is missing", file->name);
	if (hash->why.kind != ERR_NONE) {
		if (err)
			*err = hash->why;
		return false;
	}
	if (memcmp(hash->digest, file->sha256, SHA256_LEN) != 0) {
		if (ends_early(reader, file->name))
			return fail(err, ERR_DAMAGED,
			    "'%s' is not as it was sealed: it is cut off, or its end is damaged",
			    file->name);
		explain(reader, file->name, &really);
		return fail(err, ERR_DAMAGED, "'%s' is not as it was sealed%s", file->name,
		    text_string(&really));
	}
	reader->file_good[index] = true;
	return true;
}

bool reader_check_file(struct bundle_reader *reader, size_t index, struct err *err)
{
	struct file_hash hash = {.index = index};

	if (reader->file_good[index])
		return true;
	return reader_hash_files(reader, &hash, 1, err) && judge(reader, index, &hash, err);
}

static bool starts_with(const char *name, const char *with)
{
	for (; *with; name++, with++)
		if (toupper((unsigned char)*name) != *with)
			return false;
	return true;
}

static bool ends_with(const char *name, const char *with)
{
	size_t len = strlen(name), tail = strlen(with);

	return len >= tail && text_same_name(bytes_of(name + len - tail), bytes_of(with));
}

static bool is_intake(const struct bundle_reader *reader, const char *name)
{
	return strcmp(name, MANIFEST_NAME) == 0 || strcmp(name, MANIFEST_SEAL_NAME) == 0 ||
	       strcmp(name, STAMP_NAME) == 0 || strcmp(name, COUNTERSIGN_NAME) == 0 ||
	       strcmp(name, reader->manifest_file) == 0 ||
	       (reader->seal_file && strcmp(name, reader->seal_file) == 0);
}

/* Volumes of a set that the MANIFEST lists, .part not counted. */
static uint32_t listed_volumes(const struct bundle_reader *reader, unsigned set, uint32_t *highest)
{
	uint32_t count = 0;

	*highest = 0;
	for (size_t i = 0; i < reader->manifest.file_count; i++) {
		struct volume_name volume;

		if (!volume_name_parse(bytes_of(reader->manifest.files[i].name), &volume) ||
		    volume.set != set || volume.is_part)
			continue;
		count++;
		if (volume.index > *highest)
			*highest = volume.index;
	}
	return count;
}

/* "files.003.tar.zst.age.cut1": what an interruption left of a volume. */
static bool is_cut_off(const char *name)
{
	const char *cut = strstr(name, ".age" VOLUME_CUT_SUFFIX);

	return cut != NULL && cut[strlen(".age" VOLUME_CUT_SUFFIX)] != 0;
}

/* Says which of them are sealed: whoever opens the bundle does not look into them. */
static void note_cut_off(struct bundle_reader *reader)
{
	for (size_t i = 0; i < reader->manifest.file_count; i++)
		if (is_cut_off(reader->manifest.files[i].name))
			reader_note(reader,
			    "'%s' was cut off by an interruption: what was in it was taken again",
			    reader->manifest.files[i].name);
}

/* Whether an unlisted file is what a cut-off run leaves behind: the open volume, the one volume of a set that was
 * closed since the seal, and what was being written for the next seal. */
static bool is_left_behind(struct bundle_reader *reader, const char *name)
{
	struct volume_name volume;
	uint32_t highest;

	static const char manifest_new[] = MANIFEST_NAME ".new";
	static const char seal_new[] = MANIFEST_SEAL_NAME ".new";
	static const char *const unsealed[] = {"RESERVE", "CUSTODY.txt", "CUSTODY.html",
	    "README.txt", "chain.pem", MANIFEST_SHA512_NAME, manifest_new, seal_new};

	for (size_t i = 0; i < ARRAY_LEN(unsealed); i++)
		if (strcmp(name, unsealed[i]) == 0)
			return true;
	if (starts_with(name, RESUME_PREFIX) || is_cut_off(name))
		return true;
	if (!volume_name_parse(bytes_of(name), &volume))
		return false;
	listed_volumes(reader, volume.set, &highest);
	if (volume.index != highest + 1)
		return false;
	reader_note(reader,
	    volume.is_part ? "'%s' was still open when the run ended: nothing in it is proven"
			   : "'%s' is newer than the seal: nothing in it is proven",
	    name);
	return true;
}

static bool is_forbidden(const char *name)
{
	return ends_with(name, ".age") || ends_with(name, ".age.part") || is_cut_off(name) ||
	       starts_with(name, "MANIFEST") || starts_with(name, "CUSTODY");
}

/* First problem to err, each to the watcher. */
static void add_problem(
    const struct bundle_reader *reader, bool *good, const struct err *why, struct err *err)
{
	reader_problem(reader, why);
	if (*good && err)
		*err = *why;
	*good = false;
}

static bool check_strangers(struct bundle_reader *reader, bool *good, struct err *err)
{
	CLEANUP(text_list_free) struct text_list names = {0};
	CLEANUP(text_free) struct text strangers = {0};
	size_t count = 0;

	if (!reader->store->list(reader->store, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.at[i];
		struct err why = {0};

		if (is_intake(reader, name) || manifest_find(&reader->manifest, bytes_of(name)) ||
		    (!reader->manifest.complete && is_left_behind(reader, name)))
			continue;
		if (is_forbidden(name)) {
			CLEANUP(text_free) struct text printable = {0};

			text_add_printable(&printable, bytes_of(name));
			fail(&why, ERR_DAMAGED, "'%s' was added: the sealed '%s' does not list it",
			    text_string(&printable), MANIFEST_NAME);
			add_problem(reader, good, &why, err);
		} else if (count++ < 5) {
			text_adds(&strangers, count > 1 ? ", '" : "'");
			text_add_printable(&strangers, bytes_of(name));
			text_addc(&strangers, '\'');
		}
	}
	if (count)
		reader_note(reader, "files that are not part of the bundle (%zu): %s%s", count,
		    text_string(&strangers), count > 5 ? ", ..." : "");
	return true;
}

static void check_numbering(struct bundle_reader *reader, bool *good, struct err *err)
{
	for (unsigned set = 0; set <= BUNDLE_META; set++) {
		uint32_t highest, count = listed_volumes(reader, set, &highest);
		struct err why = {0};

		if (count == highest)
			continue;
		fail(&why, ERR_DAMAGED, "'%s' lists %lu volumes of '%s' numbered up to %lu",
		    MANIFEST_NAME, (unsigned long)count, bundle_set_name(set),
		    (unsigned long)highest);
		add_problem(reader, good, &why, err);
	}
}

static bool judge_all(struct bundle_reader *reader, const struct file_hash *hashes, size_t count,
    bool *good, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct err why = {0};

		if (hashes[i].kind != HASH_SHA256 ||
		    judge(reader, hashes[i].index, &hashes[i], &why))
			continue;
		if (why.kind == ERR_MEMORY) {
			if (err)
				*err = why;
			return false;
		}
		add_problem(reader, good, &why, err);
	}
	return true;
}

/* What is to be hashed, both hashes of a file beside each other, so that it is read once from the medium. */
static size_t list_hashes(
    const struct bundle_reader *reader, bool with_sha512, struct file_hash *hashes)
{
	size_t count = 0;

	for (size_t i = 0; i < reader->manifest.file_count; i++) {
		if (!reader->file_good[i])
			hashes[count++] = (struct file_hash){.index = i};
		if (with_sha512 && reader_wants_sha512(reader, i))
			hashes[count++] = (struct file_hash){.index = i, .kind = HASH_SHA512};
	}
	return count;
}

static bool check_sha512(struct bundle_reader *reader, const struct file_hash *hashes, size_t count,
    bool *good, struct err *err)
{
	struct err why = {0};

	if (!reader_check_sha512(reader, hashes, count, &why))
		add_problem(reader, good, &why, err);
	return why.kind != ERR_MEMORY;
}

bool bundle_check_files(struct bundle_reader *reader, bool with_sha512, struct err *err)
{
	CLEANUP(free_memory)
	struct file_hash *hashes = calloc(2 * reader->manifest.file_count + 1, sizeof(*hashes));
	bool good = true;

	if (!hashes)
		return fail(err, ERR_MEMORY, "no memory for hashes");
	size_t count = list_hashes(reader, with_sha512, hashes);

	check_numbering(reader, &good, err);
	note_cut_off(reader);
	return reader_hash_files(reader, hashes, count, err) &&
	       judge_all(reader, hashes, count, &good, err) &&
	       (!with_sha512 || check_sha512(reader, hashes, count, &good, err)) &&
	       check_strangers(reader, &good, err) && good;
}
