/* What clocks share on both systems. See clock.h. */
#include "platform/clock.h"

void clock_sync_free(struct clock_sync *sync)
{
	text_free(&sync->type);
	text_free(&sync->source);
}
