/*
 * How well each account carries texts, and what share of them it gets. Pure: `now_ms` is any
 * clock that does not jump.
 *
 * As GOV.UK Notify has it (app/dao/provider_details_dao.py, app/celery/scheduled_tasks.py):
 * an account rests at its configured weight; trouble takes 10 points, and every 15 minutes
 * without trouble give 10 back. Trouble is a burst of errors, or receipts that come late. An
 * account of which the last five attempts failed is sick besides: it stands behind those that
 * are well, and every 30 seconds (twice as long after each failure, up to four minutes) one text
 * may try it; the first that works makes it well. Where all are in trouble nothing changes: there
 * is nowhere to go.
 */
#ifndef CORE_ROUTE_HEALTH_H
#define CORE_ROUTE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_SLOTS 15

struct tally {          /* of what happened lately, in slots of equal length */
	int64_t newest; /* number of the newest slot */
	unsigned all[TALLY_SLOTS], bad[TALLY_SLOTS];
};

struct route_health {
	int rest, weight; /* points: as configured, now */
	struct tally attempts, receipts;
	int streak; /* attempts that failed since the last that worked */
	bool sick;
	int probes;       /* sick: how many have tried, as far as that matters */
	int64_t probe_ms; /* sick: from then on one text may try */
	int64_t moved_ms; /* when the weight last changed */
	int64_t trouble_ms;
};

enum route_change { ROUTE_SAME, ROUTE_SICK, ROUTE_WELL, ROUTE_LIGHTER, ROUTE_HEAVIER };

void route_health_open(struct route_health *health, int rest, int64_t now_ms);
/* The provider did its work, though it may have refused this text. */
enum route_change route_health_worked(struct route_health *health, int64_t now_ms);
/* 5xx, no answer, not reached, our account refused. `all` are all accounts, [i] is the one. */
enum route_change route_health_failed(struct route_health *all, size_t n, size_t i, int64_t now_ms);
/* A receipt said "delivered" so long after the provider had said yes. */
enum route_change route_health_observed(
	struct route_health *all, size_t n, size_t i, int64_t latency_ms, int64_t now_ms);
/* Called now and then. */
enum route_change route_health_drift(struct route_health *health, int64_t now_ms);

/* Well, or sick and it is time that a text tries it. */
bool route_health_may_try(const struct route_health *health, int64_t now_ms);
/* A text tries: no other does for a while. */
void route_health_tried(struct route_health *health, int64_t now_ms);

#endif
