/* The processes of the running system, through its API (toolhelp snapshot, PEB, tokens). */
#ifndef KANSHIKI_PLATFORM_PROCESS_H
#define KANSHIKI_PLATFORM_PROCESS_H

#include "core/text.h"

struct process {
	uint32_t pid;
	uint32_t parent;
	uint32_t session;
	uint32_t threads;
	uint64_t started; /* ticks; 0 when it could not be asked */
	struct text name; /* image name: always known */
	struct text path; /* full path, "" when not readable */
	struct text command_line;
	struct text user; /* "DOMAIN\name" */
	struct text user_sid;
	struct err why; /* first thing that could not be read; ERR_NONE when all was */
};

/* Calls each for every process; *process is borrowed. ERR_UNSUPPORTED on Linux. */
bool process_list(bool (*each)(void *context, const struct process *process, struct err *err),
    void *context, struct err *err) MUST_CHECK;

/* Whether this program runs elevated (administrator, root). */
bool process_is_elevated(void);
/* Switches on SeBackup, SeRestore, SeDebug, SeSecurity, SeManageVolume where held. Never fails. */
void process_enable_privileges(void);
/* Lowers CPU and I/O priority; a failure is not an error. */
void process_go_background(void);
/* While true the system does not fall asleep of itself; whoever closes the lid puts it to sleep all the same. Returns whether it was
 * kept awake before. For the calling thread, so from the main one. Linux: remembered, nothing more. */
bool process_keep_awake(bool awake);
/* Starts this program anew, without arguments, in a window of its own and as administrator: Windows asks the person first. ERR_DENIED
 * when that is refused; ERR_UNSUPPORTED on Linux. */
bool process_start_elevated(struct err *err) MUST_CHECK;
uint32_t process_own_id(void);
/* Peak resident memory of this process in bytes; 0 when unknown. */
uint64_t process_peak_memory(void);

struct process_io { /* of this process, all files, devices and pipes; zeros when unknown */
	uint64_t read_bytes, written_bytes;
};
void process_io(struct process_io *out);
/* The file that Windows itself wrote about our start (Prefetch), as far as there is one by now; false: none was seen. */
bool process_own_prefetch(struct text *path, uint64_t *modified);

#endif
