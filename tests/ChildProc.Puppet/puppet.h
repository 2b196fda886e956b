/*
 * puppet.h - the test child: a program of verbs, each one thing that a child may do.
 *
 * A verb takes its arguments and returns, so that "seq" can run several in one process; "exit", "exec" and the launchers
 * do not return. Every line of output is one write(2). Nothing blocks for longer than DEADLINE_MS, so that nothing
 * outlives a broken test for long.
 */
#ifndef PUPPET_H
#define PUPPET_H

#define _GNU_SOURCE
#include "verbs.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One table per file, ended by a NULL name. */
extern const struct verb g_report_verbs[], g_io_verbs[], g_signal_verbs[], g_tree_verbs[], g_launch_verbs[], g_pty_verbs[];

long number(const char *text);
int signal_number(const char *text); /* "TERM", "SIGTERM" or "15" */
const char *signal_name(int number); /* "TERM" */
int64_t now_ms(void);
void sleep_ms(int64_t ms); /* immune to signals */

#endif
