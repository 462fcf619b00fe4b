/*
 * The secrets file of an account: one in each line, as "name: value".
 *
 *   api: ...       what our requests carry (key, token, password)
 *   webhook: ...   what the provider's webhooks are proven with; twice while it is being changed,
 *                  the new one first
 *   path: ...      a long random part of the webhook's address, likewise
 *
 * A line without a name is a webhook secret. The file must be closed to other users.
 */
#ifndef PLATFORM_ACCOUNT_SECRET_H
#define PLATFORM_ACCOUNT_SECRET_H

#include "platform/setting.h"

#include <warmline/provider.h>

/* Reads what `secrets_file` and `private_key_file` in `s` name, beside `folder`. */
void account_secrets_read(struct account *account, const struct provider *provider,
	const char *folder, struct settings *s);

#endif
