/* Basic (RFC 7617) in webhooks: the account's user with one of its webhook passwords. */
#ifndef PROVIDERS_BASIC_AUTH_H
#define PROVIDERS_BASIC_AUTH_H

#include <warmline/provider.h>

/* False also when the account has no user or no password. */
bool basic_auth_holds(const struct account *account, const struct webhook *webhook);
/*
 * The `verify` of providers that sign nothing. An account with a user or a password for webhooks
 * wants Basic; one without must have a path token, which the gateway has compared before it asks
 * here. So nothing unprotected can be configured.
 */
bool basic_auth_verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof);

#endif
