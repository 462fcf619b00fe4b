/*
 * What warmline says, by key and language. Texts are files a coordinator edits
 * (config/wording/<language>.yaml, overridden under `wording:` in a program file) with named
 * slots in braces: "Hi {name}, ...". A text with a slot that its key does not have is refused
 * at load; a key without text in a declared language too.
 *
 * Rules for the files: reading age 10-11, one thing per text, warm, no program or condition
 * name, no medical advice, automatic texts say so, what cannot be known is not promised.
 */
#ifndef WARMLINE_WORDING_H
#define WARMLINE_WORDING_H

#include <stdbool.h>
#include <stddef.h>

/* WORDING(constant, key in the file, slots it may use) */
#define WORDINGS(X)                                                                                \
	/* to participants */                                                                      \
	X(WORDING_ASK_CONSENT, "ask_consent", "name signs_as")                                     \
	X(WORDING_WELCOME, "welcome", "name signs_as emergency")                                   \
	X(WORDING_CHECK_IN, "check_in", "name signs_as")                                           \
	X(WORDING_REMINDER, "reminder", "name signs_as")                                           \
	X(WORDING_ANSWER_GOOD, "answer_good", "name")                                              \
	X(WORDING_ANSWER_OK, "answer_ok", "name")                                                  \
	X(WORDING_ANSWER_HARD, "answer_hard", "name supporter")                                    \
	X(WORDING_ANSWER_CALL, "answer_call", "name supporter")                                    \
	X(WORDING_ANSWER_LATE, "answer_late", "name told")                                         \
	X(WORDING_MESSAGE_SEEN, "message_seen", "name supporter emergency")                        \
	X(WORDING_SAFETY, "safety", "emergency")                                                   \
	X(WORDING_SAFETY_AGAIN, "safety_again", "emergency")                                       \
	X(WORDING_STOPPED, "stopped", "signs_as")                                                  \
	X(WORDING_STARTED, "started", "name")                                                      \
	X(WORDING_HELP, "help", "signs_as emergency")                                              \
	X(WORDING_DECLINED, "declined", "name")                                                    \
	X(WORDING_HOUR_SET, "hour_set", "name hour")                                               \
	X(WORDING_STRANGER, "stranger", "signs_as emergency")                                      \
	/* to supporters */                                                                        \
	X(WORDING_SUPPORTER_HARD, "supporter_hard", "name number")                                 \
	X(WORDING_SUPPORTER_CALL, "supporter_call", "name number")                                 \
	X(WORDING_SUPPORTER_WROTE, "supporter_wrote", "name number")                               \
	X(WORDING_SUPPORTER_MISSED, "supporter_missed", "name number count")                       \
	X(WORDING_SUPPORTER_BACK, "supporter_back", "name answer")                                 \
	X(WORDING_SUPPORTER_HEARD, "supporter_heard", "name")                                      \
	X(WORDING_SUPPORTER_STOPPED, "supporter_stopped", "name")                                  \
	X(WORDING_SUPPORTER_CRISIS, "supporter_crisis", "name code")                               \
	X(WORDING_SUPPORTER_TAKEN, "supporter_taken", "name code by")                              \
	/* to supervisors */                                                                       \
	X(WORDING_SUPERVISOR_MISSED, "supervisor_missed", "name number count")                     \
	X(WORDING_SUPERVISOR_BACK, "supervisor_back", "name answer")                               \
	X(WORDING_SUPERVISOR_HEARD, "supervisor_heard", "name")                                    \
	/* to whoever is on call */                                                                \
	X(WORDING_PAGE, "page", "code age")                                                        \
	X(WORDING_PAGE_AGAIN, "page_again", "code age round")                                      \
	X(WORDING_ACK_YOURS, "ack_yours", "code name number")                                      \
	X(WORDING_ACK_YOURS_BARE, "ack_yours_bare", "code")                                        \
	X(WORDING_ACK_OTHER, "ack_other", "code by")                                               \
	X(WORDING_ACK_LATE, "ack_late", "code by since")                                           \
	X(WORDING_ACK_WHICH, "ack_which", "codes")                                                 \
	X(WORDING_ACK_NONE, "ack_none", "")                                                        \
	X(WORDING_CASE_WROTE_AGAIN, "case_wrote_again", "code")                                    \
	X(WORDING_STAFF_UNKNOWN, "staff_unknown", "signs_as")

#define WORDING_ENUM(constant, key, slots) constant,
enum wording_key { WORDINGS(WORDING_ENUM) WORDING_COUNT };

struct wording {
	char *text[WORDING_COUNT]; /* owned by the program; all set after loading */
};

/* A value for a slot. Lists end with {NULL, NULL}. */
struct slot {
	const char *name, *value;
};

const char *wording_key_name(enum wording_key key);
bool wording_key_find(const char *name, enum wording_key *key);
/* The text with its slots filled in; missing values become "". Caller frees. */
char *wording_fill(const struct wording *w, enum wording_key key, const struct slot *slots);
/* The slots that `key` may use, separated by spaces. */
const char *wording_slots(enum wording_key key);
/* For load: an error sentence when `text` uses a slot that `key` does not have; else NULL. Static.
 */
const char *wording_check(enum wording_key key, const char *text);

#endif
