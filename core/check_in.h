/*
 * The check-in: asked at the person's hour, reminded once, then a missed contact.
 *
 * slot.ci = {due, job, st, try, at, rem, rst, rtry, till, plan, held}
 *   due   the instant that caused it: at most one check-in per cause, ever
 *   job   the text's number; st: how far it came (enum ask_state); at: when it was accepted
 *   rem   the reminder's number, rst: how far that came
 *   try   an account took the text and could not bring it: `job` is the second; rtry: so with `rem`
 *   till  when the last text that was written becomes too late
 *   plan  the next instant something is to be done about it
 *   held  we were late ourselves and waited once more before judging silence
 *
 * Silence counts only when our own path is proven (architecture.md, promise 6): a check-in or
 * reminder that was refused, expired or whose fate is unknown is never a missed contact. One that
 * was accepted and then not delivered is written once more, if the reason may pass and it is not
 * too late.
 */
#ifndef WARMLINE_CORE_CHECK_IN_H
#define WARMLINE_CORE_CHECK_IN_H

#include <core/member.h>

int64_t check_in_next(const struct member *m); /* when to wake for it; 0 = never */
void check_in_due(const struct member *m);
void check_in_start(const struct member *m);  /* became active: when is the first one */
void check_in_replan(const struct member *m); /* hour, day or zone changed */
void check_in_end(const struct member *m, const char *rule); /* stopped: no more of them */

/* The person was heard: closes the open check-in, whatever they said. */
void check_in_heard(const struct member *m, const char *rule, const char *how);
/*
 * Who was told of missed contacts is told that the person is back; `knows` (may be NULL) gets other
 * news of the person in the same breath. `answer`: "1" to "4", NULL when they said something else.
 * Writes the names of all who had been told to `told`; false when nobody had been.
 */
bool check_in_stand_down(
	const struct member *m, const char *answer, const char *knows, char *told, size_t size);
/* The same after a STOP: that is what they are told. */
void check_in_told_stopped(const struct member *m, const char *knows);
/* News for `number` went to `instead`: that is who was told. */
void check_in_told_instead(const struct member *m, const char *number, const char *instead);

/* What became of the text `job`; false when it belongs to no open check-in. */
bool check_in_accepted(const struct member *m, int64_t job, int64_t at, bool delivered);
bool check_in_failed(const struct member *m, int64_t job, const char *result, bool unknown);
/*
 * `job` was taken by the account `avoid`, which could not bring it, for a reason that may pass.
 * True when it was written once more; false when it is too late for that, or was the second
 * already.
 */
bool check_in_again(const struct member *m, int64_t job, const char *why, const char *avoid);
bool check_in_is_second(const struct member *m, int64_t job);

/* check_in_told.c */
void check_in_tell_missed(const struct member *m, int64_t streak); /* so many in a row */

#endif
