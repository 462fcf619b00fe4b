/* Sinch's adapter on anything that reads like a request (provider_fuzz.h), by either scheme. */
#include "tests/fuzz/provider_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct account account = {.kind = "sinch",
		.id = "plan-1",
		.application = "key-1",
		.secrets = {"c2VjcmV0", "cd01b947dceefb795bcff68a"},
		.nsecrets = 2};

	return provider_fuzz(&provider_sinch, &account, data, size);
}
