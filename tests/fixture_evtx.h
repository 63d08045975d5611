/* Writes small event logs (EVTX 3.1) for tests: one chunk, one template, records with a message. Format:
 * https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc */
#ifndef KANSHIKI_TESTS_FIXTURE_EVTX_H
#define KANSHIKI_TESTS_FIXTURE_EVTX_H

#include "core/text.h"

struct fixture_event {
	uint16_t id;
	uint8_t level;    /* 4: information */
	uint64_t time;    /* ticks */
	const char *data; /* EventData/Data, named "message" */
};

struct fixture_evtx {
	const char *provider; /* "Microsoft-Windows-Security-Auditing" */
	const char *channel;  /* "Security" */
	const char *computer;
	const struct fixture_event *events;
	size_t count; /* as many as fit in one chunk: about 100 */
};

/* The whole file. False when the records do not fit in one chunk. */
bool fixture_evtx_write(const struct fixture_evtx *log, struct text *out);

#endif
