/* Clocks on Windows. See platform/clock.h. */
#include "platform/clock.h"

#include "platform/win/edge.h"

uint64_t clock_now(void)
{
	FILETIME now;

	GetSystemTimeAsFileTime(&now);
	return (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
}

uint64_t clock_monotonic_ms(void)
{
	return GetTickCount64();
}

int32_t clock_zone_minutes(void)
{
	TIME_ZONE_INFORMATION zone = {0};
	DWORD season = GetTimeZoneInformation(&zone);
	LONG bias = zone.Bias;

	if (season == TIME_ZONE_ID_STANDARD)
		bias += zone.StandardBias;
	else if (season == TIME_ZONE_ID_DAYLIGHT)
		bias += zone.DaylightBias;
	return (int32_t)-bias;
}

uint64_t clock_boot_time(void)
{
	return clock_now() - GetTickCount64() * 10000;
}
