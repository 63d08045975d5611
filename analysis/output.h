/* Text on its way to a sink: one buffer, filled by hand because a timeline is millions of short fields.
 * Failures stay in `why`; all after it is dropped: write everything, check at the end of a line.
 * UTF-8 (WTF-8) in; no control or bidi character comes out. */
#ifndef KANSHIKI_ANALYSIS_OUTPUT_H
#define KANSHIKI_ANALYSIS_OUTPUT_H

#include "analysis/pen.h"
#include "core/sink.h"
#include "core/text.h"
#include "core/time.h"

#define OUTPUT_TIMES        256u         /* a power of two */
#define OUTPUT_TIME_ROOM    ((size_t)32) /* more than the longest of them, 31 */
#define OUTPUT_SECONDS_ROOM ((size_t)16)
#define OUTPUT_PEN_MAX      ((size_t)8 << 10)

struct output_time_text {
	uint64_t ticks; /* or seconds */
	uint32_t len;   /* 0: none yet */
	char text[TIME_ISO_ROOM];
};

#define OUTPUT_WORDS      16u
#define OUTPUT_WORDS_ROOM 64u

struct output_words_text {
	const void *of, *style; /* whose words, written how */
	uint32_t bits, len;     /* len 0: none yet */
	char text[OUTPUT_WORDS_ROOM];
};

struct output { /* zero, then output_start */
	struct sink *to;
	char *at;
	size_t len, room;
	struct err why;                               /* ERR_NONE while all is well */
	struct output_time_text times[OUTPUT_TIMES];  /* written lately, by a hash of the ticks */
	struct time_days days;                        /* likewise */
	struct output_words_text words[OUTPUT_WORDS]; /* likewise */
	struct text scratch;                          /* for a name on its way */
	struct bytes again; /* what output_again writes, in the buffer; at NULL: it was handed on */
};

/* Borrows the sink. ERR_MEMORY. */
bool output_start(struct output *out, struct sink *to, struct err *err) MUST_CHECK;
/* Hands on what is in the buffer; false with the first failure there was. */
bool output_flush(struct output *out, struct err *err) MUST_CHECK;
void output_free(struct output *out);
static inline void output_free_at(struct output *out)
{
	output_free(out);
}

/* Empties the buffer so that len more bytes fit; false when they never will or the sink failed. */
bool output_make_room(struct output *out, size_t len);

/* A place for at most len bytes (OUTPUT_PEN_MAX) to write by pen.h, then output_pen_end with where that ended.
 * Never NULL: after a failure it is a place that is thrown away. */
static inline char *output_pen(struct output *out, size_t len)
{
	if (len > out->room - out->len)
		DISCARD(output_make_room(out, len));
	return out->at + out->len;
}

static inline void output_pen_end(struct output *out, const char *end)
{
	out->len = (size_t)(end - out->at);
}

void output_new_time(struct output *out, struct output_time_text *known, uint64_t ticks);
void output_new_seconds(struct output_time_text *known, uint64_t seconds);

/* Fibonacci hashing: the upper bits of the product are well mixed. */
static inline struct output_time_text *output_time_slot(struct output *out, uint64_t ticks)
{
	return &out->times[ticks * 0x9e3779b97f4a7c15ull >> 40 & (OUTPUT_TIMES - 1)];
}

/* The text of a time, in OUTPUT_TIME_ROOM bytes; valid until the next. */
static inline const struct output_time_text *output_time_text(struct output *out, uint64_t ticks)
{
	struct output_time_text *known = output_time_slot(out, ticks);

	if (ticks != known->ticks || known->len == 0)
		output_new_time(out, known, ticks);
	return known;
}
/* As time_iso; there are OUTPUT_TIME_ROOM bytes. */
static inline char *output_pen_time(struct output *out, char *at, uint64_t ticks)
{
	const struct output_time_text *time = output_time_text(out, ticks);

	memcpy(at, time->text, OUTPUT_TIME_ROOM); /* of one size: no call */
	return at + time->len;
}

/* Whole seconds since 1970, 0 for what was before, in OUTPUT_SECONDS_ROOM bytes. An output has its times either so or
 * as text. Many files are made in one second. */
static inline const struct output_time_text *output_seconds_text(struct output *out, uint64_t ticks)
{
	uint64_t seconds =
	    ticks > TIME_UNIX_EPOCH ? (ticks - TIME_UNIX_EPOCH) / TIME_TICKS_PER_SECOND : 0;
	struct output_time_text *known = output_time_slot(out, seconds);

	if (seconds != known->ticks || known->len == 0)
		output_new_seconds(known, seconds);
	return known;
}

static inline void output_bytes(struct output *out, const void *from, size_t len)
{
	if (len > out->room - out->len && !output_make_room(out, len))
		return;
	memcpy(out->at + out->len, from, len);
	out->len += len;
}

/* What is written from here to output_mark_end can be written once more. */
static inline void output_mark(struct output *out)
{
	char *at = output_pen(out, OUTPUT_PEN_MAX); /* so that it stays in one piece */

	out->again = (struct bytes){(const uint8_t *)at, 0};
}

static inline void output_mark_end(struct output *out)
{
	size_t len = out->again.at ? (size_t)(out->at + out->len - (const char *)out->again.at) : 0;

	out->again.len = len <= OUTPUT_PEN_MAX ? len : 0;
}

/* Writes what was marked last; false when it is no longer there. */
static inline bool output_again(struct output *out)
{
	char *at = output_pen(out, OUTPUT_PEN_MAX);

	if (out->again.len == 0)
		return false;
	memcpy(at, out->again.at, out->again.len);
	output_pen_end(out, at + out->again.len);
	return true;
}

static inline void output_char(struct output *out, char c)
{
	output_bytes(out, &c, 1);
}

/* A string literal or other C string. */
static inline void output_string(struct output *out, const char *string)
{
	output_bytes(out, string, strlen(string));
}

void output_number(struct output *out, uint64_t value);
/* "0x" and at least `digits` (1 to 16) lower-case hex digits. */
void output_hex(struct output *out, uint64_t value, unsigned digits);
/* As time_iso. */
void output_time(struct output *out, uint64_t ticks);
/* The inside of a JSON string (RFC 8259), without quotes: as core/json.h escapes it, and reversibly: the '<' of a
 * literal "<U+" becomes <U+003C>. */
void output_json(struct output *out, struct bytes utf8);
/* As names are written in a bundle (bundle/name.h): control, bidi, lone surrogates and '\' become <U+XXXX>,
 * and so do the characters in `also` (some of `"|<`) and the '<' of a literal "<U+". Reversible. */
void output_visible(struct output *out, struct bytes utf8, const char *also);

#endif
