#include <warmline/fail.h>
#include <warmline/provider.h>

const struct provider *provider_find(const char *kind)
{
	/* The simulator speaks Twilio, with an account of this installation. */
	if (strcmp(kind, "twilio") == 0 || strcmp(kind, "simulator") == 0)
		return &provider_twilio;
	return NULL;
}

void inbound_text_clear(struct inbound_text *text)
{
	free(text->body);
	json_decref(text->media);
	text->body = NULL;
	text->media = NULL;
}

void provider_request_clear(struct provider_request *request)
{
	free(request->url);
	free(request->body);
	request->url = NULL;
	request->body = NULL;
}
