/* Option tables. See options.h. */
#include "core/options.h"

#include "core/nearest.h"
#include "core/tr.h"

#include <errno.h>
#include <stdlib.h>

static const struct option *find_long(const struct option *options, size_t count, struct bytes name)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(bytes_of(options[i].name), name))
			return &options[i];
	return NULL;
}

static const struct option *find_letter(const struct option *options, size_t count, char letter)
{
	for (size_t i = 0; i < count; i++)
		if (options[i].letter && options[i].letter == letter)
			return &options[i];
	return NULL;
}

static bool set_number(const struct option *option, const char *value, struct err *err)
{
	char *end = NULL;

	errno = 0;
	unsigned long long number = strtoull(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || errno || number == OPTION_NUMBER_NONE)
		return fail(err, ERR_USAGE, "--%s takes a number, not '%s'", option->name, value);
	*(uint64_t *)option->to = number;
	return true;
}

static bool set_option(const struct option *option, const char *value, struct err *err)
{
	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)option->to = true;
		return true;
	case OPTION_TEXT:
		*(const char **)option->to = value;
		return true;
	case OPTION_LIST:
		return text_list_add(option->to, bytes_of(value), err);
	case OPTION_NUMBER:
		return set_number(option, value, err);
	}
	return fail(err, ERR_USAGE, "--%s is of no known kind", option->name);
}

static bool no_such(const struct option *options, size_t count, const char *word, struct err *err)
{
	struct nearest nearest = {0};

	if (word[1] == '-')
		nearest.typed = (struct bytes){(const uint8_t *)word + 2, strcspn(word + 2, "=")};
	for (size_t i = 0; nearest.typed.len && i < count; i++)
		nearest_look(&nearest, options[i].name);
	if (nearest.word)
		return fail(
		    err, ERR_USAGE, "no such option '%s'; did you mean --%s?", word, nearest.word);
	return fail(err, ERR_USAGE, "no such option '%s'; see --help", word);
}

/* "-la": flags alone. */
static bool set_flags(const struct option *options, size_t count, const char *word, struct err *err)
{
	for (const char *letter = word + 1; *letter; letter++) {
		const struct option *option = find_letter(options, count, *letter);

		if (!option || option->kind != OPTION_FLAG)
			return no_such(options, count, word, err);
		*(bool *)option->to = true;
	}
	return true;
}

/* Handles argv[*at] as an option and moves *at over its value. */
static bool parse_one(
    const struct option *options, size_t count, int argc, char **argv, int *at, struct err *err)
{
	const char *word = argv[*at];
	const struct option *option;
	const char *value = NULL;

	if (word[1] == '-') {
		const char *equals = strchr(word, '=');
		size_t len = equals ? (size_t)(equals - word - 2) : strlen(word + 2);

		option = find_long(options, count, (struct bytes){(const uint8_t *)word + 2, len});
		value = equals ? equals + 1 : NULL;
	} else {
		option = find_letter(options, count, word[1]);
		value = option && word[2] ? word + 2 : NULL;
		if (option && option->kind == OPTION_FLAG)
			return set_flags(options, count, word, err);
	}
	if (!option)
		return no_such(options, count, word, err);
	if (option->kind == OPTION_FLAG && value)
		return fail(err, ERR_USAGE, "--%s takes no value", option->name);
	if (option->kind != OPTION_FLAG && !value) {
		if (*at + 1 >= argc)
			return fail(
			    err, ERR_USAGE, "--%s needs a value: %s", option->name, option->value);
		value = argv[++*at];
	}
	return set_option(option, value, err);
}

bool options_parse(const struct option *options, size_t count, int argc, char **argv,
    struct text_list *operands, struct err *err)
{
	bool only_operands = false;

	for (int at = 1; at < argc; at++) {
		if (!only_operands && strcmp(argv[at], "--") == 0) {
			only_operands = true;
		} else if (!only_operands && argv[at][0] == '-' && argv[at][1]) {
			if (!parse_one(options, count, argc, argv, &at, err))
				return false;
		} else if (!text_list_add(operands, bytes_of(argv[at]), err)) {
			return false;
		}
	}
	return true;
}

void options_help(const struct option *options, size_t count, struct text *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct option *o = &options[i];
		size_t start = out->len;

		if (o->letter)
			text_addf(out, "  -%c, --%s", o->letter, o->name);
		else
			text_addf(out, "      --%s", o->name);
		if (o->value)
			text_addf(out, " %s", o->value);
		do
			text_addc(out, ' ');
		while (!out->failed && out->len - start < 28);
		text_addf(out, "%s\n", tr(o->help));
	}
}
