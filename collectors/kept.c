/* What a run before an interruption has sealed. See state.h. */
#include "collectors/state.h"

void collection_count_kept(
    struct collection *collection, const char *name, const struct bundle_kept *kept)
{
	struct collection_counts *counts = collection_counting(collection);
	struct err why = {0};

	counts->taken += kept->outcome == BUNDLE_WHOLE;
	counts->partial += kept->outcome != BUNDLE_WHOLE;
	counts->kept++;
	counts->bytes += kept->stored;
	progress_add(&collection->progress, kept->stored);
	fail(&why, ERR_STOPPED, "taken in part before the interruption: its row says why");
	if (kept->outcome == BUNDLE_GAP)
		collection_note_problem(collection, bytes_of(name), &why);
}

bool collection_kept(
    struct collection *collection, const char *name, uint64_t identity, struct bundle_kept *out)
{
	if (!collection->plan->writer ||
	    !bundle_kept(collection->plan->writer, name, identity, out))
		return false;
	collection_count_kept(collection, name, out);
	return true;
}
