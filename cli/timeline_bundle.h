/* The timeline of a bundle: of every volume in it whose $MFT or change journal was taken. */
#ifndef KANSHIKI_CLI_TIMELINE_BUNDLE_H
#define KANSHIKI_CLI_TIMELINE_BUNDLE_H

#include "analysis/timeline.h"
#include "cli/opening.h"

/* Opens the bundle at path and adds its volumes, each with its letter in front of its paths. The hash of each
 * file is compared before a line of it is written: ERR_DAMAGED, unless --unverified. ERR_MISSING when
 * there is nothing to make a timeline of. shadows: also of the shadow copies in it ("fs/$vss$/C/2/$MFT"). */
bool timeline_bundle(struct timeline *timeline, struct opening *opening, const char *path,
    bool shadows, struct err *err) MUST_CHECK;

#endif
