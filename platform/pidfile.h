/*
 * "<state>/gateway.pid": one decimal process id and a newline. Written beside and renamed, so a
 * reader never sees half a number. A pid file is a hint for people and scripts; what protects a
 * state folder from two owners are flock()s, not these files.
 */
#ifndef PLATFORM_PIDFILE_H
#define PLATFORM_PIDFILE_H

#include <stdbool.h>
#include <sys/types.h>
#include <warmline/fail.h>

bool pidfile_write(const char *path, pid_t pid, struct fail *fail);
pid_t pidfile_read(const char *path); /* 0 = no file, or no number in it */
/* Removes the file when it still names `pid`: never the file of a successor. */
void pidfile_remove(const char *path, pid_t pid);
/* Does `pid` live, and is its program called `program` (as in /proc/PID/comm)? */
bool pidfile_alive(pid_t pid, const char *program);

#endif
