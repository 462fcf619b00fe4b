/*
 * Inside providers/: Vonage's SMS API and its `sig` parameter (vonage_sms_signature.c), which
 * webhooks carry and requests too.
 */
#ifndef PROVIDERS_VONAGE_SMS_H
#define PROVIDERS_VONAGE_SMS_H

#include "providers/digest.h"

#include <warmline/provider.h>

/* The parameters of a webhook, however they came. */
struct sms_params {
	const struct form *form; /* a GET's query, a posted form, or `made` */
	struct form made;        /* of the members of a JSON object; owned */
};
/* False with a sentence, and nothing to close: no parameters at all, or JSON that has others than
 * texts, whole numbers and flags. */
bool sms_params_open(struct sms_params *params, const struct webhook *webhook, struct fail *fail);
void sms_params_close(struct sms_params *params);

extern const char *const vonage_sms_schemes[]; /* the first is the usual; ends with NULL */

bool vonage_sms_verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof);
/* The value of `sig` for these parameters, lower case hex; false: the scheme is none. */
bool vonage_sms_sign(const char *scheme, const char *secret, const struct form *form,
	char hex[2 * DIGEST_MAX + 1]);

#endif
