/* Reads meta/receipt.json as collectors/receipt.c writes it. See receipt.h. */
#include "analysis/receipt.h"

#include "bundle/document.h"
#include "bundle/kit.h"
#include "core/tr.h"

static unsigned long long number_of(yyjson_val *object, const char *key)
{
	return yyjson_get_uint(yyjson_obj_get(object, key));
}

void receipt_add_reason(struct text *out, struct bytes reason)
{
	CLEANUP(text_free) struct text english = {0};

	CLEANUP(text_free) struct text said = {0};

	text_add(&english, reason);
	tr_error(text_string(&english), &said);
	text_add_printable(out, text_bytes(&said));
}

static void show_kind(yyjson_val *kind, struct text *out)
{
	struct bytes name = document_field(kind, tr_language() == LANGUAGE_JA ? "name_ja" : "name");
	struct bytes note = document_field(kind, "note");

	text_adds(out, "  ");
	text_add_printable(out, document_field(kind, "kind"));
	text_addc(out, ' ');
	text_add_printable(out, name);
	text_addf(out, tr(": %llu expected, %llu taken, %llu in part, %llu skipped, %llu failed"),
	    number_of(kind, "expected"), number_of(kind, "taken"), number_of(kind, "partial"),
	    number_of(kind, "skipped"), number_of(kind, "failed"));
	if (note.len) {
		text_adds(out, " - ");
		receipt_add_reason(out, note);
	}
	text_addc(out, '\n');
}

static void show_volume(yyjson_val *volume, struct text *out)
{
	if (yyjson_get_bool(yyjson_obj_get(volume, "usable")))
		return;
	text_adds(out, "  ");
	text_add_printable(out, document_field(volume, "volume"));
	text_adds(out, tr(" could not be used: "));
	receipt_add_reason(out, document_field(volume, "reason"));
	text_addc(out, '\n');
}

bool receipt_show(struct bytes json, struct text *out, struct err *err)
{
	CLEANUP(yyjson_doc_free)
	yyjson_doc *document = yyjson_read((const char *)json.at, json.len, 0);
	yyjson_val *root = yyjson_doc_get_root(document);
	yyjson_val *kinds = yyjson_obj_get(root, "kinds");
	yyjson_val *totals = yyjson_obj_get(root, "totals");
	yyjson_val *one;
	size_t i, max;

	if (!yyjson_is_arr(kinds))
		return fail(err, ERR_DAMAGED, "the receipt is not readable");
	yyjson_arr_foreach(kinds, i, max, one) show_kind(one, out);
	yyjson_arr_foreach(yyjson_obj_get(root, "volumes"), i, max, one) show_volume(one, out);
	if (yyjson_get_bool(yyjson_obj_get(totals, "stopped")))
		text_adds(out, tr("  the collection was stopped before its end\n"));
	if (document_field(totals, "broken").len) {
		text_adds(out, tr("  the destination failed: "));
		receipt_add_reason(out, document_field(totals, "broken"));
		text_addc(out, '\n');
	}
	if (number_of(totals, "problems"))
		text_addf(out,
		    tr("  problems while collecting: %llu; each has a row with its reason\n"),
		    number_of(totals, "problems"));
	return text_ok(out, err);
}

/* "NAME (ORG)" of an object; nothing where there is no name. */
static void show_person(yyjson_val *person, const char *label, struct text *out)
{
	struct bytes name = document_field(person, "name"), org = document_field(person, "org");

	if (name.len == 0)
		return;
	text_adds(out, label);
	text_add_printable(out, name);
	if (org.len) {
		text_adds(out, " (");
		text_add_printable(out, org);
		text_addc(out, ')');
	}
	text_addc(out, '\n');
}

/* One, or a list of them. */
static void show_people(yyjson_val *people, const char *label, struct text *out)
{
	yyjson_val *one;
	size_t i;
	size_t max;

	if (!yyjson_is_arr(people))
		show_person(people, label, out);
	yyjson_arr_foreach(people, i, max, one) show_person(one, label, out);
}

static void show_tool(yyjson_val *tool, struct text *out)
{
	if (document_field(tool, "name").len == 0)
		return;
	text_adds(out, tr("collected with: "));
	text_add_printable(out, document_field(tool, "name"));
	text_addc(out, ' ');
	text_add_printable(out, document_field(tool, "version"));
	if (document_field(tool, "run_on").len) {
		text_adds(out, tr(", run on "));
		text_add_printable(out, document_field(tool, "run_on"));
		text_adds(out, tr(" by "));
		text_add_printable(out, document_field(tool, "run_by"));
	}
	text_addc(out, '\n');
}

void receipt_add_recipient(struct bytes json, const char *recipient, struct text *out)
{
	CLEANUP(yyjson_doc_free)
	yyjson_doc *document = json.len ? yyjson_read((const char *)json.at, json.len, 0) : NULL;
	yyjson_val *root = yyjson_doc_get_root(document);
	yyjson_val *names = yyjson_obj_get(root, "recipient_names");
	yyjson_val *one;
	size_t i, max;

	yyjson_arr_foreach(yyjson_obj_get(root, "recipients"), i, max, one)
	{
		const char *name = yyjson_get_str(yyjson_arr_get(names, i));

		if (name && yyjson_equals_str(one, recipient)) {
			text_add_printable(out, bytes_of(name));
			return;
		}
	}
}

bool receipt_show_collection(struct bytes json, struct text *out, struct err *err)
{
	CLEANUP(yyjson_doc_free)
	yyjson_doc *document = yyjson_read((const char *)json.at, json.len, 0);
	yyjson_val *root = yyjson_doc_get_root(document);

	if (!yyjson_is_obj(root))
		return fail(err, ERR_DAMAGED, "'meta/collection.json' is not readable");
	if (yyjson_equals_str(yyjson_obj_get(root, "public"), KIT_PUBLIC_IDS)) {
		text_adds(out, tr("host (sealed inside): "));
		text_add_printable(out, document_field(yyjson_obj_get(root, "target"), "hostname"));
		text_addc(out, '\n');
	}
	show_people(yyjson_obj_get(root, "operator"), tr("collected by: "), out);
	show_people(yyjson_obj_get(root, "witness"), tr("witness: "), out);
	show_tool(yyjson_obj_get(root, "tool"), out);
	return text_ok(out, err);
}
