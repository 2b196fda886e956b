/*
 * puppet.h - the test child on Windows: the verbs of the Unix puppet that make sense there, under the same names.
 *
 * Words are UTF-8 inside. Every line of output is one WriteFile; nothing blocks for longer than DEADLINE_MS.
 */
#ifndef PUPPET_H
#define PUPPET_H

#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include "../verbs.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 65536 };

/* One table per file, ended by a NULL name. */
extern const struct verb g_report_verbs[], g_io_verbs[], g_signal_verbs[], g_tree_verbs[];

int64_t number(const char *text);
HANDLE standard(int number); /* 0, 1, 2 */
void write_all(HANDLE file, const char *at, size_t left);
wchar_t *wide(const char *text);   /* the caller's, never freed */
char *narrow(const wchar_t *text); /* the caller's, never freed */

/* This program again, with other words; returns its process. */
HANDLE again(char **words, DWORD flags);

#endif
