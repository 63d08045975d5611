/* What a person at the PC is asked for the custody sheet. See collect_ask.h. */
#include "cli/collect_ask.h"

#include "core/tr.h"
#include "platform/clock.h"
#include "platform/console.h"

#define ANSWER_BYTES_MAX 1000
#define TRIES            3

struct question {
	const char *text;
	const char *object, *key; /* where the answer goes in the facts */
};

static const struct question questions[] = {
    {"Number that came with the order: ", "dispatch", "nonce"},
    {"Your name: ", "operator", "name"},
    {"Your company or unit: ", "operator", "org"},
    {"Witness (name): ", "witness", "name"},
    {"Who agreed to this, and how: ", "authority", "basis"},
    {"Place: ", "location", "address"},
};

struct asking {
	struct facts_file **file;
	bool has_begun; /* the first question was asked */
	bool is_over;   /* no more lines come */
};

void collect_answers_free(struct collect_answers *answers)
{
	text_free(&answers->case_id);
	text_free(&answers->clock);
}

static bool may_ask(const struct collect_request *request)
{
	return !request->unattended && !request->json && !request->dry_run &&
	       console_is_terminal(0) && console_is_terminal(2);
}

/* The answer without blanks at its ends; empty when it is skipped. An answer that is too long is asked for again. */
static bool ask(struct asking *asking, const char *question, struct text *answer, struct err *err)
{
	CLEANUP(text_free) struct text line = {0};
	struct err why = {0};
	size_t from = 0;

	if (asking->is_over)
		return true;
	if (!asking->has_begun)
		say("%s", tr("\nSome questions for the custody sheet. Enter alone skips one.\n"));
	asking->has_begun = true;
	while (!console_ask(question, &line, &why) || line.len > ANSWER_BYTES_MAX) {
		if (why.kind != ERR_NONE && why.kind != ERR_LIMIT) {
			asking->is_over = true;
			say("\n");
			if (why.kind != ERR_MISSING)
				*err = why;
			return why.kind == ERR_MISSING;
		}
		say("%s", tr("That is too long. Once more, please.\n"));
		text_clear(&line);
		why = (struct err){0};
	}
	while (line.len && line.at[line.len - 1] == ' ')
		line.len--;
	while (from < line.len && line.at[from] == ' ')
		from++;
	text_add(answer, (struct bytes){(uint8_t *)line.at + from, line.len - from});
	return text_ok(answer, err);
}

/* A field that is in the facts was answered before; one that is blank there was left open. */
static bool is_known(const struct facts_file *file, const char *object, const char *key)
{
	const char *known = facts_file_text(file, object, key);

	return known && *known;
}

static bool ask_fact(struct asking *asking, const struct question *question, struct err *err)
{
	CLEANUP(text_free) struct text answer = {0};

	if (is_known(*asking->file, question->object, question->key))
		return true;
	if (!ask(asking, tr(question->text), &answer, err))
		return false;
	return !answer.len || facts_file_put(asking->file, question->object, question->key,
				  text_string(&answer), err);
}

static bool ask_case(struct asking *asking, struct collect_request *request,
    struct collect_answers *answers, struct err *err)
{
	if (request->case_id)
		return true;
	if (!ask(asking, tr("Case number: "), &answers->case_id, err))
		return false;
	if (answers->case_id.len)
		request->case_id = text_string(&answers->case_id);
	return true;
}

/* Last, so that little time passes until the clocks are compared. */
static bool ask_clock(struct asking *asking, struct facts_reference *reference,
    struct collect_answers *answers, struct err *err)
{
	if (reference->typed || is_known(*asking->file, "clock", "reference"))
		return true;
	for (int i = 0; i < TRIES; i++) {
		struct facts_reference read = {0};

		text_clear(&answers->clock);
		if (!ask(asking, tr("Time now by a right clock (117, phone), like 07:04:15: "),
			&answers->clock, err))
			return false;
		if (!answers->clock.len)
			return true;
		read.typed = text_string(&answers->clock);
		read.host = clock_now();
		if (facts_clock_reading(
			read.typed, read.host, clock_zone_minutes(), &read.utc, NULL)) {
			*reference = read;
			return true;
		}
		say("%s", tr("That is no time. Write it like 07:04:15, or press Enter.\n"));
	}
	return true;
}

bool collect_ask(struct collect_request *request, struct facts_file **file,
    struct facts_reference *reference, struct collect_answers *answers, struct err *err)
{
	struct asking asking = {.file = file};

	if (!may_ask(request))
		return true;
	/* A bundle that is gone on with has its case. */
	if (!request->resume && !ask_case(&asking, request, answers, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(questions); i++)
		if (!ask_fact(&asking, &questions[i], err))
			return false;
	if (!ask_clock(&asking, reference, answers, err))
		return false;
	if (asking.has_begun)
		say("\n");
	return true;
}
