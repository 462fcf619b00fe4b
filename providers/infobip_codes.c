/*
 * Infobip's ids of states and errors. Source: infobip.com/docs, "Message status codes" and "Error
 * code reference", the general tables.
 *
 * Not documented: whether a destination that is on a blocklist is there because of a STOP or of
 * somebody's hand. Blocked, then, and no opt-out of ours: only errors that name the person's own
 * STOP are one. An id that is in no table: `permanent` and the group of the error say.
 */
#include "providers/inbound_field.h"
#include "providers/infobip.h"
#include "providers/request.h"

#include <string.h>

/* Of status.id; what is not here says nothing by itself. */
static const struct answer_code states[] = {
	{6, ANSWER_ACCOUNT},     /* network not set up for us */
	{8, ANSWER_BAD_NUMBER},  /* prefix missing */
	{10, ANSWER_BLOCKED},    /* do not disturb */
	{11, ANSWER_ACCOUNT},    /* sender not registered */
	{12, ANSWER_ACCOUNT},    /* credits */
	{13, ANSWER_ACCOUNT},    /* sender on a blocklist */
	{14, ANSWER_BLOCKED},    /* destination on a blocklist */
	{15, ANSWER_NETWORK},    /* expired */
	{17, ANSWER_ACCOUNT},    /* package expired */
	{18, ANSWER_ACCOUNT},    /* trial account */
	{19, ANSWER_ACCOUNT},    /* no route */
	{20, ANSWER_RATE},       /* too many to one number in an hour */
	{21, ANSWER_BUSY},       /* system error: "retry the submission" */
	{24, ANSWER_CONTENT},    /* header of parts */
	{25, ANSWER_CONTENT},    /* too long */
	{31, ANSWER_BUSY},       /* not sent */
	{51, ANSWER_BAD_NUMBER}, /* none */
	{52, ANSWER_BAD_NUMBER}, /* prefix or length */
	{87, ANSWER_ACCOUNT},    /* their filter of fraud */
	{100, ANSWER_BUSY},      /* malformed, or out of service */
};

/* Of error.id. */
static const struct answer_code errors[] = {
	{1, ANSWER_BAD_NUMBER},  /* unknown subscriber */
	{6, ANSWER_NETWORK},     /* absent subscriber */
	{8, ANSWER_NETWORK},     /* roaming */
	{9, ANSWER_BAD_NUMBER},  /* illegal subscriber */
	{11, ANSWER_BAD_NUMBER}, /* takes no texts */
	{12, ANSWER_BLOCKED},    /* handset barred */
	{13, ANSWER_NETWORK},    /* barred by the operator, often for bills */
	{27, ANSWER_NETWORK},    /* absent subscriber */
	{51, ANSWER_NETWORK},    /* congestion, though called permanent */
	{352, ANSWER_BAD_NUMBER},
	{355, ANSWER_CONTENT}, /* too long */
	{541, ANSWER_RATE},
	{542, ANSWER_BUSY},    /* daily quota of the brand */
	{560, ANSWER_BLOCKED}, /* the operator blocks this person from our short code */
	{561, ANSWER_CONTENT},
	{564, ANSWER_ACCOUNT}, /* our short code */
	{565, ANSWER_BLOCKED}, /* the operator takes no short codes */
	{566, ANSWER_BLOCKED}, /* destination blocked by the operator */
	{568, ANSWER_BAD_NUMBER},
	{569, ANSWER_BAD_NUMBER},
	{573, ANSWER_OPTED_OUT}, /* the person had their operator block us */
	{603, ANSWER_OPTED_OUT}, /* "MO: STOP" */
	{604, ANSWER_BLOCKED},
	{607, ANSWER_CONTENT}, /* spam, says the operator */
	{609, ANSWER_BUSY},    /* daily limit */
	{628, ANSWER_NETWORK}, /* "temporary handset failure", though called permanent */
	{629, ANSWER_BAD_NUMBER},
	{2049, ANSWER_BLOCKED},
	{2052, ANSWER_BLOCKED},
	{3041, ANSWER_BAD_NUMBER}, /* deactivated */
	{4100, ANSWER_NETWORK},    /* did not leave within its validity */
	{4101, ANSWER_NETWORK},    /* did not arrive within its validity */
	{4103, ANSWER_RATE},
	{4104, ANSWER_RATE},
	{4202, ANSWER_RATE},
};

enum infobip_group infobip_group(const json_t *status)
{
	static const char *const names[] = {
		"", "PENDING", "UNDELIVERABLE", "DELIVERED", "EXPIRED", "REJECTED"};
	char name[24];
	int id = json_take_number(status, "groupId");

	if (json_take(status, "groupName", true, name, sizeof(name), NULL))
		for (int i = INFOBIP_PENDING; i <= INFOBIP_REJECTED; i++)
			if (strcmp(names[i], name) == 0)
				return (enum infobip_group)i;
	return id <= INFOBIP_REJECTED ? (enum infobip_group)id : INFOBIP_NONE;
}

/* Groups: 1 handset, 2 user, 3 operator. */
static enum answer_kind kind_of_group(const json_t *error)
{
	const json_t *permanent = json_object_get(error, "permanent");
	bool user = json_take_number(error, "groupId") == 2;

	if (json_is_true(permanent))
		return user ? ANSWER_ACCOUNT : ANSWER_BLOCKED;
	return json_is_false(permanent) && !user ? ANSWER_NETWORK : ANSWER_UNKNOWN;
}

enum answer_kind infobip_why(const json_t *status, const json_t *error, int *code)
{
	int state = json_take_number(status, "id"), cause = json_take_number(error, "id");
	enum answer_kind kind = ANSWER_CODE(errors, cause, ANSWER_UNKNOWN);

	*code = cause ? cause : state;
	if (kind == ANSWER_UNKNOWN)
		kind = ANSWER_CODE(states, state, ANSWER_UNKNOWN);
	if (kind == ANSWER_UNKNOWN && cause)
		kind = kind_of_group(error);
	/* Rejected is "before it could be sent"; by whom and why, somebody has to look. */
	if (kind == ANSWER_UNKNOWN && infobip_group(status) == INFOBIP_REJECTED &&
		state != INFOBIP_DUPLICATE)
		kind = ANSWER_ACCOUNT;
	return kind;
}
