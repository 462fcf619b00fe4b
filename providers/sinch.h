/* Inside providers/: how a webhook of Sinch is known to be Sinch's (sinch_signature.c). */
#ifndef PROVIDERS_SINCH_H
#define PROVIDERS_SINCH_H

#include <warmline/provider.h>

bool sinch_verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof);

#endif
