/* Writes a zip of stored members (APPNOTE.TXT 6.3.10), zip64 where needed, the same bytes for the same input wherever
 * it runs. Times are UTC, with 100 ns in the NTFS extra field. */
#ifndef KANSHIKI_BUNDLE_ZIP_H
#define KANSHIKI_BUNDLE_ZIP_H

#include "core/sink.h"

#define ZIP_NAME_MAX 65535
#define ZIP_DIRECTORY \
	((size_t)2 << 30) /* bytes of the central directory, which is held in memory */

struct zip_member {
	struct bytes name; /* UTF-8, '/' between components */
	uint64_t size;
	uint32_t crc;                         /* of all its bytes: zip_crc */
	uint64_t modified, accessed, created; /* ticks, 0: not known */
};

struct zip; /* opaque */

/* `to` is borrowed; its finish() is left to the caller. directory_most: ZIP_DIRECTORY. NULL when no memory. */
struct zip *zip_new(struct sink *to, size_t directory_most);
void zip_free(struct zip *zip);
CLEANUP_POINTER(struct zip, zip_free);

/* A member: begin, then exactly size bytes. ERR_LIMIT: nothing of it was written, and others may still be. */
bool zip_begin(struct zip *zip, const struct zip_member *member, struct err *err) MUST_CHECK;
bool zip_write(struct zip *zip, struct bytes bytes, struct err *err) MUST_CHECK;
/* The central directory; once, last. */
bool zip_finish(struct zip *zip, struct err *err) MUST_CHECK;

/* Continues a CRC-32; begin with 0. */
uint32_t zip_crc(uint32_t crc, struct bytes bytes);

#endif
