/* Vonage's Messages API on any webhook and answer; the seeds carry good tokens of this account. */
#include "tests/fuzz/provider_fuzz.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.id = "a1b2c3d4",
		.api_secret = "secret",
		.secrets = {"dea83606a62f3b7f130b2fd54dabf00ef1a1436662076c29", "other"},
		.nsecrets = 2};

	return provider_fuzz(&provider_vonage, &account, data, size);
}
