/*
 * An account at a telephony provider, read from config/providers/NAME.yaml or from a map in
 * warmline.yaml. Both take the same settings; what a provider calls its things stands in its file.
 */
#ifndef PLATFORM_ACCOUNT_FILE_H
#define PLATFORM_ACCOUNT_FILE_H

#include "platform/setting.h"

#include <warmline/site.h>

/* `provider:` (one) or `providers:` (several) of warmline.yaml into site->accounts. */
void site_accounts_read(struct site *site, const char *folder, struct settings *top);
/* After the programs: whose number is whose. An account that names none has those that are left. */
void site_accounts_share_numbers(struct site *site, struct settings *top);

#endif
