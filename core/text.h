/* A growable UTF-8 string with a ceiling, and the way between UTF-16 and UTF-8.
 * UTF-8 here means WTF-8 (https://simonsapin.github.io/wtf-8/): lone surrogates, which NTFS allows
 * in names, survive the round trip as three-byte sequences. */
#ifndef KANSHIKI_CORE_TEXT_H
#define KANSHIKI_CORE_TEXT_H

#include "core/bytes.h"
#include "core/err.h"

/* Zero it (= {0}) before use; the ceiling is then TEXT_CEILING. Additions that fail (no memory, over
 * the ceiling) set `failed`, as do all after it: add everything, then check once. */
struct text {
	char *at;   /* NUL-terminated once something was added; NULL before */
	size_t len; /* bytes without the NUL */
	size_t room;
	size_t ceiling; /* bytes; 0 means TEXT_CEILING */
	bool failed;
	bool is_over; /* it failed because of the ceiling */
};
#define TEXT_CEILING ((size_t)64 << 20)

void text_add(struct text *text, struct bytes bytes);
void text_adds(struct text *text, const char *string);
void text_addc(struct text *text, char c);
void text_addf(struct text *text, const char *format, ...) PRINTF(2, 3);
/* Adds UTF-16LE as WTF-8. An odd last byte is ignored. */
void text_add_utf16(struct text *text, struct bytes utf16);
/* Adds the ASCII units that utf16 begins with, up to the first NUL or `end`: for what is nearly always all of it.
 * Returns the bytes of UTF-16 that they were. */
size_t text_add_ascii(struct text *text, struct bytes utf16, char end);
/* Adds one code point (also a lone surrogate) as WTF-8. */
void text_add_code(struct text *text, uint32_t code);
/* Adds lower-case hex. */
void text_add_hex(struct text *text, struct bytes bytes);
/* Adds the 16 bytes of a GUID as Windows lays them: "733b62de-f608-11eb-825c-c112f60133ab". */
void text_add_guid(struct text *text, const uint8_t *guid);
/* Adds "1.2 GB": decimal units, as on a disk's label. */
void text_add_size(struct text *text, uint64_t bytes);
/* Adds text for a person to see: control and bidi characters and invalid UTF-8 become <U+XXXX>. */
void text_add_printable(struct text *text, struct bytes utf8);
/* Sets the length to 0 and forgets a failure; keeps the memory. */
static inline void text_clear(struct text *text)
{
	text->len = 0;
	text->failed = false;
	text->is_over = false;
	if (text->at)
		text->at[0] = 0;
}
void text_free(struct text *text);
/* The same for a secret: its memory is overwritten first (core/wipe.h). What was left behind while it grew is not reached:
 * add a secret in one piece. */
void text_wipe(struct text *text);
static inline void text_wipe_at(struct text *text)
{
	text_wipe(text);
}
static inline void text_free_at(struct text *text)
{
	text_free(text);
}
/* The string, "" when nothing was added. Valid until the next change. */
const char *text_string(const struct text *text);
static inline struct bytes text_bytes(const struct text *text)
{
	return (struct bytes){.at = (const uint8_t *)text->at, .len = text->len};
}
/* Says why an addition failed. Returns false. */
bool text_fail(const struct text *text, struct err *err);
/* False with ERR_MEMORY or ERR_LIMIT when an addition had failed. */
static inline bool text_ok(const struct text *text, struct err *err) MUST_CHECK;
static inline bool text_ok(const struct text *text, struct err *err)
{
	return !text->failed || text_fail(text, err);
}

/* How many bytes of its beginning to show: `most`, or fewer so that none is half a character. For "%.*s". */
int text_cut(struct bytes utf8, int most);
/* Puts "'name': " in front of an error, as fail_in: 120 bytes of it at most. Returns false. */
bool text_fail_in(struct err *err, struct bytes name);

/* Decodes the code point at *pos of WTF-8 and moves *pos past it. Returns 0xFFFFFFFF for a byte that
 * is not part of a valid sequence (and moves by one byte), so that callers can show it. */
#define TEXT_INVALID 0xFFFFFFFFu
uint32_t text_decode(struct bytes utf8, size_t *pos);

/* WTF-8 to UTF-16LE bytes appended to *out (a text used as a byte buffer, room for a NUL unit not
 * included). Invalid bytes become U+FFFD. */
void text_to_utf16(struct bytes utf8, struct text *out);

/* Whether a person's terminal must not get it: C0, DEL, C1, bidi marks and overrides. */
bool text_is_control(uint32_t code);

/* The upper-case letter, one to one, as NTFS compares names ($UpCase of Windows 7 and later): two code points
 * are the same without regard to case when this is equal. Everything else is itself. */
uint32_t text_fold(uint32_t code);

/* Compares UTF-8 without regard to case. */
bool text_same_name(struct bytes a, struct bytes b);

/* A list of owned strings. Zero before use. */
struct text_list {
	char **at;
	size_t count;
	size_t room;
};
bool text_list_add(struct text_list *list, struct bytes string, struct err *err) MUST_CHECK;
void text_list_free(struct text_list *list);
/* The same for secrets: text_wipe of each. */
void text_list_wipe(struct text_list *list);
static inline void text_list_free_at(struct text_list *list)
{
	text_list_free(list);
}

#endif
