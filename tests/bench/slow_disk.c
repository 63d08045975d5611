/* Loaded before a program (LD_PRELOAD), makes every disk slow: a write of 64 KiB or more returns only when a disk of
 * KANSHIKI_SLOW_DISK bytes a second would have it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SMALL 65536 /* not worth waiting for */

ssize_t write(int file, const void *from, size_t len)
{
	static ssize_t (*real)(int, const void *, size_t);
	const char *rate = getenv("KANSHIKI_SLOW_DISK");

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "write");
	ssize_t done = real(file, from, len);

	if (done >= SMALL && rate) {
		double seconds = (double)done / atof(rate);
		struct timespec wait = {.tv_sec = (time_t)seconds};

		wait.tv_nsec = (long)((seconds - (double)wait.tv_sec) * 1e9);
		nanosleep(&wait, NULL);
	}
	return done;
}
