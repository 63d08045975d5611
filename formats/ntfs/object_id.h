/* $OBJECT_ID: the identity by which Windows finds a file that was moved (MS-FSCC 2.1.3; shortcuts hold the same). */
#ifndef KANSHIKI_FORMATS_NTFS_OBJECT_ID_H
#define KANSHIKI_FORMATS_NTFS_OBJECT_ID_H

#include "formats/ntfs/ntfs.h"

struct ntfs_object_id { /* 16 bytes each, views into the attribute's content; NULL: not there */
	const uint8_t *object;
	const uint8_t *birth_volume;
	const uint8_t *birth_object;
	const uint8_t *domain;
};

/* ERR_DAMAGED with less than 16 bytes. */
bool ntfs_object_id_parse(
    struct bytes content, struct ntfs_object_id *out, struct err *err) MUST_CHECK;

#endif
