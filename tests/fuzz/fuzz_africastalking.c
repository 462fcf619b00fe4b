/* Africa's Talking's adapter on any request and answer: what the contract says of results holds. */
#include "tests/fuzz/provider_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {
		.id = "sandbox", .api_secret = "key", .path_tokens = {"token"}, .npath_tokens = 1};

	return provider_fuzz(&provider_africastalking, &account, data, size);
}
