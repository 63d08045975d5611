/* kanshiki collect: what was asked for, as words of a command line that the bundle keeps for the run that goes on with it.
 * See collect.h. */
#include "cli/collect.h"

#include "core/array.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/file.h"
#include "platform/volume.h"

#include <stdlib.h>

/* What is taken, and what of it shows outside: no names of people, who may be others when it goes on. */
static const char *const kept[] = {"volume", "profile", "take", "deleted", "deleted-cap", "shadow",
    "no-live", "unelevated", "public", "nonce"};

/* The options of the request that are kept. Returns how many. */
static size_t kept_options(
    struct collect_request *request, struct option options[COLLECT_OPTIONS_MAX])
{
	size_t count = collect_options(request, options), left = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < ARRAY_LEN(kept); k++)
			if (strcmp(options[i].name, kept[k]) == 0)
				options[left++] = options[i];
	return left;
}

bool collect_kit_beside(struct text *out)
{
	CLEANUP(text_free) struct text kit_json = {0};

	if (!file_program_directory(out, NULL))
		return false;
	file_join(&kit_json, text_string(out), "kit.json");
	return out->len && text_ok(&kit_json, NULL) &&
	       file_kind(text_string(&kit_json)) == FILE_KIND_FILE;
}

/* Writing ------------------------------------------------------------------------------------------ */

static void add_word(struct text *out, const char *word)
{
	text_adds(out, word);
	text_addc(out, 0);
}

static void add_name(struct text *out, const struct option *option)
{
	text_addf(out, "--%s", option->name);
	text_addc(out, 0);
}

static void add_value(struct text *out, const struct option *option, const char *value)
{
	add_name(out, option);
	add_word(out, value);
}

static void add_option(struct text *out, const struct option *option)
{
	const struct text_list *list = option->to;
	char number[32];

	switch (option->kind) {
	case OPTION_FLAG:
		if (*(const bool *)option->to)
			add_name(out, option);
		break;
	case OPTION_TEXT:
		if (*(const char *const *)option->to)
			add_value(out, option, *(const char *const *)option->to);
		break;
	case OPTION_LIST:
		for (size_t i = 0; i < list->count; i++)
			add_value(out, option, list->at[i]);
		break;
	case OPTION_NUMBER:
		snprintf(number, sizeof(number), "%llu",
		    (unsigned long long)*(const uint64_t *)option->to);
		if (*(const uint64_t *)option->to)
			add_value(out, option, number);
		break;
	}
}

/* Who goes on stands in another directory, maybe. */
static bool add_full(const char *word, struct text_list *out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	CLEANUP(text_free) struct text whole = {0};
	size_t letter = collect_volume_letter(word) ? 2 : 0;

	if (volume_is_live(word + letter))
		return text_list_add(out, bytes_of(word), err);
	if (!file_full_path(word + letter, &path, err))
		return false;
	text_add(&whole, (struct bytes){(const uint8_t *)word, letter});
	text_add(&whole, text_bytes(&path));
	return text_ok(&whole, err) && text_list_add(out, text_bytes(&whole), err);
}

bool collect_asked(const struct collect_request *request, const struct collect_about *about,
    struct text *out, struct err *err)
{
	CLEANUP(text_list_free) struct text_list volumes = {0};
	struct collect_request asked = *request;
	struct option options[COLLECT_OPTIONS_MAX];
	size_t count = kept_options(&asked, options);

	for (size_t i = 0; i < request->volumes.count; i++)
		if (!add_full(request->volumes.at[i], &volumes, err))
			return false;
	asked.volumes = volumes;
	asked.profile = about->profile ? about->profile : COLLECT_PROFILE_DEFAULT;
	asked.public = about->ids_only ? KIT_PUBLIC_IDS : KIT_PUBLIC_NAMES;
	asked.nonce = facts_file_text(about->facts, "dispatch", "nonce");
	if (asked.nonce && !*asked.nonce) /* a form's blank: none was given */
		asked.nonce = NULL;
	for (size_t i = 0; i < count; i++)
		add_option(out, &options[i]);
	if (out->len > BUNDLE_ASKED_MAX)
		return fail(
		    err, ERR_USAGE, "what is asked for has more than %zu bytes", BUNDLE_ASKED_MAX);
	return text_ok(out, err);
}

/* Reading ------------------------------------------------------------------------------------------ */

/* Each word ends in a NUL. Borrows; the first is left free for a program's name. */
static bool cut_words(struct text *asked, char ***out, int *count, struct err *err)
{
	CLEANUP(free_memory) char **words = calloc(asked->len + 1, sizeof(*words));

	if (!words)
		return fail(err, ERR_MEMORY, "no memory for what was asked for");
	*count = 1;
	for (size_t at = 0; at < asked->len; at += strlen(asked->at + at) + 1)
		words[(*count)++] = asked->at + at;
	*out = TAKE(words);
	return true;
}

/* A disk that somebody else had must not make this PC log in at a server. */
static bool is_on_network(const char *word)
{
	const char *path = word + (collect_volume_letter(word) ? 2 : 0);
	bool is_share = (path[0] == '\\' || path[0] == '/') && (path[1] == '\\' || path[1] == '/');

	return is_share && !volume_is_live(path);
}

static bool parse(
    struct collect_request *then, struct option *options, struct text *asked, struct err *err)
{
	CLEANUP(text_list_free) struct text_list operands = {0};
	CLEANUP(free_memory) char **words = NULL;
	size_t count = kept_options(then, options);
	int word_count = 0;

	if (asked->len > BUNDLE_ASKED_MAX || asked->at[asked->len - 1] != 0)
		return fail(err, ERR_DAMAGED, "what was asked for then cannot be read");
	if (!cut_words(asked, &words, &word_count, err))
		return false;
	if (!options_parse(options, count, word_count, words, &operands, err) || operands.count)
		return fail(err, ERR_DAMAGED, "what was asked for then cannot be read");
	return true;
}

static bool same_list(const struct text_list *a, const struct text_list *b)
{
	bool is_same = a->count == b->count;

	for (size_t i = 0; is_same && i < a->count; i++)
		is_same = strcmp(a->at[i], b->at[i]) == 0;
	return is_same;
}

/* What is not typed becomes what it was; what is typed must be that. */
static bool recall_list(const struct option *now, const struct option *then)
{
	struct text_list *typed = now->to, *was = then->to;

	if (typed->count == 0) {
		*typed = *was;
		*was = (struct text_list){0};
		return true;
	}
	/* A disk may have another path by now: what it is is looked at. */
	return strcmp(now->name, "volume") == 0 || same_list(typed, was);
}

static bool recall_option(const struct option *now, const struct option *then)
{
	const char **text = now->to, *const *text_then = then->to;
	uint64_t *number = now->to, *number_then = then->to;
	bool *flag = now->to, *flag_then = then->to;
	bool is_same = false;

	switch (now->kind) {
	case OPTION_FLAG:
		/* Without rights it takes less: that it may. */
		is_same = !*flag || *flag_then || strcmp(now->name, "unelevated") == 0;
		*flag |= *flag_then;
		break;
	case OPTION_TEXT:
		is_same = !*text || (*text_then && strcmp(*text, *text_then) == 0);
		*text = *text_then;
		break;
	case OPTION_LIST:
		is_same = recall_list(now, then);
		break;
	case OPTION_NUMBER:
		is_same = *number == 0 || *number == *number_then;
		*number = *number_then;
		break;
	}
	return is_same;
}

bool collect_recall(struct collect_request *request, struct text *asked, struct err *err)
{
	struct collect_request then = {0};
	struct option now[COLLECT_OPTIONS_MAX], was[COLLECT_OPTIONS_MAX];
	size_t count = kept_options(request, now);
	bool ok = parse(&then, was, asked, err);

	for (size_t i = 0; ok && request->volumes.count == 0 && i < then.volumes.count; i++)
		if (is_on_network(then.volumes.at[i]))
			ok = fail(err, ERR_USAGE,
			    "it was begun with a volume on a server: give --volume");
	for (size_t i = 0; ok && i < count; i++)
		if (!recall_option(&now[i], &was[i]))
			ok = fail(err, ERR_USAGE,
			    "--%s was another, or none, when it was begun: leave it out, the "
			    "bundle keeps it",
			    now[i].name);
	text_list_free(&then.volumes);
	text_list_free(&then.take);
	return ok;
}

void collect_say_asked(const struct text *asked)
{
	CLEANUP(text_free) struct text words = {0};
	CLEANUP(text_free) struct text shown = {0};

	for (size_t at = 0; at < asked->len; at += strlen(asked->at + at) + 1)
		collect_add_word(&words, asked->at + at);
	text_add_printable(&shown, text_bytes(&words));
	if (asked->len)
		say(tr("As asked for when it was begun: %s\n"), text_string(&shown));
}
