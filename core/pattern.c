/* Path patterns. See pattern.h. Matching keeps the set of reachable pattern positions (as Thompson's
 * construction does), so no input makes it slow. */
#include "core/pattern.h"

#define PATTERN_POSITIONS 1024 /* a longer pattern never matches */

struct position_set {
	uint8_t has[PATTERN_POSITIONS + 1];
};

static bool is_double_star(const char *pattern, size_t at)
{
	return pattern[at] == '*' && pattern[at + 1] == '*';
}

/* Adds a position and those reachable from it without reading a character. */
static void add_position(struct position_set *set, const char *pattern, size_t at)
{
	for (;;) {
		if (set->has[at])
			return;
		set->has[at] = 1;
		if (is_double_star(pattern, at)) {
			/* "**" + "/" may stand for nothing at all, also without its slash. */
			if (pattern[at + 2] == '/' && (at == 0 || pattern[at - 1] == '/'))
				add_position(set, pattern, at + 3);
			at += 2;
		} else if (pattern[at] == '*') {
			at += 1;
		} else {
			return;
		}
	}
}

static void step(const struct position_set *from, struct position_set *to, const char *pattern,
    size_t len, uint32_t code)
{
	struct bytes whole = {.at = (const uint8_t *)pattern, .len = len};

	memset(to->has, 0, len + 1);
	for (size_t at = 0; at < len; at++) {
		size_t next = at;

		if (!from->has[at])
			continue;
		if (is_double_star(pattern, at)) {
			/* Not add_position(at): "**" that holds something may not lose its slash. */
			to->has[at] = 1;
			add_position(to, pattern, at + 2);
		} else if (pattern[at] == '*') {
			if (code != '/')
				add_position(to, pattern, at);
		} else {
			uint32_t want = text_decode(whole, &next);

			if (want == '?' ? code != '/' : text_fold(want) == text_fold(code))
				add_position(to, pattern, next);
		}
	}
}

/* Runs path through the pattern; *last receives the positions reached. */
static size_t run(const char *pattern, struct bytes path, struct position_set *last)
{
	struct position_set other;
	size_t len = strlen(pattern);
	size_t pos = 0;

	if (len > PATTERN_POSITIONS)
		return 0;
	memset(last->has, 0, len + 1);
	add_position(last, pattern, 0);
	while (pos < path.len) {
		uint32_t code = text_decode(path, &pos);

		step(last, &other, pattern, len, code);
		memcpy(last->has, other.has, len + 1);
	}
	return len;
}

bool pattern_match(const char *pattern, struct bytes path)
{
	struct position_set last;
	size_t len = run(pattern, path, &last);

	return len && last.has[len];
}

bool pattern_may_match_below(const char *pattern, struct bytes directory)
{
	struct position_set last;
	struct position_set below;
	size_t len = run(pattern, directory, &last);

	if (len == 0)
		return false;
	if (directory.len == 0)
		return true;
	step(&last, &below, pattern, len, '/');
	for (size_t at = 0; at < len; at++)
		if (below.has[at])
			return true;
	return false;
}
