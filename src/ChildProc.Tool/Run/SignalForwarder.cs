using System.Runtime.InteropServices;
using ChildProc.Tool.Interop;
using ChildProc.Tool.Sources;

namespace ChildProc.Tool.Run;

/// <summary>
/// Passes signals on to the root. What the terminal sends, it sends to the whole foreground group, the root included: that is
/// not sent twice. What is ignored from outside (nohup) stays ignored.
/// </summary>
internal sealed class SignalForwarder : IDisposable
{
    private static readonly (PosixSignal Name, int Number)[] s_signals =
    [
        (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15), (PosixSignal.SIGHUP, 1), (PosixSignal.SIGQUIT, 3), ((PosixSignal)10, 10), ((PosixSignal)12, 12),
    ];

    private readonly List<PosixSignalRegistration> _registrations = [];

    internal SignalForwarder(Reaper reaper)
    {
        ulong ignored = ProcFs.Ignored(Environment.ProcessId);
        foreach ((PosixSignal name, int number) in s_signals)
        {
            if ((ignored & (1UL << (number - 1))) == 0)
                _registrations.Add(PosixSignalRegistration.Create(name, context =>
                {
                    context.Cancel = true;
                    WasAsked |= number is 2 or 15 or 1 or 3;
                    if (!(number is 2 or 3 && IsForeground()))
                        reaper.Signal(number);
                }));
        }
    }

    /// <summary>Somebody wants an end: nothing is waited for any longer than need be.</summary>
    internal bool WasAsked { get; private set; }

    private static bool IsForeground()
    {
        int group = LibC.getpgrp();
        return LibC.tcgetpgrp(0) == group || LibC.tcgetpgrp(1) == group || LibC.tcgetpgrp(2) == group;
    }

    public void Dispose() => _registrations.ForEach(static r => r.Dispose());
}
