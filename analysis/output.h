/* Text on its way to a sink: one buffer, filled by hand because a timeline is millions of short fields.
 * Failures stay in `why`; all after it is dropped: write everything, check at the end of a line.
 * UTF-8 (WTF-8) in; no control or bidi character comes out. */
#ifndef KANSHIKI_ANALYSIS_OUTPUT_H
#define KANSHIKI_ANALYSIS_OUTPUT_H

#include "core/bytes.h"
#include "core/sink.h"
#include "core/text.h"
#include "core/time.h"

#define OUTPUT_TIMES 64u

struct output_time_text {
	uint64_t ticks;
	uint32_t len; /* 0: none yet */
	char text[TIME_ISO_ROOM];
};

struct output { /* zero, then output_start */
	struct sink *to;
	char *at;
	size_t len, room;
	struct err why;                              /* ERR_NONE while all is well */
	struct output_time_text times[OUTPUT_TIMES]; /* written lately, by a hash of the ticks */
	struct text scratch;                         /* for a name on its way */
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

static inline void output_bytes(struct output *out, const void *from, size_t len)
{
	if (len > out->room - out->len && !output_make_room(out, len))
		return;
	memcpy(out->at + out->len, from, len);
	out->len += len;
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
