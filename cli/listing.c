/* Patterns of ls, extract and export. See listing.h. */
#include "cli/listing.h"

#include "cli/command.h"
#include "core/pattern.h"

#include <stdlib.h>
#include <string.h>

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

void listing_path(const char *typed, struct text *out)
{
	if (is_letter(typed[0]) && typed[1] == ':' && (is_slash(typed[2]) || !typed[2])) {
		text_adds(out, "fs/");
		text_addc(out, typed[0]);
		typed += 2;
	}
	for (bool was_slash = false; *typed; typed++) {
		if (!is_slash(*typed))
			text_addc(out, *typed);
		else if (!was_slash)
			text_addc(out, '/');
		was_slash = is_slash(*typed);
	}
}

bool listing_start(struct listing *listing, const struct text_list *operands, struct err *err)
{
	size_t count = operands->count > 1 ? operands->count - 1 : 0;

	listing->at = calloc(count + 1, sizeof(*listing->at));
	if (!listing->at)
		return fail(err, ERR_MEMORY, "no memory for a pattern");
	listing->count = count;
	for (size_t i = 0; i < count; i++) {
		struct listing_pattern *pattern = &listing->at[i];

		pattern->typed = operands->at[i + 1];
		listing_path(pattern->typed, &pattern->path);
		if (!text_ok(&pattern->path, err))
			return false;
		if (strcmp(text_string(&pattern->path), pattern->typed) == 0)
			text_clear(&pattern->path);
	}
	return true;
}

void listing_free(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		text_free(&listing->at[i].path);
	free(listing->at);
	*listing = (struct listing){0};
}

/* "fs/C/Users" means all below it, too. */
static bool is_below(const char *directory, struct bytes path)
{
	size_t len = strlen(directory);

	while (len && directory[len - 1] == '/')
		len--;
	return len && path.len > len && path.at[len] == '/' &&
	       text_same_name(
		   (struct bytes){path.at, len}, (struct bytes){(const uint8_t *)directory, len});
}

static bool means(const char *pattern, struct bytes path)
{
	return pattern_match(pattern, path) || is_below(pattern, path);
}

bool listing_matches(struct listing *listing, struct bytes path)
{
	bool is_meant = listing->count == 0;

	/* Of all patterns: each is to know whether it has found something. */
	for (size_t i = 0; i < listing->count; i++) {
		struct listing_pattern *pattern = &listing->at[i];

		if (is_meant && pattern->has_found)
			continue;
		/* A name on a volume may hold a backslash: first as it was typed. */
		if (means(pattern->typed, path) ||
		    (pattern->path.len && means(text_string(&pattern->path), path)))
			is_meant = pattern->has_found = true;
	}
	return is_meant;
}

size_t listing_say_missed(const struct listing *listing, const char *bundle)
{
	size_t missed = 0;

	for (size_t i = 0; i < listing->count; i++) {
		struct err why = {0};

		if (listing->at[i].has_found)
			continue;
		missed++;
		fail(&why, ERR_MISSING,
		    "nothing in the bundle matches '%s'; kanshiki ls --all lists what there is",
		    listing->at[i].typed);
		(void)command_fail_about(bundle, &why);
	}
	return missed;
}
