/* A collection: which collectors run, in which order, and where their problems go. See collection.h. */
#include "bundle/name.h"
#include "collectors/row.h"
#include "collectors/slack_known.h"
#include "core/array.h"
#include "core/tr.h"
#include "platform/clock.h"
#include "platform/console.h"

#include <stdlib.h>

#define JOURNAL_PROBLEMS_MAX 1000 /* the others have their rows only */

#define COLLECTOR(name) &collect_##name,
static const struct collector *const collectors[] = {
#include "collectors/list.h"
};
#undef COLLECTOR

/* The patterns of --take; the last of a run. */
static const struct collector take = {
    .name = "take",
    .summary = "files named with --take",
    .kind = KIND_FILE_SYSTEM,
    .volatility = 1000,
    .needs = NEEDS_VOLUME,
};

/* Keeps the items sorted by volatility; equals stay in the order of the list. */
static void add_item(struct collection *collection, const struct collector *collector)
{
	unsigned at = collection->item_count++;

	while (at > 0 && collection->items[at - 1].collector->volatility > collector->volatility) {
		collection->items[at] = collection->items[at - 1];
		at--;
	}
	collection->items[at] = (struct collection_item){.collector = collector};
}

static const struct collector *find_collector(struct bytes name)
{
	for (size_t i = 0; i < ARRAY_LEN(collectors); i++)
		if (bytes_equal(bytes_of(collectors[i]->name), name))
			return collectors[i];
	return NULL;
}

static bool has_item(const struct collection *collection, const struct collector *collector)
{
	for (unsigned i = 0; i < collection->item_count; i++)
		if (collection->items[i].collector == collector)
			return true;
	return false;
}

/* One of several names with commas between: of a collector, with what it does about deleted files behind a colon, or
 * "default" for all. */
struct named {
	const struct collector *collector; /* NULL: all */
	bool has_policy;
	enum deleted_policy policy;
};

static bool parse_policy(
    struct bytes word, const struct collector *collector, enum deleted_policy *out, struct err *err)
{
	CLEANUP(text_free) struct text text = {0};

	text_add(&text, word);
	if (collector != &collect_deleted_files)
		return fail(err, ERR_USAGE, "only deleted-files takes a word behind ':', as in %s",
		    "deleted-files:all");
	return text_ok(&text, err) && collection_deleted_policy(text_string(&text), out, err);
}

/* *names then stands behind it. */
static bool next_named(const char **names, struct named *out, struct err *err)
{
	size_t len = strcspn(*names, ",");
	size_t name_len = strcspn(*names, ",:");
	struct bytes name = {(const uint8_t *)*names, name_len};

	*out = (struct named){.collector = find_collector(name), .has_policy = name_len < len};
	if (!out->collector && (out->has_policy || !bytes_equal(name, bytes_of("default"))))
		return fail(err, ERR_USAGE, "no profile or collector '%.*s'; --help lists them",
		    len < 60 ? (int)len : 60, *names);
	if (out->has_policy && !parse_policy((struct bytes){(const uint8_t *)*names + name_len + 1,
						 len - name_len - 1},
				   out->collector, &out->policy, err))
		return false;
	*names += len;
	*names += **names == ',';
	return true;
}

static bool choose_named(struct collection *collection, const char *names, struct err *err)
{
	struct named named;

	while (*names) {
		if (!next_named(&names, &named, err))
			return false;
		if (named.has_policy && !collection->plan->asks_deleted)
			collection->deleted = named.policy;
		for (size_t i = 0; i < ARRAY_LEN(collectors); i++)
			if ((!named.collector || named.collector == collectors[i]) &&
			    !has_item(collection, collectors[i]))
				add_item(collection, collectors[i]);
	}
	return true;
}

static void remove_item(struct collection *collection, const struct collector *collector)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < collection->item_count; i++)
		if (collection->items[i].collector != collector)
			collection->items[kept++] = collection->items[i];
	collection->item_count = kept;
}

bool collection_check_profile(const char *profile, struct err *err)
{
	struct named named;

	if (strcmp(profile, "none") == 0)
		return true;
	if (!*profile)
		return fail(err, ERR_USAGE, "an empty profile");
	while (*profile)
		if (!next_named(&profile, &named, err))
			return false;
	return true;
}

static bool choose(struct collection *collection, struct err *err)
{
	const char *profile = collection->plan->profile;

	profile = profile ? profile : "default";
	collection->deleted = collection->plan->deleted;
	if (strcmp(profile, "none") != 0 && !choose_named(collection, profile, err))
		return false;
	if (collection->deleted == DELETED_NONE)
		remove_item(collection, &collect_deleted_files);
	else if (collection->plan->asks_deleted && !has_item(collection, &collect_deleted_files))
		add_item(collection, &collect_deleted_files);
	if (collection->plan->take && collection->plan->take->count)
		add_item(collection, &take);
	if (collection->item_count == 0)
		return fail(err, ERR_USAGE, "profile '%.40s' needs --take PATTERN", profile);
	return true;
}

bool collection_describe(const char *profile, struct text *out, struct err *err)
{
	const struct collection_plan plan = {.profile = profile};
	CLEANUP(free_memory) struct collection *collection = calloc(1, sizeof(*collection));

	if (!collection)
		return fail(err, ERR_MEMORY, "no memory for a collection");
	collection->plan = &plan;
	if (!choose(collection, err))
		return false;
	for (unsigned i = 0; i < collection->item_count; i++)
		text_addf(out, "  - %s\n", tr(collection->items[i].collector->summary));
	return text_ok(out, err);
}

void collection_help(struct text *out)
{
	for (size_t i = 0; i < ARRAY_LEN(collectors); i++)
		text_addf(out, "  %-19s %s\n", collectors[i]->name, tr(collectors[i]->summary));
}

/* Who names a directory wants what is in it. */
static bool add_asked(struct matcher *matcher, unsigned item, const char *pattern, struct err *err)
{
	struct match_pattern *added;

	if (!matcher_add(matcher, item, pattern, err))
		return false;
	added = &matcher->at[matcher->count - 1];
	added->is_tree = !match_is_wild(added);
	return true;
}

static bool add_patterns(struct collection *collection, struct err *err)
{
	const struct text_list *asked = collection->plan->take;

	for (unsigned i = 0; i < collection->item_count; i++) {
		const struct collector *collector = collection->items[i].collector;

		for (const char *const *p = collector->patterns; p && *p; p++)
			if (!matcher_add(&collection->matcher, i, *p, err))
				return fail_in(err, "collector %s", collector->name);
		for (size_t j = 0; collector == &take && j < asked->count; j++)
			if (!add_asked(&collection->matcher, i, asked->at[j], err))
				return fail_in(err, "--take");
	}
	return true;
}

bool collection_new(const struct collection_plan *plan, struct collection **out, struct err *err)
{
	_Static_assert(ARRAY_LEN(collectors) < MATCH_COLLECTORS_MAX, "a mask has a bit for each");
	CLEANUP(collection_free) struct collection *collection = calloc(1, sizeof(*collection));

	if (!collection)
		return fail(err, ERR_MEMORY, "no memory for a collection");
	collection->plan = plan;
	collection->started_ms = clock_monotonic_ms();
	collection->buffer = malloc(COLLECTION_CHUNK);
	if (!collection->buffer)
		return fail(err, ERR_MEMORY, "no memory for a collection");
	if (!choose(collection, err) || !add_patterns(collection, err))
		return false;
	*out = TAKE(collection);
	return true;
}

void collection_free(struct collection *collection)
{
	if (!collection)
		return;
	for (size_t i = 0; i < VOLUME_SET_MAX; i++)
		fat_structures_free(collection->fat[i].structures);
	for (size_t i = 0; i < VOLUME_SET_MAX; i++)
		free(collection->hits[i].at);
	matcher_free(&collection->matcher);
	text_list_free(&collection->problems);
	text_list_free(&collection->unmatched);
	claims_free(collection->claims);
	slack_known_free(collection->slack);
	free(collection->buffer);
	free(collection);
}

void collection_stop(struct collection *collection)
{
	collection->stopped = true;
	collection_journal(collection, "stopped", "collect", "by the user");
	if (collection->plan->writer)
		bundle_stop(collection->plan->writer);
	progress_step(&collection->progress, tr("Stopping: sealing what was taken"));
}

bool collect_stopped(struct collection *collection)
{
	if (!collection->stopped && console_stopped())
		collection_stop(collection);
	return collection->stopped || collection->broken;
}

void collection_break(struct collection *collection, const struct err *why)
{
	if (collection->broken)
		return;
	/* The writer asks, too, and may have seen it first: the journal takes nothing any more below. */
	if (why->kind == ERR_STOPPED && !collection->stopped && console_stopped())
		collection_stop(collection);
	collection->broken = true;
	collection->broken_why = *why;
	if (collection->plan->writer)
		bundle_give_up(collection->plan->writer, why);
}

void collection_journal(
    struct collection *collection, const char *step, const char *what, const char *detail)
{
	CLEANUP(text_free) struct text fields = {0};
	struct json json = {.to = &fields};
	struct err err = {0};

	if (!collection->plan->writer || collection->broken)
		return;
	json_begin(&json);
	json_string_field(&json, "step", step);
	json_string_field(&json, "what", what);
	if (detail)
		json_string_field(&json, "detail", detail);
	json_end(&json);
	if (!fields.failed && !bundle_journal(collection->plan->writer, text_bytes(&fields), &err))
		collection_break(collection, &err);
}

void collection_note_problem(
    struct collection *collection, struct bytes what, const struct err *why)
{
	CLEANUP(text_free) struct text line = {0};
	CLEANUP(text_free) struct text name = {0};
	CLEANUP(text_free) struct text said = {0};

	text_add(&name, what);
	tr_error(why->text, &said);
	collection->problem_count++;
	if (collection->problem_count <= JOURNAL_PROBLEMS_MAX)
		collection_journal(collection, "problem", text_string(&name), why->text);
	if (collection->problems.count >= COLLECTION_PROBLEMS_MAX)
		return;
	text_add_printable(&line, what);
	text_addf(&line, ": %s (", tr_err_kind(why->kind));
	text_add_printable(&line, text_bytes(&said));
	text_adds(&line, ")");
	if (line.failed || !text_list_add(&collection->problems, text_bytes(&line), NULL))
		return;
	progress_step(&collection->progress, text_string(&line));
}

void collection_left_behind(const struct collection *collection, struct err *why)
{
	if (collection->broken && collection->broken_why.kind != ERR_STOPPED)
		*why = collection->broken_why;
	else
		fail(why, ERR_STOPPED, "stopped before it was its turn");
}

void collection_note(struct collection *collection, const char *what, const struct err *why)
{
	collection_note_problem(collection, bytes_of(what), why);
}

static void write_reason(
    struct collection *collection, const char *what, const struct err *why, bool is_left)
{
	CLEANUP(text_free) struct text path = {0};

	bundle_name_add_path(&path, bytes_of(what));
	struct row row = {.path = text_bytes(&path),
	    .kind = "problem",
	    .read = "api",
	    .status = ROW_NOT_TAKEN,
	    .why = why,
	    .is_left = is_left,
	    .collection = collection};

	row_put(&row);
}

void collect_problem(struct collection *collection, const char *what, const struct err *why)
{
	collection_counting(collection)->expected++;
	collection_counting(collection)->failed++;
	write_reason(collection, what, why, false);
	collection_note_problem(collection, bytes_of(what), why);
}

void collection_skip(struct collection *collection, const char *what, const struct err *why)
{
	CLEANUP(text_free) struct text line = {0};

	collection_counting(collection)->expected++;
	collection_counting(collection)->skipped++;
	write_reason(collection, what, why, false);
	collection_journal(collection, "skip", what, why->text);
	text_addf(&line, "%s: %s", what, tr(why->text));
	progress_step(&collection->progress, text_string(&line));
}

static enum bundle_set set_of(const char *name)
{
	if (strncmp(name, "live/", 5) == 0)
		return BUNDLE_LIVE;
	return strncmp(name, "memory/", 7) == 0 ? BUNDLE_MEMORY : BUNDLE_FILES;
}

/* Lines made here of what was found, or sectors of a disk. */
static const char *kind_of(const char *name)
{
	const char *end = strrchr(name, '.');

	if (set_of(name) == BUNDLE_LIVE)
		return "live";
	return end && strcmp(end, ".jsonl") == 0 ? "listing" : "disk";
}

/* What could not be stored; of a run that ends here a later one may. */
static void not_stored(struct collection *collection, const char *name, const struct err *why)
{
	collection_counting(collection)->failed++;
	write_reason(collection, name, why, collection->stopped || collection->broken);
	collection_note_problem(collection, bytes_of(name), why);
}

/* Writes the member and its row. */
static void store_source(struct collection *collection, const char *name, struct source *source)
{
	CLEANUP(copy_result_free) struct copy_result copy = {0};
	struct bundle_member member = {.name = name, .size = source->size, .modified = clock_now()};
	struct bundle_place place;
	struct err why = {0}, err = {0};

	if (!copy_entry(collection, set_of(name), &member, source, &copy, &place, &err)) {
		not_stored(collection, name, &err);
		return;
	}
	bool is_whole = !copy_explain(&copy, &place, &why);
	struct row row = {.path = bytes_of(name),
	    .kind = kind_of(name),
	    .read = set_of(name) == BUNDLE_LIVE ? "api" : "raw",
	    .status = is_whole ? ROW_TAKEN : ROW_PARTIAL,
	    .why = &why,
	    .is_gap = !is_whole,
	    .place = &place,
	    .size = source->size,
	    .stored_at = member.modified,
	    .copy = &copy,
	    .collection = collection};

	row_put(&row);
	collection_count_entry(collection, is_whole, &place);
	if (!is_whole)
		collection_note_problem(collection, bytes_of(name), &why);
}

/* Whether the run ends before it; told. */
static bool is_left(struct collection *collection, const char *name)
{
	struct err why = {0};

	if (!collect_stopped(collection))
		return false;
	collection_left_behind(collection, &why);
	collection_counting(collection)->failed++;
	collection->left++;
	write_reason(collection, name, &why, true);
	return true;
}

void collect_source(struct collection *collection, const char *name, struct source *source)
{
	const struct collection_plan *plan = collection->plan;
	struct bundle_kept kept;

	collection_counting(collection)->expected++;
	if (!plan->writer)
		plan->would_take(plan->context, bytes_of(name), source->size);
	else if (!collection_kept(collection, name, 0, &kept) && !is_left(collection, name))
		store_source(collection, name, source);
	source_close(source);
}

void collect_lines_begin(
    struct collect_lines *lines, struct collection *collection, const char *name)
{
	*lines = (struct collect_lines){.collection = collection, .name = name};
	lines->text.ceiling = COLLECT_LINES_BYTES;
}

void collect_lines_add(struct collect_lines *lines, struct bytes json)
{
	size_t len = lines->text.len;

	text_add(&lines->text, json);
	text_addc(&lines->text, '\n');
	if (!lines->text.failed) {
		lines->count++;
		return;
	}
	lines->dropped++;
	lines->text.len = len;
	lines->text.failed = false;
}

void collect_lines_end(struct collect_lines *lines)
{
	struct source *source = source_of_bytes(text_bytes(&lines->text));
	struct err err = {0};

	if (source) {
		collect_source(lines->collection, lines->name, source);
	} else {
		fail(&err, ERR_MEMORY, "no memory to write it");
		collect_problem(lines->collection, lines->name, &err);
	}
	if (lines->dropped) {
		fail(&err, ERR_LIMIT, "%llu lines over %zu bytes were left out",
		    (unsigned long long)lines->dropped, COLLECT_LINES_BYTES);
		collect_problem(lines->collection, lines->name, &err);
	}
	text_free(&lines->text);
}

void collection_count_entry(
    struct collection *collection, bool is_whole, const struct bundle_place *place)
{
	struct collection_counts *counts = collection_counting(collection);

	counts->taken += is_whole;
	counts->partial += !is_whole;
	counts->bytes += place->stored;
}

void collection_count(struct collection_counts *to, const struct collection_counts *more)
{
	to->expected += more->expected;
	to->taken += more->taken;
	to->partial += more->partial;
	to->skipped += more->skipped;
	to->failed += more->failed;
	to->kept += more->kept;
	to->bytes += more->bytes;
	to->milliseconds += more->milliseconds;
}

void collection_totals(const struct collection *collection, struct collection_counts *out)
{
	*out = (struct collection_counts){0};
	for (unsigned i = 0; i < collection->item_count; i++)
		collection_count(out, &collection->items[i].counts);
}

bool collection_has_gaps(const struct collection *collection)
{
	return collection->problem_count > 0 || collection->stopped || collection->broken;
}

void collection_add_unmatched(struct collection *collection, const struct text *line)
{
	collection->unmatched_count++;
	if (collection->unmatched.count < COLLECTION_PROBLEMS_MAX && !line->failed)
		DISCARD(text_list_add(&collection->unmatched, text_bytes(line), NULL));
}

/* Returns how many more there are. */
static unsigned long long add_lines(const struct text_list *lines, uint64_t count, struct text *out)
{
	for (size_t i = 0; i < lines->count; i++)
		text_addf(out, "  %s\n", lines->at[i]);
	return count - lines->count;
}

void collection_problems(const struct collection *collection, struct text *out)
{
	unsigned long long more = add_lines(&collection->problems, collection->problem_count, out);

	text_adds(out, more ? "  " : "");
	if (more)
		text_addf(out, tr("and %llu more: see the receipt\n"), more);
}

void collection_unmatched(const struct collection *collection, struct text *out)
{
	unsigned long long more =
	    add_lines(&collection->unmatched, collection->unmatched_count, out);

	text_adds(out, more ? "  " : "");
	if (more)
		text_addf(out, tr("and %llu more: see the journal\n"), more);
}
