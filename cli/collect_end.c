/* What a collection says at its end. */
#include "cli/collect.h"
#include "cli/command.h"
#include "collectors/collection.h"
#include "core/json.h"
#include "core/tr.h"
#include "platform/console.h"

#include <string.h>

/* As the boxes on the form: eight rows of eight. It is copied by hand, from a screen that may be an arm's length away. */
static void add_number(struct text *out, const char *number)
{
	for (size_t i = 0; number[i]; i++) {
		text_adds(out, i % 8 == 0 ? "\n    " : i % 4 == 0 ? "  " : " ");
		text_addc(out, number[i]);
		if (i % 32 == 31)
			text_addc(out, '\n');
	}
}

void collect_say_broken(const struct collection *collection, const struct err *err)
{
	CLEANUP(text_free) struct text problems = {0};
	CLEANUP(text_free) struct text why = {0};
	CLEANUP(text_free) struct text shown = {0};

	collection_problems(collection, &problems);
	tr_error(err->text, &why);
	text_add_printable(&shown, text_bytes(&why));
	if (!strstr(text_string(&problems), text_string(&shown)))
		(void)command_fail(err);
}

static const char *outcome(const struct collect_end *end, const struct collection_counts *counts)
{
	if (console_stopped() && collect_is_resumable(end->bundle))
		return tr("Stopped. What was taken until then is sealed.");
	if (collection_has_gaps(end->collection))
		return tr("Done, but not everything could be taken. What was taken is sealed.");
	return counts->skipped
		   ? tr("Done. Everything but what was left out was taken and is sealed.")
		   : tr("Done. Everything was taken and is sealed.");
}

static void say_counts(const struct collect_end *end, const struct collection_counts *counts)
{
	say(tr("Taken: %llu. In part: %llu. Not taken: %llu.\n"), (unsigned long long)counts->taken,
	    (unsigned long long)counts->partial, (unsigned long long)counts->failed);
	if (counts->skipped)
		say(tr("Left out, each with its reason in the receipt: %llu.\n"),
		    (unsigned long long)counts->skipped);
	if (end->request->resume)
		say(tr("Of them sealed before the interruption: %llu.\n"),
		    (unsigned long long)counts->kept);
}

void collect_say_end(const struct collect_end *end)
{
	CLEANUP(text_free) struct text boxes = {0};
	CLEANUP(text_free) struct text problems = {0};
	CLEANUP(text_free) struct text unmatched = {0};
	struct collection_counts counts;

	collection_totals(end->collection, &counts);
	add_number(&boxes, end->number);
	say("%s\n", outcome(end, &counts));
	say_counts(end, &counts);
	collection_problems(end->collection, &problems);
	if (problems.len)
		say("%s%s", tr("Not taken, or only in part:\n"), text_string(&problems));
	collection_unmatched(end->collection, &unmatched);
	say("%s", text_string(&unmatched));
	if (end->read_back == READ_BACK_GOOD)
		say("%s\n", tr("Read back: the disk holds what is sealed."));
	else if (end->read_back == READ_BACK_BAD)
		say("%s\n", tr("The disk does not give back what was written. Collect again onto "
			       "another one."));
	if (!collection_has_gaps(end->collection) && counts.partial)
		say("%s\n",
		    tr("In part: deleted files of which not every piece is certain to be theirs."));
	say(tr("Write this number on the form:\n%s\n"), text_string(&boxes));
	collect_warn_of_end(end->kit);
	if (console_is_terminal(1))
		say("%s\n", tr("What was sealed lies in this directory. Take all of it with you:"));
}

bool collect_print_end(const struct collect_end *end)
{
	CLEANUP(text_free) struct text line = {0};
	struct json json = {.to = &line};
	struct collection_counts counts;

	collection_totals(end->collection, &counts);
	if (end->request->json) {
		json_begin(&json);
		json_bytes_field(&json, "path", bytes_of(end->bundle));
		json_string_field(&json, "number", end->number);
		json_string_field(
		    &json, "status", collection_has_gaps(end->collection) ? "gaps" : "complete");
		json_unsigned_field(&json, "taken", counts.taken);
		json_unsigned_field(&json, "partial", counts.partial);
		json_unsigned_field(&json, "failed", counts.failed);
		json_unsigned_field(&json, "skipped", counts.skipped);
		json_unsigned_field(&json, "bytes", counts.bytes);
		if (end->request->resume)
			json_unsigned_field(&json, "kept", counts.kept);
		json_end(&json);
	} else {
		text_add(&line, bytes_of(end->bundle));
	}
	text_addc(&line, '\n');
	return console_write(text_bytes(&line), NULL);
}
