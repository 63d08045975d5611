/* See fixture_story.h; codes and layouts: docs/formats/logfile.md. */
#include "tests/fixture_story.h"

#include "core/text.h"
#include "formats/ntfs/logfile.h"
#include "tests/fixture_mft.h"

#define TRANSACTION 0x18u
#define ROOT_RECORD 5u
#define FILE_REF    (STORY_FILE | 3ull << 48)

/* Keys of open attributes: places in a table with entries of 44 bytes. */
#define KEY_MFT     0x18u
#define KEY_INDEX   0x44u
#define KEY_BITMAP  0x70u
#define KEY_RECORDS 0x9cu

struct teller {
	struct fixture_log *log;
	uint64_t previous; /* of the transaction */
};

static uint64_t tell(struct teller *t, const struct fixture_change *change)
{
	t->previous = fixture_log_change(t->log, TRANSACTION, t->previous, change);
	return t->previous;
}

static void forget(struct teller *t)
{
	tell(t, &(struct fixture_change){
		    .redo = LOGFILE_FORGET, .undo = LOGFILE_COMPENSATION, .target = KEY_MFT});
	t->previous = 0;
}

static void open_attribute(
    struct teller *t, uint16_t key, uint64_t file, uint32_t type, const char *name)
{
	CLEANUP(text_free) struct text utf16 = {0};
	uint8_t entry[44] = {0};

	text_to_utf16(bytes_of(name), &utf16);
	put_le32(entry, 0xffffffff); /* in use */
	put_le64(entry + 8, file);
	put_le32(entry + 28, type);
	fixture_log_change(t->log, TRANSACTION, 0,
	    &(struct fixture_change){
		.redo = LOGFILE_OPEN_ATTRIBUTE,
		.target = key,
		.redo_data = {entry, sizeof(entry)},
		.undo_data = text_bytes(&utf16),
	    });
}

static void checkpoint(struct teller *t)
{
	uint8_t data[112] = {0};

	put_le32(data + 80, 4096);            /* bytes of a cluster */
	put_le64(data + 88, 36 | 1ull << 48); /* $UsnJrnl */
	fixture_log_add(t->log, 2, TRANSACTION, 0, (struct bytes){data, sizeof(data)});
}

/* A change of an MFT record. */
static struct fixture_change of_record(uint32_t record, uint16_t redo, uint16_t undo)
{
	return (struct fixture_change){
	    .redo = redo,
	    .undo = undo,
	    .target = KEY_MFT,
	    .vcn = record / 4,
	    .block = (uint16_t)(record % 4 * 2),
	};
}

static void bits(struct teller *t, uint16_t key, bool sets, uint32_t first, uint32_t count)
{
	uint8_t range[8];

	put_le32(range, first);
	put_le32(range + 4, count);
	tell(t, &(struct fixture_change){
		    .redo = sets ? LOGFILE_SET_BITS : LOGFILE_CLEAR_BITS,
		    .undo = sets ? LOGFILE_CLEAR_BITS : LOGFILE_SET_BITS,
		    .target = key,
		    .redo_data = {range, sizeof(range)},
		    .undo_data = {range, sizeof(range)},
		});
}

struct entry {
	uint8_t at[16 + 66 + 64 + 8];
	size_t len;
};

/* An index entry of the file with that name in that directory. */
static struct entry make_entry(uint64_t directory, const char *name)
{
	struct entry e = {0};
	size_t units = strlen(name);

	e.len = (16 + 66 + 2 * units + 7) & ~(size_t)7;
	put_le64(e.at, FILE_REF);
	put_le16(e.at + 8, (uint16_t)e.len);
	put_le16(e.at + 10, (uint16_t)(66 + 2 * units)); /* the key */
	put_le64(e.at + 16, directory);
	for (size_t i = 0; i < 4; i++)
		put_le64(e.at + 24 + 8 * i, FIXTURE_STAMP);
	e.at[16 + 64] = (uint8_t)units;
	e.at[16 + 65] = 3; /* Win32 and DOS */
	for (size_t i = 0; i < units; i++)
		e.at[16 + 66 + 2 * i] = (uint8_t)name[i];
	return e;
}

static uint64_t change_entry(
    struct teller *t, uint64_t directory, bool adds, uint16_t at, const char *name)
{
	struct entry e = make_entry(directory, name);
	bool is_root = directory == FIXTURE_ROOT;
	uint16_t add = is_root ? LOGFILE_ADD_ENTRY_ROOT : LOGFILE_ADD_ENTRY_ALLOCATION;
	uint16_t remove = is_root ? LOGFILE_DELETE_ENTRY_ROOT : LOGFILE_DELETE_ENTRY_ALLOCATION;
	struct fixture_change c = of_record(ROOT_RECORD, adds ? add : remove, adds ? remove : add);

	if (!is_root) {
		c.target = KEY_INDEX;
		c.vcn = 0;
		c.block = 0;
	}
	c.attribute_offset = at;
	if (adds)
		c.redo_data = (struct bytes){e.at, e.len};
	else
		c.undo_data = (struct bytes){e.at, e.len};
	return tell(t, &c);
}

static void initialize(struct teller *t, uint8_t image[FIXTURE_RECORD])
{
	static uint8_t table[(STORY_FILE + 1) * FIXTURE_RECORD];
	struct fixture_record r = fixture_mft_begin(table, STORY_FILE, 3, 1);
	struct fixture_change c = of_record(STORY_FILE, LOGFILE_INITIALIZE_RECORD, LOGFILE_NOOP);

	fixture_mft_add_standard(&r);
	fixture_mft_add_name(&r, STORY_DIRECTORY, 3, "new.txt");
	memcpy(image, r.at, FIXTURE_RECORD);
	c.redo_data = (struct bytes){image, r.used + 8};
	tell(t, &c);
}

static void create(struct teller *t, struct fixture_story *story)
{
	uint8_t image[FIXTURE_RECORD];
	struct fixture_change c = of_record(STORY_FILE, LOGFILE_NOOP, LOGFILE_DEALLOCATE_RECORD);

	bits(t, KEY_RECORDS, true, STORY_FILE, 1);
	tell(t, &c);
	change_entry(t, STORY_DIRECTORY, true, 0x40, "new.txt");
	initialize(t, image);
	story->created = t->previous;
	forget(t);
}

static void extend(struct teller *t, struct fixture_story *story)
{
	uint8_t attribute[72] = {0};
	uint8_t sizes[24] = {0};
	struct fixture_change c =
	    of_record(STORY_FILE, LOGFILE_CREATE_ATTRIBUTE, LOGFILE_DELETE_ATTRIBUTE);

	bits(t, KEY_BITMAP, true, STORY_CLUSTER, 8);
	story->extended = t->previous;
	put_le32(attribute, 0x80);
	put_le32(attribute + 4, sizeof(attribute));
	attribute[8] = 1;                          /* not resident */
	put_le64(attribute + 24, 7);               /* last VCN */
	put_le16(attribute + 32, 64);              /* mapping pairs */
	put_le64(attribute + 40, 32768);           /* allocated */
	memcpy(attribute + 64, "\x11\x08\x64", 4); /* 8 clusters at 100 */
	c.record_offset = 0x100;
	c.redo_data = (struct bytes){attribute, sizeof(attribute)};
	tell(t, &c);
	c = of_record(STORY_FILE, LOGFILE_SET_SIZES, LOGFILE_SET_SIZES);
	c.record_offset = 0x100;
	put_le64(sizes, 32768);
	put_le64(sizes + 8, 30000);  /* initialized */
	put_le64(sizes + 16, 30001); /* size */
	c.redo_data = (struct bytes){sizes, sizeof(sizes)};
	tell(t, &c);
	forget(t);
}

static void touch(struct teller *t, struct fixture_story *story)
{
	uint8_t bytes[4] = {1, 2, 3, 4}; /* the low half of the modified time */
	struct fixture_change c =
	    of_record(STORY_FILE, LOGFILE_UPDATE_RESIDENT, LOGFILE_UPDATE_RESIDENT);

	c.record_offset = 0x38;
	c.attribute_offset = 24 + 8;
	c.redo_data = c.undo_data = (struct bytes){bytes, sizeof(bytes)};
	story->touched = tell(t, &c);
	forget(t);
}

static void list(struct teller *t, struct fixture_story *story)
{
	uint8_t data[56] = {0};

	for (size_t i = 0; i < 4; i++)
		put_le64(data + 8 * i, FIXTURE_STAMP + i);
	put_le64(data + 32, 32768);
	put_le64(data + 40, 30001);
	put_le32(data + 48, 0x20);
	story->listed = tell(t, &(struct fixture_change){
				    .redo = LOGFILE_UPDATE_NAME_ALLOCATION,
				    .undo = LOGFILE_UPDATE_NAME_ALLOCATION,
				    .target = KEY_INDEX,
				    .attribute_offset = 0x40,
				    .redo_data = {data, sizeof(data)},
				    .undo_data = {data, sizeof(data)},
				});
	forget(t);
}

static void rename_and_move(struct teller *t, struct fixture_story *story)
{
	change_entry(t, STORY_DIRECTORY, false, 0x40, "new.txt");
	story->renamed = change_entry(t, STORY_DIRECTORY, true, 0x40, "other.txt");
	forget(t);
	change_entry(t, STORY_DIRECTORY, false, 0x40, "other.txt");
	story->moved = change_entry(t, FIXTURE_ROOT, true, 0x40, "other.txt");
	forget(t);
}

static void journal(struct teller *t, struct fixture_story *story)
{
	uint8_t usn[80] = {80, 0, 0, 0, 2};

	put_le64(usn + 8, FILE_REF);
	put_le64(usn + 16, FIXTURE_ROOT);
	put_le64(usn + 24, 3 * 4096);      /* its place in the journal */
	put_le64(usn + 32, FIXTURE_STAMP); /* time */
	put_le32(usn + 40, 0x2000);        /* reason: RENAME_NEW_NAME */
	put_le32(usn + 52, 0x20);          /* attributes */
	put_le16(usn + 56, 18);            /* name length */
	put_le16(usn + 58, 60);            /* name offset */
	memcpy(usn + 60, "o\0t\0h\0e\0r\0.\0t\0x\0t", 18);
	story->journalled = tell(t, &(struct fixture_change){
					.redo = LOGFILE_UPDATE_NONRESIDENT,
					.undo = LOGFILE_NOOP,
					.target = STORY_JOURNAL,
					.vcn = 3,
					.redo_data = {usn, sizeof(usn)},
				    });
	forget(t);
}

static void remove_all(struct teller *t, struct fixture_story *story)
{
	uint8_t head[24] = "FILE";
	struct fixture_change c =
	    of_record(STORY_FILE, LOGFILE_DEALLOCATE_RECORD, LOGFILE_INITIALIZE_RECORD);

	bits(t, KEY_BITMAP, false, STORY_CLUSTER, 8);
	change_entry(t, FIXTURE_ROOT, false, 0x40, "other.txt");
	put_le16(head + 16, 3); /* sequence */
	put_le16(head + 22, 1); /* in use */
	c.undo_data = (struct bytes){head, sizeof(head)};
	story->deleted = tell(t, &c);
	bits(t, KEY_RECORDS, false, STORY_FILE, 1);
	forget(t);
}

static void undo(struct teller *t, struct fixture_story *story)
{
	struct fixture_change c =
	    of_record(STORY_FILE + 1, LOGFILE_DEALLOCATE_RECORD, LOGFILE_COMPENSATION);

	bits(t, KEY_RECORDS, true, STORY_FILE + 1, 1);
	story->undone = tell(t, &c);
	forget(t);
}

void fixture_story_tell(struct fixture_log *log, struct fixture_story *story)
{
	struct teller t = {.log = log};

	fixture_log_begin(log, 3);
	open_attribute(&t, KEY_MFT, 1ull << 48, 0x80, "");
	open_attribute(&t, KEY_INDEX, STORY_DIRECTORY, 0xa0, "$I30");
	open_attribute(&t, KEY_BITMAP, 6 | 6ull << 48, 0x80, "");
	open_attribute(&t, KEY_RECORDS, 1ull << 48, 0xb0, "");
	open_attribute(&t, STORY_JOURNAL, 36 | 1ull << 48, 0x80, "$J");
	create(&t, story);
	extend(&t, story);
	touch(&t, story);
	list(&t, story);
	rename_and_move(&t, story);
	checkpoint(&t);
	journal(&t, story);
	remove_all(&t, story);
	undo(&t, story);
}
