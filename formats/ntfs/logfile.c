/* The walk over the records of a log, in order of their LSNs. See logfile.h. */
#include "formats/ntfs/logfile.h"

#include "core/array.h"
#include "formats/ntfs/logfile_pages.h"

#include <stdlib.h>

#define DATA_LIMIT ((size_t)16 << 20) /* bytes of one record; Windows: tables of some hundred KiB */

struct logfile {
	struct logfile_pages pages;
	size_t next;    /* page to load */
	size_t current; /* page at work, when loaded */
	bool loaded;
	size_t pos;      /* in it */
	bool expects;    /* a record must begin at pos: what was before it was whole */
	bool gap;        /* since the last record given */
	uint8_t *joined; /* a record that spans pages */
	size_t joined_room;
	uint8_t page[LOGFILE_PAGE_MAX];
};

bool logfile_open(
    struct source *source, struct logfile_listener *listener, struct logfile **out, struct err *err)
{
	CLEANUP(logfile_close) struct logfile *log = malloc(sizeof(*log));

	if (!log)
		return fail(err, ERR_MEMORY, "no memory to read a log");
	memset(log, 0, offsetof(struct logfile, page));
	log->pages.source = source;
	log->pages.listener = listener;
	if (!logfile_pages_load(&log->pages, err))
		return false;
	*out = TAKE(log);
	return true;
}

void logfile_close(struct logfile *log)
{
	logfile_pages_free(&log->pages);
	free(log->joined);
	free(log);
}

const struct logfile_restart *logfile_restart(const struct logfile *log)
{
	return &log->pages.restart;
}

void logfile_rewind(struct logfile *log, struct logfile_listener *listener)
{
	log->pages.listener = listener;
	log->next = 0;
	log->loaded = false;
}

static const struct logfile_page *page_at(const struct logfile *log)
{
	return &log->pages.at[log->current];
}

static size_t page_size(const struct logfile *log)
{
	return log->pages.restart.page_size;
}

static uint64_t offset_of(const struct logfile *log, size_t pos)
{
	return (uint64_t)page_at(log)->slot * page_size(log) + pos;
}

/* Damage in stale pages is what they are made of: they end where newer ones were written over them. */
static void damaged(struct logfile *log, size_t from, size_t to, const struct err *why)
{
	if (!logfile_pages_stale(&log->pages, log->current))
		logfile_pages_damage(&log->pages, offset_of(log, from), to - from, why);
}

/* Loads the next page that can be; false at the end. */
static bool load_next(struct logfile *log)
{
	while (log->next < log->pages.count) {
		struct err why = {0};

		log->current = log->next++;
		if (log->current == 0 || !logfile_pages_go_on(&log->pages, log->current - 1))
			log->gap = true;
		log->loaded = logfile_pages_read(&log->pages, page_at(log)->slot, log->page, &why);
		if (log->loaded) {
			log->pos = log->pages.restart.data_offset;
			log->expects = false;
			return true;
		}
		log->gap = true;
		logfile_pages_damage(&log->pages, offset_of(log, 0), page_size(log), &why);
	}
	log->loaded = false;
	return false;
}

/* Whether a record begins at pos: only there does its number fit. */
static bool begins_at(const struct logfile *log, size_t pos)
{
	uint64_t lsn = page_at(log)->number << log->pages.shift | pos / 8;

	return le64(log->page + pos) == lsn && lsn <= page_at(log)->last;
}

/* Moves to the next record that begins in the page. */
static bool find_in_page(struct logfile *log)
{
	const struct logfile_page *page = page_at(log);
	size_t end = page_size(log);
	size_t from = log->pos;

	if (!page->begins)
		return false;
	while (log->pos + LOGFILE_HEADER_LEN <= end && !begins_at(log, log->pos))
		log->pos += 8;
	bool found = log->pos + LOGFILE_HEADER_LEN <= end;

	/* After the last record of the page comes what was there before. */
	if (log->expects && log->pos != from &&
	    (page->number << log->pages.shift | from / 8) <= page->last) {
		struct err why = {0};

		fail(&why, ERR_DAMAGED, "no log record where one must begin");
		damaged(log, from, found ? log->pos : end, &why);
	}
	return found;
}

static void parse_header(const struct logfile *log, struct logfile_record *out)
{
	const uint8_t *p = log->page + log->pos;

	*out = (struct logfile_record){
	    .lsn = le64(p),
	    .previous = le64(p + 8),
	    .undo_next = le64(p + 16),
	    .type = le32(p + 32),
	    .transaction = le32(p + 36),
	    .flags = le16(p + 40),
	    .offset = offset_of(log, log->pos),
	    .stale = logfile_pages_stale(&log->pages, log->current),
	};
}

/* Whether the page just loaded carries on the record with that LSN, of which rest bytes are missing. */
static bool carries_on(const struct logfile *log, uint64_t lsn, size_t rest)
{
	const struct logfile_page *page = page_at(log);
	size_t room = page_size(log) - log->pos;

	if (begins_at(log, log->pos))
		return false;
	return rest <= room ? page->last >= lsn : page->last == lsn && !page->begins;
}

/* Joins a record that goes on in the next pages; afterwards the last of them is at work. */
static bool join(struct logfile *log, size_t len, struct logfile_record *out, struct err *why)
{
	size_t got = page_size(log) - log->pos - LOGFILE_HEADER_LEN;

	memcpy(log->joined, log->page + log->pos + LOGFILE_HEADER_LEN, got);
	while (got < len) {
		if (!logfile_pages_go_on(&log->pages, log->current)) {
			log->loaded = false;
			return fail(why, ERR_DAMAGED, "the rest of a log record is gone");
		}
		size_t wanted = log->next;

		if (!load_next(log) || log->current != wanted ||
		    !carries_on(log, out->lsn, len - got))
			return fail(why, ERR_DAMAGED, "the rest of a log record is damaged");
		size_t piece = page_size(log) - log->pos;

		if (piece > len - got)
			piece = len - got;
		memcpy(log->joined + got, log->page + log->pos, piece);
		got += piece;
		log->pos += (piece + 7) & ~(size_t)7;
	}
	out->data = (struct bytes){.at = log->joined, .len = len};
	log->expects = true;
	return true;
}

/* Takes the record at pos; *taken is false when it cannot be had. */
static bool take(struct logfile *log, struct logfile_record *out, bool *taken, struct err *err)
{
	size_t start = log->pos;
	size_t first = log->current;
	size_t len = le32(log->page + start + 24);
	size_t left = page_size(log) - start - LOGFILE_HEADER_LEN;
	struct err why = {0};

	parse_header(log, out);
	*taken = true;
	if (len <= left) {
		out->data =
		    (struct bytes){.at = log->page + start + LOGFILE_HEADER_LEN, .len = len};
		log->pos += (LOGFILE_HEADER_LEN + len + 7) & ~(size_t)7;
		log->expects = true;
		return true;
	}
	/* What goes on in the next page is the last of its own. */
	if (len > DATA_LIMIT || out->lsn != page_at(log)->last) {
		fail(&why, ERR_DAMAGED, "log record of %zu bytes", len);
		damaged(log, start, start + LOGFILE_HEADER_LEN, &why);
		log->pos += 8;
		log->expects = false;
		*taken = false;
		return true;
	}
	if (!array_grow(&log->joined, &log->joined_room, len, 1, DATA_LIMIT, err))
		return false;
	*taken = join(log, len, out, &why);
	/* The newest record may not have been written whole yet. */
	if (!*taken && !out->stale && first + 1 < log->pages.count)
		logfile_pages_damage(&log->pages, out->offset, page_size(log) - start, &why);
	return true;
}

bool logfile_next(struct logfile *log, struct logfile_record *out, struct err *err)
{
	for (;;) {
		bool taken;

		if (!log->loaded && !load_next(log))
			return false;
		if (!find_in_page(log)) {
			log->loaded = false;
			continue;
		}
		if (!take(log, out, &taken, err))
			return false;
		if (!taken)
			continue;
		out->after_gap = log->gap;
		log->gap = false;
		return true;
	}
}
