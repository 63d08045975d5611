/* Lines written already. See seen.h. */
#include "analysis/seen.h"

#include "core/hash.h"

#include <stdlib.h>

#define SLOTS_FIRST ((size_t)1 << 16)
#define SLOTS_MAX   ((size_t)1 << 24) /* 128 MiB; three quarters of them are used */

struct seen {
	uint64_t *slots; /* 0: free */
	size_t room, count;
	struct output out; /* the line without prefix */
	struct text text;
	struct sink *sink; /* to text */
};

struct seen *seen_new(void)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return NULL;
	seen->room = SLOTS_FIRST;
	seen->slots = calloc(seen->room, sizeof(*seen->slots));
	seen->sink = sink_to_text(&seen->text);
	if (!seen->slots || !seen->sink || !output_start(&seen->out, seen->sink, NULL)) {
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
	free(seen->slots);
	free(seen);
}

/* Where the key stands, or is to stand. There is always a free slot. */
static uint64_t *slot_of(uint64_t *slots, size_t room, uint64_t key)
{
	size_t at = (size_t)key & (room - 1);

	while (slots[at] && slots[at] != key)
		at = (at + 1) & (room - 1);
	return &slots[at];
}

/* Doubles; without memory, or at the ceiling, nothing more is remembered. */
static bool make_room(struct seen *seen)
{
	if (seen->count < seen->room / 4 * 3)
		return true;
	if (seen->room >= SLOTS_MAX)
		return false;
	uint64_t *larger = calloc(seen->room * 2, sizeof(*larger));

	if (!larger)
		return false;
	for (size_t i = 0; i < seen->room; i++)
		if (seen->slots[i])
			*slot_of(larger, seen->room * 2, seen->slots[i]) = seen->slots[i];
	free(seen->slots);
	seen->slots = larger;
	seen->room *= 2;
	return true;
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
	uint64_t *slot;

	if (key == 0)
		return true;
	slot = slot_of(seen->slots, seen->room, key);
	if (*slot)
		return !is_shadow(line);
	if (make_room(seen)) {
		*slot_of(seen->slots, seen->room, key) = key;
		seen->count++;
	}
	return true;
}
