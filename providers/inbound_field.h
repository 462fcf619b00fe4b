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
/* These bytes as the words of a text, repaired; false when they are more than any text has. `name`
 * is for the sentence. */
bool words_take(const char *name, const char *value, size_t len, struct inbound_text *text,
	struct fail *fail);
bool is_id(const char *text); /* letters, digits, and "_-.+=" (no blank, slash or colon) */

/* --- forms --- */

/* Where a webhook in a form has its fields: the body; by GET the query. NULL = nowhere. */
const struct form *webhook_form(const struct webhook *webhook);
bool form_take(const struct form *form, const char *name, bool needed, char *to, size_t size,
	struct fail *fail);
/* The same, needed, and an id: a message's, or a word that becomes a part of one. */
bool form_take_id(
	const struct form *form, const char *name, char *to, size_t size, struct fail *fail);
/* 0 when it is missing, no number or longer than 9 digits. */
int form_take_number(const struct form *form, const char *name);
/* The words into text->body; false when `name` is missing or repeated. */
bool form_take_words(
	const struct form *form, const char *name, struct inbound_text *text, struct fail *fail);

/* --- JSON --- */

/*
 * The body as an object or array; NULL with a sentence. Equal names twice are refused; nesting is
 * bounded by jansson. What would cost the words is repaired: a byte order mark is skipped, bytes
 * that are no UTF-8 and lone halves of UTF-16 pairs (a text cut within an emoji) become U+FFFD.
 * The caller releases it.
 */
json_t *webhook_json(const struct webhook *webhook, struct fail *fail);
/* A string, or a whole number written as one. */
bool json_take(const json_t *object, const char *name, bool needed, char *to, size_t size,
	struct fail *fail);
/* The same, needed, and an id. */
bool json_take_id(const json_t *object, const char *name, char *to, size_t size, struct fail *fail);
int json_take_number(const json_t *object, const char *name); /* also "123"; 0 = none */
/* Words with U+FFFD in them count as repaired, whoever did it. */
bool json_take_words(
	const json_t *object, const char *name, struct inbound_text *text, struct fail *fail);
/* The same, but missing or null are words too: none, as with a picture alone. */
bool json_take_words_if_any(
	const json_t *object, const char *name, struct inbound_text *text, struct fail *fail);
/* A subject above the words that were taken: an MMS has one, and people write there too. */
bool json_take_subject(
	const json_t *object, const char *name, struct inbound_text *text, struct fail *fail);
/* Links of a list: each is a text, or an object with its link and type under these names. */
void json_take_media(
	const json_t *list, const char *url, const char *type, struct inbound_text *text);

/* --- both --- */

#define MEDIA_MOST 10
/* A link of a picture; left out when it is absurd or one too many: the words still count. */
void media_add(
	struct inbound_text *text, const char *url, size_t len, const char *type, size_t type_len);
/* "STOP", "START", "HELP": the provider answered that keyword. Anything else says nothing. */
void opt_out_set(struct inbound_text *text, const char *told);
/* Our own ids in the callback URL: a, j, n. Nothing is there when they are malformed. */
void ours_take(const struct form *query, struct inbound_receipt *receipt);
/* The same ids as one word, "<job>.<attempt>", for providers that give back an id or a tag of ours.
 * False: the tag is none; nothing is changed. */
void tag_set(char *tag, size_t size, const struct outbound_text *text);
bool ours_of_tag(const char *tag, struct inbound_receipt *receipt);
struct status_word {
	const char *told, *status;
};
/* What the provider told, in the words of event.h. A word that is not among these `n` is "queued":
 * it changes nothing but is kept. */
const char *status_word(const struct status_word *words, size_t n, const char *told);
#define STATUS_WORD(words, told) status_word(words, sizeof(words) / sizeof((words)[0]), told)
/* `why` counts only for a text that did not arrive. */
void receipt_set(
	struct inbound_receipt *receipt, const char *status, int error, enum answer_kind why);
bool seconds_read(const char *text, int64_t *seconds); /* unix time: digits and nothing else */
/* "<kind>:<account id>:<message id>:<what>" */
void event_id_set(char id[EVENT_ID_SIZE], const char *kind, const struct account *account,
	const char *message_id, const char *what);
/* Digits become "+digits"; short codes (up to 8 digits), words and "+..." stay as they are. */
void number_plus(char *number, size_t size);
const char *number_bare(const char *e164); /* without its plus */

#endif
