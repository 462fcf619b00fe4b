/*
 * A provider's API for texts, as far as all of them are alike: who calls, what is wrong with a
 * text, what an armed fault does with it, taking it. How the answers look is what each of
 * simulator/rest_<kind>.c hands in as a struct api.
 */
#ifndef SIMULATOR_API_H
#define SIMULATOR_API_H

#include <jansson.h>
#include <stdbool.h>
#include <warmline/http_server.h>

#include "simulator/carrier.h"
#include "simulator/sent_text.h"

enum refusal {
	REFUSED_NOT, /* nothing is wrong */
	REFUSED_STRANGER,
	REFUSED_NOT_FOUND,
	REFUSED_UNREADABLE,
	REFUSED_NO_TO,
	REFUSED_BAD_TO,
	REFUSED_NO_FROM,
	REFUSED_BAD_FROM,
	REFUSED_FOREIGN_FROM, /* the number of another account */
	REFUSED_NO_BODY,
	REFUSED_TOO_LONG,
	REFUSED_OPTED_OUT,
	REFUSED_BROKEN,
	REFUSED_TOO_FAST,
	REFUSALS
};

struct refusal_words {
	int status, code;
	const char *title, *detail; /* detail NULL = the provider has one sentence only */
};

struct api {
	const char *kind;
	struct refusal_words refusals[REFUSALS];
	const char *too_fast[4][2]; /* headers of REFUSED_TOO_FAST; name NULL = end */
	int accepted;               /* the status of a text that was taken */
	bool (*lets_in)(const struct account *account, const struct http_request *request);
	json_t *(*show_text)(const struct sent_text *text);
	json_t *(*show_refusal)(const struct refusal_words *words);
};

struct asked_text { /* what the caller wants sent; borrowed; NULL = not there */
	const char *to, *from, *body, *callback;
};

struct api_call {
	struct carrier *carrier;
	const struct api *api;
	struct http_request *request;
	const struct account *account; /* NULL when none of this kind is simulated */
	bool let_in;
};

/*
 * Which account calls: of those of the API's kind the one whose key came, and among equals the one
 * that has the number `from` (NULL = none).
 */
struct api_call api_call_of(struct carrier *carrier, const struct api *api,
	struct http_request *request, const char *from);
/* Each of these replies. A refused text stands in the log, other refusals do not. */
void api_send(const struct api_call *call, const struct asked_text *text);
void api_refuse_text(
	const struct api_call *call, const struct asked_text *text, enum refusal refusal);
void api_refuse(const struct api_call *call, enum refusal refusal);
void api_refuse_with(const struct api_call *call, const struct refusal_words *words);
void api_show(const struct api_call *call, const struct sent_text *text);
/* A text of the caller's (or of an account of the same kind and id); NULL = it has none such. */
struct sent_text *api_find(const struct api_call *call, const char *id);
bool api_is_callers(const struct api_call *call, const struct sent_text *text);

#endif
