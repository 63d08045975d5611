/* See passphrase.h. */
#include "cli/passphrase.h"

#include "core/tr.h"
#include "platform/console.h"
#include "platform/secret.h"

#define TRIES 3

void passphrase_free(struct passphrase *passphrase)
{
	text_wipe(&passphrase->lines);
	passphrase->at = 0;
	passphrase->is_read = false;
}

static bool ask_terminal(
    const struct passphrase *from, const char *prompt, struct text *out, struct err *err)
{
	struct err why = {.kind = ERR_UNSUPPORTED};

	if (!from->is_unattended && secret_ask(prompt, out, &why))
		return true;
	if (why.kind == ERR_UNSUPPORTED)
		return fail(err, ERR_USAGE,
		    "a passphrase is needed and nobody can be asked here; give --passphrase-file "
		    "FILE");
	if (err)
		*err = why;
	return false;
}

/* Without its line's end, CR LF too. */
static bool next_line(struct passphrase *from, struct text *out, struct err *err)
{
	if (!from->is_read && !secret_read(from->file, &from->lines, err))
		return fail_in(err, "--passphrase-file");
	from->is_read = true;
	struct bytes rest = {
	    (const uint8_t *)from->lines.at + from->at, from->lines.len - from->at};

	if (rest.len == 0)
		return fail(
		    err, ERR_KEY, "--passphrase-file '%s' holds no further line", from->file);
	const uint8_t *end = memchr(rest.at, '\n', rest.len);
	struct bytes line = {rest.at, end ? (size_t)(end - rest.at) : rest.len};

	from->at += line.len + (end != NULL);
	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	text_add(out, line);
	return text_ok(out, err);
}

static bool ask(struct passphrase *from, const char *prompt, struct text *out, struct err *err)
{
	if (!(from->file ? next_line(from, out, err) : ask_terminal(from, prompt, out, err)))
		return false;
	return out->len || fail(err, ERR_KEY, "an empty passphrase");
}

static bool check_length(const struct text *chosen, struct err *err)
{
	size_t count = 0;

	for (size_t pos = 0; pos < chosen->len; count++)
		if (text_is_control(text_decode(text_bytes(chosen), &pos)))
			return fail(err, ERR_USAGE, "a passphrase with a control character");
	return count >= PASSPHRASE_MIN ||
	       fail(err, ERR_USAGE, "a new passphrase must have %d characters or more",
		   PASSPHRASE_MIN);
}

bool passphrase_choose(
    struct passphrase *from, const char *prompt, struct text *out, struct err *err)
{
	for (unsigned i = 0; i < TRIES; i++) {
		CLEANUP(text_wipe) struct text first = {0};
		CLEANUP(text_wipe) struct text again = {0};

		if (!ask(from, prompt, &first, err) || !check_length(&first, err))
			return false;
		if (!from->file && !ask_terminal(from, tr("The same again: "), &again, err))
			return false;
		if (from->file || bytes_equal(text_bytes(&first), text_bytes(&again))) {
			text_add(out, text_bytes(&first));
			return text_ok(out, err);
		}
		say(tr("the two are not the same\n"));
	}
	return fail(err, ERR_USAGE, "no passphrase was chosen");
}

bool passphrase_try(void *context, struct text *out, struct err *err)
{
	struct passphrase_try *attempt = context;

	if (attempt->tries && attempt->from->file)
		return fail(err, ERR_KEY, "the passphrase of '%s' is wrong", attempt->from->file);
	if (attempt->tries == TRIES)
		return fail(err, ERR_KEY, "%d wrong passphrases", TRIES);
	if (attempt->tries)
		say(tr("that is not the passphrase\n"));
	attempt->tries++;
	return ask(attempt->from, attempt->prompt, out, err);
}
