/* Bandwidth's adapter on anything that reads like a request (provider_fuzz.h). */
#include "tests/fuzz/provider_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct account account = {.kind = "bandwidth",
		.id = "9900000",
		.user = "api-user",
		.application = "93de2206-9669",
		.api_secret = "key",
		.webhook_user = "hooks",
		.secrets = {"secret"},
		.nsecrets = 1};

	return provider_fuzz(&provider_bandwidth, &account, data, size);
}
