/* Inside providers/: Plivo's signatures, apart from what its webhooks say. */
#ifndef PROVIDERS_PLIVO_H
#define PROVIDERS_PLIVO_H

#include <warmline/provider.h>

bool plivo_verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof);

#endif
