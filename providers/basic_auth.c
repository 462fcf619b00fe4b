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
