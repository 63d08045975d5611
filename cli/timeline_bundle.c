/* $MFT, $J and $LogFile of a bundle's volumes. See timeline_bundle.h. */
#include "cli/timeline_bundle.h"

#include "bundle/row.h"
#include "cli/member_image.h"
#include "analysis/receipt.h"
#include "core/array.h"
#include "core/tr.h"
#include "platform/console.h"

#include <stdlib.h>

#define PIECE ((size_t)1 << 20)

static const char mft_end[] = "/$MFT";
static const char journal_end[] = "/$Extend/$UsnJrnl:$J";
static const char log_end[] = "/$LogFile";
static const char secure_end[] = "/$Secure:$SDS";
static const char slack_start[] = "deleted/";
static const char fat_end[] = "/$FAT"; /* what collect keeps of a FAT volume */
static const char files_start[] = "fs/";

/* A member that hashes what is read of it in order; source first. */
struct hashing {
	struct source source;
	const struct member *member;
	struct hash *hash;
	uint64_t hashed; /* bytes from the start */
};

static bool hashing_read(
    struct source *self, uint64_t offset, void *to, size_t len, size_t *got, struct err *err)
{
	struct hashing *hashing = (struct hashing *)self;
	struct source *stored = hashing->member->source;
	bool ok = stored->read(stored, offset, to, len, got, err);

	if (offset <= hashing->hashed && *got > hashing->hashed - offset) {
		size_t known = (size_t)(hashing->hashed - offset);

		hash_add(hashing->hash, (struct bytes){(const uint8_t *)to + known, *got - known});
		hashing->hashed = offset + *got;
	}
	return ok;
}

static void hashing_close(struct source *self)
{
	(void)self; /* lies on its user's stack */
}

/* Reads what nobody has read yet and compares. */
static bool hashing_check(void *context, struct err *err)
{
	struct hashing *hashing = context;
	CLEANUP(free_memory) uint8_t *piece = malloc(PIECE);
	uint8_t digest[SHA256_LEN];

	if (!piece)
		return fail(err, ERR_MEMORY, "no memory to check a hash");
	while (hashing->hashed < hashing->source.size) {
		uint64_t left = hashing->source.size - hashing->hashed;

		if (console_stopped())
			return fail(err, ERR_STOPPED, "stopped by you");
		if (!source_read_exact(&hashing->source, hashing->hashed, piece,
			left < PIECE ? (size_t)left : PIECE, err))
			return false;
	}
	hash_take(hashing->hash, digest);
	if (memcmp(digest, hashing->member->place.sha256, SHA256_LEN) != 0)
		return fail(err, ERR_DAMAGED, "its bytes have another hash than its row says");
	return true;
}

struct volume {
	struct timeline *timeline;
	struct opening *opening;
	struct hashing hashing; /* of the $MFT */
	struct text slack; /* "deleted/C/index-slack", begins the names of the listing's parts */
	struct member slack_part; /* the one being read */
};

static void volume_free_at(struct volume *volume)
{
	text_free(&volume->slack);
	member_close(&volume->slack_part);
}

/* Under --unverified what is wrong is said and the work goes on. */
static bool forgive(struct opening *opening, const char *name, struct err *err)
{
	if (!opening->trust.unverified || err->kind == ERR_MEMORY || err->kind == ERR_STOPPED)
		return false;
	fail_in(err, "'%.120s'", name);
	opening_problem(opening, err);
	*err = (struct err){0};
	return true;
}

static bool check_mft(void *context, struct err *err)
{
	struct volume *volume = context;

	return hashing_check(&volume->hashing, err) || forgive(volume->opening, "$MFT", err);
}

static bool drop(void *context, uint64_t at, struct bytes piece, struct err *err)
{
	(void)context;
	(void)at;
	(void)piece;
	(void)err;
	return true;
}

/* Opens and checks a file of the volume at base ("fs/C"). That there is none is no failure. */
static bool open_file(
    struct opening *opening, const char *base, const char *end, struct member *out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	struct err why = {0};
	size_t index, holder;

	text_adds(&path, base);
	text_adds(&path, end);
	if (!text_ok(&path, err))
		return false;
	if (!bundle_row_find(opening->reader, text_bytes(&path), &index, &why) &&
	    why.kind != ERR_MISSING) {
		*err = why;
		return fail_in(err, "'%.120s'", text_string(&path));
	}
	if (why.kind == ERR_MISSING ||
	    (!bundle_row_holder(opening->reader, index, &holder, &why) && why.kind == ERR_MISSING))
		return true;
	if ((member_open_row(opening->reader, index, out, err) &&
		member_copy(out, drop, NULL, err)) ||
	    forgive(opening, text_string(&path), err))
		return true;
	return fail_in(err, "'%.120s'", text_string(&path));
}

/* The name of a part of the listing of names in directory slack. */
static bool slack_name(
    const struct volume *volume, unsigned part, struct text *name, struct err *err)
{
	text_add(name, text_bytes(&volume->slack));
	if (part > 1)
		text_addf(name, ".%03u", part);
	text_adds(name, ".jsonl");
	return text_ok(name, err);
}

static bool open_slack(void *context, unsigned part, struct source **out, struct err *err)
{
	struct volume *volume = context;
	CLEANUP(text_free) struct text name = {0};

	member_close(&volume->slack_part);
	volume->slack_part = (struct member){0};
	if (!slack_name(volume, part, &name, err) ||
	    !open_file(volume->opening, text_string(&name), "", &volume->slack_part, err))
		return false;
	*out = volume->slack_part.source;
	return true;
}

/* A bundle that has no listing leaves what lies in the records of its $MFT. */
static bool find_slack(
    struct volume *volume, const char *base, struct timeline_files *files, struct err *err)
{
	CLEANUP(text_free) struct text name = {0};
	struct err why = {0};
	size_t index;

	text_adds(&volume->slack, slack_start);
	text_adds(&volume->slack, base + strlen(files_start));
	text_adds(&volume->slack, "/index-slack");
	if (!slack_name(volume, 1, &name, err))
		return false;
	if (bundle_row_find(volume->opening->reader, text_bytes(&name), &index, &why)) {
		files->slack = open_slack;
		files->slack_context = volume;
	} else if (why.kind != ERR_MISSING) {
		*err = why;
		return false;
	}
	return true;
}

/* Adds the $MFT with the files that are there already. */
static bool add_mft(
    struct volume *volume, const struct member *mft, struct timeline_files *files, struct err *err)
{
	CLEANUP(hash_free) struct hash *hash = hash_new(HASH_SHA256);

	if (!hash)
		return fail(err, ERR_MEMORY, "no memory to check a hash");
	volume->hashing = (struct hashing){
	    .source = {.size = mft->source->size, .read = hashing_read, .close = hashing_close},
	    .member = mft,
	    .hash = hash,
	};
	files->mft = &volume->hashing.source;
	files->check = check_mft;
	files->context = volume;
	return timeline_add_files(volume->timeline, files, err);
}

/* The volume whose $MFT (or else whose journal, or log) is at path. */
static bool add_volume(struct timeline *timeline, struct opening *opening, struct bytes path,
    size_t base_len, size_t mft_index, bool has_mft, struct err *err)
{
	CLEANUP(text_free) struct text base = {0};
	CLEANUP(text_free) struct text prefix = {0};
	CLEANUP(member_close) struct member mft = {0};
	CLEANUP(member_close) struct member journal = {0};
	CLEANUP(member_close) struct member log = {0};
	CLEANUP(member_close) struct member secure = {0};
	CLEANUP(source_close) struct source *whole = NULL;
	CLEANUP(volume_free) struct volume volume = {.timeline = timeline, .opening = opening};

	text_add(&base, (struct bytes){path.at, base_len});
	text_add(&prefix, (struct bytes){path.at + sizeof(files_start) - 1,
			      base_len - (sizeof(files_start) - 1)});
	text_addc(&prefix, '/');
	if (!text_ok(&base, err) || !text_ok(&prefix, err) ||
	    !timeline_prefix(timeline, text_string(&prefix), err) ||
	    !open_file(opening, text_string(&base), journal_end, &journal, err) ||
	    !open_file(opening, text_string(&base), log_end, &log, err))
		return false;
	/* With its holes: one between records is a loss, and offsets are those in the journal. */
	if (journal.is_sparse && !member_image_of_checked(&journal, &whole, err))
		return false;
	struct timeline_files files = {
	    .journal = whole ? whole : journal.source, .log = log.source};

	if (!has_mft)
		return timeline_add_files(timeline, &files, err);
	if (!open_file(opening, text_string(&base), secure_end, &secure, err) ||
	    !find_slack(&volume, text_string(&base), &files, err))
		return false;
	files.secure = secure.source;
	return (member_open_row(opening->reader, mft_index, &mft, err) &&
		   add_mft(&volume, &mft, &files, err)) ||
	       fail_in(err, "'%.120s/$MFT'", text_string(&base));
}

/* A FAT or exFAT volume, by the sparse image of all that tells of its files. What is only called so is none. */
static bool add_fat(struct timeline *timeline, struct opening *opening, struct bytes path,
    size_t base_len, size_t index, struct err *err)
{
	CLEANUP(text_free) struct text prefix = {0};
	CLEANUP(member_close) struct member member = {0};
	CLEANUP(source_close) struct source *image = NULL;

	text_add(&prefix, (struct bytes){path.at + sizeof(files_start) - 1,
			      base_len - (sizeof(files_start) - 1)});
	text_addc(&prefix, '/');
	if (!text_ok(&prefix, err) || !timeline_prefix(timeline, text_string(&prefix), err))
		return false;
	if (!member_open_row(opening->reader, index, &member, err) ||
	    !member_image_open(&member, &image, err))
		return fail_in(err, "'%.120s'", text_string(&prefix));
	if (timeline_probe(image, err) != TIMELINE_FAT)
		return err->kind == ERR_NONE;
	return timeline_add_fat(timeline, image, err) ||
	       fail_in(err, "'%.120s'", text_string(&prefix));
}

/* "C"; of a shadow copy "$vss$/C/2". */
static bool is_volume_name(struct bytes name, bool shadows)
{
	static const char start[] = "$vss$/";
	size_t slashes = 0;

	for (size_t i = 0; i < name.len; i++)
		slashes += name.at[i] == '/';
	return slashes == 0 || (shadows && slashes == 2 && name.len > sizeof(start) - 1 &&
				   memcmp(name.at, start, sizeof(start) - 1) == 0);
}

/* Length of "fs/C" when path is "fs/C" and then end; 0 when it is another path. */
static size_t base_of(struct bytes path, struct bytes end, bool shadows)
{
	size_t start = sizeof(files_start) - 1;

	if (path.len <= start + end.len || memcmp(path.at, files_start, start) != 0 ||
	    memcmp(path.at + path.len - end.len, end.at, end.len) != 0 ||
	    !is_volume_name((struct bytes){path.at + start, path.len - end.len - start}, shadows))
		return 0;
	return path.len - end.len;
}

static bool is_taken(
    struct bundle_reader *reader, struct bytes base, const char *end, bool *taken, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	struct bundle_row_view view;
	struct err why = {0};
	size_t index;

	text_add(&path, base);
	text_adds(&path, end);
	*taken = bundle_row_find(reader, text_bytes(&path), &index, &why) &&
		 bundle_row_at(reader, index, &view, &why) && view.taken;
	if (why.kind == ERR_NONE || why.kind == ERR_MISSING)
		return true;
	*err = why;
	return false;
}

/* The files of a volume, of which the first that was taken begins it. */
static const char *const ends[] = {mft_end, journal_end, log_end};

static bool is_of_volume(struct bytes path, bool shadows)
{
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (base_of(path, bytes_of(ends[i]), shadows))
			return true;
	return false;
}

/* *base_len 0: it begins none. */
static bool begins_volume(struct bundle_reader *reader, struct bytes path, bool shadows,
    size_t *base_len, bool *has_mft, struct err *err)
{
	bool has_one_before = false;
	size_t i = 0;

	*base_len = 0;
	while (i < ARRAY_LEN(ends) && !(*base_len = base_of(path, bytes_of(ends[i]), shadows)))
		i++;
	*has_mft = i == 0;
	for (size_t before = 0; *base_len && before < i && !has_one_before; before++)
		if (!is_taken(reader, (struct bytes){path.at, *base_len}, ends[before],
			&has_one_before, err))
			return false;
	if (has_one_before)
		*base_len = 0;
	return true;
}

/* What the collector could not take whole is missing from the lines, too: that is said. */
static bool say_gap(struct opening *opening, const struct bundle_row_view *view, struct err *err)
{
	CLEANUP(row_free) struct row row = {0};
	CLEANUP(text_free) struct text bundle = {0};
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(text_free) struct text reason = {0};

	if (!row_parse(view->json, &row, err))
		return false;
	if (!bytes_equal(row.status, bytes_of("partial")) &&
	    !bytes_equal(row.status, bytes_of("not_taken")))
		return true;
	text_add_printable(&path, row.path);
	receipt_add_reason(&reason, row.reason);
	text_add_printable(&bundle, bytes_of(opening->path));
	say(tr("kanshiki: '%s': '%s' was not taken whole, so lines are missing: %s\n"),
	    text_string(&bundle), text_string(&path), text_string(&reason));
	opening->gaps++;
	return true;
}

static bool is_mft_of_shadow(struct bytes path)
{
	return base_of(path, bytes_of(mft_end), true) && !base_of(path, bytes_of(mft_end), false);
}

static bool add_row(struct timeline *timeline, struct opening *opening, bool shadows, size_t index,
    bool *added, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	struct bundle_row_view view;
	size_t base_len;
	bool has_mft;

	if (!bundle_row_at(opening->reader, index, &view, err))
		return false;
	bool is_fat = base_of(view.path, bytes_of(fat_end), false) != 0;

	if (!shadows && view.taken && is_mft_of_shadow(view.path))
		timeline_skip_shadow(timeline);
	if (!is_fat && !is_of_volume(view.path, shadows))
		return true;
	if (!say_gap(opening, &view, err))
		return false;
	if (!view.taken)
		return true;
	text_add(&path, view.path); /* the view ends with the next question */
	if (!text_ok(&path, err))
		return false;
	if (is_fat) {
		*added = true;
		return add_fat(timeline, opening, text_bytes(&path),
		    path.len - (sizeof(fat_end) - 1), index, err);
	}
	if (!begins_volume(opening->reader, text_bytes(&path), shadows, &base_len, &has_mft, err))
		return false;
	if (base_len == 0)
		return true;
	*added = true;
	return add_volume(timeline, opening, text_bytes(&path), base_len, index, has_mft, err);
}

bool timeline_bundle(struct timeline *timeline, struct opening *opening, const char *path,
    bool shadows, struct err *err)
{
	bool added = false;

	if (!opening_rows(opening, path, err))
		return false;
	size_t count = bundle_row_count(opening->reader);

	for (size_t i = 0; i < count; i++)
		if (!add_row(timeline, opening, shadows, i, &added, err) &&
		    !forgive(opening, "a volume", err))
			return false;
	return added || fail(err, ERR_MISSING,
			    "the bundle holds neither an $MFT, a change journal ($J), a $LogFile "
			    "nor a $FAT");
}
