/*
 * What every test of an adapter needs besides a webhook (posted.h): an account, a token to sign
 * with, one thing read, an answer looked at.
 */
#ifndef TESTS_LIB_ADAPTER_H
#define TESTS_LIB_ADAPTER_H

#include "providers/digest.h"
#include "tests/lib/posted.h"

#include <jansson.h>
#include <warmline/provider.h>

/* Id "acct", an API secret, and these webhook secrets (NULL = none). */
struct account adapter_account(const char *kind, const char *first, const char *second);

/* posted_read(); when it succeeds it must have brought one thing, else a sentence. */
bool adapter_read(struct posted *posted, const struct provider *provider,
	const struct account *account, struct inbound *inbound, struct fail *fail);
/* What the provider makes of an answer. */
struct provider_answer adapter_answer(
	const struct provider *provider, int status, const char *body);

/* A JSON Web Token with `alg` in its header, signed by HMAC; owned by the caller. */
char *adapter_token(
	const char *alg, enum digest_kind kind, const char *secret, const json_t *claims);
/* Header and claims of one token, the signature of another; owned by the caller. */
char *adapter_token_mixed(const char *claims_of, const char *signature_of);
/* A private RSA key as PEM; owned by the caller. */
char *adapter_key(void);
/* SHA-256 in hex, in `hex`. */
const char *adapter_sha256(const char *text, char hex[2 * DIGEST_MAX + 1]);

#endif
