/* Progress for the person in front: one line on a terminal, a line a step when not. See state.h. */
#include "collectors/state.h"

#include "core/tr.h"
#include "platform/clock.h"
#include "platform/console.h"

#define SHOW_EVERY_MS 200
#define RATE_AFTER_MS 2000 /* a speed before that is noise */

void progress_start(struct progress *progress, uint64_t total)
{
	*progress = (struct progress){
	    .total = total,
	    .started_ms = clock_monotonic_ms(),
	    .is_terminal = console_is_terminal(2),
	};
}

void progress_clear(struct progress *progress)
{
	if (progress->is_terminal)
		console_progress("");
}

void progress_step(struct progress *progress, const char *line)
{
	progress_clear(progress);
	say("%s\n", line);
}

/* Whether it is time to draw again. */
static bool is_due(struct progress *progress)
{
	uint64_t now = clock_monotonic_ms();

	if (!progress->is_terminal || now - progress->shown_ms < SHOW_EVERY_MS)
		return false;
	progress->shown_ms = now;
	return true;
}

static void add_percent(struct text *line, uint64_t done, uint64_t total)
{
	uint64_t percent = total >= 100 ? done / (total / 100) : total ? 100 * done / total : 0;

	text_addf(line, "%3llu%%  ", (unsigned long long)(percent > 100 ? 100 : percent));
}

void progress_left(struct text *out, uint64_t seconds)
{
	uint64_t minutes = seconds / 60 + (seconds % 60 >= 30);

	if (seconds < 60)
		text_adds(out, tr("less than 1 min left"));
	else if (minutes < 60)
		text_addf(out, tr("about %llu min left"), (unsigned long long)minutes);
	else
		text_addf(out, tr("about %llu h %llu min left"), (unsigned long long)(minutes / 60),
		    (unsigned long long)(minutes % 60));
}

static void add_rate(struct text *line, const struct progress *progress)
{
	uint64_t ms = progress->shown_ms - progress->started_ms;

	if (ms < RATE_AFTER_MS || progress->done == 0)
		return;
	uint64_t rate = (uint64_t)((double)progress->done * 1000 / (double)ms);

	text_adds(line, "  ");
	text_add_size(line, rate);
	text_adds(line, "/s");
	if (rate && progress->total > progress->done) {
		text_adds(line, "  ");
		progress_left(line, (progress->total - progress->done) / rate);
	}
}

/* The total is an estimate: lists and what a file has gained come on top of it. */
void progress_line(const struct progress *progress, struct text *out)
{
	uint64_t done = progress->done < progress->total ? progress->done : progress->total;

	add_percent(out, done, progress->total);
	text_add_size(out, done);
	text_adds(out, " / ");
	text_add_size(out, progress->total);
	add_rate(out, progress);
	text_adds(out, "  ");
	text_add_printable(out, progress->what);
}

void progress_add(struct progress *progress, uint64_t bytes)
{
	CLEANUP(text_free) struct text line = {0};

	progress->done += bytes;
	if (progress->total == 0 || !is_due(progress))
		return;
	progress_line(progress, &line);
	console_progress(text_string(&line));
}

void progress_part(struct progress *progress, const char *what, uint64_t done, uint64_t total)
{
	CLEANUP(text_free) struct text line = {0};

	if (!is_due(progress))
		return;
	add_percent(&line, done, total);
	text_adds(&line, what);
	console_progress(text_string(&line));
}
