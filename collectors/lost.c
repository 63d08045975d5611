/* What was taken and then lost, for the volume that held it could not be closed. See collection.h. */
#include "collectors/state.h"

#include "bundle/document.h"

struct taking_back {
	struct collection *collection;
	uint64_t count;
};

/* Of the collector that the row names. */
static struct collection_counts *counts_of(struct collection *collection, yyjson_val *row)
{
	const char *name = yyjson_get_str(yyjson_obj_get(row, "collector"));

	for (unsigned i = 0; name && i < collection->item_count; i++)
		if (strcmp(collection->items[i].collector->name, name) == 0)
			return &collection->items[i].counts;
	return NULL;
}

/* A row without a place was not counted as taken: it has the content of another. */
static void take_back(void *context, struct bytes json)
{
	struct taking_back *back = context;
	CLEANUP(yyjson_doc_free)
	yyjson_doc *doc = yyjson_read((const char *)json.at, json.len, YYJSON_READ_NOFLAG);
	yyjson_val *row = yyjson_doc_get_root(doc);
	struct collection_counts *counts = counts_of(back->collection, row);
	uint64_t stored = yyjson_get_uint(yyjson_obj_get(row, "stored_size"));

	if (!counts || !yyjson_obj_get(row, "place"))
		return;
	uint64_t *was = yyjson_equals_str(yyjson_obj_get(row, "status"), "taken")
			    ? &counts->taken
			    : &counts->partial;

	*was -= *was > 0;
	counts->bytes -= stored < counts->bytes ? stored : counts->bytes;
	counts->failed++;
	back->count++;
}

void collection_close(struct collection *collection)
{
	struct taking_back back = {.collection = collection};
	struct err err = collection->broken_why, why = {0};

	if (!bundle_close_data(collection->plan->writer, &err))
		collection_note(collection, "bundle", &err);
	/* A failure here meets the seal again. */
	DISCARD(bundle_settle_lost(collection->plan->writer, take_back, &back, NULL));
	if (back.count == 0)
		return;
	fail(&why, err.kind, "files and streams in a volume that could not be closed: %llu",
	    (unsigned long long)back.count);
	collection_note(collection, "fs", &why);
}
