#include <stdlib.h>
#include <string.h>
#include <warmline/account.h>
#include <warmline/fail.h>

void account_clear(struct account *account)
{
	if (account->private_key)
		explicit_bzero(account->private_key, strlen(account->private_key));
	free(account->private_key);
	free(account->numbers);
	explicit_bzero(account, sizeof(*account));
}

bool account_has_number(const struct account *account, const char *e164)
{
	for (size_t i = 0; i < account->nnumbers; i++)
		if (strcmp(account->numbers[i].text, e164) == 0)
			return true;
	return false;
}

int account_reach(const struct account *account, const char *e164)
{
	int reach = account->ncountries ? -1 : 0;

	for (size_t i = 0; i < account->ncountries; i++) {
		int length = (int)strlen(account->countries[i]);

		if (length > reach && strncmp(account->countries[i], e164, (size_t)length) == 0)
			reach = length;
	}
	return reach;
}

const struct account *account_find(const struct account *accounts, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(accounts[i].name, name) == 0)
			return &accounts[i];
	return NULL;
}
