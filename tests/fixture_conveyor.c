/* Rounds with conveyors. See fixture_conveyor.h. */
#include "fixture_conveyor.h"

#include "core/compiler.h"

struct conveyor *fixture_conveyor;

int fixture_conveyor_rounds(unsigned step, int (*run)(void))
{
	int failed = run();

	for (unsigned hands = 1; hands <= CONVEYOR_HANDS_MAX; hands += step) {
		if (!conveyor_new(hands, &fixture_conveyor, NULL))
			return 1;
		failed += run();
		conveyor_free(TAKE(fixture_conveyor));
	}
	return failed;
}
