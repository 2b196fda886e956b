/* main.c - the tables of verbs, and the small things that all verbs share. */
#include "puppet.h"
#include <stdarg.h>

static void seq(char **arguments) { run_list(arguments, ","); }
static void forked(char **arguments) { run_list(arguments, "+"); }

static const struct verb s_here[] = {{"seq", seq, 1}, {"forked", forked, 1}, {0}};
const struct verb *const g_tables[] = {s_here, g_report_verbs, g_io_verbs, g_signal_verbs, g_tree_verbs, NULL};

HANDLE standard(int number) { return GetStdHandle((DWORD)(-10 - number)); }

void write_all(HANDLE file, const char *at, size_t left)
{
    while (left) {
        DWORD n;
        if (!WriteFile(file, at, (DWORD)left, &n, NULL))
            ExitProcess(GetLastError() == ERROR_NO_DATA || GetLastError() == ERROR_BROKEN_PIPE ? 3 : 4);
        at += n;
        left -= n;
    }
}

void say(const char *format, ...)
{
    static char line[200000];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (n > (int)sizeof line - 2)
        n = sizeof line - 2;
    line[n++] = '\n';
    write_all(standard(1), line, (size_t)n);
}

void fail(const char *format, ...)
{
    char line[1024] = "puppet: ";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line + 8, sizeof line - 10, format, arguments);
    va_end(arguments);
    strcat(line, "\n");
    write_all(standard(2), line, strlen(line));
    ExitProcess(64);
}

int64_t number(const char *text)
{
    char *end;
    int64_t value = strtoll(text, &end, 0);
    if (*end || end == text)
        fail("'%s' is no number", text);
    return value;
}

wchar_t *wide(const char *text)
{
    int n = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    wchar_t *to = malloc((size_t)n * sizeof *to);
    MultiByteToWideChar(CP_UTF8, 0, text, -1, to, n);
    return to;
}

char *narrow(const wchar_t *text)
{
    int n = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *to = malloc((size_t)n);
    WideCharToMultiByte(CP_UTF8, 0, text, -1, to, n, NULL, NULL);
    return to;
}

/* Words of tests: no quotation marks, no backslashes at their ends. */
HANDLE again(char **words, DWORD flags)
{
    static wchar_t line[32768], self[4096];
    GetModuleFileNameW(NULL, self, 4096);
    wcscpy(line, L"puppet");
    for (; *words; words++) {
        wcscat(line, L" \"");
        wcscat(line, wide(*words));
        wcscat(line, L"\"");
    }
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION created;
    if (!CreateProcessW(self, line, NULL, NULL, TRUE, flags, NULL, NULL, &startup, &created))
        fail("CreateProcess: %lu", GetLastError());
    CloseHandle(created.hThread);
    return created.hProcess;
}

int wmain(int argc, wchar_t **argv)
{
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX); /* no dialogue when it dies as it was told */
    char **words = calloc((size_t)argc + 1, sizeof *words);
    for (int i = 0; i < argc; i++)
        words[i] = narrow(argv[i]);
    if (argc < 2)
        fail("usage: puppet VERB [ARGUMENT...]");
    run_verb(words + 1);
    return 0;
}
