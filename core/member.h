/* A person within one program: the slot of the document, with what the program says beside it. */
#ifndef WARMLINE_CORE_MEMBER_H
#define WARMLINE_CORE_MEMBER_H

#include <core/turn.h>
#include <warmline/keyword.h>
#include <warmline/zone.h>

enum member_state {
	MEMBER_STRANGER,
	MEMBER_INVITED,
	MEMBER_ACTIVE,
	MEMBER_STOPPED,
	MEMBER_DECLINED
};

struct member {
	struct turn *t;
	const struct program *program;
	json_t *slot; /* in the document */
};

#define CONSENT_OPEN_MS (7 * DAY_MS)  /* a YES counts so long after the question */
#define REPLY_LIFE_MS   (6 * HOUR_MS) /* an answer later than that would puzzle */
#define SAFETY_LIFE_MS  (12 * HOUR_MS)

void member_open(struct turn *t, const struct program *program, struct member *m);
/* When everything is decided: slots that were made only for looking are not kept. */
void member_sweep(struct turn *t);
enum member_state member_state(const struct member *m);
void member_set_state(const struct member *m, enum member_state state);
const char *member_state_name(enum member_state state);

const struct zone *member_zone(const struct member *m);
const char *member_language(const struct member *m);
/* Nobody entered a language: this one was understood from what they wrote. */
void member_learn_language(const struct member *m, const char *language);
/* The name, or the number for staff who must know whom it is about. */
const char *member_called(const struct member *m);
/* Who gets news of this person: own supporter, else one of the pool, else a supervisor; never
 * the person. NULL: nobody. */
const char *member_supporter(const struct member *m);
/* News could not reach this number: for a day others get it. */
void member_set_away(const struct member *m, const char *number);
const char *member_supporter_name(const struct member *m); /* "" = nobody known by name */
const char *member_supervisor(const struct member *m);
bool member_is_staff(const struct member *m);

/* The first instant from `at` on that is outside the program's quiet hours, and when they start
 * again after it (0: no quiet hours). */
int64_t member_awake(const struct member *m, int64_t at);
int64_t member_quiet_start(const struct member *m, int64_t at);

/* Was the automatic text `name` sent within the last `within` ms? If not, notes it as sent now. */
bool member_recent(const struct member *m, const char *name, int64_t within);
int64_t member_time(const struct member *m, const char *name);

/* An answer to the person's own text: at once, quiet hours or not (C9). `extra` may be NULL. */
int64_t member_reply(
	const struct member *m, const char *rule, enum wording_key key, const struct slot *extra);
/* Something staff or the program began: not in quiet hours. */
int64_t member_write(const struct member *m, const char *rule, enum wording_key key);
/* The slots every text to this person may use; `extra` (may be NULL) wins. */
#define MEMBER_SLOTS 12
void member_slots(const struct member *m, const struct slot *extra, struct slot *slots);

/* News for staff by text. `rests`: waits for the end of quiet hours. `slots` is taken. */
void member_notice(const struct member *m, const char *rule, const char *to, enum wording_key key,
	bool rests, json_t *slots);
json_t *member_notice_slots(const struct member *m); /* name, number */

#endif
