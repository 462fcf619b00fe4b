/* Inside providers/: the parts of Infobip's adapter. `status` and `error` are its objects. */
#ifndef PROVIDERS_INFOBIP_H
#define PROVIDERS_INFOBIP_H

#include <jansson.h>
#include <warmline/provider.h>

enum infobip_group { /* status.groupId */
	INFOBIP_NONE,
	INFOBIP_PENDING,
	INFOBIP_UNDELIVERABLE,
	INFOBIP_DELIVERED,
	INFOBIP_EXPIRED,
	INFOBIP_REJECTED,
};
/* Some values of status.id. A duplicate of our own id: the text that had it first is the one that
 * counts. */
enum infobip_state {
	INFOBIP_TO_HANDSET = 5,
	INFOBIP_DUPLICATE = 23,
	INFOBIP_NO_REPORT = 29,
};
enum infobip_group infobip_group(const json_t *status);
/* Why a text did not go through; the more exact id of both goes to `code`. */
enum answer_kind infobip_why(const json_t *status, const json_t *error, int *code);

bool infobip_read(const struct account *account, const struct webhook *webhook,
	struct inbound *inbound, struct fail *fail);

#endif
