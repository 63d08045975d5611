/* A clock that is right, as a person read it. See facts.h. */
#include "collectors/facts.h"

#include "core/time.h"

#include <stdio.h>

#define DATE_LEN      10
#define TYPED_MAX     64
#define TICKS_PER_MS  (TIME_TICKS_PER_SECOND / 1000)
#define TICKS_PER_DAY (86400 * (int64_t)TIME_TICKS_PER_SECOND)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool facts_reference_parse(const char *typed, uint64_t *utc, struct err *err)
{
	uint64_t ticks;

	/* A date alone is no reading of a clock. */
	if (strlen(typed) <= DATE_LEN || !time_parse_zoned(typed, &ticks, NULL) ||
	    ticks < TIME_UNIX_EPOCH)
		return fail(err, ERR_USAGE,
		    "--reference-time is written 2026-11-20T22:04:15Z or "
		    "2026-11-21T07:04:15+09:00, not '%s'",
		    typed);
	*utc = ticks;
	return true;
}

int64_t facts_offset_ms(const struct facts_reference *reference)
{
	return (int64_t)(reference->host / TICKS_PER_MS) - (int64_t)(reference->utc / TICKS_PER_MS);
}

/* Digits, colon, hyphen and blank of a Japanese keyboard as ASCII; blanks at both ends are left out. */
static bool plain(const char *typed, char out[TYPED_MAX])
{
	static const struct {
		uint32_t from;
		char to;
	} wide[] = {{0xff1a, ':'}, {0xff0d, '-'}, {0x2212, '-'}, {0xff0f, '-'}, {'/', '-'},
	    {0x3000, ' '}, {0xff0b, '+'}, {0xff3a, 'Z'}, {'z', 'Z'}};
	struct bytes bytes = bytes_of(typed);
	size_t pos = 0;
	size_t len = 0;

	while (pos < bytes.len) {
		uint32_t code = text_decode(bytes, &pos);

		if (code >= 0xff10 && code <= 0xff19)
			code = code - 0xff10 + '0';
		for (size_t i = 0; i < ARRAY_LEN(wide); i++)
			if (wide[i].from == code)
				code = (uint32_t)wide[i].to;
		if (code >= 0x80 || len + 1 >= TYPED_MAX)
			return false;
		if (len || code != ' ')
			out[len++] = (char)code;
	}
	while (len && out[len - 1] == ' ')
		len--;
	out[len] = 0;
	return len > 0;
}

/* "7:04", "07:04:15" as seconds of the day; false when it is none. */
static bool parse_day_time(const char *text, int64_t *seconds)
{
	unsigned part[3] = {0};
	size_t count = 0;

	while (count < 3) {
		size_t digits = 0;

		for (; digits < 2 && is_digit(*text); text++, digits++)
			part[count] = part[count] * 10 + (unsigned)(*text - '0');
		if (!digits)
			return false;
		count++;
		if (*text != ':')
			break;
		text++;
	}
	*seconds = (int64_t)part[0] * 3600 + part[1] * 60 + part[2];
	return !*text && count >= 2 && part[0] < 24 && part[1] < 60 && part[2] < 60;
}

/* "2026-11-21 07:04" with or without seconds, by the clock on the wall. */
static bool parse_wall(const char *text, uint64_t *wall)
{
	char whole[TYPED_MAX + 8];
	const char *colon = strchr(text, ':');

	if (!colon)
		return false;
	snprintf(whole, sizeof(whole), "%s%sZ", text, strchr(colon + 1, ':') ? "" : ":00");
	return time_parse(whole, wall, NULL) && *wall >= TIME_UNIX_EPOCH;
}

bool facts_clock_reading(
    const char *typed, uint64_t host, int32_t zone_minutes, uint64_t *utc, struct err *err)
{
	int64_t zone = (int64_t)zone_minutes * 60 * (int64_t)TIME_TICKS_PER_SECOND;
	char text[TYPED_MAX];
	int64_t seconds;
	uint64_t wall;

	if (host < TIME_UNIX_EPOCH || host > (uint64_t)INT64_MAX / 2 || !plain(typed, text))
		return fail(err, ERR_USAGE, "no time of day");
	if (facts_reference_parse(text, utc, NULL))
		return true;
	if (parse_wall(text, &wall)) {
		*utc = wall - (uint64_t)zone;
		return true;
	}
	if (!parse_day_time(text, &seconds))
		return fail(err, ERR_USAGE, "no time of day");
	int64_t local = (int64_t)host + zone;
	int64_t read =
	    local / TICKS_PER_DAY * TICKS_PER_DAY + seconds * (int64_t)TIME_TICKS_PER_SECOND;

	/* The day is the one that makes the clocks differ least: it is just before or after midnight. */
	if (read - local > TICKS_PER_DAY / 2)
		read -= TICKS_PER_DAY;
	else if (local - read > TICKS_PER_DAY / 2)
		read += TICKS_PER_DAY;
	*utc = (uint64_t)(read - zone);
	return true;
}
