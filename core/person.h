/*
 * A person is one telephone line. Whoever holds it may be several things at once: participant of
 * one program, supporter in another, on call in a third; peer support is mutual.
 *
 * Document (JSON, small; keys that are not set are not there):
 *   number, name, lang, zone    who; from staff enrollment or from the first text
 *   seq                         last number given to a job or a cause; only grows
 *   ix []                       lists this line stands in
 *   jobs {"<n>": {k,p,...}}     texts of which an outcome or receipt still matters (job.c)
 *   early {}                    receipts that came before the outcome (job.c)
 *   pages []                    cases this line was paged for (staff.c)
 *   parts {}                    parts of long texts that wait for the others (part.c)
 *   p {"<program>": slot}       what this line is in each program
 *
 * slot: s       state: invited, active, stopped, declined; none = a stranger
 *       was     has been active once: START brings it back without asking again
 *       asked   when consent was asked (ms); asks: how often by staff
 *       sup     own supporter; hour, day: own time, when it is not the program's
 *       next    when the next check-in is due (ms); last: the one before
 *       ci      the open check-in (check_in.c)
 *       miss    missed in a row; told {number: s|v} who was told of it
 *       case    {id, s, at}: the open case; t: instants of the last automatic texts
 *       away    {number: when}: staff whom news about this person did not reach
 *       staff   has been written to as a supporter or supervisor
 *       via     the number of ours to which they last wrote: texts leave from it
 */
#ifndef WARMLINE_CORE_PERSON_H
#define WARMLINE_CORE_PERSON_H

#include <core/turn.h>

void person_event(struct turn *t);   /* t->event happened to this line */
int64_t person_next(struct turn *t); /* next instant at which something is due; 0 = nothing */
void person_due(struct turn *t);     /* does what is due now */

const char *person_number(const struct turn *t); /* "" while it is not known */

#endif
