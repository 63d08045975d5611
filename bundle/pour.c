/* Entries of a bundle on all threads. See pour.h. */
#include "bundle/pour.h"

#include "bundle/reader_parts.h"
#include "bundle/unpack.h"
#include "core/array.h"

#include <stdlib.h>

#define PIECE     ((size_t)256 << 10) /* hashed and written while it is in the processor's cache */
#define PARTS_MAX 2048                /* of entries in one job */
#define JOBS_MAX  (POUR_LANES - 1)

/* What of an entry lies in one frame. */
struct part {
	struct pour_entry *entry;
	size_t at, len;     /* in the frame */
	uint64_t stored_at; /* in the entry */
	bool is_whole, is_last;
	bool failed; /* to be written */
};

struct frame_job { /* one frame, and what is wanted of it */
	struct conveyor_job job;
	const struct pour_plan *plan;
	unsigned lane;
	uint64_t number;          /* of the pour's jobs, from 1; 0: never put */
	struct frame_place place; /* `entry` points to table_entry */
	struct seek_entry table_entry;
	unsigned set;
	uint64_t tar_at;
	bool has_place, is_unpacked;
	struct unpack *unpacker;
	uint8_t *bytes;
	struct hash *hash;
	struct part *parts;
	size_t count, room;
	struct err why;       /* of the frame */
	struct err write_why; /* of the part that failed */
	/* one over several frames that cannot become whole any more */
	const struct pour_entry *lost;
};

struct pour {
	struct pour_plan plan;
	struct conveyor *conveyor;
	struct frame_job jobs[JOBS_MAX];
	unsigned job_count;
	struct frame_job *open; /* parts are added to it; NULL: none */
	uint64_t put_count;
	struct pour_entry *first, **last;
};

static void job_free(struct frame_job *job)
{
	unpack_free(job->unpacker);
	hash_free(job->hash);
	free(job->bytes);
	free(job->parts);
}

void pour_free(struct pour *pour)
{
	if (!pour)
		return;
	pour_settle(pour);
	for (unsigned i = 0; i < pour->job_count; i++)
		job_free(&pour->jobs[i]);
	free(pour);
}

bool pour_new(const struct pour_plan *plan, struct pour **out, struct err *err)
{
	struct pour *pour = calloc(1, sizeof(*pour));

	if (!pour)
		return fail(err, ERR_MEMORY, "no memory for entries");
	pour->plan = *plan;
	pour->conveyor = plan->reader->trust.conveyor;
	/* One more than may be under way: that one is being filled. */
	pour->job_count = pour->conveyor ? pour->conveyor->depth + 1 : 1;
	if (pour->job_count > JOBS_MAX)
		pour->job_count = JOBS_MAX;
	pour->last = &pour->first;
	for (unsigned i = 0; i < pour->job_count; i++) {
		pour->jobs[i].plan = &pour->plan;
		pour->jobs[i].lane = i;
	}
	*out = pour;
	return true;
}

/* ---- on the conveyor's threads ---- */

static bool check_hash(const struct pour_entry *entry, struct hash *hash, struct err *err)
{
	uint8_t digest[SHA256_LEN];

	hash_take(hash, digest);
	return memcmp(digest, entry->place.sha256, SHA256_LEN) == 0 ||
	       fail(err, ERR_DAMAGED, "its bytes have another hash than its row says");
}

/* Writes a part; hash (may be NULL) gets it too. */
static bool write_part(
    const struct frame_job *job, const struct part *part, struct hash *hash, struct err *err)
{
	for (size_t done = 0; done < part->len;) {
		size_t len = part->len - done < PIECE ? part->len - done : PIECE;
		struct bytes piece = {job->bytes + part->at + done, len};

		if (hash)
			hash_add(hash, piece);
		if (!job->plan->write(part->entry, part->stored_at + done, piece, err))
			return false;
		done += len;
	}
	return true;
}

/* An entry that lies in this frame alone, from beginning to end. */
static void pour_whole(struct frame_job *job, const struct part *part)
{
	struct pour_entry *entry = part->entry;
	struct err *why = &entry->why;

	if (job->why.kind != ERR_NONE && part->len) {
		*why = job->why;
		return;
	}
	if (!job->plan->begin(entry, job->lane, why))
		return;
	bool ok = write_part(job, part, job->hash, why);

	/* Taken in any case: the next entry's begins anew. */
	ok = check_hash(entry, job->hash, ok ? why : NULL) && ok;
	entry->is_good = ok && job->plan->end(entry, why);
}

static void unpack_here(struct frame_job *job)
{
	char name[VOLUME_NAME_ROOM];

	if (!job->has_place || job->is_unpacked)
		return;
	job->is_unpacked =
	    unpack_frame(job->unpacker, job->place.plain, &job->table_entry, job->bytes, &job->why);
	if (job->is_unpacked)
		return;
	volume_name_format(job->set, (uint32_t)job->place.volume + 1, name);
	fail_in(&job->why, "'%s'", name);
}

static bool work(struct conveyor_job *self, struct err *err)
{
	struct frame_job *job = (struct frame_job *)self;

	(void)err; /* an entry's failure is its own */
	unpack_here(job);
	for (size_t i = 0; i < job->count; i++) {
		struct part *part = &job->parts[i];

		if (part->is_whole)
			pour_whole(job, part);
		else if (job->is_unpacked)
			part->failed = !write_part(job, part, NULL, &job->write_why);
		if (!part->is_whole && (part->failed || !job->is_unpacked))
			job->lost = part->entry;
	}
	return true;
}

/* In order: the hashes of entries over several frames. */
static bool deliver(struct conveyor_job *self, struct err *err)
{
	struct frame_job *job = (struct frame_job *)self;

	(void)err;
	for (size_t i = 0; i < job->count; i++) {
		const struct part *part = &job->parts[i];
		struct pour_entry *entry = part->entry;

		if (part->is_whole || entry->why.kind != ERR_NONE)
			continue;
		if (!job->is_unpacked || part->failed) {
			entry->why = part->failed ? job->write_why : job->why;
			continue;
		}
		hash_add(entry->hash, (struct bytes){job->bytes + part->at, part->len});
		if (part->is_last)
			entry->is_good = check_hash(entry, entry->hash, &entry->why) &&
					 job->plan->end(entry, &entry->why);
	}
	return true;
}

/* ---- on the caller's thread ---- */

/* Jobs up to this number are through: what the conveyor's depth promises. */
static uint64_t through(const struct pour *pour)
{
	uint64_t depth = pour->conveyor ? pour->conveyor->depth : 0;

	return pour->put_count > depth ? pour->put_count - depth : 0;
}

/* Gives the entries back whose last job is through. */
static void reap(struct pour *pour, uint64_t until)
{
	while (pour->first && pour->first->last_job <= until) {
		struct pour_entry *entry = pour->first;

		pour->first = entry->next;
		if (!pour->first)
			pour->last = &pour->first;
		hash_free(TAKE(entry->hash));
		if (!entry->is_good && entry->why.kind == ERR_NONE)
			fail(&entry->why, ERR_MEMORY, "it was not worked on");
		pour->plan.done(pour->plan.context, entry, entry->is_good ? NULL : &entry->why);
	}
}

/* Waits for all jobs. */
static void drain(const struct pour *pour)
{
	if (pour->conveyor)
		DISCARD(pour->conveyor->drain(pour->conveyor, NULL));
}

/* Sets the open job going. */
static void flush(struct pour *pour)
{
	struct frame_job *job = TAKE(pour->open);

	if (!job)
		return;
	job->number = ++pour->put_count;
	if (pour->conveyor) {
		if (pour->conveyor->put(pour->conveyor, &job->job, NULL))
			return;
		drain(pour); /* another's job failed: those before it are left out */
	}
	DISCARD(work(&job->job, NULL));
	DISCARD(deliver(&job->job, NULL));
}

void pour_settle(struct pour *pour)
{
	flush(pour);
	drain(pour);
	reap(pour, UINT64_MAX);
}

/* Waits until the job may be used again. */
static void wait_for(const struct pour *pour, const struct frame_job *job)
{
	if (pour->conveyor && job->number > through(pour))
		pour->conveyor->wait(pour->conveyor, &job->job);
}

/* Whether it is a job of the frame that holds byte `at` of the set's tar. */
static bool is_of(const struct frame_job *job, unsigned set, uint64_t at)
{
	return job->has_place && job->set == set && at >= job->tar_at &&
	       at - job->tar_at < job->table_entry.plain;
}

/* The job of that frame if it is still there, or the one used longest ago; ready for new parts. */
static struct frame_job *next_job(struct pour *pour, unsigned set, uint64_t at)
{
	struct frame_job *job = &pour->jobs[0];

	for (unsigned i = 1; i < pour->job_count; i++)
		if (pour->jobs[i].number < job->number)
			job = &pour->jobs[i];
	for (unsigned i = 0; i < pour->job_count; i++)
		if (is_of(&pour->jobs[i], set, at))
			job = &pour->jobs[i];
	wait_for(pour, job);
	job->job = (struct conveyor_job){work, deliver, 0};
	job->count = 0;
	job->why = job->write_why = (struct err){0};
	job->lost = NULL;
	return job;
}

static bool make_ready(struct frame_job *job, struct err *err)
{
	if (!job->bytes)
		job->bytes = malloc(FRAMES_INPUT_MAX);
	if (!job->hash)
		job->hash = hash_new(HASH_SHA256);
	if (!job->bytes || !job->hash)
		return fail(err, ERR_MEMORY, "no memory for a frame");
	if (job->unpacker)
		return true;
	if (!unpack_new(&job->unpacker, err))
		return false;
	unpack_skip_checksum(job->unpacker); /* each entry's SHA-256 is compared */
	return true;
}

/* Makes the open job one of the frame that holds byte `at` of the set's tar. */
static bool open_frame(
    struct pour *pour, unsigned set, struct source *tar, uint64_t at, struct err *err)
{
	if (pour->open && pour->open->count < PARTS_MAX && is_of(pour->open, set, at))
		return true;
	flush(pour);
	struct frame_job *job = next_job(pour, set, at);

	if (!make_ready(job, err))
		return false;
	if (!job->is_unpacked || !is_of(job, set, at)) {
		job->has_place = job->is_unpacked = false;
		if (!set_frame_at(tar, at, &job->place, &job->tar_at, err))
			return false;
		job->table_entry = *job->place.entry;
		job->set = set;
		job->has_place = true;
	}
	pour->open = job;
	return true;
}

static bool add_part(struct pour *pour, const struct part *part, struct err *err)
{
	struct frame_job *job = pour->open;

	if (!array_grow(
		&job->parts, &job->room, job->count + 1, sizeof(*job->parts), PARTS_MAX + 1, err))
		return false;
	job->parts[job->count++] = *part;
	part->entry->last_job = pour->put_count + 1;
	return true;
}

/* Begins an entry that goes on behind the open frame. */
static bool begin_long(struct pour *pour, struct pour_entry *entry, struct err *err)
{
	entry->hash = hash_new(HASH_SHA256);
	if (!entry->hash)
		return fail(err, ERR_MEMORY, "no memory for hashing");
	return pour->plan.begin(entry, POUR_LANES - 1, err);
}

/* Whether a job that is through lost a part of the entry: no use in going on. */
static bool is_lost(const struct pour *pour, const struct pour_entry *entry)
{
	for (unsigned i = 0; i < pour->job_count; i++)
		if (pour->jobs[i].number <= through(pour) && pour->jobs[i].lost == entry)
			return true;
	return false;
}

static bool put_parts(
    struct pour *pour, struct pour_entry *entry, struct source *tar, struct err *err)
{
	const struct bundle_place *place = &entry->place;

	for (uint64_t done = 0; done < place->stored;) {
		uint64_t at = place->data_offset + done, left = place->stored - done;

		if (!open_frame(pour, place->set, tar, at, err))
			return false;
		size_t skip = (size_t)(at - pour->open->tar_at);
		size_t here = pour->open->table_entry.plain - skip;
		struct part part = {.entry = entry, .at = skip, .stored_at = done};

		part.is_last = left <= here;
		part.len = part.is_last ? (size_t)left : here;
		part.is_whole = part.is_last && done == 0;
		if ((done == 0 && !part.is_whole && !begin_long(pour, entry, err)) ||
		    !add_part(pour, &part, err))
			return false;
		done += part.len;
		if (done && !part.is_last && is_lost(pour, entry))
			break;
	}
	return true;
}

/* One without bytes goes with whatever is open. */
static bool put_empty(struct pour *pour, struct pour_entry *entry, struct err *err)
{
	struct part part = {.entry = entry, .is_whole = true, .is_last = true};

	if (pour->open && pour->open->count >= PARTS_MAX)
		flush(pour);
	if (!pour->open) {
		struct frame_job *job = next_job(pour, BUNDLE_META, 0);

		if (!make_ready(job, err))
			return false;
		job->has_place = job->is_unpacked = false;
		pour->open = job;
	}
	return add_part(pour, &part, err);
}

void pour_put(struct pour *pour, struct pour_entry *entry)
{
	struct source *tar = NULL;
	struct err why = {0};

	entry->last_job = UINT64_MAX;
	entry->next = NULL;
	*pour->last = entry;
	pour->last = &entry->next;
	bool ok = reader_place(pour->plan.reader, &entry->place, &tar, &why) &&
		  (entry->place.stored ? put_parts(pour, entry, tar, &why)
				       : put_empty(pour, entry, &why));

	if (!ok) {
		/* Parts of it may be under way. */
		entry->last_job = 0;
		flush(pour);
		drain(pour);
		entry->why = entry->why.kind == ERR_NONE ? why : entry->why;
		entry->is_good = false;
	}
	reap(pour, through(pour));
}
