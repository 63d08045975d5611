/* Finds the record pages and puts them in order. See logfile_pages.h. */
#include "formats/ntfs/logfile_pages.h"

#include "core/array.h"
#include "formats/ntfs/record.h"

#include <stdlib.h>

#define WINDOW_LEN   ((size_t)1 << 20)
#define COPIES_FIRST 2u    /* place of the first page that keeps copies of others */
#define COPIES_END_1 4u    /* after the last one: LFS 1.x */
#define COPIES_END_2 0x22u /* LFS 2.0 */

/* A record page's header. */
#define PAGE_LAST      8u  /* LSN; in a copy of LFS 1.x: where the page belongs, in bytes */
#define PAGE_NEXT      24u /* u16: where the next record goes, or the last one began that goes on */
#define PAGE_LAST_END  32u /* LSN of the last record that ends here */
#define PAGE_CRC       0x2cu /* "CRC4" instead of fix-ups: a volume on persistent memory (DAX) */
#define PAGE_BELONGS_2 60u   /* in a copy of LFS 2.0: where the page belongs */

void logfile_pages_damage(
    struct logfile_pages *pages, uint64_t offset, uint64_t len, const struct err *why)
{
	if (pages->listener && pages->listener->damage)
		pages->listener->damage(pages->listener, offset, len, why);
}

void logfile_pages_free(struct logfile_pages *pages)
{
	free(pages->at);
	free(pages->window);
}

/* Reading ------------------------------------------------------------------------------------------ */

/* Fills the window from a page on: with that page alone where it does not follow what was read before. */
static void refill(struct logfile_pages *pages, uint64_t start)
{
	struct source *source = pages->source;
	bool follows = start == pages->window_start + pages->window_len;
	size_t room = follows ? WINDOW_LEN : pages->restart.page_size;
	uint64_t left = source->size - start;
	size_t len = left < room ? (size_t)left : room;

	pages->window_why = (struct err){0};
	pages->window_start = start;
	pages->window_len = 0;
	if (!source->read(
		source, start, pages->window, len, &pages->window_len, &pages->window_why) ||
	    pages->window_len == len)
		return;
	fail(&pages->window_why, ERR_DAMAGED, "ends too early");
}

/* A page as it lies in the source; NULL when it cannot be read (why). */
static const uint8_t *raw_page(struct logfile_pages *pages, uint32_t slot, struct err *why)
{
	uint64_t size = pages->restart.page_size;
	uint64_t start = slot * size;

	if (start + size > pages->source->size) {
		fail(why, ERR_DAMAGED, "ends inside a page");
		return NULL;
	}
	if (start < pages->window_start || start + size > pages->window_start + pages->window_len)
		refill(pages, start);
	if (pages->window_len < size) {
		*why = pages->window_why;
		return NULL;
	}
	return pages->window + (start - pages->window_start);
}

static bool fix_up(uint8_t *page, uint32_t size, struct err *err)
{
	bool torn = false;

	if (memcmp(page + PAGE_CRC, "CRC4", 4) == 0)
		return true;
	if (!ntfs_fixup(page, size, &torn, err))
		return false;
	return !torn ||
	       fail(err, ERR_DAMAGED, "log page is torn: its sectors were not written together");
}

bool logfile_pages_read(struct logfile_pages *pages, uint32_t slot, uint8_t *to, struct err *err)
{
	const uint8_t *raw = raw_page(pages, slot, err);

	if (!raw)
		return false;
	if (memcmp(raw, "RCRD", 4) != 0) {
		if (memcmp(raw, "BAAD", 4) == 0)
			return fail(err, ERR_DAMAGED, "log page is marked BAAD");
		return fail(err, ERR_MISSING, "no log page");
	}
	memcpy(to, raw, pages->restart.page_size);
	return fix_up(to, pages->restart.page_size, err);
}

/* Placing ------------------------------------------------------------------------------------------ */

/* Where in its page a record with that LSN begins. */
static size_t offset_of(const struct logfile_pages *pages, uint64_t lsn)
{
	return (size_t)(lsn & (((uint64_t)1 << (pages->shift & 63)) - 1)) * 8;
}

static bool record_is_here(const struct logfile_pages *pages, const uint8_t *page, uint64_t lsn)
{
	size_t at = offset_of(pages, lsn);

	return at >= pages->restart.data_offset &&
	       at + LOGFILE_HEADER_LEN <= pages->restart.page_size && le64(page + at) == lsn;
}

static uint64_t number_of(const struct logfile_pages *pages, uint64_t lsn)
{
	return lsn >> (pages->shift & 63);
}

static uint64_t place_of(const struct logfile_pages *pages, uint64_t number)
{
	return number & (((uint64_t)1 << pages->place_bits) - 1);
}

/* The number of the page at a place that the record `last` began before, and ran through. */
static uint64_t number_after(const struct logfile_pages *pages, uint64_t last, uint32_t place)
{
	uint64_t number = number_of(pages, last);
	uint64_t round = number >> pages->place_bits;

	if (place_of(pages, number) > place)
		round++;
	return round << pages->place_bits | place;
}

static bool is_place(const struct logfile_pages *pages, uint64_t offset, uint32_t *place)
{
	uint64_t size = pages->restart.page_size;

	if (offset % size != 0 || offset / size < pages->first_place ||
	    offset / size >= pages->end_place)
		return false;
	*place = (uint32_t)(offset / size);
	return true;
}

/* A copy of a page that belongs elsewhere: LFS 2.0 keeps its LSN and says its place at the header's end,
 * LFS 1.x says the place instead of the LSN. */
static bool place_copy(
    const struct logfile_pages *pages, const uint8_t *page, struct logfile_page *out)
{
	uint64_t last_end = le64(page + PAGE_LAST_END);
	uint32_t place;

	if (is_place(pages, le32(page + PAGE_BELONGS_2), &place) &&
	    place_of(pages, number_after(pages, out->last, place)) == place) {
		out->number = number_after(pages, out->last, place);
		return true;
	}
	if (!is_place(pages, le64(page + PAGE_LAST), &place))
		return false;
	out->last = last_end;
	out->begins = record_is_here(pages, page, last_end);
	out->number = number_after(pages, last_end, place);
	return true;
}

/* Where a page belongs. */
static bool place(struct logfile_pages *pages, const uint8_t *page, struct logfile_page *out)
{
	uint64_t number = number_of(pages, out->last);

	out->begins = record_is_here(pages, page, out->last);
	out->number = number;
	if (!pages->place_bits) {
		const struct logfile_page *before =
		    pages->count ? &pages->at[pages->count - 1] : NULL;

		if (!out->begins && before && before->slot + 1 == out->slot)
			out->number = before->number + 1;
		return true;
	}
	if (out->begins && place_of(pages, number) == out->slot && out->slot >= pages->first_place)
		return true;
	if (out->slot < COPIES_END_2 && place_copy(pages, page, out))
		return true;
	if (out->begins) {
		out->misplaced = true;
		return true;
	}
	out->number = number_after(pages, out->last, out->slot);
	return out->slot >= pages->first_place;
}

/* The last LSN of a page whose header has none: what Windows 10 and 11 write last before they close a volume. The last
 * record that begins here has it or, when none does, the page before. */
static uint64_t last_begun(const struct logfile_pages *pages, uint32_t slot, const uint8_t *page)
{
	const struct logfile_page *before = pages->count ? &pages->at[pages->count - 1] : NULL;
	size_t end = le16(page + PAGE_NEXT);
	uint64_t last = 0;

	for (size_t at = pages->restart.data_offset;
	     at <= end && at + LOGFILE_HEADER_LEN <= pages->restart.page_size; at += 8) {
		uint64_t lsn = le64(page + at);

		if (lsn && offset_of(pages, lsn) == at &&
		    (last ? number_of(pages, lsn) == number_of(pages, last)
			  : !pages->place_bits || place_of(pages, number_of(pages, lsn)) == slot))
			last = lsn;
	}
	return last || !before || before->slot + 1 != slot ? last : before->last;
}

static bool add_page(
    struct logfile_pages *pages, uint32_t slot, const uint8_t *page, struct err *err)
{
	struct logfile_page added = {.slot = slot, .last = le64(page + PAGE_LAST)};
	struct err why = {0};

	if (!added.last && slot >= pages->first_place)
		added.last = last_begun(pages, slot, page);
	if (!place(pages, page, &added)) {
		fail(&why, ERR_DAMAGED, "log page belongs nowhere");
		logfile_pages_damage(pages, (uint64_t)slot * pages->restart.page_size,
		    pages->restart.page_size, &why);
		return true;
	}
	if (!array_grow(&pages->at, &pages->room, pages->count + 1, sizeof(*pages->at),
		LOGFILE_PAGE_LIMIT, err))
		return false;
	pages->at[pages->count++] = added;
	return true;
}

/* Ordering ----------------------------------------------------------------------------------------- */

/* By number; of one page the version written last comes first. */
static int compare(const void *a, const void *b)
{
	const struct logfile_page *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	if (x->misplaced != y->misplaced)
		return x->misplaced ? 1 : -1;
	if (x->last != y->last)
		return x->last > y->last ? -1 : 1;
	return x->slot > y->slot ? -1 : x->slot < y->slot;
}

static void sort(struct logfile_pages *pages)
{
	size_t kept = 0;

	if (pages->count)
		qsort(pages->at, pages->count, sizeof(*pages->at), compare);
	for (size_t i = 0; i < pages->count; i++)
		if (kept == 0 || pages->at[i].number != pages->at[kept - 1].number)
			pages->at[kept++] = pages->at[i];
	pages->count = kept;
}

/* The number of the page that comes after the one with that number. */
static uint64_t next_number(const struct logfile_pages *pages, uint64_t number)
{
	if (pages->place_bits && place_of(pages, number) + 1 >= pages->end_place)
		return ((number >> pages->place_bits) + 1) << pages->place_bits |
		       pages->first_place;
	return number + 1;
}

bool logfile_pages_go_on(const struct logfile_pages *pages, size_t i)
{
	return i + 1 < pages->count &&
	       pages->at[i + 1].number == next_number(pages, pages->at[i].number);
}

/* Whether between two numbers, of which the first one counts, all places hold nothing that can be read. What one
 * holds that can be is of an older round: there the ring ends. */
static bool only_lost_between(
    struct logfile_pages *pages, uint8_t *page, uint64_t number, uint64_t end)
{
	while (number < end) {
		uint64_t slot = place_of(pages, number);
		struct err why = {0};

		if (slot >= pages->first_place &&
		    logfile_pages_read(pages, (uint32_t)slot, page, &why))
			return false;
		number = next_number(pages, number);
	}
	return number == end;
}

/* The ring ends where the restart page says, or later, by less than a round: it is not written with every record. */
static void find_newest(struct logfile_pages *pages, uint8_t *page)
{
	uint64_t current = number_of(pages, pages->restart.current_lsn);
	size_t i = 0;

	pages->newest = current;
	while (i < pages->count && pages->at[i].number < current)
		i++;
	if (i == pages->count || !pages->is_newest_inside)
		return;
	uint64_t first = i == 0 ? pages->at[0].number : current;
	uint64_t next = first;

	for (; i < pages->count && pages->at[i].number - first < (uint64_t)1 << pages->place_bits;
	     i++) {
		if (!only_lost_between(pages, page, next, pages->at[i].number))
			return;
		pages->newest = pages->at[i].number;
		next = next_number(pages, pages->newest);
	}
}

bool logfile_pages_stale(const struct logfile_pages *pages, size_t i)
{
	uint64_t number = pages->at[i].number;

	if (!pages->place_bits)
		return false;
	return pages->at[i].misplaced || number > pages->newest ||
	       pages->newest - number >= (uint64_t)1 << pages->place_bits;
}

/* Places of the ring, over all of which the log ran, that hold no record pages any more. */
static void tell_lost_places(
    struct logfile_pages *pages, uint8_t *page, uint64_t from, uint64_t behind)
{
	uint32_t size = pages->restart.page_size;
	uint32_t end = behind < pages->end_place ? (uint32_t)behind : pages->end_place;
	uint32_t lost = 0;

	for (uint32_t slot = (uint32_t)from; from <= end && slot <= end; slot++) {
		struct err why = {0};
		bool is_lost = slot < end && !logfile_pages_read(pages, slot, page, &why) &&
			       why.kind == ERR_MISSING;

		if (lost && !is_lost) {
			fail(&why, ERR_DAMAGED, "no log page where one must be");
			logfile_pages_damage(
			    pages, (uint64_t)(slot - lost) * size, (uint64_t)lost * size, &why);
		}
		lost = is_lost ? lost + 1 : 0;
	}
}

static bool was_written(struct logfile_pages *pages, uint32_t slot)
{
	struct err why = {0};
	const uint8_t *raw = raw_page(pages, slot, &why);

	return !raw || memcmp(raw, raw + 1, pages->restart.page_size - 1) != 0;
}

/* Where a round ended: a log that was begun anew has places behind it that were never written to. */
static uint64_t end_of_round(struct logfile_pages *pages, uint64_t from)
{
	uint64_t end = from;

	for (uint64_t slot = from; slot < pages->end_place; slot++)
		if (was_written(pages, (uint32_t)slot))
			end = slot + 1;
	return end;
}

/* The places from behind that page up to `end`, which may lie in the next round. */
static void tell_lost_behind(
    struct logfile_pages *pages, uint8_t *page, const struct logfile_page *last, uint64_t end)
{
	uint64_t from = place_of(pages, last->number) + 1;

	if (from <= end) {
		tell_lost_places(pages, page, from, end);
	} else {
		tell_lost_places(pages, page, from, end_of_round(pages, from));
		tell_lost_places(pages, page, pages->first_place, end);
	}
}

/* Between the oldest page of the ring and the newest, which the restart page knows, every place was written to. */
static void tell_lost(struct logfile_pages *pages, uint8_t *page)
{
	uint64_t current = number_of(pages, pages->restart.current_lsn);
	const struct logfile_page *last = NULL;

	for (size_t i = 0; i < pages->count; i++) {
		if (logfile_pages_stale(pages, i))
			continue;
		if (last)
			tell_lost_behind(pages, page, last, place_of(pages, pages->at[i].number));
		last = &pages->at[i];
	}
	if (last && last->number < current && pages->is_newest_inside)
		tell_lost_behind(pages, page, last, place_of(pages, current) + 1);
}

/* Opening ------------------------------------------------------------------------------------------ */

/* Takes a restart page if it is newer than the one that is known. False: it cannot be used. */
static bool take_restart(struct logfile_pages *pages, uint8_t *page, uint64_t at, struct err *why)
{
	struct logfile_restart r;
	size_t got = 0;

	if (!pages->source->read(pages->source, at, page, LOGFILE_PAGE_MAX, &got, why) && !got)
		return false;
	if (!logfile_restart_parse(page, got, &r, why))
		return false;
	if (!pages->restart.present || r.current_lsn > pages->restart.current_lsn)
		pages->restart = r;
	return true;
}

/* Both restart pages. A log has two, a piece of one has none: what has neither is judged when the pages are known. */
static void take_restarts(struct logfile_pages *pages, uint8_t *page)
{
	struct err first = {0}, second = {0};
	bool has_first = take_restart(pages, page, 0, &first);
	uint64_t at = has_first ? pages->restart.system_page_size : LOGFILE_PAGE_USUAL;
	bool is_cut = at >= pages->source->size;
	bool has_second = !is_cut && take_restart(pages, page, at, &second);

	if (!has_first && (has_second || first.kind != ERR_MISSING))
		logfile_pages_damage(pages, 0, LOGFILE_PAGE_USUAL, &first);
	if (!has_second && !is_cut && (has_first || second.kind != ERR_MISSING))
		logfile_pages_damage(pages, at, LOGFILE_PAGE_USUAL, &second);
	pages->are_restarts_gone =
	    first.kind == ERR_MISSING && (is_cut || second.kind == ERR_MISSING);
}

static unsigned log2_of(uint64_t value)
{
	unsigned bits = 0;

	while (value >>= 1)
		bits++;
	return bits;
}

/* Without a restart page the number of fix-ups tells the size of a page. */
static bool guess_layout(struct logfile_pages *pages, struct err *err)
{
	uint8_t head[LOGFILE_DATA_USUAL] = {0};
	size_t got = 0;
	uint32_t size = LOGFILE_PAGE_USUAL;

	if (!pages->source->read(pages->source, 0, head, sizeof(head), &got, err) && got == 0)
		return false;
	if (memcmp(head, "RCRD", 4) == 0 && logfile_page_size_ok((le16(head + 6) - 1u) * 512))
		size = (le16(head + 6) - 1u) * 512;
	pages->restart.page_size = size;
	pages->restart.data_offset = LOGFILE_DATA_USUAL;
	pages->shift = log2_of(size) - 3;
	return true;
}

static bool load_layout(struct logfile_pages *pages, struct err *err)
{
	CLEANUP(free_memory) uint8_t *page = malloc(LOGFILE_PAGE_MAX);
	struct logfile_restart *r = &pages->restart;

	if (!page)
		return fail(err, ERR_MEMORY, "no memory to read a log");
	take_restarts(pages, page);
	if (!r->present)
		return guess_layout(pages, err);
	pages->shift = log2_of(r->page_size) - 3;
	pages->place_bits = 64 - r->sequence_bits - pages->shift;
	pages->first_place = r->major >= 2 ? COPIES_END_2 : COPIES_END_1;
	pages->end_place =
	    (uint32_t)(r->size / r->page_size < LOGFILE_PAGE_LIMIT ? r->size / r->page_size
								   : LOGFILE_PAGE_LIMIT);
	return true;
}

/* A log is cut off when it is shorter than it says, and not all of a longer one is looked at. */
static uint32_t count_slots(struct logfile_pages *pages)
{
	const struct logfile_restart *r = &pages->restart;
	uint64_t size = pages->source->size;
	uint64_t slots = size / r->page_size;
	struct err why = {0};

	if (r->present && r->size > size)
		fail(
		    &why, ERR_DAMAGED, "log of %llu bytes is cut off", (unsigned long long)r->size);
	else if (slots > LOGFILE_PAGE_LIMIT)
		fail(&why, ERR_LIMIT, "log of more than %zu pages", LOGFILE_PAGE_LIMIT);
	else if (size % r->page_size != 0)
		fail(&why, ERR_DAMAGED, "log ends inside a page");
	if (slots > LOGFILE_PAGE_LIMIT)
		slots = LOGFILE_PAGE_LIMIT;
	if (why.kind != ERR_NONE)
		logfile_pages_damage(
		    pages, slots * r->page_size, size - slots * r->page_size, &why);
	return (uint32_t)slots;
}

static bool load_pages(struct logfile_pages *pages, uint8_t *page, struct err *err)
{
	uint32_t size = pages->restart.page_size;
	uint32_t slots = count_slots(pages);
	uint64_t skip = 2ull * pages->restart.system_page_size / size;

	for (uint32_t slot = (uint32_t)skip; slot < slots; slot++) {
		struct err why = {0};

		if (logfile_pages_read(pages, slot, page, &why)) {
			if (!add_page(pages, slot, page, err))
				return false;
		} else if (why.kind != ERR_MISSING) {
			logfile_pages_damage(pages, (uint64_t)slot * size, size, &why);
		}
	}
	return true;
}

/* What has neither a restart page nor a record page: ERR_MISSING when it was never written to. */
static bool fail_without_pages(struct logfile_pages *pages, uint8_t *page, struct err *err)
{
	size_t got = 0;

	if (!pages->source->read(pages->source, 0, page, LOGFILE_PAGE_USUAL, &got, err) && !got)
		return false;
	for (size_t i = 1; i < got; i++)
		if (page[i] != page[0])
			return fail(err, ERR_DAMAGED,
			    "neither a restart page nor a record page of the log can be read");
	return fail(err, ERR_MISSING, "log is empty: it has no restart page and no record");
}

/* A piece of a log begins with a record page; a whole one with restart pages, so they are gone. */
static void tell_restarts(struct logfile_pages *pages)
{
	struct err why = {0};

	if (!pages->are_restarts_gone || pages->at[0].slot == 0)
		return;
	fail(&why, ERR_DAMAGED,
	    "both restart pages of the log are gone: which records are of an earlier round is not "
	    "known");
	logfile_pages_damage(pages, 0, 2ull * LOGFILE_PAGE_USUAL, &why);
}

/* The newest LSN that the restart page knows must lie in the log. A log that was begun anew may say its start. */
static void check_newest(struct logfile_pages *pages)
{
	const struct logfile_restart *r = &pages->restart;
	struct err why = {0};

	pages->is_newest_inside =
	    place_of(pages, number_of(pages, r->current_lsn)) < r->size / r->page_size;
	if (pages->is_newest_inside)
		return;
	fail(&why, ERR_DAMAGED, "newest LSN of the log lies outside of it");
	logfile_pages_damage(pages, 0, 2ull * r->system_page_size, &why);
}

bool logfile_pages_load(struct logfile_pages *pages, struct err *err)
{
	CLEANUP(free_memory) uint8_t *page = malloc(LOGFILE_PAGE_MAX);

	pages->window = malloc(WINDOW_LEN);
	if (!page || !pages->window)
		return fail(err, ERR_MEMORY, "no memory to read a log");
	if (!load_layout(pages, err) || !load_pages(pages, page, err))
		return false;
	if (!pages->restart.present && pages->count == 0)
		return fail_without_pages(pages, page, err);
	if (pages->count)
		tell_restarts(pages);
	sort(pages);
	if (pages->place_bits) {
		check_newest(pages);
		find_newest(pages, page);
		tell_lost(pages, page);
	}
	return true;
}
