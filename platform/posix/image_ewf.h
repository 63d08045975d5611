/* The two halves of reading Expert Witness images: libewf in a process of its own, and who asks it. For
 * platform/posix alone. Why: docs/adr/0008-libewf.md. */
#ifndef KANSHIKI_PLATFORM_POSIX_IMAGE_EWF_H
#define KANSHIKI_PLATFORM_POSIX_IMAGE_EWF_H

#include "core/err.h"

#define EWF_CHUNK_MIN 512u
#define EWF_CHUNK_MAX (16u << 20) /* bytes of a chunk; libewf and EnCase: 32 KiB */

struct ewf_request {
	uint64_t chunk; /* its number */
};

struct ewf_reply {           /* the first one is to no request: whether the image is open */
	struct err err;      /* ERR_NONE: good */
	uint64_t media_size; /* of the first reply */
	uint32_t chunk_size;
	uint32_t got; /* bytes in the shared memory */
};

/* Runs in the child and never returns: opens the set whose first file is path, answers requests on the socket
 * with chunks in `shared` (EWF_CHUNK_MAX bytes) until it is closed. */
_Noreturn void image_ewf_serve(int socket, uint8_t *shared, const char *path);

#endif
