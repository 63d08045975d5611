/* Clocks on POSIX. See platform/clock.h. */
#define _GNU_SOURCE
#include "platform/clock.h"

#include "core/time.h"

#include <sys/timex.h>
#include <time.h>

uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return time_from_unix(now.tv_sec, (uint32_t)now.tv_nsec);
}

uint64_t clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int32_t clock_zone_minutes(void)
{
	time_t now = time(NULL);
	struct tm local;

	return localtime_r(&now, &local) ? (int32_t)(local.tm_gmtoff / 60) : 0;
}

void clock_sync(struct clock_sync *out)
{
	struct timex kernel = {0};
	int state = adjtimex(&kernel);

	*out = (struct clock_sync){.service = "kernel", .state = ""};
	if (state >= 0)
		out->state = state == TIME_ERROR || kernel.status & STA_UNSYNC ? "not synchronized"
									       : "synchronized";
}

uint64_t clock_boot_time(void)
{
	struct timespec up;

	if (clock_gettime(CLOCK_BOOTTIME, &up) != 0)
		return 0;
	return clock_now() -
	       ((uint64_t)up.tv_sec * TIME_TICKS_PER_SECOND + (uint64_t)up.tv_nsec / 100);
}
