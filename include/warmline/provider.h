/*
 * A telephony provider, as pure translation. Contract for every adapter:
 *  1. No sockets, no store, no clock (time is an argument), no allocation that outlives the call
 *     but what is said here.
 *  2. `verify` looks at the raw bytes and the public URL as configured (never at Host), in
 *     constant time, with every secret of the account (two during rotation). Missing header or
 *     missing secret is a refusal. Nothing of the body is trusted before.
 *  3. `read` runs only after `verify`. It fills texts and receipts and returns true, or false
 *     with a sentence: the edge answers 400, counts, changes nothing. What it added is the caller's
 *     either way (inbound_clear()). News that we have no use for is `ignored`, not refused: the
 *     provider gets its 2xx.
 *  4. An event id is "<kind>:<account id>:<message id>:text" or ":<status>", never made of the
 *     words. A provider without message ids says in its header what it takes instead.
 *  5. `build` writes a request. `answer` reads what came back: accepted only with 2xx, a parsed
 *     body and the provider's id (or what its header says); what is documented as "not accepted"
 *     is refused for good or later; anything else after the first byte is unknown.
 *  6. `errand` and `errand_answer` (both or none) look a text up and take its words away.
 *  7. Text is UTF-8; numbers are E.164 on our side (numbers_plus() where the provider has none).
 *  8. A fact that the provider does not document takes the safe reading, said in the adapter's
 *     header comment as "not documented: ...".
 */
#ifndef WARMLINE_PROVIDER_H
#define WARMLINE_PROVIDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/account.h>
#include <warmline/event.h>
#include <warmline/fail.h>
#include <warmline/form.h>

/* --- what comes in --------------------------------------------------------------------------- */

enum webhook_about { ABOUT_TEXT, ABOUT_RECEIPT }; /* by our path: .../sms, .../status */

struct webhook {
	enum webhook_about about;
	const char *method;
	const char *url; /* public base as configured + raw target as received */
	const char *(*header)(const void *headers, const char *name); /* any case; NULL = none */
	const void *headers;
	const void *body; /* raw bytes */
	size_t body_len;
	const struct form *form;  /* of the body, when it is a form; else NULL */
	const struct form *query; /* NULL when there is none */
	int64_t now_s;            /* unix time */
};

/* What a good signature says besides being good. */
struct proof {
	char nonce[128];  /* may come again only with the same request; "" = the scheme has none */
	int64_t signed_s; /* unix time in the signature; 0 = the scheme has none */
};

struct text_part {    /* of a long text that the provider did not join */
	char ref[32]; /* equal in all parts; "" = this is a whole text */
	int number, of;
};

struct inbound_text {
	char event_id[EVENT_ID_SIZE];
	char from[32], to[32]; /* E.164, a short code, or as the provider wrote it */
	char provider_id[80];
	char opt_out[8]; /* "STOP", "START", "HELP" when the provider answered the keyword; else ""
			  */
	char token[80];  /* second key for repeats; "" = none */
	char *body;      /* owned; NULs shown as U+FFFD, bad UTF-8 repaired and `repaired` set */
	bool repaired;
	json_t *media; /* owned; array of {url,type}, may be NULL */
	struct text_part part;
};

/* Why a text did not go through, for the rules that act on it (providers/README section 7). */
enum answer_kind {
	ANSWER_ACCEPTED,
	ANSWER_OPTED_OUT,  /* refused for good: the person said STOP, here or at the carrier */
	ANSWER_BAD_NUMBER, /* for good: no such number, or one that takes no texts */
	ANSWER_BLOCKED,    /* for good: carrier or handset blocks us */
	ANSWER_CONTENT,    /* for good: these words */
	ANSWER_ACCOUNT,    /* for good until somebody repairs the account: other routes may try */
	ANSWER_RATE,       /* later: slower */
	ANSWER_BUSY,       /* later: the provider says that it did not accept */
	ANSWER_NETWORK, /* later: handset off, congestion; a receipt's word, seldom an answer's */
	ANSWER_UNKNOWN,
};
/* "accepted", "opted out", "bad number", "blocked", "content", "account", "rate", "provider",
 * "network", "unknown": as events and logs have it. */
const char *answer_kind_name(enum answer_kind kind);

struct inbound_receipt {
	char event_id[EVENT_ID_SIZE];
	char actor[32], job[48]; /* ours, from the callback URL; "" when they are not there */
	int attempt;
	char to[32]; /* whom the text was for, E.164; "" = not said. Finds the text by provider_id
		      */
	char provider_id[80];
	char status[16];      /* event.h: queued|sent|delivered|undelivered|failed|read */
	enum answer_kind why; /* undelivered, failed: opted out ... unknown; else ANSWER_ACCEPTED */
	int error;            /* the provider's code, 0 = none */
};

struct inbound { /* what one webhook brought */
	struct inbound_text *texts;
	size_t ntexts;
	struct inbound_receipt *receipts;
	size_t nreceipts;
	size_t ignored; /* news of other kinds */
};
/* A zeroed new entry; the pointer holds until the next one is added. */
struct inbound_text *inbound_add_text(struct inbound *inbound);
struct inbound_receipt *inbound_add_receipt(struct inbound *inbound);
void inbound_clear(struct inbound *inbound);

/* --- what goes out --------------------------------------------------------------------------- */

struct outbound_text {
	const char *to, *from, *body;
	const char *actor, *job; /* ours; for providers that give back a tag instead of a URL */
	int attempt;
	const char *callback_url; /* public; carries actor, job and attempt as a, j, n */
	int64_t validity_s;
	bool keep_no_words; /* the provider is asked not to keep them, where it can */
	int64_t now_s;      /* for requests that are signed with a time */
	uint64_t entropy;   /* for their nonces */
};

#define REQUEST_HEADERS 4
struct provider_request {
	char *url, *body; /* owned */
	const char *method, *type;
	const char *user, *password; /* Basic; borrowed from the account; NULL = none */
	struct {
		const char *name; /* static; NULL = end */
		char *value;      /* owned */
	} headers[REQUEST_HEADERS];
};
void provider_request_clear(struct provider_request *request);

struct provider_reply {
	int status;
	const char *body; /* NUL-ended, may hold NULs */
	size_t len;
};
struct provider_answer {
	enum answer_kind kind;
	char provider_id[80];
	int error;
};

/* --- errands: about a text that the provider has ---------------------------------------------- */

enum errand_kind { ERRAND_LOOK_UP, ERRAND_REDACT };
struct errand {
	enum errand_kind kind;
	const char *provider_id;
	const char *to; /* as the text had it */
};
enum errand_state {
	ERRAND_DONE,  /* look-up: `receipt` is filled. redact: the words are gone, read back */
	ERRAND_NEXT,  /* the next step follows at once (redact: reading back) */
	ERRAND_LATER, /* not now: ask again after a while */
	ERRAND_NEVER, /* the provider will not, or does not know the text */
};

/* --- the adapter ------------------------------------------------------------------------------ */

/* What an account of this kind needs; `warmline check` asks for what is missing. */
enum account_need {
	NEED_ID = 1,            /* account: */
	NEED_API_SECRET = 2,    /* api: in the secrets file */
	NEED_WEBHOOK = 4,       /* webhook: in the secrets file */
	NEED_PATH_TOKEN = 8,    /* path: in the secrets file */
	NEED_API_URL = 16,      /* api_url: there is no address for everybody */
	NEED_WEBHOOK_USER = 32, /* webhook_user: for Basic */
	NEED_APPLICATION = 64,  /* application: */
	NEED_USER = 128,        /* user: */
};

struct provider {
	const char *kind, *title; /* "telnyx", "Telnyx" */
	const char *api_url;      /* the usual one, NULL = none for everybody */
	unsigned needs;           /* of account_need */
	/* What the provider calls account:, api:, webhook: and so on, for sentences; NULL = not
	 * used there. */
	const char *id_is, *api_is, *webhook_is, *application_is;
	const char *const
		*schemes;  /* values of `scheme`, the first is the usual; NULL = one only */
	bool takes_get;    /* webhooks may come by GET */
	const char *types; /* content types of its webhooks, separated by a blank; NULL = any */
	const char *ok_type, *ok_body; /* what a taken text is answered with; NULL = empty */
	bool same_path;    /* texts and receipts come to one address: .../sms takes both */
	bool one_secret;   /* the newest webhook secret is the API's too, without an api: */
	bool basic;        /* webhooks carry Basic: without it they are answered 401 */
	double per_second; /* where nothing is configured */

	bool (*verify)(
		const struct account *account, const struct webhook *webhook, struct proof *proof);
	bool (*read)(const struct account *account, const struct webhook *webhook,
		struct inbound *inbound, struct fail *fail);
	void (*build)(const struct account *account, const struct outbound_text *text,
		struct provider_request *request);
	void (*answer)(const struct account *account, const struct provider_reply *reply,
		struct provider_answer *answer);
	/* `step` counts from 0. False: the provider has no such thing. NULL: no errands at all. */
	bool (*errand)(const struct account *account, const struct errand *errand, int step,
		struct provider_request *request);
	enum errand_state (*errand_answer)(const struct account *account,
		const struct errand *errand, int step, const struct provider_reply *reply,
		struct inbound_receipt *receipt);
};

const struct provider *provider_find(const char *kind); /* NULL = unknown */
/* All of them, for sentences and tests; ends with NULL. */
extern const struct provider *const providers_all[];

extern const struct provider provider_twilio, provider_signalwire, provider_telnyx, provider_vonage,
	provider_vonage_sms, provider_plivo, provider_bandwidth, provider_sinch,
	provider_messagebird, provider_infobip, provider_africastalking, provider_kannel;

/* Twilio's signature, also for the simulator that signs: base64 in `signature` (29 bytes). */
void twilio_sign(const char *token, const char *url, const struct form *form, char signature[29]);
/* Telnyx' signature: base64 in `signature`, of the Ed25519 key as libsodium has it. */
void telnyx_sign(const unsigned char secret_key[64], const char *timestamp, const void *body,
	size_t len, char signature[89]);

#endif
