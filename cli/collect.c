/* kanshiki collect: takes from live volumes or images into a new sealed bundle. */
#include "bundle/kit.h"
#include "bundle/sheet.h"
#include "bundle/volume.h"
#include "cli/collect.h"
#include "cli/collect_ask.h"
#include "cli/command.h"
#include "cli/passphrase.h"
#include "collectors/collection.h"
#include "collectors/facts.h"
#include "collectors/shadows.h"
#include "core/time.h"
#include "core/tr.h"
#include "platform/clock.h"
#include "platform/console.h"
#include "platform/conveyor.h"
#include "platform/file.h"
#include "platform/process.h"
#include "platform/store.h"

#define CASE_BYTES_MAX     1000
#define DELETED_CAP_MAX_MB 1000000000ull

struct run { /* everything that one run owns */
	struct collect_request request;
	struct volume_set volumes;
	struct store *kit_store, *store;
	struct kit kit;
	struct facts_file *facts_file;
	struct facts_reference reference;
	struct collect_answers answers;
	struct facts_clock start;
	struct host_facts machine;
	struct clock_sync sync_start, sync_end;
	struct text host, directory, path; /* of the bundle */
	struct bundle_resumed resumed;
	struct bundle_plan bundle_plan;
	struct conveyor *conveyor; /* NULL: the writer works alone */
	struct conveyor *beside;   /* for the second hash of volumes; NULL: none */
	struct collection_plan plan;
	struct bundle_writer *writer;
	struct file_hold *hold; /* of the bundle */
	struct collection *collection;
	bool ids_only; /* names of people and PCs are inside alone */
	struct vss_choice shadow;
	struct text kit_path; /* where it was not typed */
	struct text asked;    /* for a run that goes on: of this one, or of the first */
	struct read_back read_back;
	enum collect_host host_is;
};

static void help(struct text *out)
{
	struct collect_request request = {0};
	struct option options[COLLECT_OPTIONS_MAX];

	size_t count = collect_options(&request, options);

	text_adds(out, tr("Example: kanshiki collect --kit kit --out E:/ --volume C=disk.img\n\n"));
	options_help(options, count, out);
	text_adds(out, tr("\nCollectors:\n"));
	collection_help(out);
}

static void run_free_at(struct run *run)
{
	if (run->collection)
		collection_free(run->collection);
	if (run->writer)
		bundle_writer_free(run->writer);
	file_hold_free(run->hold);
	conveyor_free(run->conveyor);
	conveyor_free(run->beside);
	if (run->facts_file)
		facts_file_free(run->facts_file);
	store_free(run->store);
	store_free(run->kit_store);
	kit_free(&run->kit);
	host_facts_free(&run->machine);
	clock_sync_free(&run->sync_start);
	clock_sync_free(&run->sync_end);
	volume_set_free(&run->volumes);
	text_list_free(&run->request.volumes);
	text_list_free(&run->request.take);
	passphrase_free(&run->request.passphrase);
	collect_answers_free(&run->answers);
	text_free(&run->asked);
	text_free(&run->kit_path);
	text_free(&run->host);
	text_free(&run->directory);
	text_free(&run->path);
}

static bool check_words(struct run *run, struct err *err)
{
	const struct collect_request *request = &run->request;

	if (request->deleted &&
	    !collection_deleted_policy(request->deleted, &run->plan.deleted, err))
		return false;
	return vss_choice_parse(
	    request->shadow ? request->shadow : SHADOW_CHOICE_DEFAULT, &run->shadow, err);
}

/* Nothing typed is 0 from here on, as in what a bundle keeps; 0 typed would be taken for that. */
static bool check_cap(uint64_t *typed, struct err *err)
{
	if (*typed == OPTION_NUMBER_NONE)
		*typed = 0;
	else if (*typed == 0 || *typed > DELETED_CAP_MAX_MB)
		return fail(err, ERR_USAGE,
		    "--deleted-cap takes 1 to %llu (MB); --deleted list takes no content",
		    (unsigned long long)DELETED_CAP_MAX_MB);
	return true;
}

static bool parse(struct run *run, int argc, char **argv, struct err *err)
{
	CLEANUP(text_list_free) struct text_list operands = {0};
	struct collect_request *request = &run->request;
	struct option options[COLLECT_OPTIONS_MAX];

	size_t count = collect_options(request, options);

	request->deleted_cap = OPTION_NUMBER_NONE;
	if (!options_parse(options, count, argc, argv, &operands, err) ||
	    !check_cap(&request->deleted_cap, err))
		return false;
	if (operands.count)
		return fail(err, ERR_USAGE,
		    "collect takes no '%s'; a disk or image is given with --volume",
		    operands.at[0]);
	if (request->case_id && strlen(request->case_id) > CASE_BYTES_MAX)
		return fail(err, ERR_USAGE, "--case takes %d bytes at most", CASE_BYTES_MAX);
	if (!collect_check_typed(request, err) || !check_words(run, err))
		return false;
	if (!request->kit && !request->dry_run && collect_kit_beside(&run->kit_path))
		request->kit = text_string(&run->kit_path);
	if (!request->kit && !request->dry_run)
		return fail(err, ERR_USAGE, "--kit DIR is needed: the field kit");
	if (request->dry_run && request->json)
		return fail(err, ERR_USAGE, "--dry-run prints paths alone: leave out --json");
	if (request->resume && (request->out || request->dry_run))
		return fail(err, ERR_USAGE, "--resume has its place: leave out --out, --dry-run");
	if (request->resume)
		request->out = request->resume; /* as what must not lie on the evidence */
	if (!request->out && !request->dry_run)
		return fail(err, ERR_USAGE, "--out DIR is needed: where the bundle goes");
	return true;
}

static bool load_kit(struct run *run, struct err *err)
{
	const char *path = run->request.kit;
	struct passphrase_try attempt = {
	    .from = &run->request.passphrase, .prompt = tr("Passphrase of the kit's seal key: ")};
	const struct kit_opener opener = {passphrase_try, &attempt};

	run->request.passphrase.is_unattended = run->request.unattended;
	if (file_kind(path) != FILE_KIND_DIRECTORY)
		return fail(err, ERR_MISSING, "no such kit '%s'", path);
	if (!store_open_directory(path, &run->kit_store, err) ||
	    !kit_open(run->kit_store, &opener, &run->kit, err))
		return fail_in(err, "kit '%s'", path);
	collect_warn_of_end(&run->kit);
	return true;
}

static bool free_space(void *context, uint64_t *bytes)
{
	const struct run *run = context;

	return file_free_space(text_string(&run->path), bytes, NULL);
}

static void hold_bundle(void *context)
{
	struct run *run = context;

	DISCARD(collect_hold(text_string(&run->path), &run->hold, NULL));
}

static bool is_stopped(void *context)
{
	(void)context;
	return console_stopped();
}

static bool make_plan(struct run *run, struct err *err)
{
	struct bundle_plan *plan = &run->bundle_plan;
	struct collect_about about = {
	    .profile = run->plan.profile,
	    .facts = run->facts_file,
	    .ids_only = run->ids_only,
	    /* An image may have another name when it goes on. */
	    .host = run->host_is == HOST_FILE_NAME ? NULL : text_string(&run->host),
	    .machine = &run->machine,
	    .is_live = run->host_is == HOST_THIS_MACHINE,
	    .volumes = &run->volumes,
	};

	/* While someone works at the PC one core is enough. Without threads it goes too. */
	if (run->request.background || !conveyor_new(0, &run->conveyor, NULL))
		run->conveyor = NULL;
	if (!run->conveyor ||
	    !conveyor_new_beside(run->conveyor, VOLUME_BESIDE_DEPTH, &run->beside, NULL))
		run->beside = NULL;
	collect_read_clock(&run->start);
	*plan = (struct bundle_plan){
	    .case_id = run->request.case_id,
	    .host = run->ids_only ? BUNDLE_WITHHELD : text_string(&run->host),
	    .started = run->start.utc,
	    .recipients = &run->kit.recipients,
	    .unlocks = run->kit.unlocks,
	    .unlock_count = run->kit.unlock_count,
	    .seal = run->kit.seal,
	    .now = clock_now,
	    .monotonic_ms = clock_monotonic_ms,
	    .free_space = free_space,
	    .begun = hold_bundle,
	    .is_stopped = is_stopped,
	    .context = run,
	    .conveyor = run->conveyor,
	    .beside = run->beside,
	};
	if (!run->request.resume && !collect_asked(&run->request, &about, &run->asked, err))
		return false;
	plan->asked = text_bytes(&run->asked);
	return collect_origin(&run->request, &about, &plan->origin, err);
}

/* Opens the bundle to go on with, for what was asked for then. */
static bool recall(struct run *run, struct err *err)
{
	const struct bundle_plan plan = {.recipients = &run->kit.recipients, .seal = run->kit.seal};

	if (!collect_resume_path(run->request.resume, &run->path, &run->directory, err) ||
	    !store_open_directory(text_string(&run->path), &run->store, err) ||
	    !collect_hold(text_string(&run->path), &run->hold, err) ||
	    !bundle_asked(run->store, &plan, &run->asked, err) ||
	    (run->asked.len && !collect_recall(&run->request, &run->asked, err)))
		return fail_in(err, "--resume '%s'", run->request.resume);
	return check_words(run, err);
}

static bool resume_bundle(struct run *run, int *code, struct err *err)
{
	if (!collect_resume(run->store, &run->bundle_plan, run->request.no_read_back, &run->resumed,
		&run->writer, err)) {
		*code = command_exit(err->kind);
		return fail_in(err, "--resume '%s'", run->request.resume);
	}
	memcpy(run->bundle_plan.collection_id, run->resumed.collection_id,
	    sizeof(run->bundle_plan.collection_id));
	if (run->host_is == HOST_FILE_NAME && strcmp(run->resumed.host, BUNDLE_WITHHELD) != 0) {
		text_clear(&run->host);
		text_adds(&run->host, run->resumed.host);
	}
	if (strcmp(run->resumed.case_id, "nocase") != 0)
		run->request.case_id = run->resumed.case_id;
	collect_say_resumed(&run->resumed);
	collect_say_asked(&run->asked);
	return true;
}

/* Makes the new directory and the first sealed MANIFEST in it. *code: what a failure means. */
static bool create_bundle(struct run *run, int *code, struct err *err)
{
	struct bundle_plan *plan = &run->bundle_plan;

	*code = EXIT_BUG;
	if (!bundle_new_id(plan->started, plan->collection_id, err) ||
	    !bundle_directory_name(plan, &run->directory, err))
		return false;
	file_join(&run->path, run->request.out, text_string(&run->directory));
	*code = EXIT_CANNOT_CREATE;
	if (!collect_system_path(&run->path, err) ||
	    !file_make_directory(run->request.out, true, err) ||
	    !file_make_directory(text_string(&run->path), false, err)) {
		*code = err->kind == ERR_FULL ? EXIT_IO : EXIT_CANNOT_CREATE;
		return fail_in(err, "--out '%s'", run->request.out);
	}
	if (store_open_directory(text_string(&run->path), &run->store, err) &&
	    bundle_create(run->store, plan, &run->writer, err))
		return true;
	*code = err->kind == ERR_DENIED ? EXIT_CANNOT_CREATE : EXIT_IO;
	return fail_in(err, "bundle '%s'", text_string(&run->path));
}

/* The bundle to write to. *code: what a failure means. */
static bool open_bundle(struct run *run, int *code, struct err *err)
{
	if (!make_plan(run, err)) {
		*code = command_exit(err->kind);
		return false;
	}
	return (run->request.resume ? resume_bundle : create_bundle)(run, code, err);
}

static void print_name(void *context, struct bytes name, uint64_t size)
{
	const struct run *run = context;
	CLEANUP(text_free) struct text line = {0};
	struct err err = {0};

	(void)size;
	text_add_printable(&line, name);
	text_addc(&line, '\n');
	/* Nobody waits for the others then. */
	if (!text_ok(&line, &err) || !console_write(text_bytes(&line), &err))
		collection_break(run->collection, &err);
}

/* Everything that can be wrong with the command line is found before anything is made. */
static bool make_collection(struct run *run, struct err *err)
{
	const char *profile = run->request.profile;
	enum deleted_policy deleted = run->plan.deleted;

	if (!profile && run->kit.profile.len)
		profile = text_string(&run->kit.profile);
	run->plan = (struct collection_plan){
	    .volumes = &run->volumes,
	    .profile = profile,
	    .take = &run->request.take,
	    .no_live = run->request.no_live,
	    .asks_deleted = run->request.deleted != NULL,
	    .deleted = deleted,
	    .deleted_cap = run->request.deleted_cap * 1000000,
	    .free_bytes = UINT64_MAX,
	    .would_take = print_name,
	    .context = run,
	};
	return collection_new(&run->plan, &run->collection, err);
}

static void gather_facts(struct run *run, struct facts *facts)
{
	clock_sync_free(&run->sync_end);
	clock_sync(&run->sync_end);
	*facts = (struct facts){
	    .file = run->facts_file,
	    .collection = run->collection,
	    .writer = run->writer,
	    .volumes = &run->volumes,
	    .machine = &run->machine,
	    .kit = &run->kit,
	    .host = text_string(&run->host),
	    .case_id = run->request.case_id,
	    .profile = run->plan.profile ? run->plan.profile : COLLECT_PROFILE_DEFAULT,
	    .directory = text_string(&run->directory),
	    .collection_id = run->bundle_plan.collection_id,
	    .started = run->start,
	    .reference = run->reference,
	    .sync_started = &run->sync_start,
	    .sync_ended = &run->sync_end,
	    .resumed = run->request.resume ? &run->resumed : NULL,
	    .read_back = &run->read_back,
	    .out = run->request.out,
	    .free_before = run->plan.free_bytes,
	    .locale = console_locale(),
	    .is_live = run->host_is == HOST_THIS_MACHINE,
	    .ids_only = run->ids_only,
	};
	collect_read_clock(&facts->ended);
	collect_hash_program(facts->program_sha256);
}

static bool show_read_back(void *context, uint64_t done, uint64_t total)
{
	return collect_show_reading(false, context, done, total);
}

/* Whether the disk gives back what was written. What it finds is said in the facts, or after them on the screen. */
static void read_back(struct run *run)
{
	struct read_back *result = &run->read_back;
	uint64_t started = clock_monotonic_ms();
	unsigned shown = 0;
	struct err err = {0};

	/* Who stopped it waits for the seal alone. */
	if (console_stopped() && collection_has_gaps(run->collection)) {
		result->result = READ_BACK_STOPPED;
		return;
	}
	bool ok = bundle_read_back(run->writer, show_read_back, &shown, &result->done, &err);

	if (shown)
		console_progress("");
	result->milliseconds += clock_monotonic_ms() - started;
	if (ok) {
		/* Where there was nothing to read nothing is good. A run that goes on has read what it found. */
		if (result->done.volumes + run->resumed.volumes > 0)
			result->result = READ_BACK_GOOD;
		return;
	}
	result->result = err.kind == ERR_STOPPED ? READ_BACK_STOPPED : READ_BACK_BAD;
	collection_note(run->collection, "read back", &err);
}

static void close_data(struct run *run)
{
	collection_close(run->collection);
	if (run->request.no_read_back)
		run->read_back.result = READ_BACK_LEFT_OUT;
	else
		read_back(run);
}

/* With the names that the one outside does not tell. */
static bool put_inner_sheet(struct run *run, const struct facts *facts, struct err *err)
{
	CLEANUP(text_free) struct text sheet = {0};

	facts_custody(facts, false, &sheet);
	return text_ok(&sheet, err) &&
	       bundle_meta(run->writer, "CUSTODY.txt", text_bytes(&sheet), err);
}

/* Receipt, facts and custody sheet, then the seal. A destination that broke is sealed as far as it goes. */
static bool seal(struct run *run, char number[SHA256_HEX_ROOM], struct err *err)
{
	CLEANUP(text_free) struct text json = {0};
	CLEANUP(text_free) struct text custody = {0};
	CLEANUP(text_free) struct text page = {0};
	struct facts facts;
	struct err ignored = {0};

	gather_facts(run, &facts);
	facts_write(&facts, &json);
	facts_custody(&facts, run->ids_only, &custody);
	sheet_html(text_bytes(&custody), NULL, NULL, &page);
	if (!collection_receipt(run->collection, &ignored) || !text_ok(&json, &ignored) ||
	    !bundle_meta(run->writer, "collection.json", text_bytes(&json), &ignored) ||
	    (run->ids_only && !put_inner_sheet(run, &facts, &ignored)))
		collection_note(run->collection, "meta", &ignored);
	return bundle_finish(run->writer, text_bytes(&custody), text_bytes(&page), number, err);
}

/* Whatever the system calls it: a destination that is gone or closed to us could not be written to. */
static int fail_seal(struct err *err)
{
	DISCARD(fail_in(err, "the bundle cannot be sealed"));
	int code = command_fail(err);

	return code == EXIT_BUG ? code : EXIT_IO;
}

/* Its names are its result: when they do not go out, nothing else that happened counts. */
static int list_only(struct run *run)
{
	struct err err = {0};

	if (!collection_run(run->collection, &err))
		return command_fail(&err);
	return collection_has_gaps(run->collection) ? EXIT_GAPS : EXIT_COMPLETE;
}

static int collect_awake(struct run *run)
{
	char number[SHA256_HEX_ROOM];
	struct err err = {0};
	int code = EXIT_BUG;

	if (run->request.background)
		process_go_background();
	process_enable_privileges();
	console_catch_stop();
	clock_sync(&run->sync_start);
	if (run->request.dry_run)
		return list_only(run);
	if (!open_bundle(run, &code, &err)) {
		(void)command_fail(&err);
		return code;
	}
	run->plan.writer = run->writer;
	/* Only now: --out may just have been made. */
	if (!free_space(run, &run->plan.free_bytes))
		run->plan.free_bytes = UINT64_MAX;
	if (!collection_run(run->collection, &err)) /* what is whole is sealed all the same */
		collect_say_broken(run->collection, &err);
	err = (struct err){0};
	close_data(run);
	if (!seal(run, number, &err)) {
		code = fail_seal(&err);
		collect_say_again(&run->request, text_string(&run->path));
		return code;
	}
	/* A write that failed as the last things were closed, and went well after that. */
	if (!bundle_is_whole(run->writer, &err) && !collection_has_gaps(run->collection))
		collection_note(run->collection, "bundle", &err);
	/* Now the volumes that tell of the others. */
	if (run->read_back.result == READ_BACK_GOOD || run->read_back.result == READ_BACK_NOT_YET)
		read_back(run);
	const struct collect_end end = {.request = &run->request,
	    .collection = run->collection,
	    .bundle = text_string(&run->path),
	    .number = number,
	    .kit = &run->kit,
	    .read_back = run->read_back.result};
	console_done();
	collect_say_end(&end);
	bool printed = collect_print_end(&end);

	collect_say_again(&run->request, text_string(&run->path));

	if (run->read_back.result == READ_BACK_BAD)
		return EXIT_IO;
	return collection_has_gaps(run->collection) || !printed ? EXIT_GAPS : EXIT_COMPLETE;
}

static int collect(struct run *run)
{
	bool before = process_keep_awake(true);
	int code = collect_awake(run);

	process_keep_awake(before);
	return code;
}

/* Before the questions: who is to type something else must read it in time. */
static void find_host(struct run *run)
{
	host_facts(&run->machine);
	run->host_is = collect_host_name(
	    &run->request, &run->volumes, text_string(&run->machine.name), &run->host);
	collect_say_interrupted(
	    &run->request, run->ids_only ? BUNDLE_WITHHELD : text_string(&run->host));
}

/* With their shadow copies, which may be all that can be read of them. */
static int add_volumes(struct run *run)
{
	struct err err = {0};
	int code = EXIT_USAGE;

	if (!collect_open_volumes(&run->request, &run->volumes, &code, &err)) {
		(void)command_fail(&err);
		return code;
	}
	if (!volume_set_add_shadows(&run->volumes, &run->shadow, &err))
		return command_fail(&err);
	if (!collect_check_volumes(&run->request, &run->volumes, &code, &err)) {
		(void)command_fail(&err);
		return code;
	}
	return EXIT_COMPLETE;
}

/* Nothing was made yet: 1 would say that what was taken is sealed. */
static int fail_before(const struct err *err)
{
	int code = command_fail(err);

	return err->kind == ERR_STOPPED ? EXIT_STOPPED : code;
}

static int run_collect(int argc, char **argv)
{
	CLEANUP(run_free) struct run run = {0};
	struct err err = {0};
	int code;

	if (!parse(&run, argc, argv, &err) || (run.request.kit && !load_kit(&run, &err)) ||
	    (run.request.resume && !recall(&run, &err)) ||
	    !collect_choose_public(&run.request, run.kit.ids_only, &run.ids_only, &err) ||
	    !collect_load_facts(&run.request, &run.facts_file, &run.reference, &err))
		return fail_before(&err);
	code = add_volumes(&run);
	if (code != EXIT_COMPLETE)
		return code;
	if (!make_collection(&run, &err))
		return fail_before(&err);
	find_host(&run);
	if (!collect_ask(&run.request, &run.facts_file, &run.reference, &run.answers, &err))
		return fail_before(&err);
	return collect(&run);
}

const struct command command_collect = {
    .name = "collect",
    .summary = "take evidence from volumes or images into a sealed bundle",
    .usage = "kanshiki collect --kit DIR --out DIR [--volume [C=]PATH[@N]]... [--profile NAME] "
	     "[--take PATTERN]... [--deleted WHAT] [--shadow WHICH] [--case ID] [--facts FILE] "
	     "[--operator NAME] [--nonce TEXT] [--reference-time TIME] [--public WHAT]\n"
	     "kanshiki collect --kit DIR --resume BUNDLE\n"
	     "kanshiki collect --dry-run [--volume [C=]PATH[@N]]... [--profile NAME] [--take "
	     "PATTERN]...",
    .run = run_collect,
    .help = help,
};
