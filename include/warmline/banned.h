/* Functions that cut, overflow or guess. The build includes this file before every file of ours. */
#ifndef WARMLINE_BANNED_H
#define WARMLINE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atof
#pragma GCC poison localtime gmtime asctime ctime rand srand mktemp tmpnam

#endif
