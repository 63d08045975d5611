/* Clocks of the running system. */
#ifndef KANSHIKI_PLATFORM_CLOCK_H
#define KANSHIKI_PLATFORM_CLOCK_H

#include "core/compiler.h"

uint64_t clock_now(void);          /* 100 ns ticks since 1601 UTC, as the system believes */
uint64_t clock_monotonic_ms(void); /* milliseconds from an arbitrary point, never back */
int32_t clock_zone_minutes(void);  /* local time minus UTC, now */
uint64_t clock_boot_time(void);    /* ticks; 0 when unknown */

#endif
