/* What every store shares. See store.h. */
#include "core/store.h"

void store_free(struct store *store)
{
	if (store)
		store->free(store);
}
