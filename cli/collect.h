/* The parts of kanshiki collect. */
#ifndef KANSHIKI_CLI_COLLECT_H
#define KANSHIKI_CLI_COLLECT_H

#include "cli/passphrase.h"
#include "collectors/facts.h"
#include "collectors/volumes.h"
#include "core/options.h"
#include "core/text.h"
#include "platform/file.h"
#include "platform/volume.h"

struct collect_request {
	const char *kit, *out, *profile, *case_id, *facts;
	const char *operator, * nonce, *reference_time;
	const char *resume;       /* the directory of a bundle; NULL: a new one */
	const char *public;       /* "names", "ids"; NULL: as the kit says */
	struct text_list volumes; /* "C=PATH", "PATH", "PATH@N" */
	struct text_list take;
	const char *deleted, *shadow;
	struct passphrase passphrase; /* of the kit's seal key */
	uint64_t deleted_cap;         /* MB; 0: by the policy */
	bool no_read_back;
	bool no_live, unelevated, background, unattended, json, dry_run;
};

#define COLLECT_OPTIONS_MAX 32
/* Returns how many there are. */
size_t collect_options(struct collect_request *request, struct option options[COLLECT_OPTIONS_MAX]);

/* What was typed of them, before a bundle's own words join it (collect_recall). ERR_USAGE. */
bool collect_check_typed(const struct collect_request *request, struct err *err) MUST_CHECK;
/* --facts, and over it what was typed: ERR_USAGE, or ERR_DAMAGED with the file named. */
bool collect_load_facts(const struct collect_request *request, struct facts_file **file,
    struct facts_reference *reference, struct err *err) MUST_CHECK;
/* What of names may show outside: the kit's word, which may be made stricter, not laxer. ERR_USAGE. */
bool collect_choose_public(
    const struct collect_request *request, bool by_kit, bool *ids_only, struct err *err) MUST_CHECK;
void collect_read_clock(struct facts_clock *out);
/* The SHA-256 of the running program, "" when it cannot be read. */
void collect_hash_program(char out[SHA256_HEX_ROOM]);
/* How far the volumes are read, before a run goes on or at its end. *shown is what stands there now. False when the user
 * stops. */
bool collect_show_reading(bool is_before, unsigned *shown, uint64_t done, uint64_t total);

#define COLLECT_PROFILE_DEFAULT "default"

/* What a collection is of: a run that goes on after an interruption must say the same. All borrowed. */
struct collect_about {
	const char *profile;            /* NULL: default */
	const struct facts_file *facts; /* NULL: none */
	bool ids_only;
	const char *host; /* NULL: nothing tells */
	const struct host_facts *machine;
	bool is_live;
	const struct volume_set *volumes;
};
bool collect_origin(const struct collect_request *request, const struct collect_about *about,
    struct bundle_origin *out, struct err *err) MUST_CHECK;
/* What is asked for, as words of a command line with a NUL behind each, for the bundle to keep; no names of people. */
bool collect_asked(const struct collect_request *request, const struct collect_about *about,
    struct text *out, struct err *err) MUST_CHECK;
/* The directory of the running program, when it is a kit. */
bool collect_kit_beside(struct text *out) MUST_CHECK;
/* Puts into the request what such words say, for the options that were not typed; lets the request point into them.
 * ERR_USAGE: one was typed and is another. Volumes may be, for what they are is compared (collect_origin). */
bool collect_recall(
    struct collect_request *request, struct text *asked, struct err *err) MUST_CHECK;
void collect_say_asked(const struct text *asked);
/* bundle_resume with its progress on the screen; then what it found. */
bool collect_resume(struct store *store, const struct bundle_plan *plan, bool sizes_only,
    struct bundle_resumed *resumed, struct bundle_writer **out, struct err *err) MUST_CHECK;
/* Where the bundle of --resume lies, and what its directory is called. */
bool collect_resume_path(
    const char *typed, struct text *path, struct text *name, struct err *err) MUST_CHECK;
/* When the kit cannot seal any more by this clock. */
void collect_warn_of_end(const struct kit *kit);
void collect_say_resumed(const struct bundle_resumed *resumed);

struct collect_end { /* of a run whose bundle is sealed; all borrowed */
	const struct collect_request *request;
	const struct collection *collection;
	const char *bundle;
	const char *number; /* of the form */
	const struct kit *kit;
	enum read_back_result read_back;
};
/* What broke the run, unless a problem that was told says it. */
void collect_say_broken(const struct collection *collection, const struct err *err);
/* What the person in front needs to know, on stderr. */
void collect_say_end(const struct collect_end *end);
/* The last line on stdout: where it is. False when stdout is closed or full. */
bool collect_print_end(const struct collect_end *end) MUST_CHECK;

/* Adds a word of a command line, quoted where the shell needs it, a blank before it. */
void collect_add_word(struct text *out, const char *word);
/* While a run writes to the bundle: so that no other goes on with it. ERR_EXISTS: one does. */
bool collect_hold(const char *bundle, struct file_hold **out, struct err *err) MUST_CHECK;
/* As the system writes it: with its separators. */
bool collect_system_path(struct text *path, struct err *err) MUST_CHECK;
/* Whether a later run may go on with the bundle. */
bool collect_is_resumable(const char *bundle);
/* What to type to go on with the bundle, where it can be gone on with: after a run that did not come to its end. */
void collect_say_again(const struct collect_request *request, const char *bundle);
/* The same for the last few in --out that earlier runs of this kit and host left: nobody else told who pulled the plug. */
void collect_say_interrupted(const struct collect_request *request, const char *host);
/* The newest of them. */
bool collect_find_interrupted(
    const char *out, const char *kit, const char *host, struct text *bundle) MUST_CHECK;

/* Of "C=PATH" the letter, in upper case; else 0. */
char collect_volume_letter(const char *word);
/* Opens the volumes that are asked for; without any, on Windows every fixed one except those holding --out, the
 * kit or the program. Refuses a destination on the evidence: *code is then the exit code and *err the reason. */
bool collect_open_volumes(const struct collect_request *request, struct volume_set *set, int *code,
    struct err *err) MUST_CHECK;

/* Once the shadow copies are added: refuses in the same way a run without anything usable that was asked for. */
bool collect_check_volumes(const struct collect_request *request, const struct volume_set *set,
    int *code, struct err *err) MUST_CHECK;

/* Whether a volume holds --out, the kit or the program: we write there or come from there. */
bool collect_is_ours(const struct collect_request *request, const struct volume_info *volume);

/* Adds what the target is: a volume, or the partitions of a disk. A letter stands for one volume only: the partition
 * that is named, that the registry calls so, or that is alone on the disk; else ERR_USAGE, the choices said. */
struct image_target;
bool collect_add_image(struct volume_set *set, char letter, const struct image_target *target,
    struct err *err) MUST_CHECK;

/* A name for the bundle: from the SYSTEM hive of the volumes that were asked for; else this machine's when one of
 * them is live or none was asked for; else the image's file name. */
enum collect_host { HOST_TOLD, HOST_THIS_MACHINE, HOST_FILE_NAME };
enum collect_host collect_host_name(const struct collect_request *request, struct volume_set *set,
    const char *machine, struct text *out);

#endif
