/* Inside providers/twilio*: the parts of the adapter. Facts: providers/twilio.md. */
#ifndef PROVIDERS_TWILIO_H
#define PROVIDERS_TWILIO_H

#include <warmline/provider.h>

bool twilio_verify(const struct account *account, const struct webhook *webhook);
bool twilio_inbound(const struct account *account, const struct webhook *webhook,
	struct inbound_text *text, struct fail *fail);
bool twilio_receipt(const struct account *account, const struct webhook *webhook,
	struct inbound_receipt *receipt, struct fail *fail);
void twilio_build(const struct account *account, const struct outbound_text *text,
	struct provider_request *request);
void twilio_answer(const struct account *account, int status, const char *body, size_t len,
	struct provider_answer *answer);

#endif
