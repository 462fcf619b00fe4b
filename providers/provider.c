#include <string.h>
#include <warmline/fail.h>
#include <warmline/provider.h>

const struct provider *const providers_all[] = {&provider_twilio, &provider_signalwire,
	&provider_telnyx, &provider_vonage, &provider_vonage_sms, &provider_plivo,
	&provider_bandwidth, &provider_sinch, &provider_messagebird, &provider_infobip,
	&provider_africastalking, &provider_kannel, NULL};

const struct provider *provider_find(const char *kind)
{
	for (size_t i = 0; providers_all[i]; i++)
		if (strcmp(providers_all[i]->kind, kind) == 0)
			return providers_all[i];
	return NULL;
}

const char *answer_kind_name(enum answer_kind kind)
{
	static const char *const names[] = {"accepted", "opted out", "bad number", "blocked",
		"content", "account", "rate", "provider", "network", "unknown"};

	return names[kind];
}

/* --- what one webhook brought ---------------------------------------------------------------- */

struct inbound_text *inbound_add_text(struct inbound *in)
{
	struct inbound_text *text;

	in->texts = xrealloc(in->texts, (in->ntexts + 1) * sizeof(*in->texts));
	text = &in->texts[in->ntexts++];
	*text = (struct inbound_text){.body = NULL};
	return text;
}

struct inbound_receipt *inbound_add_receipt(struct inbound *in)
{
	struct inbound_receipt *receipt;

	in->receipts = xrealloc(in->receipts, (in->nreceipts + 1) * sizeof(*in->receipts));
	receipt = &in->receipts[in->nreceipts++];
	*receipt = (struct inbound_receipt){.attempt = 0};
	return receipt;
}

void inbound_clear(struct inbound *in)
{
	for (size_t i = 0; i < in->ntexts; i++) {
		free(in->texts[i].body);
		json_decref(in->texts[i].media);
	}
	free(in->texts);
	free(in->receipts);
	*in = (struct inbound){.texts = NULL};
}

void provider_request_clear(struct provider_request *request)
{
	free(request->url);
	free(request->body);
	for (size_t i = 0; i < REQUEST_HEADERS; i++) {
		/* They carry keys. */
		if (request->headers[i].value)
			explicit_bzero(
				request->headers[i].value, strlen(request->headers[i].value));
		free(request->headers[i].value);
	}
	*request = (struct provider_request){.url = NULL};
}
