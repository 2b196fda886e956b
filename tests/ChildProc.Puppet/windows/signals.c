/* signals.c - verbs about what Windows has in place of signals: CTRL_BREAK, WM_CLOSE, the end of a process. */
#include "puppet.h"

static const char *s_text;
static int s_code;

static WINAPI BOOL swallow(DWORD kind) { return kind == CTRL_C_EVENT || kind == CTRL_BREAK_EVENT; }

static WINAPI BOOL on_text(DWORD kind)
{
    if (!swallow(kind))
        return FALSE;
    say("%s", s_text);
    return TRUE;
}

static WINAPI BOOL on_exit_code(DWORD kind)
{
    if (swallow(kind))
        ExitProcess((UINT)s_code);
    return FALSE;
}

static void ignore(char **arguments)
{
    (void)arguments; /* INT and TERM are one here */
    SetConsoleCtrlHandler(swallow, TRUE);
}

static void trap(char **arguments)
{
    s_text = arguments[1];
    SetConsoleCtrlHandler(on_text, TRUE);
}

static void trap_exit(char **arguments)
{
    s_code = (int)number(arguments[1]);
    SetConsoleCtrlHandler(on_exit_code, TRUE);
}

static void kill_pid(char **arguments)
{
    HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, (DWORD)number(arguments[0]));
    if (!process || !TerminateProcess(process, 9))
        fail("kill: %lu", GetLastError());
}

static LRESULT CALLBACK on_message(HWND window, UINT message, WPARAM first, LPARAM second)
{
    if (message != WM_CLOSE)
        return DefWindowProcW(window, message, first, second);
    say("close");
    ExitProcess(7);
}

/* A program with a window, which ends with 7 when it is asked to close; 77 where there can be no window. */
static void window(char **arguments)
{
    (void)arguments;
    WNDCLASSW class = {.lpfnWndProc = on_message, .lpszClassName = L"puppet", .hInstance = GetModuleHandleW(NULL)};
    RegisterClassW(&class);
    if (!CreateWindowW(L"puppet", L"puppet", WS_OVERLAPPEDWINDOW | WS_VISIBLE, 0, 0, 100, 100, NULL, NULL, class.hInstance, NULL))
        ExitProcess(77);
    say("ready");
    for (MSG message; GetMessageW(&message, NULL, 0, 0) > 0;)
        DispatchMessageW(&message);
}

static HANDLE of_console(const wchar_t *name)
{
    return CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

static void show(const char *text)
{
    DWORD n;
    WriteFile(of_console(L"CONOUT$"), text, (DWORD)strlen(text), &n, NULL);
}

/* The size of its console, on the screen itself. */
static void console(char **arguments)
{
    (void)arguments;
    CONSOLE_SCREEN_BUFFER_INFO info;
    char line[64];
    if (!GetConsoleScreenBufferInfo(of_console(L"CONOUT$"), &info))
        fail("no console");
    sprintf(line, "%dx%d\r\n", info.srWindow.Right - info.srWindow.Left + 1, info.srWindow.Bottom - info.srWindow.Top + 1);
    show(line);
}

/* A line from its keyboard, back on the screen. */
static void console_line(char **arguments)
{
    (void)arguments;
    char line[256] = "line ";
    DWORD n;
    if (!ReadFile(of_console(L"CONIN$"), line + 5, sizeof line - 6, &n, NULL))
        fail("no console");
    line[5 + n] = 0;
    show(line);
}

const struct verb g_signal_verbs[] = {{"ignore", ignore, 1}, {"trap", trap, 2}, {"trap-exit", trap_exit, 2}, {"kill", kill_pid, 2},
                                      {"window", window, 0}, {"console", console, 0}, {"console-line", console_line, 0}, {0}};
