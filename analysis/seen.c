/* Lines written already. See seen.h. */
#include "analysis/seen.h"

#include "core/hash.h"
#include "core/key_set.h"

#include <stdlib.h>

#define SLOTS_FIRST ((size_t)1 << 16)
#define SLOTS_MAX   ((size_t)1 << 24) /* 128 MiB */

struct seen {
	struct key_set lines;
	struct output out; /* the line without prefix */
	struct text text;
	struct sink *sink; /* to text */
};

struct seen *seen_new(void)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return NULL;
	seen->sink = sink_to_text(&seen->text);
	if (!key_set_new(&seen->lines, SLOTS_FIRST, SLOTS_MAX) || !seen->sink ||
	    !output_start(&seen->out, seen->sink, NULL)) {
		seen_free(seen);
		return NULL;
	}
	return seen;
}

void seen_free(struct seen *seen)
{
	if (!seen)
		return;
	output_free(&seen->out);
	sink_free(seen->sink);
	text_free(&seen->text);
	key_set_free(&seen->lines);
	free(seen);
}

#define SHADOW_START "$vss$/"

static bool is_shadow(const struct timeline_line *line)
{
	size_t len = strlen(SHADOW_START);

	return line->prefix_len > len && memcmp(line->path.at, SHADOW_START, len) == 0;
}

/* "C/" of "C/" and of "$vss$/C/2/". */
static struct bytes volume_of(const struct timeline_line *line)
{
	struct bytes prefix = {line->path.at, line->prefix_len};

	if (!is_shadow(line))
		return prefix;
	prefix.at += strlen(SHADOW_START);
	prefix.len -= strlen(SHADOW_START) + 1;
	while (prefix.len && prefix.at[prefix.len - 1] != '/')
		prefix.len--;
	return prefix;
}

/* SHA-256, so that nobody makes a line that hides another; never 0. 0: it could not be printed. */
static uint64_t key_of(
    struct seen *seen, const struct timeline_format *format, const struct timeline_line *line)
{
	struct timeline_line plain = *line;
	uint8_t sum[SHA256_LEN];

	plain.path.at += line->prefix_len;
	plain.path.len -= line->prefix_len;
	plain.prefix_len = 0;
	text_clear(&seen->text);
	text_add(&seen->text, volume_of(line));
	text_addc(&seen->text, '\n');
	format->line(&seen->out, &plain);
	if (!output_flush(&seen->out, NULL))
		return 0;
	hash_sha256(text_bytes(&seen->text), sum);
	return le64(sum) ? le64(sum) : 1;
}

bool seen_is_new(
    struct seen *seen, const struct timeline_format *format, const struct timeline_line *line)
{
	uint64_t key = line->damage ? 0 : key_of(seen, format, line);

	return key == 0 || key_set_add(&seen->lines, key) || !is_shadow(line);
}
