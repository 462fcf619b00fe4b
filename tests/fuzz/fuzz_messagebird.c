/* MessageBird on any webhook and answer; the seeds carry good tokens of this account. */
#include "tests/fuzz/provider_fuzz.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.id = "acct",
		.api_secret = "secret",
		.secrets = {"c7e968f7672a2dca5b6b861108d48b85", "fd039bafd75fed470c142ea034309bf1"},
		.nsecrets = 2};

	return provider_fuzz(&provider_messagebird, &account, data, size);
}
