/* Vonage's SMS API on any webhook and answer; seeds are signed for this account (md5hash). */
#include "tests/fuzz/provider_fuzz.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.id = "a1b2c3d4",
		.api_secret = "secret",
		.secrets = {"dea83606a62f3b7f130b2fd54dabf00ef1a1436662076c29", "other"},
		.nsecrets = 2};

	return provider_fuzz(&provider_vonage_sms, &account, data, size);
}
