#include "providers/basic_auth.h"

#include "providers/digest.h"

#include <string.h>
#include <strings.h>
#include <warmline/fail.h>

bool basic_auth_holds(const struct account *account, const struct webhook *webhook)
{
	const char *header = webhook->header(webhook->headers, "Authorization");
	unsigned found = 0;

	if (!header || strncasecmp(header, "Basic ", 6) != 0 || !*account->webhook_user)
		return false;
	for (size_t i = 0; i < account->nsecrets; i++) {
		char *pair, *expected;

		if (!*account->secrets[i])
			continue;
		pair = xasprintf("%s:%s", account->webhook_user, account->secrets[i]);
		expected = base64_write(pair, strlen(pair));
		found |= secret_equals(expected, header + 6);
		free(pair);
		free(expected);
	}
	return found != 0;
}

static bool has_path_token(const struct account *account)
{
	for (size_t i = 0; i < account->npath_tokens; i++)
		if (*account->path_tokens[i])
			return true;
	return false;
}

bool basic_auth_verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	*proof = (struct proof){.signed_s = 0};
	if (*account->webhook_user || account->nsecrets)
		return basic_auth_holds(account, webhook);
	return has_path_token(account);
}
