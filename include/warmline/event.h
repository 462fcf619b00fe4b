/*
 * What happened to an actor. An event is one JSON object; these are its kinds and fields.
 * Common: "id" (unique, see below), "kind", "at" (ms UTC: when it reached us), "program" (id).
 *
 * to a person
 *   text      from, to, body, provider_id, media [{url,type}], opt_out "STOP|START|HELP" (told by
 *             the provider: it has answered the keyword itself), word "stop|start|help" (ours),
 *             screen {level,category,rules[]}, account (name of the route it came by), stale
 *             (flag: signed long ago, or our clock is wrong), part {ref,number,of} (of a long text
 *             that the provider did not join)
 *   receipt   job ("" = found by provider_id), attempt, status (queued|sent|delivered|undelivered|
 *             failed|read), why (answer_kind_name(), of the last two bad ones), error (code),
 *             provider_id, account
 *   outcome   job, attempt, result (accepted|refused|unknown|expired|stopped|unwanted), reason,
 *             why (answer_kind_name() of a refusal), error (code), provider_id, ambiguous,
 *             account, from (the number it left from)             posted by the sender's finish
 *   errand    job, errand (look-up|redact), provider_id (of the text it was about), result
 *             (done|never|gave up), account. A look-up that found something is a receipt instead,
 *             with the same id as the provider's own.              posted by the sender's finish
 *   enroll    number, name, language, zone, supporter (number), hour "HH:MM", day (0 Sunday),
 *             confirmed (flag), by
 *   page      case, code, program, tier, round, opened (waits since), again (flag), wrote (flag:
 * the person wrote again to who has the case)                                    case to staff
 *   taken     case, code, by, you (flag), name, number, since                    case to staff
 *   notice    wording (key), slots {}, lane, about (person id), rests (flag: not in quiet hours),
 *             forwarded (flag: the first receiver could not be reached)
 *                                                           a text for a supporter/supervisor
 *   away      staff (number), instead (number)    news about this person could not reach `staff`
 *                                             and went to `instead` (none: a list only)
 *   case      case, state (open|taken|closed), by                       case to its participant
 * to a case
 *   crisis    person, number, name, language, level, category, rules, text_id, supporter
 *   paged     staff (number), result, round, wrote          a page's outcome, told by its person
 *   ack       staff (number), name, how
 *
 * Events addressed by number carry it as "line": their receiver may be new and not know it.
 *
 * Ids never come from the words of a text: provider ":" account ":" message id ":" kind for what
 * a provider told us; "<job>:<attempt>:<result>" for outcomes; "<cause event id>/<n>" for events
 * that a decision made. Equal ids are the same event, whoever posts them, however often.
 */
#ifndef WARMLINE_EVENT_H
#define WARMLINE_EVENT_H

#include <jansson.h>
#include <stdint.h>

#define EVENT_ID_SIZE 200

enum event_kind {
	EVENT_TEXT,
	EVENT_RECEIPT,
	EVENT_OUTCOME,
	EVENT_ERRAND,
	EVENT_ENROLL,
	EVENT_PAGE,
	EVENT_TAKEN,
	EVENT_NOTICE,
	EVENT_AWAY,
	EVENT_CASE,
	EVENT_CRISIS,
	EVENT_PAGED,
	EVENT_ACK,
	EVENT_UNKNOWN /* written by a newer version: kept in the log, changes nothing */
};

struct event {
	const char *id;
	enum event_kind kind;
	int64_t at; /* ms UTC */
	const json_t *data;
};

/* Reads the common fields; the event borrows from `data`. */
void event_read(const json_t *data, struct event *event);
const char *event_kind_name(enum event_kind kind);

#endif
