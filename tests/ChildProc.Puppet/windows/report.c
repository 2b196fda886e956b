/* report.c - verbs that print what the child was given. */
#include "puppet.h"
#include <shellapi.h>

static void args(char **arguments)
{
    say("argv0=%s", narrow(__wargv[0]));
    for (int i = 0; arguments[i]; i++)
        say("arg[%d]=%s", i, arguments[i]);
}

/* Each argument by itself, ended by a NUL: as the C runtime took them apart, then as the shell's own function does. */
static void argv0s(char **arguments)
{
    int count;
    wchar_t **shell = CommandLineToArgvW(GetCommandLineW(), &count);
    for (int i = 0; arguments[i]; i++)
        write_all(standard(1), arguments[i], strlen(arguments[i]) + 1);
    for (int i = 2; i < count; i++) {
        char *text = narrow(shell[i]);
        write_all(standard(1), text, strlen(text) + 1);
    }
}

static void env(char **arguments)
{
    (void)arguments;
    for (wchar_t *at = GetEnvironmentStringsW(); *at; at += wcslen(at) + 1)
        say("%s", narrow(at));
}

static void env_get(char **arguments)
{
    static wchar_t value[32768];
    DWORD n = GetEnvironmentVariableW(wide(arguments[0]), value, 32768);
    say("%s=%s", arguments[0], n || GetLastError() != ERROR_ENVVAR_NOT_FOUND ? narrow(value) : "<unset>");
}

static void cwd(char **arguments)
{
    (void)arguments;
    wchar_t path[4096];
    say("%s", GetCurrentDirectoryW(4096, path) ? narrow(path) : "<gone>");
}

/* Files and pipes among its handles: what it inherited, and what the C runtime makes of that. An inherited handle keeps the
 * number that it had in the parent, which may have thousands. */
static void handles(char **arguments)
{
    (void)arguments;
    int count = 0;
    for (UINT_PTR h = 4; h < 1 << 17; h += 4) {
        BY_HANDLE_FILE_INFORMATION file;
        DWORD type = GetFileType((HANDLE)h); /* every process holds its current directory open */
        if (type == FILE_TYPE_PIPE || (type == FILE_TYPE_DISK && GetFileInformationByHandle((HANDLE)h, &file) && !(file.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)))
            count++;
    }
    say("%d", count);
}

static void print_pid(char **arguments) { (void)arguments; say("%lu", GetCurrentProcessId()); }
static void print_text(char **arguments) { say("%s", arguments[0]); }

static void eprint(char **arguments)
{
    char line[8192];
    write_all(standard(2), line, (size_t)snprintf(line, sizeof line, "%s\n", arguments[0]));
}

const struct verb g_report_verbs[] = {
    {"args", args, 0}, {"argv0s", argv0s, 0}, {"env", env, 0}, {"env-get", env_get, 1}, {"cwd", cwd, 0}, {"handles", handles, 0},
    {"print-pid", print_pid, 0}, {"print", print_text, 1}, {"eprint", eprint, 1}, {0}};
