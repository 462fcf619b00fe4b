#include "scheduler/chance.h"

#include <sys/random.h>
#include <warmline/fail.h>

uint64_t chance(void)
{
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		fail_abort("the kernel gave no random number");
	return bits;
}
