/*
 * Delivery receipts of an accepted text: "sent" after 50-150 ms, "delivered" 50-200 ms later, to
 * the address that came with the text. What the answer already told ("queued") gets no receipt
 * (providers/twilio.md, providers/telnyx.md).
 */
#ifndef SIMULATOR_RECEIPT_H
#define SIMULATOR_RECEIPT_H

#include "simulator/carrier.h"
#include "simulator/fault.h"

void receipts_start(struct carrier *carrier, const char *id, enum fault_effect effect);

#endif
