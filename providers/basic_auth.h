/* Basic (RFC 7617) in webhooks: the account's user with one of its webhook passwords. */
#ifndef PROVIDERS_BASIC_AUTH_H
#define PROVIDERS_BASIC_AUTH_H

#include <warmline/provider.h>

/* False also when the account has no user or no password. */
bool basic_auth_holds(const struct account *account, const struct webhook *webhook);

#endif
