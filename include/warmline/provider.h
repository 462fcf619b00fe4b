/*
 * A telephony provider, as pure translation. Contract for every adapter:
 *  1. No sockets, no store, no clock, no allocation that outlives the call but what is said here.
 *  2. `verify` looks at the raw bytes and the public URL as configured (never at Host), in
 *     constant time, with every secret of the account (two during rotation). Missing header or
 *     missing secret is a refusal.
 *  3. `inbound` and `receipt` run only after `verify`. They fill records and return true, or
 *     false with a sentence: the edge answers 400, counts, changes nothing.
 *  4. `build` writes a request; `answer` reads what came back: accepted only with 2xx, a parsed
 *     body and the provider's id; anything after the first byte that is not documented as
 *     "not accepted" is unknown.
 *  5. Text is UTF-8; numbers are E.164 on our side.
 */
#ifndef WARMLINE_PROVIDER_H
#define WARMLINE_PROVIDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/event.h>
#include <warmline/fail.h>
#include <warmline/form.h>

struct account {
	char kind[16];        /* "twilio" or "simulator" (which speaks Twilio) */
	char api_url[256];    /* "https://api.twilio.com" */
	char id[64];          /* AccountSid */
	char secrets[2][128]; /* auth tokens; the second during rotation */
	size_t nsecrets;
	double per_second; /* texts per second, 0 = no limit */
	int in_flight;     /* at once */
};

struct webhook {
	const char *method;
	const char *url; /* public base as configured + raw target as received */
	const char *(*header)(const void *headers, const char *name);
	const void *headers;
	const void *body;
	size_t body_len;
	const struct form *form, *query; /* NULL when there is none */
};

struct inbound_text {
	char event_id[EVENT_ID_SIZE];
	char from[32], to[32]; /* as the provider wrote them */
	char provider_id[64];
	char opt_out[8]; /* "STOP", "START", "HELP" when the provider answered the keyword; else ""
			  */
	char token[80];  /* second key for repeats; "" = none */
	char *body;      /* owned; NULs shown as U+FFFD, bad UTF-8 repaired and `repaired` set */
	bool repaired;
	json_t *media; /* owned; array of {url,type}, may be NULL */
};
struct inbound_receipt {
	char event_id[EVENT_ID_SIZE];
	char actor[32], job[48]; /* ours, from the callback URL; "" when they are not there */
	int attempt;
	char provider_id[64];
	char status[16]; /* event.h: queued|sent|delivered|undelivered|failed|read */
	int error;
};
void inbound_text_clear(struct inbound_text *text);

struct outbound_text {
	const char *to, *from, *body;
	const char *callback_url; /* public, carries actor, job and attempt */
	int64_t validity_s;
};
struct provider_request {
	char *url, *body; /* owned */
	const char *method, *type;
	const char *user, *password; /* borrowed from the account */
};
void provider_request_clear(struct provider_request *request);

enum answer_kind {
	ANSWER_ACCEPTED,
	ANSWER_OPTED_OUT, /* refused for good: STOP at the provider */
	ANSWER_BAD_NUMBER,
	ANSWER_BLOCKED,
	ANSWER_CONTENT,
	ANSWER_ACCOUNT, /* refused for good until somebody repairs the account */
	ANSWER_RATE,    /* later */
	ANSWER_BUSY,    /* later: provider says it did not accept */
	ANSWER_UNKNOWN,
};
struct provider_answer {
	enum answer_kind kind;
	char provider_id[64];
	int error;
};

struct provider {
	const char *name;
	bool (*verify)(const struct account *account, const struct webhook *webhook);
	bool (*inbound)(const struct account *account, const struct webhook *webhook,
		struct inbound_text *text, struct fail *fail);
	bool (*receipt)(const struct account *account, const struct webhook *webhook,
		struct inbound_receipt *receipt, struct fail *fail);
	void (*build)(const struct account *account, const struct outbound_text *text,
		struct provider_request *request);
	void (*answer)(const struct account *account, int status, const char *body, size_t len,
		struct provider_answer *answer);
};

extern const struct provider provider_twilio;
const struct provider *provider_find(const char *kind); /* NULL = unknown */
/* Twilio's signature, also for the simulator that signs: base64 in `signature` (29 bytes). */
void twilio_sign(const char *token, const char *url, const struct form *form, char signature[29]);

#endif
