/* The walk over a journal: through zeros, over damage, in one buffer. See usn.h. */
#include "formats/ntfs/usn.h"

#include "formats/ntfs/volume.h"

#include <stdlib.h>

#define WINDOW_LEN ((size_t)1 << 20)
#define STEP_LEN   8u /* records begin at multiples of it */

struct usn_scan {
	struct source *source;
	struct usn_listener *listener;
	uint64_t at, end;      /* next byte to look at, end of the walk: in the source */
	uint64_t last;         /* start of the record given last */
	uint64_t window_start; /* of the buffer, in the source */
	size_t window_len;
	uint64_t lost_from; /* first byte not understood, while is_lost */
	bool is_lost;
	struct err why;
	uint64_t
	    zeros_from; /* while has_zeros: they reach to `at` and nobody has judged them yet */
	bool has_zeros;
	uint64_t expected; /* once has_record: the USN behind the last record, and where that is */
	uint64_t record_end;
	bool has_record;
	bool (*watch)(void *context, uint64_t offset); /* NULL: nobody is asked */
	void *watch_context;
	uint64_t left;    /* bytes that may still be read */
	uint64_t read_to; /* the end of those that were */
	uint64_t skip;    /* bytes to jump after a failed read; doubles while it goes on failing */
	uint8_t window[WINDOW_LEN];
};

bool usn_scan_open(struct source *source, uint64_t offset, uint64_t len,
    struct usn_listener *listener, struct usn_scan **out, struct err *err)
{
	struct usn_scan *scan = malloc(sizeof(*scan));

	if (!scan)
		return fail(err, ERR_MEMORY, "no memory to read a journal");
	scan->source = source;
	scan->listener = listener;
	scan->at = offset < source->size ? offset : source->size;
	scan->end = len < source->size - scan->at ? scan->at + len : source->size;
	scan->last = scan->at;
	scan->window_start = scan->at;
	scan->window_len = 0;
	scan->is_lost = false;
	scan->why = (struct err){0};
	scan->has_zeros = false;
	scan->has_record = false;
	scan->watch = NULL;
	scan->left = UINT64_MAX;
	scan->read_to = scan->at;
	scan->skip = USN_PAGE;
	*out = scan;
	return true;
}

void usn_scan_close(struct usn_scan *scan)
{
	free(scan);
}

uint64_t usn_scan_offset(const struct usn_scan *scan)
{
	return scan->last;
}

void usn_scan_watch(
    struct usn_scan *scan, bool (*watch)(void *context, uint64_t offset), void *context)
{
	scan->watch = watch;
	scan->watch_context = context;
}

void usn_scan_limit(struct usn_scan *scan, const struct ntfs_volume *volume)
{
	scan->left = volume->raw->size;
}

/* From scan->at on there are zeros. */
static void meet_zeros(struct usn_scan *scan)
{
	if (!scan->has_zeros)
		scan->zeros_from = scan->at;
	scan->has_zeros = true;
}

static void report_lost(struct usn_scan *scan, uint64_t end)
{
	if (!scan->is_lost)
		return;
	scan->is_lost = false;
	if (scan->listener && scan->listener->damage)
		scan->listener->damage(
		    scan->listener, scan->lost_from, end - scan->lost_from, &scan->why);
}

/* Whether the zeros before scan->at, where no record begins, may be what fills the end of a page. */
static bool may_be_padding(const struct usn_scan *scan)
{
	uint64_t usn = scan->expected + (scan->at - scan->record_end);

	return usn % USN_PAGE == 0 && scan->at - scan->zeros_from < USN_PAGE;
}

/* The bytes at scan->at are not understood. Zeros between a record and them are lost with them. */
static void lose(struct usn_scan *scan, const struct err *why)
{
	bool with_zeros = scan->has_zeros && scan->has_record && !may_be_padding(scan);

	if (!scan->is_lost) {
		scan->is_lost = true;
		scan->lost_from = with_zeros ? scan->zeros_from : scan->at;
		scan->why = *why;
	}
	scan->has_zeros = false;
}

/* What was spoiled before the first record, and before what Windows freed, is told for itself. */
static void tell_leading(struct usn_scan *scan)
{
	if (scan->has_zeros && !scan->has_record && scan->at - scan->zeros_from >= USN_PAGE)
		report_lost(scan, scan->zeros_from);
}

bool usn_follows(uint64_t expected, const struct usn_record *record)
{
	uint64_t left = USN_PAGE - expected % USN_PAGE;

	return record->usn == expected || (left < record->length && record->usn == expected + left);
}

/* How many of the zeros before the record at scan->at stand where records were. */
static uint64_t count_lost_zeros(const struct usn_scan *scan, const struct usn_record *record)
{
	uint64_t zeros = scan->at - scan->zeros_from;
	uint64_t inside = record->usn % USN_PAGE;

	if (scan->has_record)
		return usn_follows(scan->expected, record) ? 0 : zeros;
	return inside <= zeros ? inside : 0; /* what Windows freed ends where a page does */
}

/* A record begins at scan->at: what was lost between it and the one before is told. */
static void settle(struct usn_scan *scan, const struct usn_record *record)
{
	uint64_t zeros = scan->has_zeros ? scan->at - scan->zeros_from : 0;
	bool padded = record->usn % USN_PAGE == 0 && zeros < record->length;
	uint64_t lost = 0;

	if (scan->is_lost)
		report_lost(scan, padded || !scan->has_record ? scan->at - zeros : scan->at);
	else if (zeros)
		lost = count_lost_zeros(scan, record);
	if (lost) {
		scan->is_lost = true;
		scan->lost_from = scan->at - lost;
		fail(&scan->why, ERR_DAMAGED, "zeros where records of the journal should be");
		report_lost(scan, scan->at);
	}
	scan->has_zeros = false;
	scan->has_record = true;
	scan->expected = record->usn + record->length;
	scan->record_end = scan->at + record->length;
}

/* Bytes of the window from scan->at on. */
static struct bytes ahead(const struct usn_scan *scan)
{
	size_t done = (size_t)(scan->at - scan->window_start);

	return (struct bytes){.at = scan->window + done, .len = scan->window_len - done};
}

/* Jumps over what cannot be read: to the next page, further each time it happens in a row, but over no more than 1 MiB or
 * a sixteenth of what was lost by then. So what is behind it is found soon, and a forged size does not take years. */
static void jump(struct usn_scan *scan, const struct err *why)
{
	uint64_t left = scan->end - scan->at;
	uint64_t step = scan->skip - scan->at % USN_PAGE;

	lose(scan, why);
	uint64_t share = (scan->at - scan->lost_from) / 16;

	scan->at += step < left ? step : left;
	scan->window_start = scan->at;
	if (scan->skip < WINDOW_LEN || scan->skip < share)
		scan->skip *= 2;
}

/* Whether to go on; if so, behind the hole that begins here, if there is one. */
static bool pass_hole(struct usn_scan *scan)
{
	if (scan->watch && !scan->watch(scan->watch_context, scan->at))
		scan->end = scan->at;
	uint64_t hole = source_data_at(scan->source, scan->at) - scan->at;
	uint64_t left = scan->end - scan->at;

	if (hole >= STEP_LEN)
		meet_zeros(scan);
	scan->at += hole < left ? hole - hole % STEP_LEN : left;
	return scan->at < scan->end;
}

/* More was read than the journal can have: the rest is told as lost. */
static void give_up(struct usn_scan *scan)
{
	struct err why;

	report_lost(scan, scan->at);
	fail(&why, ERR_LIMIT, "more bytes than the volume has: not read any further");
	lose(scan, &why);
	scan->at = scan->end;
}

/* Counts what was read for the first time: a window begins in the one before. */
static void count_read(struct usn_scan *scan, size_t got)
{
	uint64_t end = scan->at + got;
	uint64_t from = scan->at > scan->read_to ? scan->at : scan->read_to;
	uint64_t more = end > from ? end - from : 0;

	scan->left -= more < scan->left ? more : scan->left;
	scan->read_to = end > scan->read_to ? end : scan->read_to;
}

/* Fills the window from scan->at on. False when nothing is left. */
static bool refill(struct usn_scan *scan)
{
	while (pass_hole(scan)) {
		if (scan->left == 0) {
			give_up(scan);
			break;
		}
		uint64_t left = scan->end - scan->at;
		struct err err = {0};
		size_t got = 0;
		bool ok = scan->source->read(scan->source, scan->at, scan->window,
		    left < WINDOW_LEN ? (size_t)left : WINDOW_LEN, &got, &err);

		scan->window_start = scan->at;
		scan->window_len = got;
		count_read(scan, got);
		if (got > 0)
			return true;
		if (ok)
			fail(&err, ERR_DAMAGED, "journal ends too early");
		jump(scan, &err);
	}
	scan->window_start = scan->at;
	scan->window_len = 0;
	return false;
}

/* Moves over zeros, a cache line at a time where it can. */
static void skip_zeros(struct usn_scan *scan, struct bytes data)
{
	static const uint8_t zeros[512];
	size_t at = 0;

	meet_zeros(scan);
	while (data.len - at >= sizeof(zeros) && memcmp(data.at + at, zeros, sizeof(zeros)) == 0)
		at += sizeof(zeros);
	while (data.len - at >= STEP_LEN && le64(data.at + at) == 0)
		at += STEP_LEN;
	scan->at += at;
}

/* Whether zeros follow: eight, or as many as are left at the end. */
static bool begins_with_zeros(struct bytes data)
{
	static const uint8_t zeros[STEP_LEN];

	return memcmp(data.at, zeros, data.len < STEP_LEN ? data.len : STEP_LEN) == 0;
}

bool usn_scan_first(struct usn_scan *scan, uint64_t limit, struct usn_record *out)
{
	for (;;) {
		struct bytes data = ahead(scan);

		if (data.len == 0 && !refill(scan))
			return false;
		data = ahead(scan);
		skip_zeros(scan, data);
		data = ahead(scan);
		if (data.len >= STEP_LEN)
			break;
		scan->at += data.len;
	}
	if (limit < scan->end - scan->at)
		scan->end = scan->at + limit;
	if (scan->window_start + scan->window_len > scan->end)
		scan->window_len = (size_t)(scan->end - scan->window_start);
	return usn_scan_next(scan, out);
}

bool usn_scan_next(struct usn_scan *scan, struct usn_record *out)
{
	for (;;) {
		struct bytes data = ahead(scan);
		struct err why;

		if (data.len < USN_PAGE && scan->window_start + scan->window_len < scan->end) {
			if (!refill(scan))
				break;
			data = ahead(scan);
		}
		if (data.len == 0)
			break;
		if (begins_with_zeros(data)) {
			skip_zeros(scan, data);
			scan->at += data.len < STEP_LEN ? data.len : 0;
			continue;
		}
		tell_leading(scan);
		/* Only what was wrong first is told: behind it every eighth byte is tried. */
		if (usn_parse(data, out, scan->is_lost ? NULL : &why)) {
			settle(scan, out);
			scan->skip = USN_PAGE;
			scan->last = scan->at;
			scan->at += out->length;
			return true;
		}
		lose(scan, &why);
		scan->at += data.len < STEP_LEN ? data.len : STEP_LEN;
	}
	report_lost(scan, scan->has_zeros ? scan->zeros_from : scan->at);
	return false;
}
