using ChildProc.Stdio;

namespace ChildProc.Engines.Windows;

/// <summary>What a start info can ask for and Windows does not have: refused by name, before any side effect.</summary>
internal static class Refusals
{
    /// <exception cref="PlatformNotSupportedException">It asks for something of the kind.</exception>
    internal static void Check(ChildProcessStartInfo info)
    {
        string? property = info.ArgumentZero is not null ? nameof(info.ArgumentZero)
            : info.InheritedHandles.Count > 0 ? nameof(info.InheritedHandles)
            : info.OnOwnerLost is not null ? nameof(info.OnOwnerLost)
            : info.NewSession ? nameof(info.NewSession)
            : info.NoNewPrivileges ? nameof(info.NoNewPrivileges)
            : info.Umask is not null ? nameof(info.Umask)
            : info.Priority is not null ? nameof(info.Priority)
            : info.Limits.Count > 0 ? nameof(info.Limits)
            : info.Credentials is not null ? nameof(info.Credentials)
            : null;
        if (property is not null)
        {
            throw new PlatformNotSupportedException($"{property} has no meaning on Windows.");
        }

        if (TerminalStdio.IsIn(info) && !Array.TrueForAll(
            [info.StandardInput, info.StandardOutput, info.StandardError], stream => TerminalStdio.Resolve(info, stream) is TerminalStdio))
        {
            throw new PlatformNotSupportedException("A stream beside a terminal cannot be had on Windows: a program in a pseudo-console has all three streams there.");
        }

        if (info.TerminalOptions is { Mode: not TerminalMode.Cooked })
        {
            throw new PlatformNotSupportedException($"{nameof(info.TerminalOptions)} asks for a mode, and on Windows only a program in the terminal sets it.");
        }

        ChildSignal signal = info.Stop.Signal;
        if (signal.Number != 0 && signal != ChildSignal.Interrupt && signal != ChildSignal.Terminate && signal != ChildSignal.Kill)
        {
            throw new PlatformNotSupportedException($"{nameof(info.Stop)} asks for {signal}, and Windows has nothing like it.");
        }
    }
}
