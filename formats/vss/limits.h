/* Limits on what a hostile volume can make us do. Each is above what Windows writes. */
#ifndef KANSHIKI_FORMATS_VSS_LIMITS_H
#define KANSHIKI_FORMATS_VSS_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define VSS_LIMIT_CATALOG   256u               /* blocks of a catalogue; Windows: 4 */
#define VSS_LIMIT_SNAPSHOTS ((size_t)512)      /* of one volume, as in Windows */
#define VSS_LIMIT_ENTRIES   ((size_t)10 << 20) /* of all block lists together: 160 GiB of store */
#define VSS_LIMIT_RANGES    ((size_t)4 << 20) /* of unused blocks, all snapshots together: 64 MiB */
#define VSS_LIMIT_BLOCK     ((uint64_t)1 << 40) /* a block's number: 16 PiB */
#define VSS_LIMIT_NAME      ((size_t)1024)      /* bytes of a machine's name */

#endif
