/* Writes a Windows 7 prefetch file (SCCA version 23) and a recycle bin $I file for tests. Formats:
 * https://github.com/libyal/libscca/blob/main/documentation/Windows%20Prefetch%20File%20(PF)%20format.asciidoc
 * and https://github.com/libyal/dtformats/blob/main/documentation/Windows%20Recycle.Bin%20file%20formats.asciidoc */
#ifndef KANSHIKI_TESTS_FIXTURE_PREFETCH_H
#define KANSHIKI_TESTS_FIXTURE_PREFETCH_H

#include "core/text.h"

struct fixture_prefetch {
	const char *program; /* "NOTEPAD.EXE": at most 29 units */
	uint32_t hash;
	uint32_t runs;
	uint64_t last_run;
	const char *file; /* "\\DEVICE\\HARDDISKVOLUME1\\WINDOWS\\NOTEPAD.EXE" */
};
void fixture_prefetch_write(const struct fixture_prefetch *prefetch, struct text *out);

/* A $I file of version 2 (Windows 10). */
void fixture_prefetch_recycled(const char *path, uint64_t size, uint64_t deleted, struct text *out);

#endif
