/*
 * The answer to one webhook that brought several events: given once, when all of them are safe, or
 * as soon as one is lost. A provider that repeats a lost bundle repeats all of it; event ids make
 * each of them one.
 */
#ifndef GATEWAY_BUNDLE_H
#define GATEWAY_BUNDLE_H

#include "gateway/poster.h"

#include <warmline/http_server.h>

typedef void bundle_answer_cb(struct http_request *r, void *arg, enum parcel_answer answer);

/* Hands all parcels to the poster, which takes them. With none the answer is given at once. */
void bundle_submit_take(struct poster *poster, struct http_request *r, struct parcel **parcels,
	size_t n, bundle_answer_cb *cb, void *arg);

#endif
