/* A bundle's custody as CASE/UCO. */
#ifndef KANSHIKI_CLI_EXPORT_CASE_H
#define KANSHIKI_CLI_EXPORT_CASE_H

#include "cli/opening.h"

/* Adds a JSON-LD document in the vocabulary of CASE 1.5 (https://caseontology.org): who collected what with which tool and
 * when, with whose leave, and what came out: the sealed files with their hashes. The bundle's files were checked and its
 * content is open. now: when this was looked at. ERR_DAMAGED when meta/collection.json is not readable. */
bool export_case(
    const struct opening *opening, uint64_t now, struct text *out, struct err *err) MUST_CHECK;

#endif
