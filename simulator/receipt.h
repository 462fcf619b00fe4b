/*
 * Delivery receipts of an accepted text: "sent" after 50-150 ms, "delivered" 50-200 ms later, to
 * the text's StatusCallback. The create answer's "queued" gets no receipt (providers/twilio.md).
 */
#ifndef SIMULATOR_RECEIPT_H
#define SIMULATOR_RECEIPT_H

#include "simulator/carrier.h"
#include "simulator/fault.h"

void receipts_start(struct carrier *carrier, const char *sid, enum fault_effect effect);

#endif
