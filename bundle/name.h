/* Names inside the bundle: reversible escapes so that no control, bidi or separator character of a
 * Windows name reaches a tar or a terminal (docs/bundle-format.md, Names). */
#ifndef KANSHIKI_BUNDLE_NAME_H
#define KANSHIKI_BUNDLE_NAME_H

#include "core/text.h"

/* Adds one path component, given as raw UTF-16LE or as WTF-8, escaped. */
void bundle_name_add_utf16(struct text *out, struct bytes utf16);
void bundle_name_add(struct text *out, struct bytes wtf8);
/* Adds a whole WTF-8 path: '/' separates, each component escaped, U+FFFD for an empty one; nothing for an empty path. */
void bundle_name_add_path(struct text *out, struct bytes wtf8);

/* Whether a member name read from a bundle keeps all the rules (no escape that should not be there is
 * not asked): no absolute path, no "." or ".." or empty component, no control or bidi character, '\'. */
bool bundle_name_check(struct bytes name, struct err *err) MUST_CHECK;

#endif
