/* Translation by table. See tr.h; the rows are in core/ja/NAME.def, one file per area, each row
 * JA("English", "日本語") with the same conversions in the same order (mingw's printf has no %1$s). */
#include "core/tr.h"

#include <string.h>

static enum language program_language = LANGUAGE_EN;

struct row {
	const char *english;
	const char *japanese;
};

#define JA(english, japanese) {english, japanese},
static const struct row rows[] = {
#include "core/ja/common.def"
#include "core/ja/field.def"
#include "core/ja/kit.def"
#include "core/ja/collect.def"
#include "core/ja/collectors.def"
#include "core/ja/bundle.def"
#include "core/ja/open.def"
#include "core/ja/timeline.def"
};

void tr_set_language(enum language language)
{
	program_language = language;
}

enum language tr_language(void)
{
	return program_language;
}

enum language tr_language_from(const char *locale)
{
	return locale && strncmp(locale, "ja", 2) == 0 ? LANGUAGE_JA : LANGUAGE_EN;
}

const char *tr(const char *english)
{
	if (program_language == LANGUAGE_EN)
		return english;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].english, english) == 0)
			return rows[i].japanese;
	return english;
}

const char *tr_err_kind(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
		break;
	case ERR_MEMORY:
		return tr("not enough memory");
	case ERR_IO:
		return tr("could not be read or written");
	case ERR_DENIED:
		return tr("no permission");
	case ERR_MISSING:
		return tr("not found");
	case ERR_DAMAGED:
		return tr("damaged or changed");
	case ERR_UNSUPPORTED:
		return tr("not supported");
	case ERR_LIMIT:
		return tr("larger than allowed");
	case ERR_STOPPED:
		return tr("stopped");
	case ERR_FULL:
		return tr("no space left");
	case ERR_USAGE:
		return tr("wrong use");
	case ERR_EXISTS:
		return tr("exists already");
	case ERR_UNTRUSTED:
		return tr("not trusted");
	case ERR_KEY:
		return tr("no key opens it");
	}
	return tr("no error");
}
