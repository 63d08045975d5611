/* What a run before an interruption has sealed. See state.h. */
#include "collectors/state.h"

bool collection_kept(
    struct collection *collection, const char *name, uint64_t identity, struct bundle_kept *out)
{
	struct collection_counts *counts = collection_counting(collection);
	struct err why = {0};

	if (!collection->plan->writer ||
	    !bundle_kept(collection->plan->writer, name, identity, out))
		return false;
	counts->taken += out->outcome == BUNDLE_WHOLE;
	counts->partial += out->outcome != BUNDLE_WHOLE;
	counts->kept++;
	counts->bytes += out->stored;
	progress_add(&collection->progress, out->stored);
	fail(&why, ERR_STOPPED, "taken in part before the interruption: its row says why");
	if (out->outcome == BUNDLE_GAP)
		collection_note_problem(collection, bytes_of(name), &why);
	return true;
}
