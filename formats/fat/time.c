/* Dates as DOS kept them. See volume.h. */
#include "formats/fat/volume.h"

#include "core/time.h"

#define TICKS_PER_MINUTE (60 * TIME_TICKS_PER_SECOND)

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1601-01-01 to the date; 0 when there is no such date. */
static uint32_t days_to(unsigned year, unsigned month, unsigned day)
{
	static const uint16_t before[] = {
	    0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
	unsigned whole = year - 1601;

	if (month < 1 || month > 12 || day < 1)
		return 0;
	unsigned leap = month > 2 && is_leap(year);
	unsigned length = before[month] - before[month - 1] + (month == 2 && is_leap(year));

	if (day > length)
		return 0;
	return whole * 365 + whole / 4 - whole / 100 + whole / 400 + before[month - 1] + leap +
	       day - 1;
}

void fat_time_set(struct fat_time *time, uint16_t date, uint16_t clock, uint8_t fine)
{
	unsigned hour = clock >> 11, minute = clock >> 5 & 63u, second = (clock & 31u) * 2;
	uint32_t days = days_to(1980u + (date >> 9), date >> 5 & 15u, date & 31u);

	*time = (struct fat_time){.raw_date = date, .raw_time = clock, .raw_fine = fine};
	if (days == 0 || hour > 23 || minute > 59 || second > 59)
		return;
	uint64_t seconds = days * 86400ull + hour * 3600u + minute * 60u + second;

	time->zone = FAT_TIME_LOCAL;
	time->ticks = seconds * TIME_TICKS_PER_SECOND;
	if (fine < 200)
		time->ticks += fine * (TIME_TICKS_PER_SECOND / 100);
}

void fat_time_set_zone(struct fat_time *time, uint8_t offset)
{
	int quarters = (offset & 0x7f) - (offset & 0x40 ? 0x80 : 0);
	int64_t ahead = quarters * 15 * (int64_t)TICKS_PER_MINUTE;

	time->raw_offset = offset;
	if (!(offset & 0x80) || time->zone != FAT_TIME_LOCAL)
		return;
	time->zone = FAT_TIME_UTC;
	time->offset = (int16_t)(quarters * 15);
	time->ticks = (uint64_t)((int64_t)time->ticks - ahead); /* 1980 or later: stays above 0 */
}
