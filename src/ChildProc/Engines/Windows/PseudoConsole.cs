using System.Runtime.Versioning;
using ChildProc.Interop;
using ChildProc.Pipes;
using ChildProc.Terminals;

namespace ChildProc.Engines.Windows;

/// <summary>A pseudo-console (ConPTY, Windows 10 1809): a console whose keyboard and screen are two pipes to the host, in the language of terminals.</summary>
/// <remarks>
/// The programs in it have a console as ever, and set its modes themselves; the host is told neither modes nor who is the foreground.
/// The screen ends when the console is closed, which may wait for somebody to read the rest: so that happens on a thread of its own.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed unsafe class PseudoConsole : HostTerminal
{
    private readonly ConsoleInput _input;
    private readonly ConsoleOutput _output;
    private readonly Lock _gate = new();
    private nint _console;
    private TerminalSize _size;

    private PseudoConsole(nint console, KernelHandle input, KernelHandle output, TerminalSize size)
    {
        _console = console;
        _input = new ConsoleInput(input);
        _output = new ConsoleOutput(output);
        _size = size;
    }

    internal override PipeEnd Input => _input;

    internal override PipeEnd Output => _output;

    internal override TerminalSize Size => _size;

    internal override TerminalMode Mode => TerminalMode.Cooked;

    /// <summary>For the list of attributes of a process; 0 when it is closed.</summary>
    internal nint Handle => _console;

    /// <summary>0, or an error of Windows.</summary>
    internal static int Open(TerminalOptions options, out PseudoConsole? console)
    {
        console = null;
        int error = WindowsPipe.Create(childReads: true, overlapped: true, out KernelHandle? keyboard, out KernelHandle? theirKeyboard);
        if (error != 0)
        {
            return error;
        }

        using (theirKeyboard)
        {
            error = WindowsPipe.Create(childReads: false, overlapped: true, out KernelHandle? screen, out KernelHandle? theirScreen);
            if (error != 0)
            {
                keyboard!.Dispose();
                return error;
            }

            using (theirScreen)
            {
                nint handle;
                int result = Kernel32.CreatePseudoConsole(
                    Coordinates(options.Columns, options.Rows), theirKeyboard!.DangerousGetHandle(), theirScreen!.DangerousGetHandle(), 0, &handle);
                if (result != 0)
                {
                    keyboard!.Dispose();
                    screen!.Dispose();
                    return result & 0xFFFF; // an HRESULT made of an error of Windows
                }

                console = new PseudoConsole(handle, keyboard!, screen!, new TerminalSize(options.Columns, options.Rows));
                return 0;
            }
        }
    }

    internal override bool Resize(int columns, int rows)
    {
        lock (_gate)
        {
            if (_console == 0 || Kernel32.ResizePseudoConsole(_console, Coordinates(columns, rows)) != 0)
            {
                return false;
            }

            _size = new TerminalSize(columns, rows);
            return true;
        }
    }

    internal override bool SetMode(TerminalMode mode) => false;

    internal override bool Interrupt() => _console != 0 && _input.Type("\x03"u8);

    internal override bool Suspend() => false;

    internal override bool EndOfInput() => _console != 0 && _input.Type(ConsoleInput.End);

    internal override void HangUp()
    {
        _output.HangUp();
        _input.HangUp();
        CloseConsole();
    }

    internal override void Close()
    {
        _output.Close();
        _input.Close();
        CloseConsole();
    }

    /// <summary>Nobody uses the console any more: what is left of its screen comes, and then its end. Programs that do are told to close.</summary>
    internal void CloseConsole()
    {
        nint console;
        lock (_gate)
        {
            console = _console;
            _console = 0;
        }

        if (console != 0 && !OwnThread.TryStart("ChildProc console", Close))
        {
            ThreadPool.UnsafeQueueUserWorkItem(static close => close(), new Action(Close), preferLocal: false); // sooner or later, rather than never
        }

        void Close() => Kernel32.ClosePseudoConsole(console);
    }

    private static uint Coordinates(int columns, int rows) => (uint)(ushort)columns | ((uint)(ushort)rows << 16);
}
