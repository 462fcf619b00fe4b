/* SignalWire's adapter on any request and answer (provider_fuzz.h). */
#include "tests/fuzz/provider_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.id = "1e5556f8-dc9d-4c12-bcbd-c2ba3a46892d",
		.api_secret = "secret",
		.secrets = {"secret"},
		.nsecrets = 1};

	return provider_fuzz(&provider_signalwire, &account, data, size);
}
