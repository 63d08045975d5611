/* Text for a screen of 80 columns: how wide characters are, and lines that do not run over. */
#ifndef KANSHIKI_CORE_WRAP_H
#define KANSHIKI_CORE_WRAP_H

#include "core/text.h"

/* Columns that a terminal gives a code point: 2 for East Asian wide ones (Unicode UAX #11: the blocks in use here), else 1. */
int wrap_columns(uint32_t code);

#define WRAP_WIDTH 80
/* Adds the text with every line that is wider broken: at blanks, and beside wide characters, but never so that a closing mark begins
 * a line. What goes on stands below the second column of a table ("      --name VALUE    text", "  name   text"). */
void wrap_text(struct bytes text, struct text *out);

#endif
