/* See fixture_log.h; layout: docs/formats/logfile.md. */
#include "tests/fixture_log.h"

#include <stdlib.h>

#define SEQUENCE_BITS 46u /* of an LSN; the other 18 count 8 bytes each: 2 MiB */
#define CHANGE_ROOM   ((size_t)64 << 10)

static uint32_t first_page(const struct fixture_log *log)
{
	return log->major >= 2 ? 0x22 : 4;
}

static uint8_t *page_at(struct fixture_log *log, uint32_t page)
{
	return log->at + (size_t)page * FIXTURE_LOG_PAGE;
}

static void begin_page(struct fixture_log *log, uint32_t page)
{
	uint8_t *p = page_at(log, page);

	memset(p, 0, FIXTURE_LOG_PAGE);
	memcpy(p, "RCRD", 4);
	put_le16(p + 4, 0x28);              /* fix-ups */
	put_le16(p + 6, 9);                 /* their number */
	put_le32(p + 16, 1);                /* flags: a record ends here */
	put_le16(p + 20, 1);                /* pages of this write */
	put_le16(p + 22, 1);                /* this one's position in it */
	put_le16(p + 24, FIXTURE_LOG_DATA); /* next record */
	log->page = page;
	log->pos = FIXTURE_LOG_DATA;
}

void fixture_log_begin(struct fixture_log *log, uint64_t round)
{
	if (!log->pages)
		log->pages = FIXTURE_LOG_PAGES;
	if (!log->major)
		log->major = 1;
	log->at = malloc(FIXTURE_LOG_SIZE);
	if (!log->at)
		abort();
	memset(log->at, 0xff, FIXTURE_LOG_SIZE);
	log->round = round;
	begin_page(log, first_page(log));
}

void fixture_log_skip_to(struct fixture_log *log, uint32_t page)
{
	begin_page(log, page);
}

static void next_page(struct fixture_log *log)
{
	if (log->page + 1 < log->pages) {
		begin_page(log, log->page + 1);
		return;
	}
	log->round++;
	begin_page(log, first_page(log));
}

static void put_record(struct fixture_log *log, struct bytes data, uint64_t lsn, uint8_t *header)
{
	size_t done = 0;

	log->pos = (log->pos + 7) & ~7u;
	memcpy(page_at(log, log->page) + log->pos, header, 48);
	log->pos += 48;
	for (;;) {
		uint8_t *p = page_at(log, log->page);
		size_t piece = FIXTURE_LOG_PAGE - log->pos;

		if (piece > data.len - done)
			piece = data.len - done;
		if (piece)
			memcpy(p + log->pos, data.at + done, piece);
		done += piece;
		put_le64(p + 8, lsn); /* last LSN */
		log->pos += (uint32_t)piece;
		log->pos = (log->pos + 7) & ~7u;
		if (done == data.len) {
			put_le16(p + 24, (uint16_t)log->pos); /* next record */
			put_le64(p + 32, lsn);                /* last LSN that ends here */
			return;
		}
		next_page(log);
	}
}

uint64_t fixture_log_add(struct fixture_log *log, uint32_t type, uint32_t transaction,
    uint64_t previous, struct bytes data)
{
	uint8_t header[48] = {0};

	if (log->pos + sizeof(header) > FIXTURE_LOG_PAGE)
		next_page(log);
	uint64_t lsn = log->round << (64 - SEQUENCE_BITS) |
		       ((uint64_t)log->page * FIXTURE_LOG_PAGE + log->pos) / 8;

	put_le64(header, lsn);
	put_le64(header + 8, previous);
	put_le64(header + 16, previous); /* undo next */
	put_le32(header + 24, (uint32_t)data.len);
	put_le32(header + 32, type);
	put_le32(header + 36, transaction);
	put_le16(header + 40, log->pos + sizeof(header) + data.len > FIXTURE_LOG_PAGE); /* flags */
	put_record(log, data, lsn, header);
	log->last = lsn;
	return lsn;
}

uint64_t fixture_log_change(struct fixture_log *log, uint32_t transaction, uint64_t previous,
    const struct fixture_change *c)
{
	static uint8_t data[CHANGE_ROOM];
	size_t redo_room = (c->redo_data.len + 7) & ~(size_t)7;
	size_t at = 40; /* one LCN follows the header */

	memset(data, 0, at + redo_room + c->undo_data.len);
	put_le16(data, c->redo);
	put_le16(data + 2, c->undo);
	put_le16(data + 4, (uint16_t)at);
	put_le16(data + 6, (uint16_t)c->redo_data.len);
	put_le16(data + 8, (uint16_t)(at + redo_room));
	put_le16(data + 10, (uint16_t)c->undo_data.len);
	put_le16(data + 12, c->target);
	put_le16(data + 14, 1); /* LCNs that follow */
	put_le16(data + 16, c->record_offset);
	put_le16(data + 18, c->attribute_offset);
	put_le16(data + 20, c->block);
	/* blocks of 512 bytes of the target */
	put_le16(data + 22, c->target_blocks ? c->target_blocks : 2);
	put_le64(data + 24, c->vcn);
	put_le64(data + 32, 4 + c->vcn); /* the LCN */
	if (c->redo_data.len)
		memcpy(data + at, c->redo_data.at, c->redo_data.len);
	if (c->undo_data.len)
		memcpy(data + at + redo_room, c->undo_data.at, c->undo_data.len);
	return fixture_log_add(
	    log, 1, transaction, previous, (struct bytes){data, at + redo_room + c->undo_data.len});
}

static void put_restart(struct fixture_log *log, uint8_t *p)
{
	memset(p, 0, FIXTURE_LOG_PAGE);
	memcpy(p, "RSTR", 4);
	put_le16(p + 4, 0x1e); /* fix-ups */
	put_le16(p + 6, 9);
	put_le32(p + 16, FIXTURE_LOG_PAGE); /* of the system */
	put_le32(p + 20, FIXTURE_LOG_PAGE); /* of the log */
	put_le16(p + 24, 0x30);             /* restart area */
	put_le16(p + 26, log->major == 1);  /* minor: 1.1 and 2.0 */
	put_le16(p + 28, log->major);
	p += 0x30;
	put_le64(p, log->last);          /* newest LSN */
	put_le16(p + 8, 1);              /* clients */
	put_le16(p + 10, 0xffff);        /* no free one */
	put_le16(p + 12, 0);             /* the one in use */
	put_le32(p + 16, SEQUENCE_BITS); /* of an LSN */
	put_le16(p + 20, 0xe0);          /* length of the area */
	put_le16(p + 22, 0x40);          /* the clients in it */
	put_le64(p + 24, (uint64_t)log->pages * FIXTURE_LOG_PAGE);
	put_le16(p + 36, 48);               /* header of a record */
	put_le16(p + 38, FIXTURE_LOG_DATA); /* header of a page */
	p += 0x40;
	put_le64(p, log->last);     /* oldest LSN that the client needs */
	put_le64(p + 8, log->last); /* its restart record */
	put_le16(p + 16, 0xffff);   /* no client before */
	put_le16(p + 18, 0xffff);   /* none after */
	put_le32(p + 28, 8);        /* name in bytes */
	memcpy(p + 32, "N\0T\0F\0S", 8);
}

static void protect(uint8_t *p)
{
	uint8_t *array = p + le16(p + 4);

	put_le16(array, 7); /* the update sequence number */
	for (size_t i = 1; i <= FIXTURE_LOG_PAGE / 512; i++) {
		memcpy(array + 2 * i, p + i * 512 - 2, 2);
		memcpy(p + i * 512 - 2, array, 2);
	}
}

void fixture_log_end(struct fixture_log *log)
{
	put_restart(log, log->at);
	put_restart(log, log->at + FIXTURE_LOG_PAGE);
	for (uint32_t i = 0; i < log->pages; i++)
		if (memcmp(page_at(log, i), "R", 1) == 0)
			protect(page_at(log, i));
}

void fixture_log_free(struct fixture_log *log)
{
	free(log->at);
	log->at = NULL;
}
