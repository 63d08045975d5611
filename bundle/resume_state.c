/* RESUME.NNN as text: lines of words with one blank between. See resume.h. */
#include "bundle/resume.h"

#include "core/array.h"
#include "bundle/name.h"

#include <stdio.h>
#include <stdlib.h>

#define VOLUMES_MAX ((BUNDLE_META + 1) * VOLUME_INDEX_MAX)
#define RUNS_MAX    999

static const char first_line[] = "kanshiki-resume 1\n";

static const char *const item_words[] = {
    [RESUME_TAKEN] = "taken",
    [RESUME_PARTIAL] = "partial",
    [RESUME_GAP] = "gap",
    [RESUME_SAME] = "same",
    [RESUME_SECOND] = "second",
    [RESUME_ROW] = "row",
};

void resume_state_free(struct resume_state *state)
{
	text_free(&state->cut.name);
	text_free(&state->asked);
	free(state->volumes);
	free(state->items.at);
	*state = (struct resume_state){0};
}

void resume_file_name(uint32_t number, char out[RESUME_NAME_ROOM])
{
	snprintf(out, RESUME_NAME_ROOM, RESUME_PREFIX "%03lu", (unsigned long)number);
}

/* Writing ----------------------------------------------------------------------------------------- */

static void add_hash(struct text *out, const char *word, const uint8_t *hash, size_t len)
{
	text_addf(out, "%s ", word);
	text_add_hex(out, (struct bytes){hash, len});
	text_addc(out, '\n');
}

static void add_volume(struct text *out, const struct closed_volume *volume)
{
	text_addf(out, "volume %s %llu %llu %llu ", volume->name,
	    (unsigned long long)volume->hashes.bytes, (unsigned long long)volume->tar_offset,
	    (unsigned long long)volume->tar_bytes);
	text_add_hex(out, (struct bytes){volume->hashes.sha256, SHA256_LEN});
	text_addc(out, ' ');
	text_add_hex(out, (struct bytes){volume->hashes.sha512, SHA512_LEN});
	text_addc(out, '\n');
}

static void add_cut(struct text *out, const struct resume_cut *cut)
{
	text_addf(out, "cut %s %llu %llu %lu %llu %llu ", bundle_set_name(cut->place.set),
	    (unsigned long long)cut->size, (unsigned long long)cut->done,
	    (unsigned long)cut->place.volume, (unsigned long long)cut->place.tar_offset,
	    (unsigned long long)cut->place.data_offset);
	text_add_hex(out, (struct bytes){cut->state, SHA256_LEN});
	text_addc(out, ' ');
	text_addf(out, "%llu ", (unsigned long long)cut->identity);
	text_add_hex(out, text_bytes(&cut->name));
	text_addc(out, '\n');
}

static void add_item(struct text *out, const struct resume_item *item)
{
	text_addf(out, "%s ", item_words[item->kind]);
	text_add_hex(out, (struct bytes){item->key, RESUME_KEY_LEN});
	text_addf(out, " %llu %llu\n", (unsigned long long)item->identity,
	    (unsigned long long)item->stored);
}

/* All but volumes and items. */
static void add_head(const struct resume_state *state, struct text *out)
{
	text_adds(out, first_line);
	add_hash(out, "collection", state->collection_id, sizeof(state->collection_id));
	add_hash(out, "request", state->origin.request, SHA256_LEN);
	if (state->number == 0 && state->asked.len)
		add_hash(out, "asked", (const uint8_t *)state->asked.at, state->asked.len);
	add_hash(out, "host", state->origin.host, SHA256_LEN);
	add_hash(out, "sources", state->origin.sources, SHA256_LEN);
	add_hash(out, "journal", state->journal_head, SHA256_LEN);
	text_addf(out, "lines %llu\nnumber %lu\nrun %lu\n",
	    (unsigned long long)state->journal_lines, (unsigned long)state->number,
	    (unsigned long)state->run);
	for (unsigned i = 0; i < ARRAY_LEN(state->sets); i++)
		text_addf(out, "set %s %s %llu\n", bundle_set_name(i),
		    state->sets[i].is_closed ? "closed" : "open",
		    (unsigned long long)state->sets[i].tar_offset);
	if (state->cut.is_set)
		add_cut(out, &state->cut);
}

static void add_rest(const struct resume_state *state, size_t volume, size_t item, struct text *out)
{
	for (; volume < state->volume_count; volume++)
		add_volume(out, &state->volumes[volume]);
	for (; item < state->items.count; item++)
		add_item(out, &state->items.at[item]);
}

void resume_state_format(const struct resume_state *state, struct text *out)
{
	add_head(state, out);
	add_rest(state, 0, 0, out);
}

/* Reading: loosely, and then what was understood is written again and must be the same. ------------ */

static bool next_line(struct bytes *rest, struct bytes *line)
{
	const uint8_t *end = rest->len ? memchr(rest->at, '\n', rest->len) : NULL;

	if (!end)
		return false;
	*line = (struct bytes){rest->at, (size_t)(end - rest->at)};
	rest->len -= line->len + 1;
	rest->at = end + 1;
	return true;
}

/* Empty when there is none left. */
static struct bytes next_word(struct bytes *line)
{
	const uint8_t *end = line->len ? memchr(line->at, ' ', line->len) : NULL;
	struct bytes word = {line->at, end ? (size_t)(end - line->at) : line->len};

	line->len -= word.len + (end ? 1 : 0);
	line->at += word.len + (end ? 1 : 0);
	return word;
}

static bool is_word(struct bytes word, const char *string)
{
	return bytes_equal(word, bytes_of(string));
}

/* Wrong digits yield another number, which the comparison finds. */
static uint64_t number_of(struct bytes word)
{
	uint64_t value = 0;

	for (size_t i = 0; i < word.len && i < 20; i++)
		value = value * 10 + (uint64_t)(word.at[i] - '0');
	return value;
}

static uint8_t digit_of(uint8_t c)
{
	return c >= 'a' ? (uint8_t)(c - 'a' + 10) : (uint8_t)(c - '0');
}

static void hex_of(struct bytes word, uint8_t *out, size_t len)
{
	memset(out, 0, len);
	for (size_t i = 0; i < len && 2 * i + 1 < word.len; i++)
		out[i] = (uint8_t)(digit_of(word.at[2 * i]) << 4 | digit_of(word.at[2 * i + 1]));
}

static void text_of(struct bytes word, struct text *out)
{
	uint8_t byte;

	text_clear(out);
	for (; word.len >= 2; word.at += 2, word.len -= 2) {
		hex_of((struct bytes){word.at, 2}, &byte, 1);
		text_add(out, (struct bytes){&byte, 1});
	}
}

static bool read_asked(struct resume_state *state, struct bytes line, struct err *err)
{
	if (line.len > 2 * BUNDLE_ASKED_MAX)
		return fail(err, ERR_LIMIT, "what was asked for has %zu bytes", line.len / 2);
	text_of(line, &state->asked);
	return text_ok(&state->asked, err);
}

static unsigned set_of(struct bytes word)
{
	for (unsigned i = 0; i <= BUNDLE_META; i++)
		if (is_word(word, bundle_set_name(i)))
			return i;
	return BUNDLE_META;
}

static bool read_volume(struct resume_state *state, struct bytes line, struct err *err)
{
	struct closed_volume volume = {0};
	struct volume_name name;
	struct bytes word = next_word(&line);

	if (!volume_name_parse(word, &name) || name.is_part)
		return fail(err, ERR_DAMAGED, "it names a volume that cannot be");
	volume.set = name.set;
	volume.index = name.index;
	volume_name_format(name.set, name.index, volume.name);
	volume.hashes.bytes = number_of(next_word(&line));
	volume.tar_offset = number_of(next_word(&line));
	volume.tar_bytes = number_of(next_word(&line));
	hex_of(next_word(&line), volume.hashes.sha256, SHA256_LEN);
	hex_of(next_word(&line), volume.hashes.sha512, SHA512_LEN);
	if (!array_grow(&state->volumes, &state->volume_room, state->volume_count + 1,
		sizeof(volume), VOLUMES_MAX, err))
		return false;
	state->volumes[state->volume_count++] = volume;
	return true;
}

static bool read_cut(struct resume_state *state, struct bytes line, struct err *err)
{
	struct resume_cut *cut = &state->cut;

	cut->is_set = true;
	cut->place.set = set_of(next_word(&line));
	cut->size = number_of(next_word(&line));
	cut->done = number_of(next_word(&line));
	cut->place.volume = (uint32_t)(number_of(next_word(&line)) & UINT32_MAX);
	cut->place.tar_offset = number_of(next_word(&line));
	cut->place.data_offset = number_of(next_word(&line));
	hex_of(next_word(&line), cut->state, SHA256_LEN);
	cut->identity = number_of(next_word(&line));
	text_of(line, &cut->name);
	return text_ok(&cut->name, err) && bundle_name_check(text_bytes(&cut->name), err);
}

static bool read_item(
    struct resume_state *state, enum resume_kind kind, struct bytes line, struct err *err)
{
	struct resume_item item = {.kind = (uint8_t)kind};

	hex_of(next_word(&line), item.key, RESUME_KEY_LEN);
	item.identity = number_of(next_word(&line));
	item.stored = number_of(next_word(&line));
	return resume_items_add(&state->items, &item, err);
}

static void read_set(struct resume_state *state, struct bytes line)
{
	struct resume_set *set = &state->sets[set_of(next_word(&line))];

	set->is_closed = is_word(next_word(&line), "closed");
	set->tar_offset = number_of(next_word(&line));
}

static bool read_line(struct resume_state *state, struct bytes line, struct err *err)
{
	struct bytes word = next_word(&line);

	for (unsigned kind = 0; kind < ARRAY_LEN(item_words); kind++)
		if (is_word(word, item_words[kind]))
			return read_item(state, (enum resume_kind)kind, line, err);
	if (is_word(word, "volume"))
		return read_volume(state, line, err);
	if (is_word(word, "cut"))
		return read_cut(state, line, err);
	if (is_word(word, "asked"))
		return read_asked(state, line, err);
	if (is_word(word, "set"))
		read_set(state, line);
	else if (is_word(word, "collection"))
		hex_of(line, state->collection_id, sizeof(state->collection_id));
	else if (is_word(word, "request"))
		hex_of(line, state->origin.request, SHA256_LEN);
	else if (is_word(word, "host"))
		hex_of(line, state->origin.host, SHA256_LEN);
	else if (is_word(word, "sources"))
		hex_of(line, state->origin.sources, SHA256_LEN);
	else if (is_word(word, "number"))
		state->number = (uint32_t)(number_of(line) & UINT32_MAX);
	else if (is_word(word, "run"))
		state->run = (uint32_t)(number_of(line) & UINT32_MAX);
	else if (is_word(word, "journal"))
		hex_of(line, state->journal_head, SHA256_LEN);
	else if (is_word(word, "lines"))
		state->journal_lines = number_of(line);
	return true; /* what is none of these is missed in the comparison */
}

/* Whether its places can be. */
static bool cut_fits(const struct resume_state *state)
{
	const struct resume_cut *cut = &state->cut;
	uint64_t end = state->sets[cut->place.set].tar_offset;

	return cut->place.set < BUNDLE_META && cut->size <= INT64_MAX && cut->done <= cut->size &&
	       cut->done % HASH_BLOCK == 0 && cut->place.volume >= 1 &&
	       cut->place.volume <= VOLUME_INDEX_MAX && cut->place.data_offset <= INT64_MAX &&
	       cut->place.tar_offset < cut->place.data_offset &&
	       end == cut->place.data_offset + cut->done;
}

/* What the head says, against the file before it. */
static bool follows(const struct resume_state *before, const struct resume_state *state)
{
	bool is_first = before->run == 0;

	for (unsigned i = 0; i < ARRAY_LEN(state->sets); i++)
		if (state->sets[i].tar_offset > INT64_MAX ||
		    state->sets[i].tar_offset < before->sets[i].tar_offset ||
		    (before->sets[i].is_closed && !state->sets[i].is_closed))
			return false;
	if (state->run == 0 || state->run > RUNS_MAX || state->journal_lines > INT64_MAX ||
	    state->run < before->run || state->journal_lines < before->journal_lines)
		return false;
	return is_first ? state->number == 0
			: state->number == before->number + 1 &&
			      memcmp(&state->origin, &before->origin, sizeof(state->origin)) == 0 &&
			      memcmp(state->collection_id, before->collection_id,
				  sizeof(state->collection_id)) == 0;
}

/* Volumes of each set come one after the other, each where the one before it ends. */
static bool volumes_follow(const struct resume_state *state)
{
	struct closed_volume last[BUNDLE_META + 1] = {0};

	for (size_t i = 0; i < state->volume_count; i++) {
		const struct closed_volume *volume = &state->volumes[i];
		struct closed_volume *before = &last[volume->set];

		if (volume->index != before->index + 1 ||
		    volume->tar_offset != before->tar_offset + before->tar_bytes ||
		    volume->tar_bytes > INT64_MAX - volume->tar_offset)
			return false;
		*before = *volume;
	}
	for (unsigned i = 0; i < ARRAY_LEN(last); i++)
		if (last[i].tar_offset + last[i].tar_bytes != state->sets[i].tar_offset)
			return false;
	return true;
}

bool resume_state_add(struct resume_state *state, struct bytes text, struct err *err)
{
	CLEANUP(text_free) struct text again = {.ceiling = RESUME_BYTES};
	struct resume_state before = *state;
	struct bytes rest = text, line;

	if (text.len > RESUME_BYTES)
		return fail(err, ERR_LIMIT, "it has %zu bytes", text.len);
	state->cut.is_set = false;
	if (!next_line(&rest, &line))
		return fail(err, ERR_DAMAGED, "it is empty");
	while (next_line(&rest, &line))
		if (!read_line(state, line, err))
			return false;
	add_head(state, &again);
	add_rest(state, before.volume_count, before.items.count, &again);
	if (!text_ok(&again, err))
		return false;
	if (!bytes_equal(text_bytes(&again), text) || !follows(&before, state) ||
	    (state->cut.is_set && !cut_fits(state)) || !volumes_follow(state))
		return fail(err, ERR_DAMAGED, "it is not as a run writes it");
	return true;
}

/* Items ------------------------------------------------------------------------------------------- */

static void make_key(const char *domain, struct bytes what, uint8_t out[RESUME_KEY_LEN])
{
	uint8_t digest[2 * SHA256_LEN];
	uint8_t sum[SHA256_LEN];

	hash_sha256(bytes_of(domain), digest);
	hash_sha256(what, digest + SHA256_LEN);
	hash_sha256((struct bytes){digest, sizeof(digest)}, sum);
	memcpy(out, sum, RESUME_KEY_LEN);
}

void resume_path_key(struct bytes path, uint8_t out[RESUME_KEY_LEN])
{
	make_key("path", path, out);
}

void resume_row_key(struct bytes json, uint8_t out[RESUME_KEY_LEN])
{
	make_key("row", json, out);
}

bool resume_items_add(struct resume_items *items, const struct resume_item *item, struct err *err)
{
	if (!array_grow(
		&items->at, &items->room, items->count + 1, sizeof(*item), RESUME_ITEMS, err))
		return false;
	items->at[items->count++] = *item;
	return true;
}

static int compare_keys(const void *a, const void *b)
{
	const struct resume_item *x = a, *y = b;

	return memcmp(x->key, y->key, RESUME_KEY_LEN);
}

void resume_items_sort(struct resume_items *items)
{
	if (items->count)
		qsort(items->at, items->count, sizeof(*items->at), compare_keys);
}

struct resume_item *resume_items_find(
    const struct resume_items *items, const uint8_t key[RESUME_KEY_LEN], size_t *at)
{
	size_t low = 0, high = items->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(items->at[middle].key, key, RESUME_KEY_LEN) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*at = low;
	return low < items->count && memcmp(items->at[low].key, key, RESUME_KEY_LEN) == 0
		   ? &items->at[low]
		   : NULL;
}

struct resume_item *resume_items_next(const struct resume_items *items, size_t *at)
{
	struct resume_item *item = &items->at[*at];

	if (*at + 1 == items->count || memcmp(item->key, item[1].key, RESUME_KEY_LEN) != 0)
		return NULL;
	(*at)++;
	return item + 1;
}
