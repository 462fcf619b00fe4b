/*
 * Taking values out of a provider's webhook, from a form or from JSON, by the same rules: a value
 * that we read stands there once; ids and numbers hold no NUL and fit; words are kept whatever
 * they are (NUL and broken UTF-8 become U+FFFD).
 */
#ifndef PROVIDERS_INBOUND_FIELD_H
#define PROVIDERS_INBOUND_FIELD_H

#include <jansson.h>
#include <warmline/provider.h>

/* A copy that is valid UTF-8 without NUL: what is not becomes U+FFFD, one for each byte. */
char *words_repair(const char *value, size_t len, bool *repaired);
bool words_are_utf8(const char *value, size_t len); /* and no control but line ends */
bool is_id(const char *text); /* letters, digits, and "_-.:+=" (no blank, no slash) */

/* --- forms --- */

/* Where a webhook in a form has its fields: the body; by GET the query. NULL = nowhere. */
const struct form *webhook_form(const struct webhook *webhook);
bool form_take(const struct form *form, const char *name, bool needed, char *to, size_t size,
	struct fail *fail);
/* 0 when it is missing, no number or longer than 9 digits. */
int form_take_number(const struct form *form, const char *name);
/* The words into text->body; false when `name` is missing or repeated. */
bool form_take_words(
	const struct form *form, const char *name, struct inbound_text *text, struct fail *fail);

/* --- JSON --- */

/* The body as an object or array; NULL with a sentence. Equal names twice are refused; nesting is
 * bounded by jansson. The caller releases it. */
json_t *webhook_json(const struct webhook *webhook, struct fail *fail);
/* A string, or a whole number written as one. */
bool json_take(const json_t *object, const char *name, bool needed, char *to, size_t size,
	struct fail *fail);
int json_take_number(const json_t *object, const char *name); /* also "123"; 0 = none */
bool json_take_words(
	const json_t *object, const char *name, struct inbound_text *text, struct fail *fail);

/* --- both --- */

/* Unix seconds: digits and nothing else; 0 = none, or absurd. */
int64_t seconds_read(const char *text);
#define MEDIA_MOST 10
/* A link of a picture; left out when it is absurd or one too many: the words still count. */
void media_add(
	struct inbound_text *text, const char *url, size_t len, const char *type, size_t type_len);
/* Our own ids in the callback URL: a, j, n. Nothing is there when they are malformed. */
void ours_take(const struct form *query, struct inbound_receipt *receipt);
/* "<kind>:<account id>:<message id>:<what>" */
void event_id_set(char id[EVENT_ID_SIZE], const char *kind, const struct account *account,
	const char *message_id, const char *what);
/* Digits become "+digits"; short codes (up to 8 digits), words and "+..." stay as they are. */
void number_plus(char *number, size_t size);
const char *number_bare(const char *e164); /* without its plus */

#endif
