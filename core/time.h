/* Time as Windows keeps it: 100 ns ticks since 1601-01-01 UTC (FILETIME, MS-DTYP 2.3.3). */
#ifndef KANSHIKI_CORE_TIME_H
#define KANSHIKI_CORE_TIME_H

#include "core/err.h"

#define TIME_TICKS_PER_SECOND 10000000ull
#define TIME_UNIX_EPOCH       116444736000000000ull /* 1970-01-01 in ticks */
#define TIME_ISO_ROOM         40

/* Writes "2018-03-27T12:11:44.1234567Z"; all 2^64 values have a text. Years above 9999, up to 60056, as ISO 8601 (4.1.2.4)
 * and ECMAScript have them: "+060056-05-28T05:36:10.9551615Z". In order of bytes these come before all others. */
void time_iso(uint64_t ticks, char out[TIME_ISO_ROOM]);

#define TIME_DAYS 16u

struct time_days { /* days written lately; zero it before use */
	struct {
		uint64_t day; /* since 1601 */
		uint32_t len; /* 0: none yet */
		char text[16];
	} at[TIME_DAYS];
};
/* The same, for many times of few days; returns the length. */
size_t time_iso_with(struct time_days *days, uint64_t ticks, char out[TIME_ISO_ROOM]);

/* Writes "20180327T121144Z", for file names. */
void time_compact(uint64_t ticks, char out[TIME_ISO_ROOM]);
/* Parses "YYYY-MM-DDTHH:MM:SS[.f{1,9}]Z" (also a space for the T, or a date alone = midnight UTC), and
 * what time_iso writes. */
bool time_parse(const char *iso, uint64_t *ticks, struct err *err) MUST_CHECK;
/* As people type it: the same, or with a zone ("2018-03-27T21:11:44+09:00") for the Z. ERR_USAGE shows both. */
bool time_parse_zoned(const char *typed, uint64_t *ticks, struct err *err) MUST_CHECK;

/* Whole seconds since 1970 rounded down, and the nanoseconds above it (always >= 0). */
void time_to_unix(uint64_t ticks, int64_t *seconds, uint32_t *nanoseconds);
/* Before 1601 it is 0, after the last tick UINT64_MAX. nanoseconds is less than 10^9. */
uint64_t time_from_unix(int64_t seconds, uint32_t nanoseconds);

#endif
