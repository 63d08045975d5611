/* What a process asks of POSIX about itself. See platform/process.h. */
#define _GNU_SOURCE
#include "platform/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/ioprio.h: class best effort (2) at its lowest level (7), of this process. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_LOWEST      (2 << 13 | 7)

bool process_list(bool (*each)(void *context, const struct process *process, struct err *err),
    void *context, struct err *err)
{
	(void)each;
	(void)context;
	return fail(err, ERR_UNSUPPORTED, "processes are listed on Windows only");
}

bool process_is_elevated(void)
{
	return geteuid() == 0;
}

void process_enable_privileges(void)
{
}

void process_go_background(void)
{
	(void)setpriority(PRIO_PROCESS, 0, 10);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_LOWEST);
}

bool process_keep_awake(bool awake)
{
	static bool kept;
	bool before = kept;

	kept = awake;
	return before;
}

bool process_start_elevated(struct err *err)
{
	return fail(err, ERR_UNSUPPORTED, "administrators are asked for on Windows only");
}

uint32_t process_own_id(void)
{
	return (uint32_t)getpid();
}

uint64_t process_peak_memory(void)
{
	/* Not getrusage: its ru_maxrss survives exec, so it may be the parent's. */
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t peak = 0;

	if (!status)
		return 0;
	while (fgets(line, sizeof(line), status))
		if (strncmp(line, "VmHWM:", 6) == 0)
			peak = strtoull(line + 6, NULL, 10) * 1024;
	fclose(status);
	return peak;
}

void process_io(struct process_io *out)
{
	FILE *io = fopen("/proc/self/io", "re");
	char line[128];

	*out = (struct process_io){0};
	if (!io)
		return;
	while (fgets(line, sizeof(line), io)) {
		if (strncmp(line, "rchar:", 6) == 0)
			out->read_bytes = strtoull(line + 6, NULL, 10);
		else if (strncmp(line, "wchar:", 6) == 0)
			out->written_bytes = strtoull(line + 6, NULL, 10);
	}
	fclose(io);
}

bool process_own_prefetch(struct text *path, uint64_t *modified)
{
	(void)path;
	(void)modified;
	return false;
}
