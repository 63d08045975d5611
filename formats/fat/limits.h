/* Limits on what a hostile volume can make us do. Each is above what Windows writes. */
#ifndef KANSHIKI_FORMATS_FAT_LIMITS_H
#define KANSHIKI_FORMATS_FAT_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define FAT_LIMIT_SECTOR_MIN  512u
#define FAT_LIMIT_SECTOR_MAX  4096u
#define FAT_LIMIT_CLUSTER_MAX (32u << 20) /* exFAT; FAT: 64 KiB, of 4 KiB sectors 512 KiB */
#define FAT_LIMIT_COPIES      4u
#define FAT_LIMIT_CLUSTERS    0xFFFFFFF5u /* exFAT; FAT32: 0x0FFFFFF5 */

#define FAT_LIMIT_RUNS         ((size_t)1 << 21)      /* of one file or directory: 24 MiB */
#define FAT_LIMIT_DIRECTORY    ((uint64_t)256 << 20)  /* bytes that are read of one */
#define FAT_LIMIT_FAT_DIR      ((uint64_t)65536 * 32) /* bytes: the specification's, of FAT */
#define FAT_LIMIT_DEPTH        255u                   /* directories below each other */
#define FAT_LIMIT_PATH         ((size_t)96 << 10)     /* bytes of a path: 32,768 units of UTF-16 */
#define FAT_LIMIT_DIR_CLUSTERS ((size_t)1 << 22)      /* of all directories: 32 MiB of memory */
#define FAT_LIMIT_CLAIMS       ((size_t)1 << 21)      /* runs of deleted files: 48 MiB */
/* links followed for deleted files, and 4 for each cluster: some 50 ms */
#define FAT_LIMIT_LINKS   ((uint64_t)4 << 20)
#define FAT_LIMIT_LOST    ((size_t)1 << 20) /* directories that no entry leads to: 16 MiB */
#define FAT_LIMIT_GUESSES ((size_t)1 << 16) /* deleted directories whose cluster is looked for */
#define FAT_LIMIT_GUESS_READS \
	((uint64_t)1 << 18)                    /* clusters looked at for that; as many for files */
#define FAT_LIMIT_BITMAP ((uint64_t)512 << 20) /* bytes of what exFAT keeps of itself in a file */

#endif
