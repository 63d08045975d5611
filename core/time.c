/* FILETIME to text and back. Calendar arithmetic after Howard Hinnant's public description of the
 * proleptic Gregorian calendar (days_from_civil). See time.h. */
#include "core/time.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

#define ZONE_LEN   6 /* "+09:00" */
#define ZONE_HOURS 14

#define DAYS_1601_FROM_YEAR_0 584694 /* 1601-01-01 counted from 0000-03-01 */
#define SECONDS_PER_DAY       86400u
#define TICKS_PER_DAY         (SECONDS_PER_DAY * TIME_TICKS_PER_SECOND)

#define YEAR_LAST 60056 /* ticks end in it */

struct civil {
	uint32_t year, month, day, hour, minute, second, ticks;
};

static void civil_from_day(uint64_t day, struct civil *out)
{
	uint64_t days = day + DAYS_1601_FROM_YEAR_0;
	uint64_t era = days / 146097;
	uint32_t doe = (uint32_t)(days % 146097);
	uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	uint32_t mp = (5 * doy + 2) / 153;

	out->day = doy - (153 * mp + 2) / 5 + 1;
	out->month = mp < 10 ? mp + 3 : mp - 9;
	out->year = (uint32_t)(yoe + era * 400) + (out->month <= 2);
}

static void clock_from_ticks(uint64_t of_day, struct civil *out)
{
	uint32_t seconds = (uint32_t)(of_day / TIME_TICKS_PER_SECOND);

	out->hour = seconds / 3600;
	out->minute = seconds / 60 % 60;
	out->second = seconds % 60;
	out->ticks = (uint32_t)(of_day % TIME_TICKS_PER_SECOND);
}

static void civil_from_ticks(uint64_t ticks, struct civil *out)
{
	civil_from_day(ticks / TICKS_PER_DAY, out);
	clock_from_ticks(ticks % TICKS_PER_DAY, out);
}

/* Two digits and the character behind them. */
static char *put_pair(char *to, uint32_t value, char after)
{
	to[0] = (char)('0' + value / 10);
	to[1] = (char)('0' + value % 10);
	to[2] = after;
	return to + 3;
}

/* By hand: a timeline writes eight times a file. */
static char *put_day(char *to, uint64_t day)
{
	struct civil c;

	civil_from_day(day, &c);
	if (c.year > 9999) {
		to = put_pair(to, 0, (char)('0' + c.year / 10000));
		to[-3] = '+';
	}
	to = put_pair(to, c.year / 100 % 100, '-') - 1;
	to = put_pair(to, c.year % 100, '-');
	to = put_pair(to, c.month, '-');
	return put_pair(to, c.day, 'T');
}

static char *put_clock(char *to, uint64_t of_day)
{
	struct civil c;

	clock_from_ticks(of_day, &c);
	to = put_pair(to, c.hour, ':');
	to = put_pair(to, c.minute, ':');
	to = put_pair(to, c.second, '.');
	to = put_pair(to, c.ticks / 100000, '0') - 1;
	to = put_pair(to, c.ticks / 1000 % 100, '0') - 1;
	to = put_pair(to, c.ticks / 10 % 100, (char)('0' + c.ticks % 10));
	to[0] = 'Z';
	to[1] = 0;
	return to + 1;
}

void time_iso(uint64_t ticks, char out[TIME_ISO_ROOM])
{
	put_clock(put_day(out, ticks / TICKS_PER_DAY), ticks % TICKS_PER_DAY);
}

size_t time_iso_with(struct time_days *days, uint64_t ticks, char out[TIME_ISO_ROOM])
{
	uint64_t day = ticks / TICKS_PER_DAY;
	size_t slot = (size_t)(day % TIME_DAYS);

	if (days->at[slot].len == 0 || days->at[slot].day != day) {
		days->at[slot].day = day;
		days->at[slot].len =
		    (uint32_t)(put_day(days->at[slot].text, day) - days->at[slot].text);
	}
	memcpy(out, days->at[slot].text, sizeof(days->at[slot].text));
	return (size_t)(put_clock(out + days->at[slot].len, ticks % TICKS_PER_DAY) - out);
}

void time_compact(uint64_t ticks, char out[TIME_ISO_ROOM])
{
	struct civil c;

	civil_from_ticks(ticks, &c);
	snprintf(out, TIME_ISO_ROOM, "%04u%02u%02uT%02u%02u%02uZ", c.year, c.month, c.day, c.hour,
	    c.minute, c.second);
}

static uint64_t ticks_from_civil(const struct civil *c)
{
	uint32_t year = c->year - (c->month <= 2);
	uint32_t era = year / 400;
	uint32_t yoe = year % 400;
	uint32_t mp = c->month > 2 ? c->month - 3 : c->month + 9;
	uint32_t doy = (153 * mp + 2) / 5 + c->day - 1;
	uint64_t days = (uint64_t)era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy;
	uint64_t seconds = (days - DAYS_1601_FROM_YEAR_0) * SECONDS_PER_DAY + c->hour * 3600 +
			   c->minute * 60 + c->second;

	return seconds * TIME_TICKS_PER_SECOND + c->ticks;
}

static bool read_digits(const char **at, int count, uint32_t *out)
{
	uint32_t value = 0;

	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (uint32_t)(**at - '0');
	}
	*out = value;
	return true;
}

static bool read_char(const char **at, const char *any)
{
	if (!**at || !strchr(any, **at))
		return false;
	(*at)++;
	return true;
}

static bool read_fraction(const char **at, uint32_t *ticks)
{
	uint32_t scale = 1000000;
	int digits = 0;

	for (*ticks = 0; **at >= '0' && **at <= '9' && digits < 9; (*at)++, digits++) {
		*ticks += (uint32_t)(**at - '0') * scale;
		scale /= 10;
	}
	return digits > 0;
}

static uint32_t days_of_month(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static bool is_civil(const struct civil *c)
{
	return c->year >= 1601 && c->year <= YEAR_LAST && c->month >= 1 && c->month <= 12 &&
	       c->day >= 1 && c->day <= days_of_month(c->year, c->month) && c->hour < 24 &&
	       c->minute < 60 && c->second < 60;
}

bool time_parse(const char *iso, uint64_t *ticks, struct err *err)
{
	struct civil c = {0};
	const char *at = iso;
	bool is_late = read_char(&at, "+");
	bool ok = read_digits(&at, is_late ? 6 : 4, &c.year) && (c.year > 9999) == is_late &&
		  read_char(&at, "-") && read_digits(&at, 2, &c.month) && read_char(&at, "-") &&
		  read_digits(&at, 2, &c.day);

	if (ok && *at)
		ok = read_char(&at, "T ") && read_digits(&at, 2, &c.hour) && read_char(&at, ":") &&
		     read_digits(&at, 2, &c.minute) && read_char(&at, ":") &&
		     read_digits(&at, 2, &c.second) &&
		     (*at != '.' || (at++, read_fraction(&at, &c.ticks))) && read_char(&at, "Z") &&
		     !*at;
	uint64_t found = ok && is_civil(&c) ? ticks_from_civil(&c) : 0;
	bool is_over = c.year == YEAR_LAST && found < UINT64_MAX / 2;

	if (!ok || !is_civil(&c) || is_over)
		return fail(err, ERR_USAGE, "'%s' is not a time like 2026-04-01T09:00:00Z", iso);
	*ticks = found;
	return true;
}

/* "+09:00" in seconds. */
static bool read_zone(const char *at, int64_t *seconds)
{
	bool is_west = *at == '-';
	uint32_t hours, minutes;

	if (!read_char(&at, "+-") || !read_digits(&at, 2, &hours) || !read_char(&at, ":") ||
	    !read_digits(&at, 2, &minutes) || *at || hours > ZONE_HOURS || minutes > 59)
		return false;
	*seconds = (int64_t)(hours * 60 + minutes) * (is_west ? -60 : 60);
	return true;
}

bool time_parse_zoned(const char *typed, uint64_t *ticks, struct err *err)
{
	char plain[TIME_ISO_ROOM + 8];
	size_t len = strlen(typed);
	int64_t east = 0;
	uint64_t local;

	if (time_parse(typed, ticks, NULL))
		return true;
	if (len <= ZONE_LEN || len >= sizeof(plain) || !read_zone(typed + len - ZONE_LEN, &east))
		return fail(err, ERR_USAGE,
		    "'%.*s' is not a time like 2026-11-20T22:00:00Z or 2026-11-21T07:00:00+09:00",
		    text_cut(bytes_of(typed), 64), typed);
	memcpy(plain, typed, len - ZONE_LEN);
	memcpy(plain + len - ZONE_LEN, "Z", 2);
	if (!time_parse(plain, &local, err))
		return false;
	int64_t ahead = east * (int64_t)TIME_TICKS_PER_SECOND;

	if (ahead > 0 && local < (uint64_t)ahead)
		return fail(err, ERR_USAGE, "'%.64s' is before 1601", typed);
	*ticks = local - (uint64_t)ahead;
	return true;
}

void time_to_unix(uint64_t ticks, int64_t *seconds, uint32_t *nanoseconds)
{
	*seconds = (int64_t)(ticks / TIME_TICKS_PER_SECOND) -
		   (int64_t)(TIME_UNIX_EPOCH / TIME_TICKS_PER_SECOND);
	*nanoseconds = (uint32_t)(ticks % TIME_TICKS_PER_SECOND) * 100;
}

uint64_t time_from_unix(int64_t seconds, uint32_t nanoseconds)
{
	const int64_t least = -(int64_t)(TIME_UNIX_EPOCH / TIME_TICKS_PER_SECOND);
	const int64_t most = (int64_t)(UINT64_MAX / TIME_TICKS_PER_SECOND) + least - 1;

	if (seconds < least)
		return 0;
	if (seconds > most)
		return UINT64_MAX;
	return TIME_UNIX_EPOCH + (uint64_t)seconds * TIME_TICKS_PER_SECOND + nanoseconds / 100;
}
