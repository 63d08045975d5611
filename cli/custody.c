/* kanshiki custody: the custody sheet of a bundle with the number filled in, and as a QR code. */
#include "bundle/sheet.h"
#include "cli/command.h"
#include "cli/opening.h"
#include "core/array.h"
#include "core/tr.h"
#include "platform/console.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>

#define OPTIONS    TRUST_OPTIONS /* --html stands in the place of --unverified */
#define SHEET_NAME "CUSTODY.txt"

struct custody {
	struct opening opening;
	const char *html;
	struct text sheet;
	bool creating; /* what goes wrong now is with the page that was asked for */
};

static void make_options(struct custody *custody, struct option options[OPTIONS])
{
	trust_options(&custody->opening.trust, options);
	options[OPTIONS - 1] = (struct option){
	    .name = "html",
	    .kind = OPTION_TEXT,
	    .to = &custody->html,
	    .value = "FILE",
	    .help = "a page to print, besides: one sheet of A4",
	};
}

static void help(struct text *out)
{
	struct custody custody = {0};
	struct option options[OPTIONS];

	make_options(&custody, options);
	text_adds(out, tr("Example: kanshiki custody BUNDLE --keys keys --html sheet.html\n\n"));
	options_help(options, OPTIONS, out);
}

static bool read_source(struct source *source, struct text *out, struct err *err)
{
	CLEANUP(free_memory) uint8_t *bytes = NULL;

	if (source->size > SHEET_BYTES_MAX)
		return fail(err, ERR_LIMIT, "'%s' has %llu bytes", SHEET_NAME,
		    (unsigned long long)source->size);
	bytes = malloc((size_t)source->size + 1);
	if (!bytes)
		return fail(err, ERR_MEMORY, "no memory for '%s'", SHEET_NAME);
	if (!source_read_exact(source, 0, bytes, (size_t)source->size, err))
		return false;
	text_add(out, (struct bytes){bytes, (size_t)source->size});
	return text_ok(out, err);
}

/* The one beside the volumes. It is hashed again: what is shown is what the seal covers. */
static bool read_sheet(struct custody *custody, struct err *err)
{
	CLEANUP(source_close) struct source *source = NULL;
	struct store *store = custody->opening.store;
	uint8_t listed[SHA256_LEN];
	uint8_t found[SHA256_LEN];

	if (!bundle_listed_sha256(custody->opening.reader, SHEET_NAME, listed))
		return fail(err, ERR_MISSING,
		    "the bundle has no custody sheet: the collection had not ended");
	if (!store->open(store, SHEET_NAME, &source, err) ||
	    !read_source(source, &custody->sheet, err))
		return false;
	hash_sha256(text_bytes(&custody->sheet), found);
	if (memcmp(listed, found, sizeof(found)) != 0)
		return fail(err, ERR_DAMAGED, "'%s' is not as it was sealed", SHEET_NAME);
	return true;
}

/* A bundle with `public: ids` has the whole sheet inside. */
static bool read_inner_sheet(struct custody *custody, bool *found, struct err *err)
{
	CLEANUP(source_close) struct source *source = NULL;
	struct bundle_reader *reader = custody->opening.reader;
	struct err why = {0};

	*found = false;
	if (custody->opening.trust.identities.count == 0)
		return true;
	if (!bundle_open_content(reader, err))
		return false;
	if (bundle_meta_open(reader, SHEET_NAME, &source, &why)) {
		*found = true;
		return read_source(source, &custody->sheet, err);
	}
	if (why.kind != ERR_MISSING)
		*err = why;
	return why.kind == ERR_MISSING;
}

/* Whether the module is dark; white around the code. */
static bool is_dark(const struct qr *qr, int row, int column)
{
	return row >= 0 && column >= 0 && row < qr->size && column < qr->size &&
	       qr->dark[row][column];
}

/* Two rows in one line. On a terminal, which is dark, white is drawn; on paper black is. */
static void add_qr(struct text *out, const struct qr *qr, bool draws_white)
{
	static const char *const blocks[] = {" ", "▀", "▄", "█"};

	for (int row = -QR_QUIET; row < qr->size + QR_QUIET; row += 2) {
		for (int column = -QR_QUIET; column < qr->size + QR_QUIET; column++) {
			bool upper = is_dark(qr, row, column) != draws_white;
			bool lower = is_dark(qr, row + 1, column) != draws_white;

			text_adds(out, blocks[upper + 2 * lower]);
		}
		text_addc(out, '\n');
	}
}

static bool write_html(
    struct custody *custody, const char *number, const struct qr *qr, struct err *err)
{
	CLEANUP(text_free) struct text page = {0};

	if (!custody->html)
		return true;
	sheet_html(text_bytes(&custody->sheet), number, qr, &page);
	if (!text_ok(&page, err))
		return false;
	custody->creating = true;
	if (!file_write_all(custody->html, text_bytes(&page), false, err))
		return false;
	custody->creating = false;
	return true;
}

static bool show(struct custody *custody, struct err *err)
{
	CLEANUP(text_free) struct text out = {0};
	char code[SHA256_HEX_ROOM + 40];
	struct bundle_facts facts;
	struct qr qr;

	bundle_facts(custody->opening.reader, &facts);
	snprintf(code, sizeof(code), "%s %s", facts.number, facts.collection_id);
	if (!qr_make(bytes_of(code), &qr, err) || !write_html(custody, facts.number, &qr, err))
		return false;
	sheet_fill(text_bytes(&custody->sheet), facts.number, &out);
	text_addc(&out, '\n');
	add_qr(&out, &qr, console_is_terminal(1));
	return text_ok(&out, err) && console_write(text_bytes(&out), err);
}

static bool custody(struct custody *custody, const struct text_list *operands, struct err *err)
{
	bool found;

	if (operands->count != 1)
		return fail(
		    err, ERR_USAGE, "custody takes one bundle; words given: %zu", operands->count);
	return opening_seal(&custody->opening, operands->at[0], false, err) &&
	       bundle_check_files(custody->opening.reader, false, err) &&
	       read_inner_sheet(custody, &found, err) && (found || read_sheet(custody, err)) &&
	       show(custody, err);
}

static int run(int argc, char **argv)
{
	CLEANUP(text_list_free) struct text_list operands = {0};
	struct custody request = {0};
	struct option options[OPTIONS];
	struct err err = {0};
	int code = EXIT_COMPLETE;

	make_options(&request, options);
	if (!options_parse(options, OPTIONS, argc, argv, &operands, &err) ||
	    !custody(&request, &operands, &err))
		code = opening_fail(&request.opening, &err);
	if (request.creating)
		code = opening_cannot_create(&err);
	opening_close(&request.opening);
	text_free(&request.sheet);
	return code;
}

const struct command command_custody = {
    .name = "custody",
    .summary = "print the custody sheet of a bundle, filled in, with a QR code",
    .usage = "kanshiki custody BUNDLE --keys KEYDIR | --ca FILE [--identity FILE] [--html FILE]",
    .run = run,
    .help = help,
};
