#include "simulator/api.h"

#include <string.h>
#include <warmline/clock.h>
#include <warmline/phone.h>
#include <warmline/sms_text.h>

#include "simulator/fault.h"
#include "simulator/held.h"
#include "simulator/receipt.h"
#include "simulator/shape.h"
#include "simulator/traffic.h"

#define HANG_MS 60000 /* an unanswered caller is cut off at last */
#define SLOW_MS 3000

/* --- who calls ---------------------------------------------------------------------------- */

struct api_call api_call_of(struct carrier *carrier, const struct api *api,
	struct http_request *request, const char *from)
{
	const struct site *site = carrier_site(carrier);
	struct api_call call = {.carrier = carrier, .api = api, .request = request};
	int best = -1;

	for (size_t i = 0; i < site->naccounts; i++) {
		const struct account *a = &site->accounts[i];
		bool let_in;
		int fits;

		if (!a->simulated || strcmp(a->kind, api->kind) != 0)
			continue;
		let_in = api->lets_in(a, request);
		fits = 2 * let_in + (from && account_has_number(a, from));
		if (fits <= best)
			continue;
		best = fits;
		call.account = a;
		call.let_in = let_in;
	}
	return call;
}

bool api_is_callers(const struct api_call *call, const struct sent_text *text)
{
	return strcmp(text->account->kind, call->account->kind) == 0 &&
	       strcmp(text->account->id, call->account->id) == 0;
}

struct sent_text *api_find(const struct api_call *call, const char *id)
{
	struct sent_text *text = sent_texts_find(carrier_texts(call->carrier), id);

	return text && api_is_callers(call, text) ? text : NULL;
}

/* --- refusing ----------------------------------------------------------------------------- */

void api_refuse_with(const struct api_call *call, const struct refusal_words *words)
{
	carrier_reply(call->request, words->status, call->api->show_refusal(words));
}

void api_refuse(const struct api_call *call, enum refusal refusal)
{
	api_refuse_with(call, &call->api->refusals[refusal]);
}

static void write_error(const struct api_call *call, const struct asked_text *text, int http)
{
	const struct traffic_entry entry = {
		.kind = "api-error",
		.time_ms = clock_wall_ms(),
		.account = call->account,
		.from = text->from,
		.to = text->to,
		.body = text->body,
		.http = http,
	};

	traffic_add(carrier_traffic(call->carrier), &entry);
}

void api_refuse_text(
	const struct api_call *call, const struct asked_text *text, enum refusal refusal)
{
	write_error(call, text, call->api->refusals[refusal].status);
	api_refuse(call, refusal);
}

static void refuse_too_fast(const struct api_call *call, const struct asked_text *text)
{
	const char *const(*header)[2] = call->api->too_fast;

	for (; (*header)[0]; header++)
		http_request_reply_header(call->request, (*header)[0], (*header)[1]);
	api_refuse_text(call, text, REFUSED_TOO_FAST);
}

/* --- taking a text ------------------------------------------------------------------------ */

static bool is_anothers(const struct api_call *call, const char *number)
{
	const struct site *site = carrier_site(call->carrier);

	for (size_t i = 0; i < site->naccounts; i++)
		if (&site->accounts[i] != call->account &&
			account_has_number(&site->accounts[i], number))
			return true;
	return false;
}

static enum refusal what_is_wrong(const struct api_call *call, const struct asked_text *t)
{
	struct phone to;
	struct sms_size size;

	if (!t->to)
		return REFUSED_NO_TO;
	if (!phone_parse(t->to, &to))
		return REFUSED_BAD_TO;
	if (!t->from)
		return REFUSED_NO_FROM;
	if (!phone_is_sender(t->from))
		return REFUSED_BAD_FROM;
	if (is_anothers(call, t->from))
		return REFUSED_FOREIGN_FROM;
	if (!t->body || !*t->body || !sms_measure(t->body, &size))
		return REFUSED_NO_BODY;
	if (utf8_characters(t->body) > BODY_MAX)
		return REFUSED_TOO_LONG;
	return faults_opted_out(carrier_faults(call->carrier), call->account, t->to)
		       ? REFUSED_OPTED_OUT
		       : REFUSED_NOT;
}

static const struct sent_text *keep(const struct api_call *call, const struct asked_text *t)
{
	struct sent_text text = {.account = call->account, .created_ms = clock_wall_ms()};
	struct sms_size size = {.segments = 1};

	(void)sms_measure(t->body, &size);
	text_id_make(call->account, false, text.id);
	(void)text_set(text.from, sizeof(text.from), "%s", t->from);
	(void)text_set(text.to.text, sizeof(text.to.text), "%s", t->to);
	text.body = xstrdup(t->body);
	text.callback = xstrdup(t->callback ? t->callback : "");
	text.updated_ms = text.created_ms;
	text.segments = size.segments;
	return sent_texts_add(carrier_texts(call->carrier), &text);
}

static const struct sent_text *accept(const struct api_call *call, const struct asked_text *t)
{
	const struct sent_text *kept = keep(call, t);
	const struct traffic_entry entry = {
		.kind = "outbound",
		.time_ms = kept->created_ms,
		.account = kept->account,
		.id = kept->id,
		.from = kept->from,
		.to = kept->to.text,
		.body = kept->body,
		.state = text_state_name(kept->fate.state),
	};
	struct faults *faults = carrier_faults(call->carrier);

	traffic_add(carrier_traffic(call->carrier), &entry);
	receipts_start(call->carrier, kept->id,
		faults_take(faults, FAULT_RECEIPT, kept->account, kept->to.text));
	return kept;
}

static void accept_slowly(const struct api_call *call, const struct asked_text *t)
{
	char *answer = carrier_print(call->api->show_text(accept(call, t)));

	held_reply(
		carrier_held(call->carrier), call->request, SLOW_MS, call->api->accepted, answer);
	free(answer);
}

/* As armed faults want it. */
static void take(const struct api_call *call, const struct asked_text *t)
{
	struct held *held = carrier_held(call->carrier);

	switch (faults_take(carrier_faults(call->carrier), FAULT_API, call->account, t->to)) {
	case FAULT_500: api_refuse_text(call, t, REFUSED_BROKEN); break;
	case FAULT_429: refuse_too_fast(call, t); break;
	case FAULT_TIMEOUT:
		write_error(call, t, 0);
		held_drop(held, call->request, HANG_MS);
		break;
	case FAULT_REFUSE:
		write_error(call, t, 0);
		http_request_drop(call->request);
		break;
	case FAULT_HANG_AFTER_ACCEPT:
		(void)accept(call, t);
		held_drop(held, call->request, HANG_MS);
		break;
	case FAULT_SLOW: accept_slowly(call, t); break;
	default:
		carrier_reply(
			call->request, call->api->accepted, call->api->show_text(accept(call, t)));
		break;
	}
}

void api_send(const struct api_call *call, const struct asked_text *t)
{
	enum refusal wrong = what_is_wrong(call, t);

	if (wrong == REFUSED_NOT)
		take(call, t);
	else
		api_refuse_text(call, t, wrong);
}

void api_show(const struct api_call *call, const struct sent_text *text)
{
	carrier_reply(call->request, 200, call->api->show_text(text));
}
