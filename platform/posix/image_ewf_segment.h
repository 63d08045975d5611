/* A file of an E01 set as it lies there, for what libewf does not tell. For platform/posix alone. */
#ifndef KANSHIKI_PLATFORM_POSIX_IMAGE_EWF_SEGMENT_H
#define KANSHIKI_PLATFORM_POSIX_IMAGE_EWF_SEGMENT_H

#include "core/compiler.h"

enum ewf_end {
	EWF_END_UNKNOWN, /* damaged, or it cannot be read */
	EWF_END_DONE,    /* the last file of a set */
	EWF_END_NEXT,    /* another one follows */
	EWF_END_CUT,     /* its sections go on behind its end */
};

/* What its last section says. Reads 76 bytes of each section. */
enum ewf_end image_ewf_segment_end(const char *path);

#endif
