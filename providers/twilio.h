/*
 * Inside providers/: the parts of Twilio's adapter. SignalWire speaks the same forms and REST
 * calls with other ids and another signature, and uses what is shared here.
 */
#ifndef PROVIDERS_TWILIO_H
#define PROVIDERS_TWILIO_H

#include "providers/params.h"

#include <warmline/provider.h>

#define TWILIO_OK_TYPE "text/xml; charset=utf-8"
#define TWILIO_OK_BODY "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>"

bool twilio_verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof);
/*
 * Did one of the account's secrets make `given` (NULL = no header) over the URL, with or without
 * its port, and the form? A body that is no form must be covered by `bodySHA256` in the URL.
 */
bool twilio_signature_holds(const struct account *account, const struct webhook *webhook,
	const char *given, enum params_order order);

bool twilio_read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail);
enum answer_kind twilio_code(int code); /* of the REST API and of receipts */
/* MessageStatus and ErrorCode. Twilio may add states: they change nothing but are kept. */
void twilio_set_state(struct inbound_receipt *receipt, const char *told, int error);

/* POST {api_url}{base}/Accounts/{id}/Messages.json */
void twilio_put_text(const struct account *account, const struct outbound_text *text,
	const char *base, struct provider_request *request);
void twilio_answer(const struct account *account, const struct provider_reply *reply,
	struct provider_answer *answer);
/* GET or POST {api_url}{base}/Accounts/{id}/Messages/{sid}.json */
bool twilio_put_errand(const struct account *account, const struct errand *errand, int step,
	const char *base, struct provider_request *request);
enum errand_state twilio_errand_answer(const struct account *account, const struct errand *errand,
	int step, const struct provider_reply *reply, struct inbound_receipt *receipt);

#endif
