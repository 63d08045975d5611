/* The language people are spoken to in. English stands at the call; Japanese rows are in core/ja/.
 * Not translated: logs, JSON, column names. err.text stays English; tr_error shows it in the user's language. */
#ifndef KANSHIKI_CORE_TR_H
#define KANSHIKI_CORE_TR_H

#include "core/err.h"
#include "core/text.h"

enum language { LANGUAGE_EN, LANGUAGE_JA };

/* Sets the language of the whole program. Call once, before threads. */
void tr_set_language(enum language language);
enum language tr_language(void);
/* "ja", "ja_JP.UTF-8" -> Japanese, all else English. */
enum language tr_language_from(const char *locale);

/* The text in the program's language; the English itself where there is no row. Lives for ever. */
const char *tr(const char *english) FORMAT_ARG(1);

/* Adds err.text in the program's language, as far as core/ja/errors*.def know what fail() was given. */
void tr_error(const char *english, struct text *out);

/* What an error kind means, in the user's language: "no permission". */
const char *tr_err_kind(enum err_kind kind);

#endif
