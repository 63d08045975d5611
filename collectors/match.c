/* Matching of many patterns. See match.h. */
#include "collectors/match.h"

#include "collectors/match_index.h"
#include "core/array.h"
#include "core/pattern.h"

#include <stdlib.h>

#define ASCII_BLOCK 32u

/* Adds a block of ASCII folded; false when it is not all ASCII. Written so that compilers make vectors of it. */
static bool fold_block(struct text *out, const uint8_t *from)
{
	uint8_t folded[ASCII_BLOCK];
	uint8_t all = 0;

	for (size_t i = 0; i < ASCII_BLOCK; i++) {
		uint8_t c = from[i];

		all |= c;
		folded[i] = (uint8_t)(c - (((uint8_t)(c - 'a') < 26) << 5));
	}
	if (all >= 0x80)
		return false;
	text_add(out, (struct bytes){folded, ASCII_BLOCK});
	return true;
}

/* Folds case as patterns do. */
static void fold(struct text *out, struct bytes utf8)
{
	size_t pos = 0;

	while (pos < utf8.len) {
		size_t start = pos;

		if (utf8.len - pos >= ASCII_BLOCK && fold_block(out, utf8.at + pos)) {
			pos += ASCII_BLOCK;
			continue;
		}
		uint32_t code = text_decode(utf8, &pos);

		if (code == TEXT_INVALID)
			text_addc(out, (char)utf8.at[start]);
		else
			text_add_code(out, text_fold(code));
	}
}

static bool is_wild(char c)
{
	return c == '*' || c == '?';
}

/* Splits the pattern at its wildcards; a '/' after "**" may stand for nothing, so it is no literal. */
static void find_literals(struct match_pattern *p)
{
	const char *at = p->text;
	bool first = true;

	for (;;) {
		CLEANUP(text_free) struct text literal = {0};
		bool after_stars = at >= p->text + 2 && at[-1] == '*' && at[-2] == '*';

		if (after_stars && *at == '/')
			at++;
		const char *end = at;

		while (*end && !is_wild(*end))
			end++;
		fold(&literal, (struct bytes){(const uint8_t *)at, (size_t)(end - at)});
		if (first)
			text_add(&p->head, text_bytes(&literal));
		if (*end == 0)
			text_add(&p->tail, text_bytes(&literal));
		if (literal.len > p->inside.len) {
			text_clear(&p->inside);
			text_add(&p->inside, text_bytes(&literal));
		}
		if (*end == 0)
			return;
		first = false;
		while (is_wild(*end))
			end++;
		at = end;
	}
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* With '/' between components, once. */
static void copy_path(char *to, const char *from, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		char c = from[i] == '\\' ? '/' : from[i];

		if (c != '/' || used == 0 || to[used - 1] != '/')
			to[used++] = c;
	}
	to[used] = 0;
}

bool match_is_wild(const struct match_pattern *p)
{
	return strpbrk(p->text, "*?") != NULL;
}

/* Where a pattern names a stream, or the type of an attribute. */
static void find_stream(struct match_pattern *p)
{
	const char *colon = strrchr(p->text, ':');
	const char *type = colon;

	if (!colon)
		return;
	p->names_stream = true;
	while (type > p->text && type[-1] != '/' && type[-1] != ':')
		type--;
	p->names_type = colon[1] == '$' && type > p->text && type[-1] == ':';
	p->file_len = (size_t)((p->names_type ? type - 1 : colon) - p->text);
}

bool matcher_add(struct matcher *matcher, unsigned collector, const char *pattern, struct err *err)
{
	struct match_pattern p = {.collector = collector};
	const char *from = pattern;

	if (is_letter(from[0]) && from[1] == ':' && (from[2] == '/' || from[2] == '\\')) {
		p.letter = (char)(from[0] & ~0x20);
		from += 2;
	}
	while (*from == '/' || *from == '\\')
		from++;
	size_t len = strlen(from);

	while (len && (from[len - 1] == '/' || from[len - 1] == '\\'))
		len--;
	if (len == 0 || len > MATCH_PATTERN_BYTES)
		return fail(
		    err, ERR_USAGE, "pattern '%.60s' is %s", pattern, len ? "too long" : "empty");
	if (!array_grow(&matcher->at, &matcher->room, matcher->count + 1, sizeof(p),
		MATCH_PATTERNS_MAX, err))
		return false;
	p.text = malloc(len + 1);
	if (!p.text)
		return fail(err, ERR_MEMORY, "no memory for a pattern");
	copy_path(p.text, from, len);
	find_stream(&p);
	find_literals(&p);
	matcher->at[matcher->count++] = p;
	return true;
}

void matcher_free(struct matcher *matcher)
{
	for (size_t i = 0; i < matcher->count; i++) {
		free(matcher->at[i].text);
		text_free(&matcher->at[i].head);
		text_free(&matcher->at[i].tail);
		text_free(&matcher->at[i].inside);
	}
	free(matcher->at);
	text_free(&matcher->folded);
	match_index_free(matcher->index);
	*matcher = (struct matcher){0};
}

static bool holds(struct bytes where, struct bytes what)
{
	const uint8_t *at = where.at;
	const uint8_t *last = where.at + where.len;

	if (what.len == 0)
		return true;
	while ((size_t)(last - at) >= what.len) {
		at = memchr(at, what.at[0], (size_t)(last - at) - what.len + 1);
		if (!at)
			return false;
		if (memcmp(at, what.at, what.len) == 0)
			return true;
		at++;
	}
	return false;
}

static bool may_match(const struct match_pattern *p, struct bytes path)
{
	return path.len >= p->head.len && path.len >= p->tail.len &&
	       memcmp(path.at, text_string(&p->head), p->head.len) == 0 &&
	       memcmp(path.at + path.len - p->tail.len, text_string(&p->tail), p->tail.len) == 0 &&
	       holds(path, text_bytes(&p->inside));
}

/* Something below the directory that a pattern without wildcards names. */
static bool is_below(const struct match_pattern *p, struct bytes path)
{
	return p->is_tree && path.len > p->head.len && path.at[p->head.len] == '/' &&
	       memcmp(path.at, text_string(&p->head), p->head.len) == 0;
}

static struct bytes literal_of(const void *context, size_t i)
{
	const struct matcher *matcher = context;

	return text_bytes(&matcher->at[i].inside);
}

/* False when there is no memory for an index: then every pattern is tried. */
static bool make_index(struct matcher *matcher)
{
	if (matcher->index && matcher->indexed == matcher->count)
		return true;
	match_index_free(matcher->index);
	matcher->index = NULL;
	matcher->indexed = matcher->count;
	return match_index_new(matcher->count, literal_of, matcher, &matcher->index, NULL);
}

struct question {
	struct matcher *matcher;
	struct bytes path, folded;
	char letter;
	enum asked { ASKED_ANY, ASKED_STREAM, ASKED_TYPE } asked; /* what the pattern must name */
	uint32_t mask;
};

static void try_pattern(void *context, size_t i)
{
	struct question *q = context;
	struct match_pattern *p = &q->matcher->at[i];
	uint32_t bit = 1u << p->collector;

	/* One that never matched is tried all the same: whether it does is told at the end. */
	if (((q->mask & bit) && p->matched) || (p->letter && p->letter != q->letter) ||
	    (q->asked == ASKED_STREAM && !p->names_stream) ||
	    (q->asked == ASKED_TYPE && !p->names_type))
		return;
	if (is_below(p, q->folded) ||
	    (may_match(p, q->folded) && pattern_match(p->text, q->path))) {
		q->mask |= bit;
		p->matched = true;
	}
}

static uint32_t mask_of(struct matcher *matcher, char letter, struct bytes path, enum asked asked)
{
	struct question q = {
	    .matcher = matcher,
	    .path = path,
	    .letter = letter,
	    .asked = asked,
	};

	text_clear(&matcher->folded);
	fold(&matcher->folded, path);
	if (matcher->folded.failed || path.len == 0)
		return 0;
	q.folded = text_bytes(&matcher->folded);
	if (make_index(matcher))
		match_index_find(matcher->index, q.folded, try_pattern, &q);
	else
		for (size_t i = 0; i < matcher->count; i++)
			try_pattern(&q, i);
	return q.mask;
}

uint32_t matcher_mask(struct matcher *matcher, char letter, struct bytes path)
{
	return mask_of(matcher, letter, path, ASKED_ANY);
}

uint32_t matcher_stream_mask(struct matcher *matcher, char letter, struct bytes path)
{
	return mask_of(matcher, letter, path, ASKED_STREAM);
}

uint32_t matcher_attribute_mask(struct matcher *matcher, char letter, struct bytes path)
{
	return mask_of(matcher, letter, path, ASKED_TYPE);
}

/* Whether the pattern, which names a stream, wants one of the file with that path. */
static bool is_of_file(const struct match_pattern *p, struct bytes path)
{
	char file[MATCH_PATTERN_BYTES + 1];

	memcpy(file, p->text, p->file_len);
	file[p->file_len] = 0;
	return pattern_match(file, path);
}

uint32_t matcher_any_stream_mask(struct matcher *matcher, char letter, struct bytes path)
{
	uint32_t mask = mask_of(matcher, letter, path, ASKED_ANY);

	for (size_t i = 0; i < matcher->count; i++) {
		const struct match_pattern *p = &matcher->at[i];
		uint32_t bit = 1u << p->collector;

		if (!(mask & bit) && p->names_stream && (!p->letter || p->letter == letter) &&
		    is_of_file(p, path))
			mask |= bit;
	}
	return mask;
}
