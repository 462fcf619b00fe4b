#include "core/backoff.h"

int64_t backoff_ms(int tries, int64_t first_ms, int64_t most_ms, uint64_t entropy)
{
	int64_t wait = first_ms;

	for (int i = 1; i < tries && wait < most_ms; i++)
		wait *= 2;
	if (wait > most_ms)
		wait = most_ms;
	if (wait < 1)
		wait = 1;
	return wait - (int64_t)(entropy % (uint64_t)(wait / 2 + 1));
}
