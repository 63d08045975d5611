/* Limits on what a hostile volume can make us do. Each is above what Windows writes. */
#ifndef KANSHIKI_FORMATS_NTFS_LIMITS_H
#define KANSHIKI_FORMATS_NTFS_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define NTFS_LIMIT_SECTOR_MIN  256u
#define NTFS_LIMIT_SECTOR_MAX  4096u
#define NTFS_LIMIT_CLUSTER_MIN 512u
#define NTFS_LIMIT_CLUSTER_MAX (2u << 20)
#define NTFS_LIMIT_BLOCK_MIN   256u        /* MFT and index records */
#define NTFS_LIMIT_BLOCK_MAX   (64u << 10) /* MFT and index records */

#define NTFS_LIMIT_LIST       ((size_t)512 << 10) /* Windows: 256 KiB */
#define NTFS_LIMIT_EXTENSIONS ((size_t)16384)     /* extension records of one file */
/* Records that a list names and that are not the file's; then no more of them are tried. Lists that lead
 * nowhere could otherwise make every record of an $MFT cost thousands of reads. */
#define NTFS_LIMIT_BAD_EXTENSIONS ((size_t)64)
#define NTFS_LIMIT_BARE_EXTENSIONS \
	((size_t)1 << 20) /* of all files of a bare $MFT, of all in use of a volume: 40 MiB */
#define NTFS_LIMIT_FREED_EXTENSIONS ((size_t)1 << 18) /* of all deleted files of a volume: 10 MiB */
#define NTFS_LIMIT_ATTRIBUTES       ((size_t)1 << 17) /* of one file, in all its records */
#define NTFS_LIMIT_RUNS             ((size_t)1 << 21) /* of one file: 48 MiB of struct ntfs_run */
#define NTFS_LIMIT_VCN              ((uint64_t)1 << 52)
#define NTFS_LIMIT_MFT_PASSES       1024u /* rounds to follow an attribute list of $MFT itself */

#define NTFS_LIMIT_UNIT         ((size_t)4 << 20) /* bytes of a compression unit; Windows: 64 KiB */
#define NTFS_LIMIT_INDEX_DEPTH  32u
#define NTFS_LIMIT_INDEX_BLOCKS ((uint64_t)1 << 22) /* 16 GiB of 4 KiB blocks */

#define NTFS_LIMIT_BITMAP_SUMS \
	((uint64_t)1 << 20) /* windows of $Bitmap summed: 2^37 clusters, 8 MiB */

#define NTFS_LIMIT_SLACK_BYTES \
	((uint64_t)16 << 30)                     /* of directory indexes looked through for slack */
#define NTFS_LIMIT_SLACK_NAMES ((size_t)1 << 18) /* of one directory remembered: 12 MiB */

#define NTFS_LIMIT_SDS          ((uint64_t)1 << 30) /* bytes of $Secure:$SDS that are read */
#define NTFS_LIMIT_SECURITY_IDS ((size_t)1 << 20)   /* kept: 12 MiB */
#define NTFS_LIMIT_SDDL         ((size_t)1 << 20)   /* bytes of one; Windows: some hundred */

#define NTFS_LIMIT_DEPTH       2048u              /* components of a path */
#define NTFS_LIMIT_PATH_UNITS  32768u             /* UTF-16 units of a path; Windows: 32,767 */
#define NTFS_LIMIT_DIRECTORIES ((size_t)1 << 19)  /* remembered by ntfs_paths: 28 MiB */
#define NTFS_LIMIT_PATH_NAMES  ((size_t)32 << 20) /* bytes of their names */
/* Of directories that a change journal speaks of: their places at different times, and the bytes of their names. */
#define NTFS_LIMIT_USN_DIRECTORIES ((size_t)1 << 18)
#define NTFS_LIMIT_USN_NAMES       ((size_t)16 << 20)

#define NTFS_LIMIT_CLAIMS    ((size_t)1 << 20) /* of deleted files, at once: 16 MiB */
#define NTFS_LIMIT_CONTESTED ((size_t)1 << 20) /* stretches with several owners: 16 MiB */
#define NTFS_LIMIT_CLAIM_CLOCKS \
	((size_t)1 << 18)            /* files of which it is asked who was later: 12 MiB */
#define NTFS_LIMIT_CLAIM_WALKS   16u /* through the $MFT, when claims are more */
#define NTFS_LIMIT_CLAIM_RECORDS ((uint64_t)1 << 27) /* of an MFT: 16 MiB of bits */
#define NTFS_LIMIT_CLAIM_DEPTH   64u                 /* files that had one cluster */
#define NTFS_LIMIT_LOST          ((size_t)1 << 16)   /* ranges of one deleted stream */

#define NTFS_LIMIT_SEARCHES 16u /* of the whole $MFT, for names whose directory is damaged */

#define NTFS_LIMIT_OBJECT_IDS   ((size_t)1 << 18)  /* of a volume: 20 MiB */
#define NTFS_LIMIT_OBJECT_BYTES ((size_t)64 << 20) /* of blocks of their index */

/* Of a volume without boot sectors: bytes from its start, and records of them that are looked at. */
#define NTFS_LIMIT_SEARCH       ((uint64_t)64 << 20)
#define NTFS_LIMIT_SEARCH_TRIES 131072u

#endif
