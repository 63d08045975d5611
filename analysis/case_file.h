/* A bundle's custody as CASE/UCO. */
#ifndef KANSHIKI_ANALYSIS_CASE_FILE_H
#define KANSHIKI_ANALYSIS_CASE_FILE_H

#include "bundle/reader.h"

/* Adds a JSON-LD document in the vocabulary of CASE 1.5 (https://caseontology.org): who collected what with which tool and
 * when, with whose leave, and what came out: the sealed files with their hashes. The bundle's files were checked and its
 * content is open; store: where it lies. now: when this was looked at. ERR_DAMAGED when meta/collection.json is not readable. */
bool case_file_write(struct bundle_reader *reader, struct store *store, uint64_t now,
    struct text *out, struct err *err) MUST_CHECK;

#endif
