/*
 * Inside providers/: the parts of Twilio's adapter. SignalWire speaks the same forms and REST
 * calls with other ids and another signature, and uses what is shared here.
 */
#ifndef PROVIDERS_TWILIO_H
#define PROVIDERS_TWILIO_H

#include <warmline/provider.h>

bool twilio_verify(
	const struct account *account, const struct webhook *webhook, struct proof *proof);
/* A JSON body is covered by `bodySHA256` in the signed URL. False also when that is missing. */
bool twilio_body_hash_fits(const struct webhook *webhook);

bool twilio_read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail);
enum answer_kind twilio_code(int code); /* of the REST API and of receipts */
const char *twilio_status(const char *told); /* MessageStatus in the words of event.h */

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
