/* Files that are written from start to end (file_create of file.h). For platform/ alone.
 *
 * A file of more than one piece (1 MiB) is written by a thread of its own, so that a slow disk and the processor
 * work at the same time: write() then returns before the disk has the bytes, and what the disk refuses is told by a later
 * write() or by finish(), after which nothing more goes into the file. */
#ifndef KANSHIKI_PLATFORM_FILE_SINK_H
#define KANSHIKI_PLATFORM_FILE_SINK_H

#include "core/sink.h"
#include "platform/conveyor.h"

#define FILE_SINK_PIECE  ((size_t)1 << 20) /* a write of so much keeps a slow stick streaming */
#define FILE_SINK_PIECES (CONVEYOR_DEPTH(1) + 1) /* one is filled while the thread has the others */
#define FILE_SINK_HOLDS  (FILE_SINK_PIECES * FILE_SINK_PIECE)

/* Makes the file, which must not be there (ERR_EXISTS); is_private: for its owner only. */
bool file_sink_create(
    const char *path, bool is_private, struct sink **out, struct err *err) MUST_CHECK;

/* Files made by this process so far, and bytes written into them. */
void file_sink_made(uint64_t *files, uint64_t *bytes);

#endif
