/*
 * Any provider's adapter on any input. Nothing crashes, and what the contract in provider.h says
 * about results holds: nothing is proven without a secret, a text that was taken can be written as
 * JSON, a receipt has a state that we know, nothing was accepted without a 2xx and a body.
 *
 * The input reads like a request, so that seeds can be written by hand:
 *
 *     METHOD TARGET STATUS       POST /sms?a=1 202
 *     Name: value                headers, as many as there are
 *                                an empty line
 *     body                       of the webhook, and of the provider's answer with STATUS
 *
 * A TARGET with "status" in it is for receipts. Lines end with LF.
 */
#ifndef TESTS_FUZZ_PROVIDER_FUZZ_H
#define TESTS_FUZZ_PROVIDER_FUZZ_H

#include <stdint.h>
#include <warmline/provider.h>

/* Always 0, as libFuzzer wants it. `account` needs an id and secrets; an api_url is added. */
int provider_fuzz(const struct provider *provider, const struct account *account,
	const uint8_t *data, size_t size);

#endif
