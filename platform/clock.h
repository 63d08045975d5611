/* Clocks of the running system. */
#ifndef KANSHIKI_PLATFORM_CLOCK_H
#define KANSHIKI_PLATFORM_CLOCK_H

#include "core/text.h"

uint64_t clock_now(void);          /* 100 ns ticks since 1601 UTC, as the system believes */
uint64_t clock_monotonic_ms(void); /* milliseconds from an arbitrary point, never back */
int32_t clock_zone_minutes(void);  /* local time minus UTC, now */
uint64_t clock_boot_time(void);    /* ticks; 0 when unknown */

/* What keeps the clock right: W32Time on Windows (registry and service), the kernel's own word on Linux. What is not told is
 * empty or 0. */
struct clock_sync {
	const char *service; /* "W32Time", "kernel" */
	const char *state;   /* "running", "stopped", "synchronized", ...; "" unknown */
	struct text type;    /* "NTP", "NT5DS" (of the domain), "NoSync" */
	struct text source;  /* servers */
	uint64_t last;       /* ticks: last time known to be good */
};
void clock_sync(struct clock_sync *out);
void clock_sync_free(struct clock_sync *sync);

#endif
