/*
 * A telephone number as E.164: "+", a first digit 1-9, at most 15 digits (ITU-T E.164); numbers
 * under +1 are ten digits with area code and exchange starting 2-9 (providers/README section 4).
 * Senders may also be short codes (3-8 digits): those can be answered but are no E.164.
 */
#ifndef WARMLINE_PHONE_H
#define WARMLINE_PHONE_H

#include <stdbool.h>
#include <stddef.h>

struct phone {
	char text[17]; /* "" = none */
};

bool phone_parse(const char *text, struct phone *phone); /* E.164 exactly as written, else false */
bool phone_is_sender(const char *text); /* E.164 or a short code: something that can send a text */
/* For logs and screens: "+1…42"; never more than the last two digits. */
void phone_mask(const char *text, char *masked, size_t size);

#endif
