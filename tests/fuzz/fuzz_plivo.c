/* Plivo's adapter on any request and answer (provider_fuzz.h). */
#include "tests/fuzz/provider_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {
		.id = "MA00", .api_secret = "secret", .secrets = {"secret"}, .nsecrets = 1};

	return provider_fuzz(&provider_plivo, &account, data, size);
}
