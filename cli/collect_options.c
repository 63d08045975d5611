/* kanshiki collect: its options. See collect.h. */
#include "cli/collect.h"

size_t collect_options(struct collect_request *request, struct option options[COLLECT_OPTIONS_MAX])
{
	const struct option all[] = {
	    {"kit", 0, OPTION_TEXT, &request->kit, "DIR",
		"the field kit: who may open it, and the seal; the program in a kit needs none"},
	    {"out", 0, OPTION_TEXT, &request->out, "DIR",
		"where the new bundle's directory is made"},
	    {"resume", 0, OPTION_TEXT, &request->resume, "BUNDLE",
		"go on with a bundle that was interrupted: its directory, in place of --out"},
	    {"volume", 0, OPTION_LIST, &request->volumes, "[C=]PATH[@N]",
		"a disk, image or volume, with a letter for one volume, @N for partition N alone; "
		"Windows: every fixed one"},
	    {"profile", 0, OPTION_TEXT, &request->profile, "NAME",
		"default, none, or collectors with commas between"},
	    {"take", 0, OPTION_LIST, &request->take, "PATTERN",
		"files or directories besides: * within a name, ** across directories"},
	    {"deleted", 0, OPTION_TEXT, &request->deleted, "WHAT",
		"deleted files: none, list, priority (default) or all"},
	    {"deleted-cap", 0, OPTION_NUMBER, &request->deleted_cap, "MB",
		"data of deleted files at most: 2000, with --deleted all 20000"},
	    {"shadow", 0, OPTION_TEXT, &request->shadow, "WHICH",
		"shadow copies: all, none, or newest, mid, oldest (default newest,oldest)"},
	    {"case", 0, OPTION_TEXT, &request->case_id, "ID", "case number, for the bundle's name"},
	    {"facts", 0, OPTION_TEXT, &request->facts, "FILE",
		"JSON object: operator, witness, authority, location"},
	    {"public", 0, OPTION_TEXT, &request->public, "WHAT",
		"what shows outside: names, or ids alone (default: as the kit says)"},
	    {"operator", 0, OPTION_TEXT, &request->operator, "NAME", "who collects"},
	    {"nonce", 0, OPTION_TEXT, &request->nonce, "TEXT",
		"what the office gave with the order: shows that it was taken after it"},
	    {"reference-time", 0, OPTION_TEXT, &request->reference_time, "TIME",
		"just read from a right clock: 2026-11-21T07:04:15+09:00"},
	    PASSPHRASE_OPTION(&request->passphrase),
	    {"no-live", 0, OPTION_FLAG, &request->no_live, NULL,
		"nothing from the running system's memory"},
	    {"unelevated", 0, OPTION_FLAG, &request->unelevated, NULL,
		"go on without administrator rights"},
	    {"background", 0, OPTION_FLAG, &request->background, NULL,
		"at low priority, while someone works"},
	    {"no-read-back", 0, OPTION_FLAG, &request->no_read_back, NULL,
		"do not check what the disk gives back at the end"},
	    {"unattended", 0, OPTION_FLAG, &request->unattended, NULL,
		"ask nothing, also on a terminal"},
	    {"json", 0, OPTION_FLAG, &request->json, NULL, "the last line on stdout is an object"},
	    {"dry-run", 0, OPTION_FLAG, &request->dry_run, NULL,
		"only list what would be taken, write nothing"},
	};

	_Static_assert(
	    ARRAY_LEN(all) <= COLLECT_OPTIONS_MAX, "one more option than there is room for");
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		options[i] = all[i];
	return ARRAY_LEN(all);
}
