/* What the shared half of platform/ asks of its system half (win/ or posix/). For platform/ alone.
 * Errors hold the system's reason only ("access is denied"); the caller says what it was doing. */
#ifndef KANSHIKI_PLATFORM_OS_H
#define KANSHIKI_PLATFORM_OS_H

#include "core/text.h"
#include "platform/file.h"

#define OS_NO_HANDLE ((intptr_t)-1) /* no file: INVALID_HANDLE_VALUE, descriptor -1 */

/* Opens a regular file for reading and tells its size. Directories, pipes and devices are
 * ERR_UNSUPPORTED. */
bool os_open(const char *path, intptr_t *out, uint64_t *size, struct err *err) MUST_CHECK;
/* The same for reading what is on the medium, not what the system still remembers, as far as it lets us. Offset,
 * length and memory of each os_read are then multiples of OS_MEDIUM_ALIGN. */
#define OS_MEDIUM_ALIGN BYTES_PAGE
bool os_open_medium(const char *path, intptr_t *out, uint64_t *size, struct err *err) MUST_CHECK;
/* Lets `count` files be open at once beside those of the program, as far as the system's own limit goes. */
void os_allow_files(size_t count);
/* Makes a new file for writing in large pieces from start to end, without filling the system's memory; is_private: for its owner only. */
bool os_create(const char *path, bool is_private, intptr_t *out, struct err *err) MUST_CHECK;
/* Reads at an offset without a cursor; *got < len at the end of the file or on failure. */
bool os_read(
    intptr_t file, uint64_t offset, void *to, size_t len, size_t *got, struct err *err) MUST_CHECK;
/* Appends all bytes. */
bool os_write(intptr_t file, struct bytes bytes, struct err *err) MUST_CHECK;
/* Everything written so far is on the medium when it returns. */
bool os_flush(intptr_t file, struct err *err) MUST_CHECK;
/* The entry of path in its directory is on the medium when it returns; nothing where the system does that. */
bool os_flush_entry(const char *path, struct err *err) MUST_CHECK;
bool os_rename(const char *from, const char *to, struct err *err) MUST_CHECK;
bool os_remove(const char *path, struct err *err) MUST_CHECK;
/* An existing directory is ERR_EXISTS. */
bool os_make_directory(const char *path, struct err *err) MUST_CHECK;
/* Closes; false when the system reports a late write error. */
bool os_close(intptr_t file, struct err *err) MUST_CHECK;
bool os_is_separator(char c);
/* Calls each(context, name, kind) for every entry of a directory but . and .., in no order, until one fails. A link to a file
 * is that file; one to a directory is FILE_KIND_OTHER, so that no walk runs in circles. */
bool os_list(const char *path,
    bool (*each)(void *context, const char *name, enum file_kind kind, struct err *err),
    void *context, struct err *err) MUST_CHECK;

/* Writes all bytes (UTF-8) to stream 1 or 2. */
bool os_console_write(int stream, struct bytes bytes, struct err *err) MUST_CHECK;
/* Closes stdout; false when the system reports only now that it could not keep what it took. */
bool os_console_end(struct err *err) MUST_CHECK;

/* Adds what stream 0 gives next: a piece of a line at least, with its end where that came. Adds nothing at the end. */
bool os_console_read(struct text *out, struct err *err) MUST_CHECK;
/* For secret.h; what they fill the caller wipes. A line of the terminal without echo, UTF-8, at most `room` bytes. */
bool os_secret_line(
    const char *prompt, uint8_t *to, size_t room, size_t *len, struct err *err) MUST_CHECK;
/* Up to `room` bytes of a file, a pipe, or stdin ("-"). */
bool os_secret_file(
    const char *path, uint8_t *to, size_t room, size_t *len, struct err *err) MUST_CHECK;

#endif
